package trunk

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"lacd/kernel"
	"lacd/lac/cause"
	"lacd/lac/l2tp"
	"lacd/lac/mailbox"
	"lacd/lac/tunnel"
	"lacd/policy"
)

// crowdedAfter is for how long the peer's window must have held up calls
// before one more tunnel is opened.
const crowdedAfter = 250 * time.Millisecond

// Tunnel is one L2TP tunnel and the calls in it. Everything below "owned by
// run" is touched by its loop alone.
type Tunnel struct {
	trunk *Trunk
	id    l2tp.TunnelID
	group *group
	lns   policy.LNS
	sock  Socket
	since time.Time
	box   *mailbox.Mailbox[command]
	quiet chan struct{} // closed when nothing more has to be delivered
	path  *path         // nil: its local port is its own. Guarded by Trunk.mu
	ear   Listener      // hears answers from elsewhere during setup; nil: a listener of the trunk does

	seats   quota        // calls that are in it, or on their way
	pending atomic.Int64 // calls of those that were not answered yet
	crowded atomic.Bool  // the peer's window holds up calls
	settled atomic.Bool  // no answer to SCCRQ is awaited any more

	unexpected atomic.Uint64 // data messages that reached user space
	hearing    atomic.Bool   // heardData is on its way to run

	// owned by run
	conn       *tunnel.Conn
	out        [][]byte // datagrams to send, at the end of the turn at the latest
	peer       netip.AddrPort
	peerID     l2tp.TunnelID
	opened     bool
	told       TunnelState // the last that others were told of it
	inPlane    bool
	down       bool
	rejected   bool // closed as the answer came from elsewhere
	released   bool
	successor  *crossing // the SCCRQ that takes the place of ours
	reuseAfter time.Time // of the ID
	heard      time.Time
	verdict    time.Time // when a call was last taken or refused
	waitsSince time.Time // the window holds up calls since; zero: it does not
	idleSince  time.Time // zero: there are calls
	calls      map[Ref]*call
	byID       map[l2tp.SessionID]*call
}

// call is one call of the tunnel, from PlaceCall until it is down.
type call struct {
	ref      Ref
	id, peer l2tp.SessionID
	request  *tunnel.Call // until the conn has it
	seat     seat
	attempt  attempt
	answered bool
	frames   [][]byte // to send right after ICCN
}

// newTunnel returns a tunnel without its conn.
func (t *Trunk) newTunnel(now time.Time, id l2tp.TunnelID, g *group, lns *policy.LNS, sock Socket) *Tunnel {
	return &Tunnel{
		trunk: t, id: id, group: g, lns: *lns, sock: sock, since: now, heard: now, peer: lns.Peer,
		box: mailbox.New[command](), quiet: make(chan struct{}), calls: map[Ref]*call{}, byID: map[l2tp.SessionID]*call{},
	}
}

// config returns the settings of the tunnel's conn.
func (t *Tunnel) config() tunnel.Config {
	c := t.trunk.now.Load()
	cfg := tunnel.Config{
		LocalID: t.id, Peer: t.peer, HostName: t.lns.Host, VendorName: c.VendorName, PeerName: t.lns.PeerHost,
		Window: c.Window, Resend: c.Resend, Retries: c.Retries, ResendMax: c.ResendMax, Hello: c.Hello,
		AnswerTimeout: c.AnswerTimeout,
	}
	if cfg.HostName == "" {
		cfg.HostName = c.HostName
	}
	if t.lns.Secret != "" {
		cfg.Secret = []byte(t.lns.Secret)
	}
	t.trunk.cfg.Random(cfg.Seed[:])
	return cfg
}

// Connect completes an answered call (ICCN). The PPP frames follow it.
func (t *Tunnel) Connect(ref Ref, c tunnel.Connect, frames [][]byte) {
	t.box.Put(connectCall{ref, c, frames})
}

// HangUp ends a call (CDN). Silent says that the LNS let it time out.
func (t *Tunnel) HangUp(ref Ref, r l2tp.Result, silent bool) {
	t.box.Put(hangUp{ref, r, silent})
}

