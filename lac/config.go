package lac

import (
	"crypto/rand"
	"log/slog"
	"time"

	"lacd/kernel"
	"lacd/lac/trunk"
	"lacd/policy"
	"lacd/pppoe"
	"lacd/pppoe/ppp"
	"lacd/radius/client"
)

// Config is everything the daemon is made of. It is immutable once given to New.
type Config struct {
	Node    string // NAS-Identifier, default AC-Name and L2TP Host Name
	Version string

	Access []Access
	PPP    ppp.Config // MRU is the ceiling for all sessions; 0: 1492, or what RFC 4638 allows
	Policy *policy.Policy
	Trunk  trunk.Config // Plane, Notify, Tunnels, Log, Random and Dropped are set by New
	Plane  kernel.Dataplane
	// PlaneName is the data plane as operators see it: "pppbridge".
	PlaneName string

	RADIUS map[string]client.Server // by the names retailers use
	// StateDir holds the accounting records that no server has yet, so that they
	// outlive the daemon. Empty: they do not.
	StateDir   string
	MaxRecords int // that wait for one list of servers; 0: 100,000
	NAS        client.NAS
	Dial       client.Dialer // nil: UDP
	CoA        CoA
	// Resolver finds LNSes that RADIUS gives by name. Nil: the system's.
	Resolver Resolver

	CallTimeout     time.Duration // for one LNS to answer a call; 0: 5 s
	InterimInterval time.Duration // when neither RADIUS nor the retailer names one; 0: none
	CountInterval   time.Duration // between two readings of the counters; 0: 10 s
	StopTimeout     time.Duration // for an orderly end; 0: 10 s

	Gate Gate // when the front door closes

	Shards    int          // 0: GOMAXPROCS
	Executors int          // kernel calls made at once; 0: 32
	Log       *slog.Logger // nil: slog.Default
}

// Access is one access port and what is offered there.
type Access struct {
	Port kernel.Port
	// Open opens the port again when its device was deleted and may be back.
	// Nil: it stays away.
	Open     func() (kernel.Port, error)
	ACName   string          // empty: the node's name
	Services []string        // empty: any Service-Name
	Tagging  []pppoe.Tagging // how frames may be tagged; empty: not at all
	Limits   pppoe.Limits    // of discovery frames

	// Sessions; 0 is no limit. A session that is ending does not count.
	MaxSessions        int
	MaxSessionsPerMAC  int
	MaxSessionsPerVLAN int // with the same tags; untagged ones are not limited by it
	MaxSessionsPerLine int // see Duplicate
	Duplicate          Duplicate

	// AnswerUnknown answers control frames of sessions that do not exist with
	// PADT, so that subscribers of a run that crashed dial again at once.
	AnswerUnknown bool
}

func (c *Config) setDefaults(procs int) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Shards == 0 {
		c.Shards = procs
	}
	if c.Executors == 0 {
		c.Executors = 32
	}
	c.Gate.setDefaults()
	if c.CountInterval == 0 {
		c.CountInterval = 10 * time.Second
	}
	if c.StopTimeout == 0 {
		c.StopTimeout = 10 * time.Second
	}
}

// random fills b with unpredictable octets.
func random(b []byte) {
	_, _ = rand.Read(b) // never fails: see crypto/rand
}
