package load

import (
	"encoding/binary"
	"testing"
	"time"

	"lacd/lac/lactest/sim"
	"lacd/pppoe/wire"
)

// fifty is a crowd of fifty.
func fifty() *sim.Config {
	return &sim.Config{
		Layout: sim.Layout{MAC: wire.MAC{2, 0x10}, Users: []string{"user%d@acme.example"}, Circuit: "dsl/%d"},
		Number: 50, Rate: 500, Password: "correct", Seed: 1,
	}
}

// lnses are n LNSes that check passwords.
func lnses(n int) []sim.LNSConfig {
	all := make([]sim.LNSConfig, n)
	for i := range all {
		all[i] = sim.LNSConfig{Addr: lnsAddr(i), Secret: []byte(secretOfTunnels), Password: "correct", Random: counting()}
	}
	return all
}

// counting is randomness of which each is another.
func counting() func([]byte) {
	n := uint64(0)
	return func(b []byte) {
		n++
		clear(b)
		binary.BigEndian.PutUint64(b, n)
	}
}

func TestAllComeUp(t *testing.T) {
	for name, change := range map[string]func(c *sim.Config, l *sim.LNSConfig){
		"CHAP":                 func(*sim.Config, *sim.LNSConfig) {},
		"PAP":                  func(c *sim.Config, _ *sim.LNSConfig) { c.PAP = true },
		"LCP again":            func(_ *sim.Config, l *sim.LNSConfig) { l.LCPAgain = true },
		"LCP again, PAP":       func(c *sim.Config, l *sim.LNSConfig) { c.PAP, l.LCPAgain = true, true },
		"authentication again": func(_ *sim.Config, l *sim.LNSConfig) { l.AuthAgain = true },
		"slow":                 func(_ *sim.Config, l *sim.LNSConfig) { l.Delay = 300 * time.Millisecond },
		"tags": func(c *sim.Config, _ *sim.LNSConfig) {
			c.TPID, c.Outer, c.Inner, c.MACs = wire.STag, sim.Range{First: 100, Last: 109}, sim.Range{First: 2, Last: 4}, 5
		},
		"MRU 1500": func(c *sim.Config, _ *sim.LNSConfig) { c.MaxPayload = 1500 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := &Config{Clients: fifty(), LNS: lnses(1)}
			cfg.Clients.Traffic.Rate = 1000
			cfg.LNS[0].Traffic.Rate = 1000
			cfg.Stay = 2 * time.Second
			change(cfg.Clients, &cfg.LNS[0])
			inWorld(t, cfg, func(_ *world, rep *Report) {
				c, l, p := rep.Clients, rep.LNS[0], rep.Traffic
				if c.Up != 50 || c.Failed != 0 || c.Lost != 0 || c.HungUp != 50 || c.UpNow != 50 || c.Odd != 0 {
					t.Errorf("clients %+v", *c)
				}
				if l.Connected != 50 || l.Opened != 50 || l.Ended != 50 || l.Calls != 50 {
					t.Errorf("LNS %+v", l)
				}
				for _, way := range []Traffic{p.Up, p.Down} {
					if way.Sent < 1900 || way.Received != way.Sent || way.Octets != 64*way.Sent || way.Lost+way.Reordered+way.Duplicated+way.Misdelivered != 0 {
						t.Errorf("traffic %+v", way)
					}
				}
			})
		})
	}
}
