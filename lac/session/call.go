package session

import (
	"net/netip"
	"time"

	"lacd/lac/cause"
	"lacd/policy"
)

// maxMoves bounds how often a call is placed again without a new candidate:
// where its tunnel closed before the LNS was asked, and where the LNS names
// another one.
const maxMoves = 3

// CallEnd is how a call ended, and what may be done instead if it was not
// complete.
type CallEnd struct {
	Cause    cause.Cause // of the session's end, if the call was established
	Text     string      // for people
	Next     policy.Next
	Redirect netip.Addr // Next is TryElsewhere: the LNS to try
}

// placeNext places the call with the next candidate, or gives up.
func (s *Session) placeNext(now time.Time) {
	switch {
	case s.next < len(s.decision.Candidates):
		s.next++
		s.place(now, &s.decision.Candidates[s.next-1])
	case s.resort != nil:
		c := *s.resort
		c.Resort, s.resort = true, nil
		s.place(now, &c)
	default:
		s.finish(now, cause.CallFailed)
	}
}

// place asks a candidate to take the call.
func (s *Session) place(now time.Time, c *policy.Candidate) {
	s.current = c
	s.attempt++
	s.state = Calling
	s.placed = true
	s.call = Call{}
	s.callBy = now.Add(s.callTimeout())
	s.reached(now, Placed)
	s.do(PlaceCall{Attempt: s.attempt, LNS: &c.LNS, Resort: c.Resort})
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
// the call moves on; after it the session ends.
func (s *Session) CallDown(now time.Time, attempt uint8, e CallEnd) {
	if attempt != s.attempt || !s.placed {
		return
	}
	s.placed = false
	s.callBy = time.Time{}
	s.detail = e.Text
	switch s.state {
	case Calling, Bridging:
		s.note("%s: %s", s.current.LNS.Name, e.Text)
		s.removeBridge()
		s.moveOn(now, e)
	case Up:
		s.finish(now, e.Cause)
	default: // there is no call in the other stages
	}
}

// moveOn finds another place for a call that was not completed.
func (s *Session) moveOn(now time.Time, e CallEnd) {
	switch {
	case e.Next == policy.GiveUp:
		s.finish(now, e.Cause)
		return
	case e.Next == policy.TryAgain && s.moves < maxMoves:
		s.moves++
		s.place(now, s.current)
		return
	case e.Next == policy.TryElsewhere && s.moves < maxMoves:
		s.moves++
		c := s.policy.Redirect(*s.current, e.Redirect)
		s.note("%s (%s)", c.LNS.Name, c.Reason)
		s.place(now, &c)
		return
	case e.Next == policy.TryLast && s.resort == nil && !s.current.Resort:
		s.resort = s.current
	}
	s.placeNext(now)
}

// callTimedOut moves on from an LNS that did not answer in time.
func (s *Session) callTimedOut(now time.Time) {
	s.callBy = time.Time{}
	if s.state != Calling {
		return
	}
	s.placed = false
	s.detail = "LNS " + s.current.LNS.Name + " did not answer"
	s.note("%s: did not answer in %v", s.current.LNS.Name, s.callTimeout())
	// CDN 10: "Call was not established within time allotted by LAC".
	s.do(HangUp{Attempt: s.attempt, Result: 10, Silent: true})
	s.placeNext(now)
}
