package tunnel

import (
	"cmp"
	"slices"
	"time"

	"lacd/lac/l2tp"
)

// ackDelay is how long an acknowledgement waits for a message to ride on. It
// must stay well below the peer's first retransmission, 1 s.
const ackDelay = 50 * time.Millisecond

// ackEvery is the number of messages after which an acknowledgement no longer
// waits, so that the peer's window keeps opening.
const ackEvery = 4

// A Channel delivers control messages in order and exactly once (RFC 2661
// section 5.8). It is not safe for concurrent use.
type Channel struct {
	peer      l2tp.TunnelID // in the header of what is sent; 0: not known yet
	resend    time.Duration // first retransmission
	resendMax time.Duration // bound of the doubling, at least 8 s
	retries   int           // retransmissions before the peer is given up

	queue []outgoing // in order; the first sent ones are not acknowledged
	sent  int        // messages of queue transmitted at least once
	next  int        // messages of queue in flight; below sent after a timeout
	una   uint16     // Ns of queue[0]
	done  uint64     // messages that were before queue[0]

	window   int // messages the peer can receive
	cwnd     int // messages that may be in flight
	ssthresh int
	credit   int // acknowledged messages that count towards the next cwnd

	tries    int           // retransmissions of queue[0]
	wait     time.Duration // current retransmission interval
	resendAt time.Time     // zero: nothing in flight
	dead     bool

	nr      uint16 // Ns expected next from the peer
	ackAt   time.Time
	owed    int // messages received since something was sent
	zeroAck bool
	held    reorder

	out    [][]byte      // datagrams to send, in order
	resent uint64        // retransmissions
	bogus  uint64        // Nr received beyond what was sent
	rtt    time.Duration // smoothed; 0: not measured
}

// An outgoing message is kept encoded. The buffer given out for transmission
// is not written again.
type outgoing struct {
	datagram []byte
	at       time.Time // of its only transmission; zero if there were more
}

// Arrival is what the channel makes of a received message.
type Arrival uint8

// The arrivals.
const (
	Fresh     Arrival = 1 + iota // the next message: process it, then call Next
	Ack                          // a ZLB
	Duplicate                    // seen before: acknowledged again
	Early                        // messages before it are missing: kept for Next
	Discarded                    // early, and beyond what is kept
)

// ChannelConfig is what a Channel needs to know. The zero value of a field
// means its default.
type ChannelConfig struct {
	Window    int           // messages the peer may send ahead; 512
	Resend    time.Duration // first retransmission; 1 s
	ResendMax time.Duration // bound of the doubling; 8 s, the least RFC 2661 section 5.8 allows
	Retries   int           // retransmissions of a message; 5
}

// NewChannel returns a channel whose first message has number 0 and goes to
// tunnel 0.
func NewChannel(cfg ChannelConfig) *Channel {
	c := &Channel{
		resend:    cmp.Or(cfg.Resend, time.Second),
		resendMax: cmp.Or(cfg.ResendMax, 8*time.Second),
		retries:   cmp.Or(cfg.Retries, 5),
		cwnd:      1,
	}
	c.held.limit = cmp.Or(cfg.Window, 512)
	c.wait = c.resend
	c.SetWindow(l2tp.DefaultWindow)
	return c
}

// SetPeer sets the tunnel ID of what is sent from now on, retransmissions
// included.
func (c *Channel) SetPeer(id l2tp.TunnelID) { c.peer = id }

// maxWindow is how many messages can be in flight: of more, an acknowledgement
// could not be told from an old one.
const maxWindow = 1<<15 - 1

// SetWindow sets the peer's receive window, which is where slow start ends at
// first (appendix A).
func (c *Channel) SetWindow(n int) {
	c.window = min(max(n, 1), maxWindow)
	c.ssthresh = c.window
	c.cwnd = min(c.cwnd, c.window)
}

// Room returns how many messages could be sent now without waiting.
func (c *Channel) Room() int { return max(0, c.cwnd-len(c.queue)) }

