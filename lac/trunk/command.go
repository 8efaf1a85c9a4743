package trunk

import (
	"errors"
	"net/netip"
	"time"

	"lacd/lac/cause"
	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/policy"
)

// command is input to a tunnel's loop.
type command interface {
	apply(t *Tunnel, now time.Time)
}

type (
	placeCall   struct{ *call }
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
	datagram struct {
		b    []byte
		from netip.AddrPort // invalid: the peer
	}
	say        struct{ ref Ref }
	heardData  struct{ at time.Time }
	stopTunnel struct{ result l2tp.Result }
	viewTunnel struct{ reply chan<- View }
)

// drop gives back what a call holds.
func (c *call) drop() {
	c.attempt.abstain()
	c.seat.leave()
}

// again tells that a call came too late for its tunnel.
func (t *Tunnel) again(c *call) {
	t.pending.Add(-1)
	c.drop()
	t.trunk.passOver(c.ref, policy.TryAgain, "its tunnel closed")
}

func (p placeCall) apply(t *Tunnel, now time.Time) {
	if t.down {
		t.again(p.call)
		return
	}
	request := *p.request
	request.Serial = t.trunk.serial.Add(1)
	id, err := t.conn.PlaceCall(now, request)
	if errors.Is(err, tunnel.ErrClosed) {
		// The input just before this one ended it; drain is still to tell.
		t.again(p.call)
		return
	}
	if err != nil {
		t.pending.Add(-1)
		p.seat.peer.fail(err.Error())
		p.drop()
		t.trunk.passOver(p.ref, policy.TryNext, err.Error())
		return
	}
	p.id, p.request = id, nil
	t.calls[p.ref] = p.call
	t.byID[id] = p.call
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
		t.silent(now, c)
	}
	t.forget(c)
	t.conn.HangUp(now, c.id, h.result)
}

func (s say) apply(t *Tunnel, now time.Time) {
	t.drain(now)
	t.flush()
	t.trunk.cfg.Notify(Event{Ref: s.ref, Said: true})
}

func (h heardData) apply(t *Tunnel, _ time.Time) {
	t.hearing.Store(false)
	t.conn.Data(h.at)
}

func (s stopTunnel) apply(t *Tunnel, now time.Time) { t.conn.Close(now, s.result) }

func (v viewTunnel) apply(t *Tunnel, _ time.Time) { v.reply <- t.view() }

// silent: the LNS left a call unanswered. It is silent as a whole if it took
// and refused none since, acknowledgements or not.
func (t *Tunnel) silent(now time.Time, c *call) {
	const why = "no answer"
	c.seat.peer.fail(why)
	if c.attempt.canary != nil || t.verdict.Before(c.attempt.placed) {
		t.trunk.failed(now, &c.attempt, policy.NoAnswer, why)
	}
}

// forget ends a call: it holds nothing any more.
func (t *Tunnel) forget(c *call) {
	delete(t.calls, c.ref)
	delete(t.byID, c.id)
	t.free(c)
}

func (t *Tunnel) free(c *call) {
	if !c.answered {
		t.pending.Add(-1)
	}
	c.drop()
}