// Say asks for an event when all that was asked for before has left for the
// LNS, or waits for its receive window. It reports false when the tunnel is
// over: there is no event then.
func (t *Tunnel) Say(ref Ref) bool { return t.box.Put(say{ref}) }

// Heard says that data came from the LNS at a time or later, which is as good a
// sign of life as a control message: HELLO waits (RFC 2661 section 5.5).
func (t *Tunnel) Heard(at time.Time) {
	if !t.hearing.Swap(true) {
		t.box.Put(heardData{at})
	}
}

// run is the loop that owns the tunnel.
func (t *Tunnel) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var spare []command
	for {
		now := time.Now()
		cmds := t.box.Take(spare)
		for _, c := range cmds {
			c.apply(t, now)
		}
		spare = cmds
		if d := t.conn.Deadline(); !d.IsZero() && !now.Before(d) {
			t.conn.Advance(now)
		}
		t.rest(now)
		t.drain(now)
		t.flush()
		t.measure(now)
		if t.released || t.box.Closed() {
			break
		}
		timer.Reset(t.wait(now))
		select {
		case <-t.box.Wake():
		case <-timer.C:
		}
	}
	t.end()
}

// wait returns how long the loop may sleep.
func (t *Tunnel) wait(now time.Time) time.Duration {
	wait := time.Hour
	if d := t.conn.Deadline(); !d.IsZero() {
		wait = d.Sub(now)
	}
	if !t.idleSince.IsZero() {
		wait = min(wait, t.idleSince.Add(t.trunk.now.Load().IdleTimeout).Sub(now))
	}
	return wait
}

// rest closes a tunnel that had no calls for long. "1 - General request to
// clear control connection" (RFC 2661 section 4.4.2).
func (t *Tunnel) rest(now time.Time) {
	limit := t.trunk.now.Load().IdleTimeout
	switch {
	case limit == 0 || !t.opened || t.down || t.seats.used.Load() > 0:
		t.idleSince = time.Time{}
	case t.idleSince.IsZero():
		t.idleSince = now
	case now.Sub(t.idleSince) >= limit:
		t.idleSince = time.Time{}
		t.trunk.retire(t) // a call that still comes is placed again
		t.conn.Close(now, l2tp.Result{Code: l2tp.StopGeneral, Message: "idle"})
	}
}

// measure notices when the peer's window is what calls wait for. Then another
// tunnel helps, which it does not where the peer is silent or the path is
// congested.
func (t *Tunnel) measure(now time.Time) {
	const few = 4
	if !t.opened || t.down || t.pending.Load() < few && t.waitsSince.IsZero() {
		return
	}
	s := t.conn.Stats()
	switch {
	case s.Waiting == 0 || s.CWND < s.Window:
		t.waitsSince = time.Time{}
		t.crowded.Store(false)
	case t.waitsSince.IsZero():
		t.waitsSince = now
	default:
		t.crowded.Store(now.Sub(t.waitsSince) >= crowdedAfter && now.Sub(t.heard) < crowdedAfter)
	}
}

// end answers what still waits and frees what the tunnel holds.
func (t *Tunnel) end() {
	t.box.Close()
	t.tell(time.Now(), TunnelDown, cause.Shutdown)
	t.lose(cause.TunnelLost, policy.TryAgain, "tunnel closed")
	for _, c := range t.box.Take(nil) {
		if p, ok := c.(placeCall); ok {
			t.again(p.call)
		}
		if v, ok := c.(viewTunnel); ok {
			close(v.reply)
		}
		if s, ok := c.(say); ok {
			t.trunk.cfg.Notify(Event{Ref: s.ref, Said: true})
		}
	}
	if t.inPlane {
		if err := t.trunk.cfg.Plane.RemoveTunnel(context.Background(), kernel.TunnelID(t.id)); err != nil {
			t.trunk.cfg.Log.Error("tunnel not removed from the data plane", "tunnel", t.id, "err", err)
		}
	}
	_ = t.sock.Close() // a second close is harmless
	t.hush()
	t.markQuiet()
	t.trunk.release(t)
}

