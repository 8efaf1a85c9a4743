package session

import (
	"slices"
	"time"

	"lacd/policy"
)

// Terms are new terms of a session. What is nil stays as it is.
type Terms struct {
	SessionTimeout  *time.Duration // since the session came up; 0: none
	IdleTimeout     *time.Duration // 0: none
	InterimInterval *time.Duration
	Class           [][]byte // replaces all there are
}

// Changeable reports whether Change can have an effect: the session was
// authorized, and is not ending.
func (s *Session) Changeable() bool { return s.decision != nil && s.state < Finishing }

// Change gives the session new terms, which mean what they mean in an
// Access-Accept: "Attributes included in a CoA-Request replace all existing
// values of the same attribute(s)" (RFC 5176 section 3.6). So Session-Timeout is
// the time "of service to be provided to the user" (RFC 2865 section 5.27) as a
// whole, and a session that has had it ends at once.
func (s *Session) Change(now time.Time, t Terms) {
	if !s.Changeable() {
		return
	}
	d := *s.decision // others may be looking at it: they keep what they have
	if t.SessionTimeout != nil {
		d.SessionTimeout = *t.SessionTimeout
	}
	if t.IdleTimeout != nil {
		d.IdleTimeout = *t.IdleTimeout
	}
	if t.InterimInterval != nil {
		// A local value is a minimum (RFC 5080 section 2.3.4).
		d.InterimInterval = max(*t.InterimInterval, s.route.Retailer.InterimInterval, policy.MinInterim)
	}
	if t.Class != nil {
		d.Class = t.Class
	}
	s.decision = &d
	if s.state == Up {
		s.rearm(now, t)
	}
}

// rearm sets the timers of what was changed. The first interim record of a new
// interval comes half of it to a whole one from now: sessions that were changed
// together must not report together.
func (s *Session) rearm(now time.Time, t Terms) {
	d := s.decision
	if t.SessionTimeout != nil {
		s.sessionEnd = after(s.upSince, d.SessionTimeout)
	}
	if t.IdleTimeout != nil {
		s.idleEnd = after(s.lastTraffic, d.IdleTimeout)
	}
	if t.InterimInterval != nil {
		half := d.InterimInterval / 2
		s.nextInterim = now.Add(half + time.Duration(s.seed%uint64(half)))
	}
}

// after returns when d has passed since t; d 0 is never.
func after(t time.Time, d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return t.Add(d)
}

// addClass adds to the Class of the session what it does not have yet.
func (s *Session) addClass(class [][]byte) {
	if s.decision == nil || len(class) == 0 {
		return
	}
	d := *s.decision
	d.Class = slices.Clip(d.Class)
	for _, c := range class {
		if !slices.ContainsFunc(d.Class, func(o []byte) bool { return string(o) == string(c) }) {
			d.Class = append(d.Class, c)
		}
	}
	s.decision = &d
}
