package session

import (
	"time"

	"lacd/lac/cause"
)

// startAccounting emits the Start record and arms the session's own timers.
func (s *Session) startAccounting(now time.Time) {
	s.accounted = true
	s.lastTraffic = now
	s.do(Account{AccountStart})
	if d := s.decision.SessionTimeout; d > 0 {
		s.sessionEnd = now.Add(d)
	}
	if d := s.decision.IdleTimeout; d > 0 {
		s.idleEnd = now.Add(d)
	}
	if d := s.interimInterval(); d > 0 {
		// Sessions that began together must not report together.
		s.nextInterim = now.Add(d/2 + time.Duration(s.seed%uint64(d)))
	}
}

func (s *Session) interimInterval() time.Duration {
	if d := s.decision.InterimInterval; d > 0 {
		return d
	}
	return s.cfg.InterimInterval
}

// Count takes the data plane's counters, as they are read for all sessions. It
// reports whether something came from the LNS.
func (s *Session) Count(now time.Time, c Counters) (heard bool) {
	if s.state != Up {
		return false
	}
	heard = c.DownPackets != s.counters.DownPackets
	if c != s.counters {
		s.counters = c
		s.lastTraffic = now
		if !s.idleEnd.IsZero() {
			s.idleEnd = now.Add(s.decision.IdleTimeout)
		}
	}
	return heard
}

func (s *Session) advanceAccounting(now time.Time) {
	if s.state != Up {
		return
	}
	switch {
	case due(now, s.sessionEnd):
		s.finish(now, cause.SessionTimeout)
	case due(now, s.idleEnd):
		s.finish(now, cause.IdleTimeout)
	case due(now, s.nextInterim):
		s.nextInterim = now.Add(s.interimInterval())
		s.do(Account{AccountInterim})
	}
}
