package lac

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"lacd/policy"
	"lacd/pppoe/ppp"
	"lacd/radius/client"
)

// settings are what can change while the daemon runs. They are immutable, and
// replaced as a whole: a session sees all of them or none.
type settings struct {
	policy          *policy.Policy
	ppp             ppp.Config
	callTimeout     time.Duration
	interimInterval time.Duration
	radius          map[string]client.Server // by name
	clients         clients

	sessions atomic.Int64 // that began under them and are not over
}

// newSettings makes settings of a configuration. RADIUS clients of old whose
// servers are the same go on.
func (s *Server) newSettings(cfg *Config, old *settings) (*settings, error) {
	st := &settings{
		policy: cfg.Policy, ppp: cfg.PPP, callTimeout: cfg.CallTimeout, interimInterval: cfg.InterimInterval, radius: cfg.RADIUS,
	}
	var before *clients
	if old != nil {
		before = &old.clients
	}
	var err error
	st.clients, err = s.newClients(st, before)
	return st, err
}

// enact puts settings into force.
func (s *Server) enact(st *settings, cfg *Config) {
	gate := cfg.Gate
	gate.setDefaults()
	s.gate.cfg.Store(&gate)
	s.gate.retailers.Store(int64(len(st.policy.Retailers)))
	if old := s.now.Swap(st); old != nil {
		s.authorities.retire(old)
	}
}

// Reload puts another configuration into force, or leaves everything as it is
// and says why. Of cfg it takes Policy, PPP except its MRU, RADIUS, the counts,
// times and names of Trunk, CallTimeout, InterimInterval, Gate, and MaxSessions
// of the access ports, which it knows by their names in limits; all else is as
// New was given it. It must not be called by two at once.
//
// Sessions that are there keep the Decision they were given, and those being
// set up are set up as they were begun. The state of LNSes stays: it belongs to
// their addresses and secrets, not to the configuration.
func (s *Server) Reload(cfg Config, limits map[string]int) error {
	if cfg.Policy == nil {
		return errors.New("no policy")
	}
	cfg.PPP.MRU = s.cfg.PPP.MRU // the ports have told it
	st, err := s.newSettings(&cfg, s.now.Load())
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	if cfg.Trunk.HostName == "" {
		cfg.Trunk.HostName = s.cfg.Node
	}
	s.trunk.Configure(cfg.Trunk)
	for _, a := range s.access {
		if most, ok := limits[a.port.Name()]; ok {
			a.admission.limit(most)
		}
	}
	s.enact(st, &cfg)
	return nil
}
