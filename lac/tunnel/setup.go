package tunnel

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"time"

	"lacd/lac/l2tp"
)

// challengeLen is the length of our challenges.
const challengeLen = 16

// dial sends SCCRQ.
func (c *Conn) dial(now time.Time) {
	c.state = WaitReply
	c.tieBreaker = c.random.bytes(8)
	c.send(now, 0, &l2tp.SCCRQ{Setup: c.setup(), TieBreaker: c.tieBreaker})
}

// setup returns what SCCRQ and SCCRP say about us. A challenge is sent where
// there is a secret to answer it with.
func (c *Conn) setup() l2tp.Setup {
	s := l2tp.Setup{
		Framing:  l2tp.FramingSync,
		HostName: []byte(c.cfg.HostName),
		TunnelID: c.cfg.LocalID,
		Window:   c.cfg.Window,
	}
	if c.cfg.VendorName != "" {
		s.VendorName = []byte(c.cfg.VendorName)
	}
	if len(c.cfg.Secret) > 0 {
		c.challenge = c.random.bytes(challengeLen)
		s.Challenge = c.challenge
	}
	return s
}

// toZero reports whether a message may be addressed to tunnel 0: an SCCRQ, and
// a StopCCN of a peer that does not know our ID (RFC 2661 section 4.4.3). Once
// it does, our ID is what somebody else would have to guess.
func (c *Conn) toZero(payload []byte) bool {
	t, ok := l2tp.PeekMessageType(payload)
	switch {
	case !ok:
		return false
	case c.lns && t == l2tp.TypeSCCRQ:
		return true
	}
	return t == l2tp.TypeStopCCN && c.state != Established
}

// deliver is the state table of section 7.2.1 for a message in order.
func (c *Conn) deliver(now time.Time, h l2tp.Header, payload []byte) {
	m, err := c.parser.Parse(payload)
	if err != nil {
		c.log(logMalformed, err.Error())
	}
	if stop, ok := m.(*l2tp.StopCCN); ok {
		// Whatever is wrong with it, the peer is gone.
		c.stopped(now, stop)
		return
	}
	switch c.state {
	case Idle, WaitReply, WaitConnect, Established:
	case Stopping:
		c.learnLate(now, m)
		return
	case Holding, Gone:
		return
	}
	if err != nil {
		c.refuse(now, h, m, err)
		return
	}
	switch m := m.(type) {
	case *l2tp.SCCRQ:
		c.receiveSCCRQ(now, m)
	case *l2tp.SCCRP:
		c.receiveSCCRP(now, m)
	case *l2tp.SCCCN:
		c.receiveSCCCN(now, m)
	case *l2tp.HELLO:
	case *l2tp.Unknown:
		c.log(logUnknown, m.Of.String())
	default:
		if c.state != Established {
			c.unexpected(now, m)
			return
		}
		c.receiveCall(now, h, m)
	}
}

// refuse answers a message that must not be accepted.
func (c *Conn) refuse(now time.Time, h l2tp.Header, m l2tp.Message, err error) {
	var e *l2tp.Error
	if !errors.As(err, &e) {
		return
	}
	if e.Session() && c.state == Established {
		c.refuseCall(now, h, m, e.Result)
		return
	}
	switch m := m.(type) {
	case *l2tp.SCCRQ:
		c.learn(m.TunnelID)
	case *l2tp.SCCRP:
		c.learn(m.TunnelID)
	}
	c.stop(now, e.Result, Protocol)
}

// learn takes the peer's tunnel ID from its first message.
func (c *Conn) learn(id l2tp.TunnelID) {
	if c.peerID == 0 {
		c.peerID = id
		c.channel.SetPeer(id)
	}
}

// learnLate handles what arrives after our StopCCN. An SCCRP brings the ID
// without which the peer may not have recognized it.
func (c *Conn) learnLate(now time.Time, m l2tp.Message) {
	rp, ok := m.(*l2tp.SCCRP)
	if ok && c.peerID == 0 && rp.TunnelID != 0 {
		c.learn(rp.TunnelID)
		c.channel.Again(now)
	}
}

// unexpected clears the control connection after a message that its state
// does not allow: "Send StopCCN, clean up" (section 7.2.1).
func (c *Conn) unexpected(now time.Time, m l2tp.Message) {
	what := m.Type().String() + " in state " + c.state.String()
	c.log(logState, what)
	c.stop(now, l2tp.Result{Code: l2tp.StopStateError, Message: "unexpected " + what}, Protocol)
}

func (c *Conn) receiveSCCRQ(now time.Time, m *l2tp.SCCRQ) {
	if c.state != Idle {
		c.unexpected(now, m)
		return
	}
	if !c.meet(now, &m.Setup) {
		return
	}
	c.state = WaitConnect
	c.setupBy = time.Time{}
	rp := &l2tp.SCCRP{Setup: c.setup()}
	if m.Challenge != nil {
		r := l2tp.ChallengeResponse(l2tp.TypeSCCRP, c.cfg.Secret, m.Challenge)
		rp.Response = r[:]
	}
	c.send(now, 0, rp)
}

