package tunnel

import (
	"time"

	"lacd/lac/l2tp"
)

// Close sends StopCCN. Down follows at once, Released when the StopCCN is
// acknowledged or its retransmission ends.
func (c *Conn) Close(now time.Time, r l2tp.Result) {
	switch c.state {
	case Idle:
		c.down(now, Down{Result: r, Reason: Closed, Local: true})
		c.gone(now)
	case WaitReply, WaitConnect, Established:
		c.stop(now, r, Closed)
	case Stopping, Holding, Gone:
		return
	}
	c.settle(now)
}

// stop clears the control connection with a StopCCN, which "MUST be"
// delivered reliably and carries the tunnel ID that we first sent (RFC 2661
// sections 4.4.3, 5.7 and 6.4).
func (c *Conn) stop(now time.Time, r l2tp.Result, reason Reason) {
	if c.state == Stopping || c.state == Holding || c.state == Gone {
		return
	}
	c.channel.Finish(now, c.encode(0, &l2tp.StopCCN{Result: r.ResultCode(), TunnelID: c.cfg.LocalID}))
	c.flush()
	c.down(now, Down{Result: r, Reason: reason, Local: true})
	c.state = Stopping
}

// stopped handles the peer's StopCCN: it clears all calls without a CDN, and
// is acknowledged again for as long as the peer may repeat it (section 5.7).
func (c *Conn) stopped(now time.Time, m *l2tp.StopCCN) {
	if c.state == Holding || c.state == Gone {
		return
	}
	c.learn(m.TunnelID)
	c.channel.Drop()
	c.down(now, Down{Result: m.Outcome(), Reason: PeerStopped})
	c.state = Holding
	c.holdTill = now.Add(c.cfg.Hold)
	c.channel.AckNow(now, true)
}

// down reports the end of the control connection and forgets its calls.
func (c *Conn) down(now time.Time, d Down) {
	switch c.state {
	case Idle, WaitReply, WaitConnect, Established:
	case Stopping, Holding, Gone:
		return
	}
	c.actions = append(c.actions, d)
	c.setupBy = time.Time{}
	c.endedAt = now
	c.calls, c.byPeer = nil, nil
	c.iccns = fifo[connecting]{}
	c.pending, c.waiting, c.answers = fifo[l2tp.SessionID]{}, 0, fifo[answer]{}
}

// review notices what the passing of time or an acknowledgement has changed.
func (c *Conn) review(now time.Time) {
	switch c.state {
	case Idle:
		if due(c.setupBy, now) {
			c.down(now, Down{Reason: Timeout, Local: true})
			c.gone(now)
		}
	case WaitReply, WaitConnect, Established:
		c.reviewLive(now)
	case Stopping:
		if c.channel.Idle() {
			c.gone(now)
		}
	case Holding:
		if due(c.holdTill, now) {
			c.gone(now)
		}
	case Gone:
	}
}

func (c *Conn) reviewLive(now time.Time) {
	switch {
	case c.channel.Dead():
		// "the tunnel and all sessions within MUST be cleared" (section 5.8).
		// Nobody is there to be told.
		c.down(now, Down{Reason: Timeout, Local: true})
		c.gone(now)
	case c.state == Established || !c.channel.Idle():
	case c.setupBy.IsZero():
		// The peer acknowledged our half of the setup but owes its own.
		c.setupBy = now.Add(c.cfg.AnswerTimeout)
	case due(c.setupBy, now):
		c.stop(now, l2tp.Result{Code: l2tp.StopGeneral, Message: "control connection setup timed out"}, Timeout)
	}
}

// gone ends the Conn.
func (c *Conn) gone(time.Time) {
	c.state = Gone
	c.holdTill, c.setupBy = time.Time{}, time.Time{}
	c.actions = append(c.actions, Released{ReuseAfter: c.endedAt.Add(c.cfg.Hold)})
}

// due reports whether a deadline that is set has come.
func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }
