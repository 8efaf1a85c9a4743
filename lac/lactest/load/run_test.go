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
			inWorld(t, cfg, func(rep *Report) {
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

// allUp fails the test unless all of a crowd are up at the end.
func allUp(t *testing.T, c *Clients) {
	t.Helper()
	if c.UpNow != c.Number {
		t.Errorf("%d of %d are up", c.UpNow, c.Number)
	}
}

// Where one LNS does not want a call or a tunnel the LAC takes the other.
func TestHabitsOfTheFirst(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(l *sim.LNSConfig)
		check  func(t *testing.T, first, second LNS)
	}{
		"refuses calls": {func(l *sim.LNSConfig) { l.CDN.Code = 4 }, func(t *testing.T, first, second LNS) {
			if first.Refused == 0 || first.Connected != 0 || second.Opened != 50 {
				t.Errorf("%+v, %+v", first, second)
			}
		}},
		"refuses every third": {func(l *sim.LNSConfig) { l.CDN.Code, l.RefuseEvery = 3, 3 }, func(t *testing.T, first, second LNS) {
			if first.Refused != 16 || first.Opened != 34 || second.Opened != 16 {
				t.Errorf("%+v, %+v", first, second)
			}
		}},
		"refuses tunnels": {func(l *sim.LNSConfig) { l.StopCCN.Code = 2; l.StopCCN.Error = 4 }, func(t *testing.T, first, second LNS) {
			if first.Requested != 0 || first.Tunnels != 0 || second.Opened != 50 {
				t.Errorf("%+v, %+v", first, second)
			}
		}},
		"is silent": {func(l *sim.LNSConfig) { l.Delay, l.SilentAfter = time.Second, time.Millisecond }, func(t *testing.T, first, second LNS) {
			if first.Requested != 0 || second.Opened != 50 {
				t.Errorf("%+v, %+v", first, second)
			}
		}},
		"has another secret": {func(l *sim.LNSConfig) { l.Secret = []byte("not that of the LAC") }, func(t *testing.T, first, second LNS) {
			if first.Requested != 0 || second.Opened != 50 {
				t.Errorf("%+v, %+v", first, second)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := &Config{Clients: fifty(), LNS: lnses(2)}
			tt.change(&cfg.LNS[0])
			inWorld(t, cfg, func(rep *Report) {
				allUp(t, rep.Clients)
				tt.check(t, rep.LNS[0], rep.LNS[1])
			})
		})
	}
}

// An LNS that goes takes its sessions with it; who dials again is served by the
// other.
func TestLNSGoes(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(l *sim.LNSConfig)
		within time.Duration
	}{
		"in order": {func(l *sim.LNSConfig) { l.StopAfter = 5 * time.Second }, 20 * time.Second},
		"silently": {func(l *sim.LNSConfig) { l.SilentAfter = 5 * time.Second }, 3 * time.Minute},
		"for good": {func(l *sim.LNSConfig) { l.DieAfter = 5 * time.Second }, 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := &Config{Clients: fifty(), LNS: lnses(2), Stay: tt.within, Timeout: time.Hour}
			cfg.Clients.Redial = true
			tt.change(&cfg.LNS[0])
			inWorld(t, cfg, func(rep *Report) {
				c := rep.Clients
				allUp(t, c)
				if c.Lost != 50 || c.LostBy["terminated"] != 50 || c.Up != 100 {
					t.Errorf("lost %d by %v, %d set-ups came up", c.Lost, c.LostBy, c.Up)
				}
				if rep.LNS[0].Opened != 50 || rep.LNS[1].Opened != 50 {
					t.Errorf("%+v", rep.LNS)
				}
			})
		})
	}
}

func TestWrongPassword(t *testing.T) {
	for _, pap := range []bool{false, true} {
		cfg := &Config{Clients: fifty(), LNS: lnses(1)}
		cfg.Clients.Password, cfg.Clients.PAP = "wrong", pap
		inWorld(t, cfg, func(rep *Report) {
			if c := rep.Clients; c.Up != 0 || c.FailedBy["refused"] != 50 {
				t.Errorf("%d came up, failed by %v", c.Up, c.FailedBy)
			}
		})
	}
}

// Nobody answers for an access concentrator of another name.
func TestNoAnswer(t *testing.T) {
	cfg := &Config{Clients: fifty(), LNS: lnses(1)}
	cfg.Clients.ACName, cfg.Clients.Timeout = "another", time.Minute
	inWorld(t, cfg, func(rep *Report) {
		// PADIs leave after 0, 3, 9, 21 and 45 s.
		if c := rep.Clients; c.FailedBy["no_pado"] != 50 || c.Repeated != 200 || rep.TimedOut {
			t.Errorf("failed by %v, %d repeated, timed out: %v", c.FailedBy, c.Repeated, rep.TimedOut)
		}
	})
}

