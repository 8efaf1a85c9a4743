package trunk

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"lacd/lac/l2tp"
	"lacd/policy"
)

// listen hears what no tunnel's socket takes at our address towards an LNS. It
// is called under mu, and opens one listener per address.
func (t *Trunk) listen(lns *policy.LNS) {
	local := lns.Local
	if !local.IsValid() {
		local = netip.IPv4Unspecified()
		if lns.Peer.Addr().Is6() {
			local = netip.IPv6Unspecified()
		}
	}
	if _, ok := t.listeners[local]; ok {
		return
	}
	l, err := t.cfg.Network.Bind(netip.AddrPortFrom(local, Port))
	if err != nil {
		t.cfg.Log.Warn("LNSes that answer from another port will not be heard", "local", local, "err", err)
		t.listeners[local] = nil
		return
	}
	t.listeners[local] = l
	t.wg.Go(func() { t.hear(l) })
}

// eavesdrop hears what comes from elsewhere for a tunnel with a local port of
// its own, until its setup is over. It is called under mu.
func (t *Trunk) eavesdrop(tun *Tunnel) {
	l, err := t.cfg.Network.Bind(tun.sock.Local())
	if err != nil {
		t.cfg.Log.Warn("an LNS that answers from another port will not be heard", "tunnel", tun.id, "err", err)
		return
	}
	tun.ear = l
	t.wg.Go(func() { t.hear(l) })
}

// hush ends eavesdrop.
func (t *Tunnel) hush() {
	if t.ear != nil {
		_ = t.ear.Close() // its reader ends
		t.ear = nil
	}
}

// hear reads a listener until it is closed.
func (t *Trunk) hear(l Listener) {
	buf := make([]byte, 65536)
	for {
		n, from, err := l.ReadFrom(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			t.cfg.Dropped("l2tp: socket error")
		default:
			t.sort(l, from, buf[:n])
		}
	}
}

// sort hands a datagram from an unknown source to the tunnel that may want it.
// L2F and L2TPv3 share the port and are ignored (RFC 2661 section 3.1).
func (t *Trunk) sort(l Listener, from netip.AddrPort, b []byte) {
	id, ok := l2tp.PeekTunnelID(b)
	switch {
	case !ok:
		t.cfg.Dropped("l2tp: not L2TPv2")
		return
	case !l2tp.IsControl(b):
		t.cfg.Dropped("l2tp: data of no tunnel")
		return
	case id == 0 && isSCCRQ(b):
		t.request(l, from, append([]byte(nil), b...))
		return
	}
	var tun *Tunnel
	if id != 0 {
		t.mu.Lock()
		tun = t.byID[id]
		t.mu.Unlock()
	} else {
		// StopCCN of an LNS that answers from another port and gives no ID.
		tun = t.dialling(from.Addr())
	}
	switch {
	case tun == nil:
		t.cfg.Dropped("l2tp: message to no tunnel")
	case tun.settled.Load():
		// "Once the source and destination ports and addresses are
		// established, they MUST remain static" (RFC 2661 section 8.1).
		t.cfg.Dropped("l2tp: message from a third party")
	default:
		tun.deliver(datagram{append([]byte(nil), b...), from})
	}
}

// dialling returns the tunnel that waits for an answer of the host at that
// address, the oldest if there are several.
func (t *Trunk) dialling(at netip.Addr) *Tunnel {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tun := range t.byHost[at] {
		if !tun.settled.Load() {
			return tun
		}
	}
	return nil
}

func isSCCRQ(b []byte) bool {
	_, payload, err := l2tp.ParseHeader(b)
	if err != nil {
		return false
	}
	m, ok := l2tp.PeekMessageType(payload)
	return ok && m == l2tp.TypeSCCRQ
}

func (d datagram) apply(t *Tunnel, now time.Time) {
	switch id, _ := l2tp.PeekTunnelID(d.b); {
	case id == 0 && isSCCRQ(d.b):
		t.crossed(now, crossing{t.peer, d.b, func(b []byte) error { t.write(b); return nil }})
		return
	case d.from.IsValid() && !t.admit(now, d.from):
		return
	}
	from := d.from
	if !from.IsValid() {
		from = t.peer
	}
	t.heard = now
	t.conn.Receive(now, from, d.b)
}

// admit decides whether an answer to SCCRQ may come from elsewhere: "the
// recipient chooses a free port on its own system" (RFC 2661 section 8.1).
func (t *Tunnel) admit(now time.Time, from netip.AddrPort) bool {
	switch {
	case t.opened || t.down:
		t.trunk.cfg.Dropped("l2tp: message from a third party")
		return false
	case t.handling().Moved == policy.MovedIgnore:
		t.trunk.cfg.Dropped("l2tp: answer from elsewhere ignored")
		return false
	case t.handling().Moved == policy.MovedReject:
		t.trunk.cfg.Dropped("l2tp: answer from elsewhere rejected")
		t.rejected = true
		t.conn.Close(now, l2tp.Result{Code: l2tp.StopGeneral, Message: "answered from " + from.String()})
		return false
	}
	return true
}
