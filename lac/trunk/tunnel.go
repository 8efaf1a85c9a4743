package trunk

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"lacd/kernel"
	"lacd/lac/cause"
	"lacd/lac/l2tp"
	"lacd/lac/mailbox"
	"lacd/lac/tunnel"
	"lacd/policy"
)

var errClosing = errors.New("tunnel is closing")

// Tunnel is one L2TP tunnel and the calls in it. Everything below "owned by
// run" is touched by its loop alone.
type Tunnel struct {
	trunk    *Trunk
	id       l2tp.TunnelID
	key      policy.TunnelKey
	lns      policy.LNS
	sock     Socket
	since    time.Time
	box      *mailbox.Mailbox[command]
	quiet    chan struct{} // closed when nothing more has to be delivered
	ownsPath bool

	unexpected atomic.Uint64 // data messages that reached user space

	// owned by run
	conn       *tunnel.Conn
	peerID     l2tp.TunnelID
	opened     bool
	inPlane    bool
	down       bool
	released   bool
	reuseAfter time.Time // of the ID
	heard      time.Time
	calls      map[Ref]*call
	byID       map[l2tp.SessionID]*call
}

// call is one call of the tunnel, from PlaceCall until it is down.
type call struct {
	ref      Ref
	id, peer l2tp.SessionID
	lns      *peer
	answered bool
	frames   [][]byte // to send right after ICCN
}

// command is input to a tunnel's loop.
type command interface {
	apply(t *Tunnel, now time.Time)
}

type (
	placeCall struct {
		ref  Ref
		call tunnel.Call
		lns  *peer
	}
	connectCall struct {
		ref     Ref
		connect tunnel.Connect
		frames  [][]byte
	}
	hangUp struct {
		ref    Ref
		result l2tp.Result
		silent bool
	}
	datagram   struct{ b []byte }
	stopTunnel struct{ result l2tp.Result }
	viewTunnel struct{ reply chan<- View }
)

func newTunnel(t *Trunk, id l2tp.TunnelID, key policy.TunnelKey, lns *policy.LNS, sock Socket) *Tunnel {
	cfg := tunnel.Config{
		LocalID: id, Peer: lns.Peer, HostName: lns.Host, VendorName: t.cfg.VendorName,
		PeerName: lns.PeerHost, Window: t.cfg.Window, Resend: t.cfg.Resend, Retries: t.cfg.Retries,
		ResendMax: t.cfg.ResendMax, Hello: t.cfg.Hello, AnswerTimeout: t.cfg.AnswerTimeout,
	}
	if cfg.HostName == "" {
		cfg.HostName = t.cfg.HostName
	}
	if lns.Secret != "" {
		cfg.Secret = []byte(lns.Secret)
	}
	now := time.Now()
	t.cfg.Random(cfg.Seed[:])
	// "increases progressively, unique for a long time": it starts at the time.
	cfg.Serial = uint32(now.Unix()) + t.serial.Add(1<<12)
	return &Tunnel{
		trunk: t, id: id, key: key, lns: *lns, sock: sock, since: now, heard: now,
		box: mailbox.New[command](), quiet: make(chan struct{}),
		conn: tunnel.Dial(now, cfg), calls: map[Ref]*call{}, byID: map[l2tp.SessionID]*call{},
	}
}

// Connect completes an answered call (ICCN). The PPP frames follow it.
func (t *Tunnel) Connect(ref Ref, c tunnel.Connect, frames [][]byte) {
	t.box.Put(connectCall{ref, c, frames})
}

// HangUp ends a call (CDN). Silent says that the LNS let it time out.
func (t *Tunnel) HangUp(ref Ref, r l2tp.Result, silent bool) {
	t.box.Put(hangUp{ref, r, silent})
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
		t.drain(now)
		if t.released || t.box.Closed() {
			break
		}
		wait := time.Hour
		if d := t.conn.Deadline(); !d.IsZero() {
			wait = d.Sub(now)
		}
		timer.Reset(wait)
		select {
		case <-t.box.Wake():
		case <-timer.C:
		}
	}
	t.end()
}