// Idle reports whether every message was acknowledged.
func (c *Channel) Idle() bool { return len(c.queue) == 0 }

// Dead reports whether the peer was given up: "the tunnel and all sessions
// within MUST be cleared" (section 5.8).
func (c *Channel) Dead() bool { return c.dead }

// Send queues an encoded control message and transmits it if the windows
// allow. The channel owns the datagram, and fills in tunnel ID, Ns and Nr.
func (c *Channel) Send(now time.Time, datagram []byte) {
	if c.dead {
		return
	}
	c.queue = append(c.queue, outgoing{datagram: datagram})
	c.pump(now)
}

// Finish queues the last message. What was never transmitted is dropped and
// congestion no longer delays transmission; the peer's window still does.
func (c *Channel) Finish(now time.Time, datagram []byte) {
	c.queue = slices.Delete(c.queue, c.sent, len(c.queue))
	c.cwnd = c.window
	c.Send(now, datagram)
}

// Drop forgets everything queued. Only acknowledgements are sent from now on.
func (c *Channel) Drop() {
	c.una, c.done = c.una+uint16(c.sent), c.done+uint64(c.sent)
	c.queue, c.sent, c.next, c.resendAt = nil, 0, 0, time.Time{}
}

// Again transmits the oldest unacknowledged messages at once, as after
// learning the peer's tunnel ID.
func (c *Channel) Again(now time.Time) {
	c.next = 0
	c.pump(now)
}

// Receive takes a message with its header. Its Nr counts in every case; the
// result says what to do with the payload, which is copied if it is kept. What
// may be sent after it is sent by Advance, so that it acknowledges the message
// and carries what was learned from it.
func (c *Channel) Receive(now time.Time, h l2tp.Header, payload []byte) Arrival {
	c.acknowledged(now, h.Nr)
	if len(payload) == 0 {
		// A ZLB takes no number; answering it would never end.
		return Ack
	}
	// "considered less than or equal to the last received number if its
	// value lies in the range of the last received number and the preceding
	// 32767 values".
	switch ahead := h.Ns - c.nr; {
	case ahead == 0:
		c.accept(now)
		return Fresh
	case ahead >= 0x8000:
		// "receipt of duplicate messages MUST be acknowledged".
		c.owed++
		c.ackAt = now
		c.flush(now)
		return Duplicate
	case !c.held.put(h, payload, int(ahead)):
		return Discarded
	}
	return Early
}

// Next returns the message that follows the one received last, if it came
// early. The payload is the caller's.
func (c *Channel) Next(now time.Time) (l2tp.Header, []byte, bool) {
	h, payload, ok := c.held.take(c.nr)
	if ok {
		c.accept(now)
	}
	return h, payload, ok
}

func (c *Channel) accept(now time.Time) {
	c.nr++
	c.owed++
	if c.ackAt.IsZero() {
		c.ackAt = now.Add(ackDelay)
	}
	if c.owed >= ackEvery {
		c.ackAt = now
	}
}

// AckNow makes the acknowledgement that is owed, if any, due at once.
// Where the peer's tunnel ID is not known it is sent to tunnel 0 only if zero
// is set: xl2tpd makes a tunnel out of such a ZLB.
func (c *Channel) AckNow(now time.Time, zero bool) {
	c.zeroAck = zero
	if c.owed > 0 {
		c.ackAt = now
	}
	c.flush(now)
}

// acknowledged takes the Nr of a received message.
func (c *Channel) acknowledged(now time.Time, nr uint16) {
	n := int(nr - c.una)
	switch {
	case n == 0 || n >= 0x8000:
		return
	case n > c.sent:
		// It acknowledges what was never sent and must not free anything.
		c.bogus++
		return
	}
	c.measure(now, c.queue[n-1].at)
	c.grow(n)
	clear(c.queue[:n])
	c.queue = c.queue[n:]
	c.una, c.done = nr, c.done+uint64(n)
	c.sent -= n
	c.next = max(0, c.next-n)
	c.tries, c.wait, c.resendAt = 0, c.resend, time.Time{}
	if c.sent > 0 {
		c.resendAt = now.Add(c.wait)
	}
}