func TestTimeout(t *testing.T) {
	cfg := &Config{Clients: fifty(), LNS: lnses(1), Timeout: 10 * time.Second}
	cfg.Clients.ACName = "another"
	inWorld(t, cfg, func(rep *Report) {
		if c := rep.Clients; c.FailedBy["abandoned"] != 50 || c.Dialling != 50 || !rep.TimedOut {
			t.Errorf("failed by %v, dialling %d, timed out: %v", c.FailedBy, c.Dialling, rep.TimedOut)
		}
	})
}

// Every client is up three times.
func TestCycles(t *testing.T) {
	cfg := &Config{Clients: fifty(), LNS: lnses(1), Timeout: time.Hour}
	c := cfg.Clients
	c.Hold, c.Think, c.Cycles = 10*time.Second, 5*time.Second, 3
	inWorld(t, cfg, func(rep *Report) {
		if c := rep.Clients; c.Up != 150 || c.HungUp != 150 || c.Failed+c.Lost != 0 {
			t.Errorf("%+v", *c)
		}
		if l := rep.LNS[0]; l.Opened != 150 || l.Ended != 150 {
			t.Errorf("%+v", l)
		}
		if rep.Seconds < 40 || rep.Seconds > 45 {
			t.Errorf("it took %.1f s, want three times 10 and twice 5", rep.Seconds)
		}
	})
}

func TestHangUps(t *testing.T) {
	for mode, ended := range map[sim.HangUp]uint64{sim.ByPADT: 50, sim.ByTerminate: 50, sim.Silently: 0} {
		cfg := &Config{Clients: fifty(), LNS: lnses(1)}
		cfg.Clients.HangUp = mode
		inWorld(t, cfg, func(rep *Report) {
			// Those whose clients are silent end with their tunnel, of which the LNS
			// is the one to tell.
			if c, l := rep.Clients, rep.LNS[0]; c.HungUp != 50 || l.Calls != 50 || mode != sim.Silently && l.Ended != ended {
				t.Errorf("mode %d: %d hung up; %+v", mode, c.HungUp, l)
			}
		})
	}
}

// Whatever the mode, an interrupted run leaves no session behind.
func TestInterrupt(t *testing.T) {
	cfg := &Config{Clients: fifty(), LNS: lnses(1), Stay: time.Hour, Timeout: 2 * time.Hour}
	cfg.Clients.HangUp = sim.Silently
	var w *world
	inChangedWorld(t, cfg, func(world *world, interrupt func()) {
		w = world
		time.AfterFunc(10*time.Second, interrupt)
	}, func(rep *Report) {
		if !rep.Interrupted || rep.Clients.HungUp != 50 || rep.LNS[0].Ended != 50 || rep.Seconds > 12 {
			t.Errorf("%+v, %+v", *rep, *rep.Clients)
		}
		if n := len(w.Bridges()); n != 0 {
			t.Errorf("%d bridges are left", n)
		}
	})
}

// Where no data is carried, the call or the credentials are what counts.
func TestUpWithoutData(t *testing.T) {
	for _, at := range []sim.Milestone{sim.Connected, sim.Proven} {
		for _, pap := range []bool{false, true} {
			cfg := &Config{Clients: fifty(), LNS: lnses(1), Stay: time.Minute}
			cfg.Clients.UpAt, cfg.Clients.PAP, cfg.LNS[0].NoPPP = at, pap, true
			inWorld(t, cfg, func(rep *Report) {
				allUp(t, rep.Clients)
				if c, l := rep.Clients, rep.LNS[0]; c.Lost != 0 || c.Repeated != 0 || l.Connected != 50 || l.Opened != 0 {
					t.Errorf("%+v, %+v", *c, l)
				}
			})
		}
	}
}

// Clients notice by themselves that nobody is there any more.
func TestEcho(t *testing.T) {
	cfg := &Config{Clients: fifty(), LNS: lnses(1), Stay: time.Minute, Timeout: time.Hour}
	cfg.Clients.Echo = 5 * time.Second
	cfg.LNS[0].SilentAfter = 20 * time.Second
	inWorld(t, cfg, func(rep *Report) {
		if c := rep.Clients; c.LostBy["no_echo"] != 50 {
			t.Errorf("lost by %v", c.LostBy)
		}
	})
}

// The clients dial at the rate that was asked for.
func TestRate(t *testing.T) {
	cfg := &Config{Clients: fifty(), LNS: lnses(1)}
	cfg.Clients.Rate = 20
	inWorld(t, cfg, func(rep *Report) {
		if got := rep.Clients.PerSecond; got < 19 || got > 21 {
			t.Errorf("%.1f set-ups a second, want 20", got)
		}
		if got := rep.Clients.PeakPerSecond; got < 18 || got > 22 {
			t.Errorf("%.1f set-ups in the best second, want 20", got)
		}
	})
}

func TestProgress(t *testing.T) {
	told := 0
	cfg := &Config{Clients: fifty(), LNS: lnses(1), Stay: 10 * time.Second, Progress: func(rep *Report) {
		if told++; rep.Clients.Number != 50 || len(rep.LNS) != 1 {
			t.Errorf("%+v", *rep)
		}
	}}
	inWorld(t, cfg, func(*Report) {
		if told < 9 || told > 12 {
			t.Errorf("told %d times in 10 seconds", told)
		}
	})
}
