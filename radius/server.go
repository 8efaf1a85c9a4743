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
	Timeout          time.Duration // IRT of RFC 5080; 0: 2 s, 10 s if Reliable
	Tries            int           // transmissions before the next server; 0: 3

	// Priority says when it is asked: the lowest number first. 0: its place
	// among the servers, from 1. Servers of equal priority share the requests
	// by Weight; 0: 1.
	Priority, Weight int
	DeadAfter        int           // 0: that of the Exchange
	Revive           time.Duration // 0: that of the Exchange
	Probe            Probe         // how it is found alive again

	// Reliable: its sockets are connections over which nothing is lost. A
	// request is sent once, and Timeout is all the time it has.
	Reliable bool
}

// Probe is how a dead server is asked whether it is back.
type Probe uint8

// The probes.
const (
	ByRequest Probe = iota // one request of a subscriber, sent once
	ByStatus               // a Status-Server; no request is risked on it
)

// server is what is known about a server's health.
type server struct {
	Server
	secret     []byte    // Server.Secret
	sockets    []*socket // in order of opening; the first are filled first
	waiting    []*attempt
	unanswered int       // consecutive timeouts
	silent     time.Time // since when: the last answer, or the first unanswered send
	dead       bool
	probe      time.Time     // when a dead server is next asked again
	backoff    time.Duration // between attempts to connect; Reliable only
	stats      ServerStats
}

// newServer returns the i-th server of an Exchange, with defaults filled in.
func newServer(s Server, i int, cfg *ExchangeConfig) *server {
	if s.Reliable {
		fallback(&s.Timeout, 10*time.Second)
		s.Tries = 1
	}
	fallback(&s.Timeout, 2*time.Second)
	fallback(&s.Tries, 3)
	fallback(&s.Priority, i+1)
	fallback(&s.Weight, 1)
	fallback(&s.DeadAfter, cfg.DeadAfter)
	fallback(&s.Revive, cfg.Revive)
	return &server{Server: s, secret: []byte(s.Secret)}
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
	// Status-Server packets are in none of the numbers above (RFC 5997 section
	// 4.6.2).
	Probes      uint64 // sent
	ProbesHeard uint64 // answered
	Disconnects uint64 // connections that failed or broke; Reliable only
}

// heard notes a genuine answer. It reports whether the server was dead.
func (s *server) heard(now time.Time) (revived bool) {
	revived, s.dead = s.dead, false
	s.unanswered, s.silent, s.backoff = 0, now, 0
	return revived
}

// timedOut notes that a transmission was not answered in time; first is when
// its request was first sent. It reports whether the server is dead now, and
// was not before. A burst of losses is one moment of silence and not enough:
// the silence must also have lasted twice the initial timeout, or once where
// that is all the time there is.
func (s *server) timedOut(now, first time.Time) (died bool) {
	s.stats.Timeouts++
	return s.missed(now, first)
}

func (s *server) missed(now, first time.Time) (died bool) {
	enough := 2 * s.Timeout
	if s.Reliable {
		enough = s.Timeout
	}
	if s.unanswered == 0 && first.After(s.silent) {
		s.silent = first
	}
	s.unanswered++
	if s.dead || s.unanswered < s.DeadAfter || now.Sub(s.silent) < enough {
		return false
	}
	s.dead, s.probe = true, now.Add(s.Revive)
	return true
}

// unreachable notes that no connection could be made. That is certain at once,
// and cheap to find out again: it is tried after a second, then ever less
// often, up to Revive. It reports whether the server was not dead before.
func (s *server) unreachable(now time.Time) (died bool) {
	s.backoff = min(max(2*s.backoff, time.Second), s.Revive)
	died = !s.dead
	s.dead, s.probe = true, now.Add(s.backoff)
	return died
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