func (t *Tunnel) markQuiet() {
	select {
	case <-t.quiet:
	default:
		close(t.quiet)
	}
}

// read feeds control messages to the loop until the socket is closed.
func (t *Tunnel) read(sock Socket) {
	receiver, _ := t.trunk.cfg.Plane.(kernel.Receiver)
	var inbox []command
	receive := func(b []byte) {
		if l2tp.IsControl(b) {
			inbox = append(inbox, datagram{b: slices.Clone(b)})
			return
		}
		t.data(receiver, b)
	}
	for {
		err := sock.ReadBatch(receive)
		t.deliver(inbox...)
		clear(inbox)
		inbox = inbox[:0]
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			// An ICMP error of an earlier send; silence will show what it means.
			t.trunk.cfg.Dropped("l2tp: socket error")
		}
	}
}

// data takes a data message: the kernel has those of bridges, except where a
// data plane wants them handed up.
func (t *Tunnel) data(receiver kernel.Receiver, b []byte) {
	if receiver != nil && receiver.Receive(kernel.TunnelID(t.id), b) {
		t.Heard(time.Now())
		return
	}
	t.unexpected.Add(1)
	t.trunk.cfg.Dropped("l2tp: data of no session")
	if id, ok := l2tp.PeekTunnelID(b); ok && id == t.id {
		t.Heard(time.Now())
	}
}

// maxBacklog bounds what the network can make a loop remember: several times
// the window that is offered to the peer.
const maxBacklog = 1 << 12

// deliver hands network input to the loop.
func (t *Tunnel) deliver(cs ...command) {
	for range cs[t.box.Offer(maxBacklog, cs...):] {
		if !t.box.Closed() {
			t.trunk.cfg.Dropped("l2tp: control message, backlog full")
		}
	}
}

// drain does what the control connection wants, and what that leads to.
func (t *Tunnel) drain(now time.Time) {
	for as := t.conn.Take(); len(as) > 0; as = t.conn.Take() {
		t.do(now, as)
	}
}

func (t *Tunnel) do(now time.Time, as []tunnel.Action) {
	for _, a := range as {
		switch a := a.(type) {
		case tunnel.Send:
			t.send(a)
		case tunnel.Opened:
			t.open(now, a)
		case tunnel.CallAnswered:
			t.answered(now, a)
		case tunnel.Connected:
			t.connected(a.ID)
		case tunnel.CallDown:
			t.callDown(now, a)
		case tunnel.Down:
			t.flush() // it may be the end of the socket
			t.goDown(now, a)
		case tunnel.Released:
			t.released, t.reuseAfter = true, a.ReuseAfter
		case tunnel.Log:
			t.trunk.cfg.Dropped(a.What)
			t.trunk.murmur.Debug("l2tp input", "tunnel", t.id, "peer", t.peer, "what", a.What)
		}
	}
}

// open hands the tunnel to the data plane. Nothing is answered before that,
// so every bridge finds its tunnel; it is done once in a tunnel's life, here.
func (t *Tunnel) open(now time.Time, o tunnel.Opened) {
	t.opened = true
	t.settled.Store(true)
	t.hush()
	t.peerID = o.PeerID
	err := t.trunk.cfg.Plane.AddTunnel(context.Background(), kernel.Tunnel{
		ID: kernel.TunnelID(t.id), PeerID: kernel.TunnelID(o.PeerID),
		Local: t.sock.Local(), Peer: t.peer, DSCP: t.lns.DSCP, Socket: t.sock.Raw(),
	})
	if err != nil {
		t.trunk.cfg.Log.Error("data plane refused a tunnel", "tunnel", t.id, "lns", t.lns.Name, "err", err)
		t.conn.Close(now, l2tp.Result{Code: l2tp.StopError, Error: l2tp.ErrorResources})
		return
	}
	t.inPlane = true
	t.tell(now, TunnelUp, 0)
	t.trunk.cfg.Log.Info("tunnel up", "tunnel", t.id, "peer_tunnel", o.PeerID, "lns", t.lns.Name,
		"peer", t.peer, "local", t.sock.Local(), "peer_name", o.PeerName)
}
