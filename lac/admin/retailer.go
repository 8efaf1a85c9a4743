package admin

import "time"

// Retailer is one retailer, or the sessions of which none is known.
type Retailer struct {
	Name      string   `json:"name"` // "none" where it is not known
	Removed   bool     `json:"removed,omitempty"`
	Realms    []string `json:"realms,omitempty"`
	Authorize string   `json:"authorize,omitempty"` // radius, realm, line
	DSCP      uint8    `json:"dscp,omitempty"`

	Sessions    int `json:"sessions"`              // those being set up included
	Up          int `json:"up"`                    // handed to an LNS
	MaxSessions int `json:"max_sessions"`          // 0: no limit
	MaxSetups   int `json:"max_setups_per_second"` // 0: no limit

	Started   uint64            `json:"started"`   // set-ups since the start of lacd
	Succeeded uint64            `json:"succeeded"` // of those
	Failed    map[string]uint64 `json:"failed"`    // of those, by cause
	Ended     map[string]uint64 `json:"ended"`     // sessions that were up, by cause
	Limited   map[string]uint64 `json:"limited"`   // how often a limit kept a subscriber away, or from an LNS
	Stages    []Stage           `json:"stages"`    // in the order of a set-up; the last one is all of it
	LNS       []LNS             `json:"lns"`       // its LNSes, those that RADIUS named included
	RADIUS    []RADIUS          `json:"radius"`    // its servers, preferred first
}

// Stage is how long one stage of the set-ups took.
type Stage struct {
	Name  string        `json:"name"` // as in Step, or total
	Count uint64        `json:"count"`
	P50   time.Duration `json:"p50"` // nanoseconds, estimated, as is p95
	P95   time.Duration `json:"p95"`
	Max   time.Duration `json:"max"`
}

// RADIUS is a RADIUS server in one of its parts.
type RADIUS struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`  // auth or acct
	State    string `json:"state"` // alive, dead
	InFlight int    `json:"in_flight"`
	Sent     uint64 `json:"sent"`
	Answered uint64 `json:"answered"`
	Timeouts uint64 `json:"timeouts"`
}