func (c *Conn) receiveSCCRP(now time.Time, m *l2tp.SCCRP) {
	if c.state != WaitReply {
		c.learn(m.TunnelID)
		c.unexpected(now, m)
		return
	}
	if !c.meet(now, &m.Setup) || !c.authentic(now, l2tp.TypeSCCRP, m.Response) {
		return
	}
	connected := &l2tp.SCCCN{}
	if m.Challenge != nil {
		r := l2tp.ChallengeResponse(l2tp.TypeSCCCN, c.cfg.Secret, m.Challenge)
		connected.Response = r[:]
	}
	c.send(now, 0, connected)
	c.open()
}

func (c *Conn) receiveSCCCN(now time.Time, m *l2tp.SCCCN) {
	switch c.state {
	case Idle:
		// "Clean up / idle": nothing was begun.
		c.log(logState, "SCCCN in state idle")
		return
	case WaitConnect:
	default:
		c.unexpected(now, m)
		return
	}
	if c.authentic(now, l2tp.TypeSCCCN, m.Response) {
		c.open()
	}
}

// meet checks what the peer says about itself in SCCRQ or SCCRP.
func (c *Conn) meet(now time.Time, s *l2tp.Setup) bool {
	c.learn(s.TunnelID)
	c.peerName = l2tp.Text(s.HostName)
	c.channel.SetWindow(l2tp.DefaultWindow)
	if s.Window != 0 {
		c.channel.SetWindow(int(s.Window))
	}
	switch {
	case c.cfg.PeerName != "" && c.cfg.PeerName != string(s.HostName):
		c.stop(now, l2tp.Result{Code: l2tp.StopDenied, Message: "unexpected Host Name"}, AuthFailed)
	case s.Challenge != nil && len(c.cfg.Secret) == 0:
		c.stop(now, l2tp.Result{Code: l2tp.StopDenied, Message: "no secret to answer the Challenge with"}, AuthFailed)
	case !c.takesCalls() && s.Framing&l2tp.FramingSync == 0:
		// A call must not use a framing that "was not advertised"
		// (section 4.4.3), and ours are synchronous.
		c.stop(now, l2tp.Result{
			Code: l2tp.StopError, Error: l2tp.ErrorRange, Message: "synchronous framing is not offered",
		}, Protocol)
	default:
		return true
	}
	return false
}

// authentic checks the response to our challenge. One that is missing is as
// bad as one that is wrong: "If the expected response and response received
// does not match, establishment of the tunnel MUST be disallowed"
// (section 5.1.1).
func (c *Conn) authentic(now time.Time, t l2tp.MessageType, response []byte) bool {
	if c.challenge == nil {
		return true
	}
	text := "wrong Challenge Response"
	switch {
	case response == nil:
		text = "missing Challenge Response"
	case c.responds(t, response):
		return true
	}
	c.stop(now, l2tp.Result{Code: l2tp.StopDenied, Message: text}, AuthFailed)
	return false
}

// responds reports whether response is the one to our challenge, if we sent
// one.
func (c *Conn) responds(t l2tp.MessageType, response []byte) bool {
	if c.challenge == nil {
		return true
	}
	want := l2tp.ChallengeResponse(t, c.cfg.Secret, c.challenge)
	return subtle.ConstantTimeCompare(want[:], response) == 1
}

// open enters established.
func (c *Conn) open() {
	c.state = Established
	c.setupBy = time.Time{}
	c.actions = append(c.actions, Opened{PeerID: c.peerID, Peer: c.peer, PeerName: c.peerName})
}

// Collision is the outcome of two SCCRQs that crossed (RFC 2661 section
// 4.4.3, Tie Breaker).
type Collision uint8

// The outcomes.
const (
	CollisionNone Collision = 1 + iota // no collision: both control connections go on
	CollisionWon                       // ours goes on; discard the peer's SCCRQ
	CollisionLost                      // this Conn is down; answer the peer's SCCRQ
	CollisionTie                       // both are discarded: this Conn is down; dial again
)

// Collide settles a collision with an SCCRQ of the same peer, which arrived
// while this Conn waits for the answer to its own. "The side with the lower
// value" wins; "the losing side MUST silently discard its tunnel", so that
// Down follows without a StopCCN.
func (c *Conn) Collide(now time.Time, rq *l2tp.SCCRQ) Collision {
	if c.state != WaitReply {
		return CollisionNone
	}
	outcome := CollisionWon
	if rq.TieBreaker != nil {
		switch bytes.Compare(c.tieBreaker, rq.TieBreaker) {
		case 0:
			outcome = CollisionTie
		case 1:
			outcome = CollisionLost
		}
	}
	if outcome != CollisionWon {
		c.channel.Drop()
		c.down(now, Down{Reason: Yielded, Local: true})
		c.gone(now)
	}
	return outcome
}
