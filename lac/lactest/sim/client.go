package sim

import (
	"time"

	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// state is how far a client has come.
type state uint8

const (
	idle       state = iota // has never dialled, or waits to dial again
	soliciting              // PADI sent
	requesting              // PADR sent
	linking                 // LCP
	proving                 // LCP is open: PAP or CHAP
	addressing              // IPCP
	open                    // has an address
	leaving                 // Terminate-Request sent
	gone                    // will not dial again
)

// client is one customer's router.
type client struct {
	state   state
	up      bool // counts as up
	been    bool // has been up or has failed for good
	attempt uint8
	tries   uint8 // of the request that awaits its answer
	fails   uint8 // in a row
	cycles  uint16
	slot    int32 // in Crowd.up; -1: not there

	sid    wire.SessionID
	ac     wire.MAC
	cookie []byte // from PADO to PADS

	auth                  ppp.Protocol // that the other end wants; 0: none
	acked, agreed         bool         // our LCP options, theirs
	ipAcked, ipAgreed     bool
	proven                bool // credentials were sent
	lcpID, authID, ipcpID uint8
	missed                uint8 // echoes without an answer
	plain                 bool  // LCP options other than MRU were rejected
	mru                   uint16
	addr                  [4]byte

	dialled  instant
	dueBy    instant // up, or given up
	retryAt  instant
	holdTill instant
	echoAt   instant

	tx uint32
	rx sequence
}

func (c *Crowd) number(i int32) uint32 { return c.cfg.First + uint32(i) }

func (c *Crowd) token(i int32) Token { return tokenOf(c.number(i), c.clients[i].attempt) }

// schedule sets client i's timer to the earliest of its deadlines.
func (c *Crowd) schedule(i int32) {
	cl := &c.clients[i]
	at := sooner(cl.retryAt, cl.holdTill)
	c.timers.set(i, sooner(sooner(at, cl.dueBy), cl.echoAt))
}

// dial begins a set-up.
func (c *Crowd) dial(now instant, i int32) {
	cl := &c.clients[i]
	attempt := cl.attempt + 1
	if attempt == 0 {
		attempt = 1
	}
	*cl = client{
		state: soliciting, attempt: attempt, fails: cl.fails, cycles: cl.cycles, been: cl.been, slot: -1,
		dialled: now, dueBy: now.add(c.cfg.Timeout), mru: 1492,
	}
	if c.cfg.MaxPayload > 0 {
		cl.mru = c.cfg.MaxPayload
	}
	c.dialling++
	c.stats.Attempted++
	if c.stats.FirstDial == 0 {
		c.stats.FirstDial = int64(now)
	}
	c.request(now, i)
}

// request sends what the client's state is waiting for an answer to.
func (c *Crowd) request(now instant, i int32) {
	cl := &c.clients[i]
	wait := c.cfg.Retry
	switch cl.state {
	case soliciting:
		// RFC 2516 section 8: "the Host should resend its PADI packet and
		// double the waiting period".
		wait <<= min(cl.tries, 6)
		c.discovery(i, wire.Broadcast, wire.PADI)
	case requesting:
		wait <<= min(cl.tries, 6)
		c.discovery(i, cl.ac, wire.PADR)
	case linking:
		c.requestLCP(i)
	case proving:
		if cl.auth != ppp.PAP { // the other end asks
			c.schedule(i)
			return
		}
		c.provePAP(now, i)
	case addressing:
		c.requestIPCP(i)
	case leaving:
		c.control(i, ppp.LCP, ppp.TerminateRequest, cl.lcpID, nil)
	case idle, open, gone:
		return
	}
	cl.tries++
	if !cl.up || c.cfg.UpAt == Opened || cl.state == leaving {
		cl.retryAt = now.add(wait)
	}
	c.schedule(i)
}

// retry sends the request once more, as it was or with what the answer asked for.
// It reports false if that was tried too often.
func (c *Crowd) retry(now instant, i int32) bool {
	cl := &c.clients[i]
	cl.retryAt = 0
	if int(cl.tries) >= c.cfg.Tries {
		c.giveUp(now, i)
		return false
	}
	c.request(now, i)
	return true
}

// enter puts a client in a state whose request is sent at once.
func (c *Crowd) enter(now instant, i int32, s state) {
	cl := &c.clients[i]
	cl.state, cl.tries, cl.retryAt = s, 0, 0
	c.request(now, i)
}

// expire does what is due for a client.
func (c *Crowd) expire(now instant, i int32) {
	cl := &c.clients[i]
	switch {
	case cl.state == idle:
		c.ready = append(c.ready, i)
		return
	case cl.dueBy.due(now):
		c.giveUp(now, i)
		return
	case cl.holdTill.due(now):
		c.leave(now, i, c.cfg.HangUp)
		return
	case cl.retryAt.due(now):
		if !c.retry(now, i) {
			return
		}
		c.stats.Repeated++
	}
	if cl.echoAt.due(now) {
		c.echo(now, i)
		return
	}
	c.schedule(i)
}

// giveUp ends a set-up that has taken too long.
func (c *Crowd) giveUp(now instant, i int32) {
	cl := &c.clients[i]
	var why Reason
	switch cl.state {
	case soliciting:
		why = NoPADO
	case requesting:
		why = NoPADS
	case linking:
		why = NoLCP
	case proving:
		why = NoAuth
	case addressing:
		why = NoIPCP
	case leaving:
		c.padt(i)
		c.over(now, i)
		return
	case idle, open, gone:
		why = NoCall
	}
	if cl.proven && c.cfg.UpAt == Connected {
		why = NoCall
	}
	if cl.up {
		// Not even a set-up that counts gets an answer to everything.
		cl.retryAt, cl.dueBy = 0, 0
		c.schedule(i)
		return
	}
	c.padt(i)
	c.end(now, i, why)
}

// rise makes a client count as up.
func (c *Crowd) rise(now instant, i int32) {
	cl := &c.clients[i]
	if cl.up {
		return
	}
	cl.up, cl.fails, cl.dueBy = true, 0, 0
	c.dialling--
	c.stats.Up++
	c.stats.LastUp = int64(now)
	c.stats.Setup.Add(now.since(cl.dialled))
	c.settle(i)
	cl.slot = int32(len(c.up))
	c.up = append(c.up, i)
	if c.cfg.Hold > 0 {
		cl.holdTill = now.add(c.cfg.Hold)
	}
	if c.cfg.Echo > 0 {
		cl.echoAt = now.add(c.cfg.Echo)
	}
	if c.cfg.UpAt != Opened {
		// What else is to come may never do so where no data is carried.
		cl.retryAt = 0
	}
	c.schedule(i)
}

// settle counts a client that was up, or will never be.
func (c *Crowd) settle(i int32) {
	if cl := &c.clients[i]; !cl.been && !c.ending {
		cl.been = true
		c.settled++
	}
}

// leave hangs up.
func (c *Crowd) leave(now instant, i int32, mode HangUp) {
	cl := &c.clients[i]
	switch {
	case cl.state == gone || cl.state == leaving && !c.ending:
		return
	case cl.state == idle:
		if c.timers.at[i] != 0 {
			c.timers.set(i, 0)
			c.finish(i)
		}
		return
	case !cl.up && cl.state != leaving:
		if mode != Silently {
			c.padt(i)
		}
		c.end(now, i, Abandoned)
		return
	case cl.state != leaving:
		c.stats.HungUp++
		c.fall(i)
	}
	cl.holdTill, cl.echoAt = 0, 0
	if mode == ByTerminate && cl.state != leaving {
		cl.lcpID++
		c.enter(now, i, leaving)
		return
	}
	if mode != Silently {
		c.padt(i)
	}
	c.over(now, i)
}

// fall takes a client off those that are up.
func (c *Crowd) fall(i int32) {
	cl := &c.clients[i]
	cl.up = false
	last := len(c.up) - 1
	c.up[cl.slot] = c.up[last]
	c.clients[c.up[cl.slot]].slot = cl.slot
	c.up = c.up[:last]
	cl.slot = -1
}

// end is the end of a set-up or session that the client did not want.
func (c *Crowd) end(now instant, i int32, why Reason) {
	cl := &c.clients[i]
	if cl.state == leaving {
		c.over(now, i)
		return
	}
	if cl.up {
		c.stats.Lost[why]++
		c.fall(i)
	} else {
		c.stats.Failed[why]++
		c.dialling--
		if cl.fails < 250 {
			cl.fails++
		}
	}
	c.forget(i)
	if !c.cfg.Redial || c.ending {
		c.finish(i)
		return
	}
	wait := min(c.cfg.Backoff<<min(max(cl.fails, 1)-1, 16), c.cfg.BackoffMax)
	c.rest(now, i, wait/2+c.chance(wait/2))
}

// over is the end of a session that the client hung up.
func (c *Crowd) over(now instant, i int32) {
	cl := &c.clients[i]
	c.forget(i)
	if cl.cycles++; c.ending || int(cl.cycles) >= c.cfg.Cycles {
		c.finish(i)
		return
	}
	c.rest(now, i, c.cfg.Think)
}

// forget makes a client deaf.
func (c *Crowd) forget(i int32) {
	cl := &c.clients[i]
	if cl.sid != 0 {
		delete(c.byID, keyOf(c.cfg.mac(c.number(i)), cl.sid))
	}
	cl.sid, cl.cookie = 0, nil
	cl.retryAt, cl.dueBy, cl.holdTill, cl.echoAt = 0, 0, 0, 0
	c.timers.set(i, 0)
}

// rest has a client dial again after a while.
func (c *Crowd) rest(now instant, i int32, wait time.Duration) {
	c.clients[i].state = idle
	c.timers.set(i, now.add(max(wait, time.Microsecond)))
}

// finish is the end of a client.
func (c *Crowd) finish(i int32) {
	c.settle(i)
	c.clients[i].state = gone
	c.finished++
}
