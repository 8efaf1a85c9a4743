package session

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lacd/lac/cause"
	"lacd/policy"
)

// Unresolved returns the host names in an authorization that must be looked up
// before Granted.
func (s *Session) Unresolved(g *policy.Grant) []string {
	if s.state != Decide || s.askAgain {
		return nil // it will not be acted on
	}
	return s.policy.Unresolved(s.route.Retailer, g)
}

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
	s.rates = g.Rates
	d := s.policy.Decide(now, s.subscriber(), s.route, g, s.seed, s.cfg.Health)
	s.decision = &d
	if len(d.Candidates) == 0 {
		s.detail = strings.Join(d.Reasons[min(len(s.route.Reasons), len(d.Reasons)):], "; ")
		s.finish(now, cause.NoLNS)
		return
	}
	s.state = Calling
	s.placeNext(now)
}

// candidate returns the LNS being tried or used, nil before the first.
func (s *Session) candidate() *policy.Candidate { return s.current }

// note adds a reason to the decision. Others may be looking at it: they keep
// what they have.
func (s *Session) note(format string, args ...any) {
	d := *s.decision
	d.Reasons = append(slices.Clip(d.Reasons), fmt.Sprintf(format, args...))
	s.decision = &d
}
