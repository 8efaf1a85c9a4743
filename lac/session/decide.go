package session

import (
	"time"

	"lacd/lac/cause"
	"lacd/policy"
)

// Granted takes RADIUS's authorization.
func (s *Session) Granted(now time.Time, g policy.Grant) {
	if s.answered() {
		s.granted(now, g)
	}
}

// granted decides where the subscriber goes, and places the call with the
// first LNS.
func (s *Session) granted(now time.Time, g policy.Grant) {
	s.reached(now, Permitted)
	d := s.policy.Decide(s.subscriber(), s.route, g, s.seed)
	s.decision = &d
	if len(d.Candidates) == 0 {
		s.detail = lastReason(d.Reasons)
		s.finish(now, cause.NoLNS)
		return
	}
	s.state = Calling
	s.placeNext(now)
}

func lastReason(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return reasons[len(reasons)-1]
}

// candidate returns the LNS being tried or used, nil before the first.
func (s *Session) candidate() *policy.Candidate {
	if s.decision == nil || s.next == 0 || s.next > len(s.decision.Candidates) {
		return nil
	}
	return &s.decision.Candidates[s.next-1]
}
