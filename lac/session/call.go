package session

import (
	"time"

	"lacd/lac/cause"
)

// placeNext places the call with the next candidate, or gives up.
func (s *Session) placeNext(now time.Time) {
	if s.next >= len(s.decision.Candidates) {
		s.finish(now, cause.CallFailed)
		return
	}
	s.next++
	s.attempt++
	s.state = Calling
	s.placed = true
	s.call = Call{}
	s.callBy = now.Add(s.callTimeout())
	s.reached(now, Placed)
	s.do(PlaceCall{Attempt: s.attempt, LNS: s.candidate().LNS, Last: s.next == len(s.decision.Candidates)})
}

func (s *Session) callTimeout() time.Duration {
	if s.cfg.CallTimeout > 0 {
		return s.cfg.CallTimeout
	}
	return 5 * time.Second
}

// CallAnswered takes the LNS's answer (ICRP): the call exists on both sides.
func (s *Session) CallAnswered(now time.Time, attempt uint8, c Call) {
	if s.state != Calling || attempt != s.attempt {
		return
	}
	s.reached(now, Answered)
	s.callBy = time.Time{}
	s.call = c
	s.addBridge()
}

// CallDown takes the end of the call by the LNS or by its tunnel. Before ICCN
// the call moves to the next candidate; after it the session ends.
func (s *Session) CallDown(now time.Time, attempt uint8, c cause.Cause, text string) {
	if attempt != s.attempt || !s.placed {
		return
	}
	s.placed = false
	s.callBy = time.Time{}
	s.detail = text
	switch s.state {
	case Calling, Bridging:
		s.removeBridge()
		s.placeNext(now)
	case Up:
		s.finish(now, c)
	}
}

// callTimedOut moves on from an LNS that did not answer in time.
func (s *Session) callTimedOut(now time.Time) {
	s.callBy = time.Time{}
	if s.state != Calling {
		return
	}
	s.placed = false
	s.detail = "LNS " + s.candidate().LNS.Name + " did not answer"
	// CDN 10: "Call was not established within time allotted by LAC".
	s.do(HangUp{Attempt: s.attempt, Result: 10, Silent: true})
	s.placeNext(now)
}
