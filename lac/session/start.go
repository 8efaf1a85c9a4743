package session

import (
	"encoding/binary"
	"time"

	"lacd/policy"
	"lacd/pppoe/ppp"
)

// New begins a session for which PADS is being sent. The id is its
// Acct-Session-Id; everything unpredictable comes from the seed. The first
// LCP Configure-Request is among the actions.
func New(now time.Time, cfg *Config, pol *policy.Policy, o Origin, id string, seed [32]byte) *Session {
	s := &Session{
		cfg: cfg, policy: pol, origin: o, id: id, started: now, state: Negotiate,
		seed: binary.BigEndian.Uint64(seed[:]),
	}
	s.link = ppp.NewLink(s.findLine(), seed)
	s.link.Start(now)
	s.drainLink(now)
	return s
}

// findLine looks whether the line alone tells whose subscriber it is, and
// returns how the link is negotiated. Where it does, "PPP authentication" does
// not come before the tunnel (RFC 2809 section 4.1.2.2).
func (s *Session) findLine() *ppp.Config {
	if !s.policy.KnowsLines() {
		return &s.cfg.PPP
	}
	var ok bool
	if s.route, ok = s.policy.Line(s.subscriber()); !ok {
		return &s.cfg.PPP
	}
	s.byLine = true
	open := s.cfg.PPP
	open.Auth = nil
	return &open
}