func (t *Tunnel) answered(now time.Time, a tunnel.CallAnswered) {
	c := t.byID[a.ID]
	if c == nil {
		return
	}
	c.peer, c.answered = a.PeerID, true
	t.pending.Add(-1)
	t.verdict = now
	c.seat.peer.answered.Add(1)
	t.trunk.succeeded(&c.attempt)
	t.trunk.cfg.Notify(Event{Ref: c.ref, Tunnel: t.id, PeerTunnel: t.peerID, ID: c.id, Peer: c.peer, Local: t.sock.Local().Addr()})
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

func (t *Tunnel) callDown(now time.Time, d tunnel.CallDown) {
	c := t.byID[d.ID]
	if c == nil {
		return
	}
	text := describe("CDN", d.Result, d.Local)
	f := policy.RefusedCall(d.Result.Code, d.Result.Error)
	switch {
	case c.answered:
	case d.Local && d.Result.Code == l2tp.CallTimeout:
		t.silent(now, c)
	default:
		t.verdict = now
		c.seat.peer.fail(text)
		t.trunk.failed(now, &c.attempt, f, text)
	}
	ev := Event{Ref: c.ref, Down: true, Text: text, Cause: cause.FromLNS(d.Result.Code, 0, 0)}
	if dc := d.Result.Disconnect; dc != nil {
		ev.Cause = cause.FromLNS(d.Result.Code, dc.Code, dc.Direction)
	}
	if !d.Local && !c.answered {
		ev.Tunnel, ev.ID, ev.Local = t.id, c.id, t.sock.Local().Addr()
	}
	if !d.Local && c.attempt.handling.GiveUp.Has(f) {
		ev.Next = policy.GiveUp
	}
	t.forget(c)
	t.trunk.cfg.Notify(ev)
}

// outcome is what the end of a tunnel means for its calls.
type outcome struct {
	why   cause.Cause
	next  policy.Next
	text  string
	fault bool // of the LNS
	kind  policy.Failure
	to    netip.Addr
}

// judge says what the end of the tunnel means.
func (t *Tunnel) judge(d tunnel.Down) outcome {
	o := outcome{why: cause.TunnelShutdown, text: describe("StopCCN", d.Result, d.Local), fault: true}
	switch d.Reason {
	case tunnel.Timeout:
		o.why, o.kind, o.text = cause.TunnelLost, policy.NoAnswer, "tunnel timed out"
	case tunnel.AuthFailed:
		o.kind = policy.TunnelDenied
	case tunnel.Protocol:
		o.kind = policy.TunnelRefused
	case tunnel.PeerStopped:
		o.kind = policy.RefusedTunnel(d.Result.Code, d.Result.Error)
		to, ok := d.Result.Redirect()
		switch {
		case ok && to.Unmap() != t.lns.Peer.Addr():
			o.fault, o.next, o.to = false, policy.TryElsewhere, to.Unmap()
		case t.opened && d.Result.Code == l2tp.StopGeneral && !t.verdict.IsZero():
			// The LNS tidies up; it may do so just when a call comes. One that
			// decided on no call would have us open tunnels without end, each
			// of them held for half a minute.
			o.fault, o.next = false, policy.TryAgain
		}
	case tunnel.Closed:
		o.fault, o.kind = t.rejected, policy.TunnelRefused
	case tunnel.Yielded:
		o.fault, o.next, o.text = false, policy.TryAgain, "the LNS opened the tunnel at the same moment"
	}
	return o
}

// goDown tells every call that the tunnel is gone. The socket and the ID are
// kept until the hold time is over, so that a repeated StopCCN is answered.
func (t *Tunnel) goDown(now time.Time, d tunnel.Down) {
	o := t.judge(d)
	t.down = true
	t.tellDown(now, &d, o.why)
	t.settled.Store(true)
	t.hush()
	switch {
	case o.fault:
		a := attempt{group: t.group, handling: t.handling(), placed: t.since}
		if t.opened {
			a.placed = now
		}
		for _, c := range t.calls {
			if c.attempt.canary != nil {
				a.canary, c.attempt.canary = c.attempt.canary, nil
			}
		}
		t.trunk.failed(now, &a, o.kind, o.text)
	case o.next == policy.TryElsewhere:
		t.group.redirect.Store(&redirect{to: o.to, until: now.Add(redirectFor), why: o.text})
	}
	if d.Reason == tunnel.Yielded {
		t.trunk.succeed(now, t)
	} else {
		t.trunk.retire(t)
	}
	t.trunk.cfg.Log.Info("tunnel down", "tunnel", t.id, "lns", t.lns.Name, "peer", t.peer,
		"reason", d.Reason.String(), "what", o.text, "calls", len(t.calls))
	t.loseTo(o.to, o.why, o.next, d.Reason.String()+": "+o.text)
	if !d.Local || !t.opened {
		t.markQuiet()
	}
}

// redirectFor is for how long calls go where the LNS said without asking it
// again.
const redirectFor = time.Minute

func (t *Tunnel) handling() *policy.Handling {
	if t.lns.Handling != nil {
		return t.lns.Handling
	}
	return &defaultHandling
}

// lose ends all calls.
func (t *Tunnel) lose(why cause.Cause, next policy.Next, text string) {
	t.loseTo(netip.Addr{}, why, next, text)
}

func (t *Tunnel) loseTo(to netip.Addr, why cause.Cause, next policy.Next, text string) {
	for _, c := range t.calls {
		ev := Event{Ref: c.ref, Down: true, Cause: why, Text: text}
		if !c.answered {
			ev.Next, ev.Redirect = next, to
			if next == policy.TryNext {
				c.seat.peer.fail(text)
			}
		}
		t.free(c)
		t.trunk.cfg.Notify(ev)
	}
	clear(t.calls)
	clear(t.byID)
}
