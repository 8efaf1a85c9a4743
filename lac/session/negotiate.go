package session

import (
	"slices"
	"time"

	"lacd/lac/cause"
	"lacd/pppoe/ppp"
)

// ReceiveFrame takes a PPP frame, from its protocol field, that the
// subscriber sent. It is valid only during the call.
func (s *Session) ReceiveFrame(now time.Time, frame []byte) {
	if s.link == nil {
		return // the LNS owns the link, and the data plane carries the frame
	}
	if s.keepEarly(frame) {
		return
	}
	s.link.Receive(now, frame)
	s.drainLink(now)
}

// keepEarly keeps a frame of a network control protocol that arrives when the
// peer has answered authentication and the LNS is not there yet: "frames from
// the client between auth success and ICCN are not lost if small in number".
func (s *Session) keepEarly(frame []byte) bool {
	if s.state < Decide || s.state > Bridging || !ppp.IsEarly(frame) {
		return false
	}
	limit := s.cfg.EarlyFrames
	if limit == 0 {
		limit = 8
	}
	if len(s.early) >= limit {
		s.do(Dropped{"early frame: too many before the LNS answered"})
		return true
	}
	s.early = append(s.early, slices.Clone(frame))
	return true
}

// drainLink does what the link wants.
func (s *Session) drainLink(now time.Time) {
	if s.link == nil {
		return
	}
	if s.state == Negotiate && s.link.Opened() {
		s.state = Authenticate
		s.reached(now, LCPOpen)
	}
	for _, a := range s.link.Take() {
		switch a := a.(type) {
		case ppp.Send:
			s.do(Send{a.Packet})
		case ppp.Authenticate:
			s.authenticate(now, a.Credentials)
		case ppp.Open:
			s.authenticate(now, ppp.Credentials{})
		case ppp.Down:
			s.startOver(a.Reason)
		case ppp.Closed:
			s.linkClosed(now, a.Reason)
		case ppp.Drop:
			s.do(Dropped{a.What})
		}
	}
}

// startOver takes back what was decided: the subscriber negotiates LCP anew,
// so what the LNS would be told no longer holds, or the link is ending for the
// reason given. An authorization that is still on its way is waited for; see
// authorize.
func (s *Session) startOver(r ppp.Reason) {
	if s.state < Decide || s.state > Bridging {
		return
	}
	s.callBy = time.Time{}
	if s.placed {
		s.placed = false
		h := HangUp{Attempt: s.attempt, Result: 1}
		if r != 0 {
			h.PPP = causeOfEnd(r).Codes().PPP
		}
		s.do(h)
	}
	s.removeBridge()
	s.decision, s.next, s.call, s.early = nil, 0, Call{}, nil
	s.current, s.resort, s.moves = nil, nil, 0
	s.state = Negotiate
}

// linkClosed ends the session when the link ended by itself, or completes an
// end that waited for it.
func (s *Session) linkClosed(now time.Time, r ppp.Reason) {
	s.link = nil
	if s.linkEnding {
		s.linkEnding = false
		s.sendPADT()
		s.settle()
		return
	}
	s.detail = r.String()
	s.finish(now, causeOfEnd(r))
}

// causeOfEnd returns why a session ends whose link ends by itself.
func causeOfEnd(r ppp.Reason) cause.Cause {
	switch r {
	case ppp.PeerTerminated:
		return cause.UserRequest
	case ppp.EchoTimeout:
		return cause.LostCarrier
	case ppp.AuthTimeout:
		return cause.AuthTimeout
	case ppp.Rejected, ppp.AuthRefused:
		return cause.AuthRejected
	default:
		return cause.LCPFailed
	}
}
