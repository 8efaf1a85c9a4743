package trunk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/policy"
)

var errClosing = errors.New("the LAC is stopping")

// path is a UDP 4-tuple whose local port is Port. Two tunnels must not share
// one: the kernel could not tell them apart.
type path struct {
	local netip.Addr
	peer  netip.AddrPort
}

// tunnel returns the tunnel for one more call of the group, opening one where
// that helps.
func (t *Trunk) tunnel(g *group, lns *policy.LNS) (*Tunnel, error) {
	if tun, more := g.pick(lns.Limits.TunnelSessions); !more {
		return tun, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errClosing
	}
	g = t.current(g)
	tun, more := g.pick(lns.Limits.TunnelSessions)
	if !more {
		return tun, nil // others were faster
	}
	if n := len(g.all()); n >= t.now.Load().MaxTunnels {
		if tun == nil {
			return nil, errors.New("full: " + tunnelsFull(lns, n))
		}
		return tun, nil
	}
	fresh, err := t.dial(g, lns)
	if err != nil && tun != nil {
		return tun, nil // the next call tries again
	}
	return fresh, err
}

// dial opens a tunnel from our side. It is called under mu.
func (t *Trunk) dial(g *group, lns *policy.LNS) (*Tunnel, error) {
	id, err := t.newID()
	if err != nil {
		return nil, err
	}
	pth := path{lns.Local, lns.Peer}
	local := netip.AddrPortFrom(lns.Local, Port)
	_, taken := t.paths[pth]
	if taken {
		local = netip.AddrPortFrom(lns.Local, 0)
	}
	sock, err := t.socket(local, lns.Peer, lns)
	if lns.LocalIsWish && errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.cfg.Log.Warn("not an address of this host: the kernel chooses another", "local", lns.Local, "lns", lns.Name, "peer", lns.Peer)
		anywhere := *lns
		anywhere.Local, anywhere.LocalIsWish = netip.Addr{}, false
		return t.dial(g, &anywhere)
	}
	if err != nil {
		return nil, fmt.Errorf("open tunnel to %v: %w", lns.Peer, err)
	}
	now := time.Now()
	tun := t.newTunnel(now, id, g, lns, sock)
	tun.conn = tunnel.Dial(now, tun.config())
	if !taken {
		t.paths[pth] = struct{}{}
		tun.path = &pth
		t.listen(lns)
	} else {
		t.eavesdrop(tun)
	}
	g.add(tun)
	t.start(tun)
	return tun, nil
}

// socket opens a socket for a tunnel to lns. One that cannot be marked as the
// LNS wants serves all the same.
func (t *Trunk) socket(local, peer netip.AddrPort, lns *policy.LNS) (Socket, error) {
	sock, err := t.cfg.Network.Dial(local, peer)
	if err != nil || lns.DSCP == 0 {
		return sock, err
	}
	if err := sock.Mark(lns.DSCP); err != nil {
		t.cfg.Log.Warn("tunnel packets are not marked", "lns", lns.Name, "peer", peer, "err", err)
	}
	return sock, nil
}

// start runs a tunnel. It is called under mu.
func (t *Trunk) start(tun *Tunnel) {
	t.byID[tun.id] = tun
	host := tun.lns.Peer.Addr()
	t.byHost[host] = append(t.byHost[host], tun)
	t.wg.Go(tun.run)
	t.wg.Go(func() { tun.read(tun.sock) })
}

// newID picks an unpredictable Tunnel ID that no tunnel has, nor had lately.
func (t *Trunk) newID() (l2tp.TunnelID, error) {
	now := time.Now()
	maps.DeleteFunc(t.held, func(_ l2tp.TunnelID, until time.Time) bool { return !now.Before(until) })
	if len(t.byID)+len(t.held) > 60000 {
		return 0, fmt.Errorf("open tunnel: %d tunnels are open", len(t.byID))
	}
	for {
		var b [2]byte
		t.cfg.Random(b[:])
		id := l2tp.TunnelID(binary.BigEndian.Uint16(b[:]))
		_, taken := t.byID[id]
		_, held := t.held[id]
		if id != 0 && !taken && !held {
			return id, nil
		}
	}
}

// retire takes a tunnel out of use; its ID stays taken.
func (t *Trunk) retire(tun *Tunnel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tun.group.remove(tun)
}

// release forgets a tunnel that has ended.
func (t *Trunk) release(tun *Tunnel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tun.group.remove(tun)
	delete(t.byID, tun.id)
	host := tun.lns.Peer.Addr()
	if t.byHost[host] = slices.DeleteFunc(t.byHost[host], func(o *Tunnel) bool { return o == tun }); len(t.byHost[host]) == 0 {
		delete(t.byHost, host)
	}
	// A call that has just found the group gets the one that is current then.
	if g := tun.group; len(g.all()) == 0 && g.lockout.Load() == nil && g.redirect.Load() == nil {
		t.groups.CompareAndDelete(g.key, g)
	}
	t.held[tun.id] = tun.reuseAfter
	if tun.path != nil {
		delete(t.paths, *tun.path)
	}
}

// claim moves a tunnel's claim on a path to another peer. It reports false
// when that path is taken.
func (t *Trunk) claim(tun *Tunnel, peer netip.AddrPort) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tun.path == nil {
		return true // its local port is its own
	}
	pth := path{tun.path.local, peer}
	if _, taken := t.paths[pth]; taken {
		return false
	}
	delete(t.paths, *tun.path)
	t.paths[pth] = struct{}{}
	tun.path = &pth
	return true
}
