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
		link: ppp.NewLink(&cfg.PPP, seed),
	}
	s.link.Start(now)
	s.drainLink(now)
	return s
}
