package trunk

import (
	"net/netip"
	"slices"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
)

// crossing is an SCCRQ of an LNS.
type crossing struct {
	from  netip.AddrPort
	b     []byte
	write func([]byte) error // towards its sender
}

func (c crossing) apply(t *Tunnel, now time.Time) { t.crossed(now, c) }

// request takes an SCCRQ that came to a listener.
func (t *Trunk) request(l Listener, from netip.AddrPort, b []byte) {
	c := crossing{from, b, func(b []byte) error { return l.WriteTo(b, from) }}
	if tun := t.dialling(from.Addr()); tun != nil {
		tun.deliver(c)
		return
	}
	t.refuse(c)
}

// crossed settles a collision: the LNS sent an SCCRQ before it had ours. The
// same peer is who has the address that was dialled and, where the LNS is
// known by one, the Host Name.
func (t *Tunnel) crossed(now time.Time, c crossing) {
	rq := parseSCCRQ(c.b, []byte(t.lns.Secret))
	if rq == nil {
		t.trunk.cfg.Dropped("l2tp: malformed SCCRQ")
		return
	}
	if t.opened || t.down || t.lns.PeerHost != "" && t.lns.PeerHost != string(rq.HostName) {
		t.trunk.refuse(c)
		return
	}
	switch t.conn.Collide(now, rq) {
	case tunnel.CollisionNone:
		t.trunk.refuse(c)
	case tunnel.CollisionWon:
		t.trunk.cfg.Dropped("l2tp: SCCRQ, ours goes on")
	case tunnel.CollisionLost:
		t.successor = &c
	case tunnel.CollisionTie:
		t.trunk.cfg.Dropped("l2tp: SCCRQ, equal tie breakers")
	}
}

// parseSCCRQ returns nil for what is none. It works on a copy, as hidden
// values are revealed in place.
func parseSCCRQ(b, secret []byte) *l2tp.SCCRQ {
	_, payload, err := l2tp.ParseHeader(slices.Clone(b))
	if err != nil {
		return nil
	}
	m, err := (&l2tp.Parser{Secret: secret}).Parse(payload)
	if err != nil {
		return nil
	}
	rq, _ := m.(*l2tp.SCCRQ)
	return rq
}

// succeed replaces a tunnel that yielded by one that answers the LNS's SCCRQ,
// if there is one to answer. The two may have the same addresses and ports, so
// that one socket goes before the other comes; calls that are placed meanwhile
// find the successor.
func (t *Trunk) succeed(now time.Time, old *Tunnel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = old.sock.Close() // nothing more is said there
	if old.path != nil {
		delete(t.paths, *old.path)
		old.path = nil
	}
	if c := old.successor; c != nil && !t.closed {
		if err := t.accept(now, old, c); err != nil {
			t.cfg.Log.Error("SCCRQ of an LNS not answered", "lns", old.lns.Name, "peer", c.from, "err", err)
		}
	}
	old.group.remove(old)
}

// accept opens a tunnel that the LNS asked for. It is called under mu.
func (t *Trunk) accept(now time.Time, old *Tunnel, c *crossing) error {
	id, err := t.newID()
	if err != nil {
		return err
	}
	lns := &old.lns
	sock, err := t.socket(netip.AddrPortFrom(lns.Local, Port), c.from, lns)
	if err != nil {
		return err
	}
	tun := t.newTunnel(now, id, old.group, lns, sock)
	tun.peer = c.from
	cfg := tun.config()
	cfg.Reverse = true // the calls are still ours
	tun.conn = tunnel.Accept(now, cfg)
	tun.conn.Receive(now, c.from, slices.Clone(c.b))
	tun.settled.Store(true)
	pth := path{lns.Local, c.from}
	if _, taken := t.paths[pth]; !taken {
		t.paths[pth] = struct{}{}
		tun.path = &pth
	}
	old.group.add(tun)
	t.start(tun)
	return nil
}

// refusalsPerSecond bounds what strangers can make us send.
const refusalsPerSecond = 10

// refuse answers an SCCRQ: a LAC opens its tunnels itself. Strangers get no
// answer, and others not more than a few in a second.
func (t *Trunk) refuse(c crossing) {
	if !t.knows(c.from.Addr()) {
		t.cfg.Dropped("l2tp: SCCRQ of a stranger")
		return
	}
	rq := parseSCCRQ(c.b, nil)
	if rq == nil || rq.TunnelID == 0 || !t.refusals.Take(time.Since(t.since), refusalsPerSecond) {
		t.cfg.Dropped("l2tp: SCCRQ not answered")
		return
	}
	t.cfg.Dropped("l2tp: SCCRQ refused")
	var id [2]byte
	t.cfg.Random(id[:])
	stop := &l2tp.StopCCN{
		Result:   l2tp.Result{Code: l2tp.StopDenied, Message: "this LAC takes no tunnels"}.ResultCode(),
		TunnelID: l2tp.TunnelID(id[0])<<8 | l2tp.TunnelID(id[1]) | 1, // of no tunnel, and not zero
	}
	b := l2tp.AppendMessage(nil, l2tp.Header{TunnelID: rq.TunnelID, Nr: 1}, stop, nil)
	if err := c.write(b); err != nil {
		t.murmur.Debug("l2tp send failed", "peer", c.from, "err", err)
	}
}

// knows reports whether there is a tunnel to that host.
func (t *Trunk) knows(at netip.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byHost[at]) > 0
}