// grow widens the congestion window (appendix A). A cumulative
// acknowledgement counts for as many as it acknowledges, so that a peer that
// delays them does not slow the start.
func (c *Channel) grow(n int) {
	for ; n > 0 && c.cwnd < c.window; n-- {
		if c.cwnd < c.ssthresh {
			c.cwnd++
			continue
		}
		if c.credit++; c.credit >= c.cwnd {
			c.cwnd, c.credit = c.cwnd+1, 0
		}
	}
}

// measure updates the smoothed round trip time (RFC 6298 section 2's gain).
func (c *Channel) measure(now, at time.Time) {
	switch sample := now.Sub(at); {
	case at.IsZero():
	case c.rtt == 0:
		c.rtt = sample
	default:
		c.rtt += (sample - c.rtt) / 8
	}
}

// pump transmits what the windows allow.
func (c *Channel) pump(now time.Time) {
	for c.next < len(c.queue) && c.next < min(c.cwnd, c.window) {
		m := &c.queue[c.next]
		if c.next < c.sent {
			// "The retransmitted message contains the same Ns value, but the
			// Nr value MUST be updated". The old buffer may still be on its
			// way out.
			m.datagram, m.at = slices.Clone(m.datagram), time.Time{}
			c.resent++
		} else {
			m.at = now
			c.sent++
		}
		l2tp.Stamp(m.datagram, c.peer, c.una+uint16(c.next), c.nr)
		c.emit(m.datagram)
		c.next++
	}
	if c.next > 0 && c.resendAt.IsZero() {
		c.resendAt = now.Add(c.wait)
	}
}

func (c *Channel) emit(b []byte) {
	c.out = append(c.out, b)
	c.owed, c.ackAt = 0, time.Time{}
}

// flush sends a ZLB if an acknowledgement is due.
func (c *Channel) flush(now time.Time) {
	if c.owed == 0 || c.ackAt.IsZero() || c.ackAt.After(now) {
		return
	}
	if c.peer == 0 && !c.zeroAck {
		c.owed, c.ackAt = 0, time.Time{}
		return
	}
	// "Ns is not incremented after a ZLB message is sent": it has the number
	// of the next new message.
	c.emit(l2tp.AppendZLB(nil, l2tp.Header{
		TunnelID: c.peer, Ns: c.una + uint16(c.sent), Nr: c.nr,
	}))
}

// Advance sends what the windows allow and what is due: a retransmission, an
// acknowledgement.
func (c *Channel) Advance(now time.Time) {
	c.pump(now)
	if !c.resendAt.IsZero() && !c.resendAt.After(now) {
		c.expire(now)
	}
	c.flush(now)
}

// expire handles the retransmission timer.
func (c *Channel) expire(now time.Time) {
	c.resendAt = time.Time{}
	if c.tries >= c.retries {
		c.dead = true
		c.Drop()
		return
	}
	// "one half of the CWND is saved in SSTHRESH, and CWND is set to one"
	// (appendix A). Further timeouts of the same message say nothing new
	// about the path (RFC 5681 section 3.1).
	if c.tries == 0 {
		c.ssthresh = max(c.cwnd/2, 2)
	}
	c.cwnd, c.credit = 1, 0
	// "Each subsequent retransmission of a message MUST employ an exponential
	// backoff interval".
	c.tries++
	c.wait = min(2*c.wait, c.resendMax)
	c.next = 0
	c.pump(now)
}

// Deadline returns when Advance has something to do; zero: nothing is due.
func (c *Channel) Deadline() time.Time { return earlier(c.resendAt, c.ackAt) }

// Take returns the datagrams to send, in order. They are the caller's to keep
// but not to write, and the slice is valid until the next call that sends.
func (c *Channel) Take() [][]byte {
	out := c.out
	c.out = c.out[:0]
	return out
}

// earlier returns the earlier of two times, where zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