// end answers what still waits and frees what the tunnel holds.
func (t *Tunnel) end() {
	t.box.Close()
	t.lose(cause.TunnelLost, "tunnel closed")
	for _, c := range t.box.Take(nil) {
		if p, ok := c.(placeCall); ok {
			t.trunk.fail(p.lns, p.ref, errClosing.Error())
		}
		if v, ok := c.(viewTunnel); ok {
			close(v.reply)
		}
	}
	if t.inPlane {
		if err := t.trunk.cfg.Plane.RemoveTunnel(context.Background(), kernel.TunnelID(t.id)); err != nil {
			t.trunk.cfg.Log.Error("tunnel not removed from the data plane", "tunnel", t.id, "err", err)
		}
	}
	_ = t.sock.Close() // a second close is harmless
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
func (t *Tunnel) read() {
	buf := make([]byte, 65536)
	for {
		n, err := t.sock.Read(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			// An ICMP error of an earlier send; silence will show what it means.
			t.trunk.cfg.Dropped("l2tp: socket error")
			continue
		case !l2tp.IsControl(buf[:n]):
			t.unexpected.Add(1)
			continue
		}
		if t.box.Len() > maxBacklog {
			t.trunk.cfg.Dropped("l2tp: control message, backlog full")
			continue
		}
		t.box.Put(datagram{append([]byte(nil), buf[:n]...)})
	}
}

// maxBacklog bounds what the network can make a loop remember.
const maxBacklog = 1 << 15

func (p placeCall) apply(t *Tunnel, now time.Time) {
	if t.down {
		t.trunk.fail(p.lns, p.ref, errClosing.Error())
		return
	}
	id, err := t.conn.PlaceCall(now, p.call)
	if err != nil {
		t.trunk.fail(p.lns, p.ref, err.Error())
		return
	}
	c := &call{ref: p.ref, id: id, lns: p.lns}
	t.calls[p.ref] = c
	t.byID[id] = c
}

func (c connectCall) apply(t *Tunnel, now time.Time) {
	if call := t.calls[c.ref]; call != nil {
		call.frames = c.frames
		t.conn.ConnectCall(now, call.id, c.connect)
	}
}

func (h hangUp) apply(t *Tunnel, now time.Time) {
	c := t.calls[h.ref]
	if c == nil {
		return
	}
	if h.silent {
		c.lns.fail("no answer")
		if now.Sub(t.heard) >= 2*time.Second {
			t.trunk.lock(t.key, now)
		}
	}
	t.forget(c)
	t.conn.HangUp(now, c.id, h.result)
}

func (d datagram) apply(t *Tunnel, now time.Time) {
	t.heard = now
	t.conn.Receive(now, t.lns.Peer, d.b)
}

func (s stopTunnel) apply(t *Tunnel, now time.Time) { t.conn.Close(now, s.result) }

func (v viewTunnel) apply(t *Tunnel, _ time.Time) { v.reply <- t.view() }

func (t *Tunnel) forget(c *call) {
	delete(t.calls, c.ref)
	delete(t.byID, c.id)
}

// drain does what the control connection wants.
func (t *Tunnel) drain(now time.Time) {
	for _, a := range t.conn.Take() {
		switch a := a.(type) {
		case tunnel.Send:
			t.write(a.Datagram)
		case tunnel.Opened:
			t.open(now, a)
		case tunnel.CallAnswered:
			t.answered(a)
		case tunnel.Connected:
			t.connected(a.ID)
		case tunnel.CallDown:
			t.callDown(a)
		case tunnel.Down:
			t.goDown(now, a)
		case tunnel.Released:
			t.released, t.reuseAfter = true, a.ReuseAfter
		case tunnel.Log:
			t.trunk.cfg.Dropped(a.What)
			t.trunk.cfg.Log.Debug("l2tp input", "tunnel", t.id, "peer", t.lns.Peer, "what", a.What)
		}
	}
}

func (t *Tunnel) write(b []byte) {
	if _, err := t.sock.Write(b); err != nil {
		// Lost like any datagram: the reliable channel sends it again.
		t.trunk.cfg.Log.Debug("l2tp send failed", "tunnel", t.id, "peer", t.lns.Peer, "err", err)
	}
}

// open hands the tunnel to the data plane. Nothing is answered before that,
// so every bridge finds its tunnel; it is done once in a tunnel's life, here.
func (t *Tunnel) open(now time.Time, o tunnel.Opened) {
	t.opened = true
	t.peerID = o.PeerID
	t.trunk.locked.Delete(t.key)
	err := t.trunk.cfg.Plane.AddTunnel(context.Background(), kernel.Tunnel{
		ID: kernel.TunnelID(t.id), PeerID: kernel.TunnelID(o.PeerID),
		Local: t.sock.Local(), Peer: o.Peer, Socket: t.sock.Raw(),
	})
	if err != nil {
		t.trunk.cfg.Log.Error("data plane refused a tunnel", "tunnel", t.id, "lns", t.lns.Name, "err", err)
		t.conn.Close(now, l2tp.Result{Code: 2, Error: 4})
		return
	}
	t.inPlane = true
	t.trunk.cfg.Log.Info("tunnel up", "tunnel", t.id, "peer_tunnel", o.PeerID, "lns", t.lns.Name,
		"peer", o.Peer, "local", t.sock.Local(), "peer_name", o.PeerName)
}

func (t *Tunnel) answered(a tunnel.CallAnswered) {
	c := t.byID[a.ID]
	if c == nil {
		return
	}
	c.peer, c.answered = a.PeerID, true
	c.lns.answered.Add(1)
	t.trunk.cfg.Notify(Event{Ref: c.ref, Tunnel: t.id, PeerTunnel: t.peerID, ID: c.id, Peer: c.peer})
}

// connected sends the frames that wait for ICCN, as data messages.
func (t *Tunnel) connected(id l2tp.SessionID) {
	c := t.byID[id]
	if c == nil {
		return
	}
	for _, f := range c.frames {
		t.write(l2tp.AppendData(nil, l2tp.Header{TunnelID: t.peerID, SessionID: c.peer}, f))
	}
	c.frames = nil
}

func (t *Tunnel) callDown(d tunnel.CallDown) {
	c := t.byID[d.ID]
	if c == nil {
		return
	}
	t.forget(c)
	text := describe("CDN", d.Result, d.Local)
	if !c.answered {
		c.lns.fail(text)
	}
	ev := Event{Ref: c.ref, Down: true, Text: text, Cause: cause.LNSHangUp}
	if dc := d.Result.Disconnect; dc != nil {
		ev.Cause = cause.FromLNS(d.Result.Code, dc.Code, dc.Direction)
	} else {
		ev.Cause = cause.FromLNS(d.Result.Code, 0, 0)
	}
	t.trunk.cfg.Notify(ev)
}

// goDown tells every call that the tunnel is gone. The socket and the ID are
// kept until the hold time is over, so that a repeated StopCCN is answered.
func (t *Tunnel) goDown(now time.Time, d tunnel.Down) {
	t.down = true
	t.trunk.retire(t)
	why := cause.TunnelShutdown
	text := describe("StopCCN", d.Result, d.Local)
	if d.Reason == tunnel.Timeout {
		why, text = cause.TunnelLost, "tunnel timed out"
	}
	if d.Reason == tunnel.Timeout || !t.opened {
		t.trunk.lock(t.key, now)
	}
	t.trunk.cfg.Log.Info("tunnel down", "tunnel", t.id, "lns", t.lns.Name, "peer", t.lns.Peer,
		"reason", d.Reason.String(), "what", text, "calls", len(t.calls))
	t.lose(why, d.Reason.String()+": "+text)
	if !d.Local || !t.opened {
		t.markQuiet()
	}
}

// lose ends all calls.
func (t *Tunnel) lose(why cause.Cause, text string) {
	for _, c := range t.calls {
		if !c.answered {
			c.lns.fail(text)
		}
		t.trunk.cfg.Notify(Event{Ref: c.ref, Down: true, Cause: why, Text: text})
	}
	clear(t.calls)
	clear(t.byID)
}
