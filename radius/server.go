package radius

import (
	"time"

	"lacd/policy"
)

// Server is one RADIUS server as an Exchange sees it.
type Server struct {
	Name   string
	Secret policy.Secret // not empty
	// RequireSignature drops answers to Access-Requests that carry no
	// Message-Authenticator.
	RequireSignature bool
	Timeout          time.Duration // IRT of RFC 5080; 0: 2 s
	Tries            int           // transmissions before the next server; 0: 3
}

// server is what is known about a server's health.
type server struct {
	Server
	secret     []byte    // Server.Secret
	sockets    []*socket // in order of opening; the first are filled first
	waiting    []*attempt
	unanswered int       // consecutive timeouts
	silent     time.Time // since when: the last answer, or the first unanswered send
	dead       bool
	probe      time.Time // when a dead server is next asked again
	stats      ServerStats
}

// ServerStats counts what happened with one server. Counters only grow.
type ServerStats struct {
	Name     string
	Dead     bool
	Sockets  int // open now
	InFlight int // identifiers in use now
	Waiting  int // requests that wait for an identifier now
	Sent     uint64
	Resent   uint64
	Answered uint64
	Timeouts uint64
	Dropped  [NumDrops]uint64
}

// heard notes a genuine answer. It reports whether the server was dead.
func (s *server) heard(now time.Time) (revived bool) {
	revived, s.dead = s.dead, false
	s.unanswered, s.silent = 0, now
	return revived
}

// timedOut notes that a transmission was not answered in time; first is when
// its request was first sent. It reports whether the server is dead now, and
// was not before. A burst of losses is one moment of silence and not enough:
// the silence must also have lasted twice the initial timeout.
func (s *server) timedOut(now, first time.Time, cfg *ExchangeConfig) (died bool) {
	s.stats.Timeouts++
	if s.unanswered == 0 && first.After(s.silent) {
		s.silent = first
	}
	s.unanswered++
	if s.dead || s.unanswered < cfg.DeadAfter || now.Sub(s.silent) < 2*s.Timeout {
		return false
	}
	s.dead, s.probe = true, now.Add(cfg.Revive)
	return true
}

// snapshot returns the counters with the present state.
func (s *server) snapshot() ServerStats {
	st := s.stats
	st.Name, st.Dead, st.Sockets = s.Name, s.dead, len(s.sockets)
	for _, k := range s.sockets {
		st.InFlight += idsPerSocket - k.idle
	}
	for _, a := range s.waiting {
		if a.state == waiting {
			st.Waiting++
		}
	}
	return st
}
