package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// How the gateway knows whom to let in.
type authority struct {
	name  string
	block string // of the configuration
	lines string // of the retailer
	free  bool   // FreeRADIUS
}

var authorities = []authority{
	{name: "realm"},
	{name: "RADIUS in memory", block: radiusBlock, lines: `radius = ["r1"]`},
	{name: "FreeRADIUS", block: radiusBlock, lines: `radius = ["r1"]`, free: true},
}

var radiusBlock = fmt.Sprintf("radius \"r1\" {\n  auth = %q\n  acct = %q\n  secret = %q\n}\n", radiusAddr, radiusAddr, radiusSecret)

func (a *authority) config() string {
	return a.block + fmt.Sprintf(`
access "acc0" {}
retailer "acme" {
  realms = ["acme.example"]
  %s
  lns "lns1" { address = %q }
}
`, a.lines, lns1Addr)
}

// Goals of set-ups.
const (
	wantRate   = 4000 // a second
	wantCPU    = 150  // µs of the gateway for one
	wantGrowth = 1.2  // of that from the least sessions to the most
	wantRSS    = 6    // KiB for a session
)

// window is how many subscribers dial at the same time: enough that the gateway
// always has something to do, few enough that none waits long.
const window = 256

// setup is one measurement.
type setup struct{ rate, cpu, p50, p99, rss, sim float64 }

// setups measures group 3.
func (b *bench) setups(ctx context.Context) error {
	type step struct{ sessions, runs int }
	steps := []step{{1000, 5}, {10_000, 5}, {64_000, 5}}
	if b.quick {
		steps = []step{{1000, 3}}
	}
	for i := range authorities {
		a := &authorities[i]
		var first float64 // the median of the least sessions
		for _, s := range steps {
			cpu, err := b.setupsOf(ctx, a, s.sessions, s.runs)
			if err != nil {
				return fmt.Errorf("%d sessions, %s: %w", s.sessions, a.name, err)
			}
			if first == 0 {
				first = cpu.median()
			}
			if s.sessions == 64_000 {
				var growth sample
				for _, c := range cpu {
					growth.add(c / first)
				}
				b.show(growth.figure(3, a.name+", 64000 sessions: CPU of a set-up beside that with 1000", "×", atMost(wantGrowth)))
			}
		}
	}
	return nil
}

// setupsOf measures one way and number of sessions, and returns what one costs in
// each run.
func (b *bench) setupsOf(ctx context.Context, a *authority, n, runs int) (sample, error) {
	var rate, cpu, p50, p99, rss, sim sample
	for range runs {
		s, err := b.setupOnce(ctx, a, n)
		if err != nil {
			return nil, err
		}
		rate.add(s.rate)
		cpu.add(s.cpu)
		p50.add(s.p50)
		p99.add(s.p99)
		rss.add(s.rss)
		sim.add(s.sim)
	}
	of := fmt.Sprintf("%s, %d sessions: ", a.name, n)
	var fast, small *Goal
	if !a.free { // how fast FreeRADIUS is, is not the gateway's merit
		fast = atLeast(wantRate)
	}
	if n == 64_000 { // below, what the daemon occupies anyway is more
		small = atMost(wantRSS)
	}
	b.show(
		rate.figure(3, of+"set-ups", "/s", fast),
		cpu.figure(3, of+"CPU of lacd for a set-up", "µs", atMost(wantCPU)),
		p50.figure(3, of+"PADI to ICCN, median", "ms", nil),
		p99.figure(3, of+"PADI to ICCN, 99 %", "ms", nil),
		rss.figure(3, of+"memory of lacd for a session", "KiB", small),
		sim.figure(3, of+"CPU of subscribers and LNS", "µs", nil),
	)
	return cpu, nil
}

// setupOnce brings n sessions up with a gateway that was just started.
func (b *bench) setupOnce(ctx context.Context, a *authority, n int) (_ setup, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second+time.Duration(n)*2*time.Millisecond)
	defer cancel()
	w, err := b.newWorld(ctx)
	if err != nil {
		return setup{}, err
	}
	defer closing(&err, w.close)
	if a.block != "" {
		if err := w.startRADIUS(ctx, a.free); err != nil {
			return setup{}, err
		}
	}
	if err := w.startLacd(ctx, a.config()); err != nil {
		return setup{}, err
	}
	before, err := usageOf(w.lacd.cmd.Process.Pid)
	if err != nil {
		return setup{}, err
	}
	s, err := w.startSim(ctx, "-n", strconv.Itoa(n), "-window", strconv.Itoa(window), "-up", "iccn", "-lns", lns1Addr,
		"-stay", "500ms", "-timeout", "10m", "-grace", "20s")
	if err != nil {
		return setup{}, err
	}
	after, err := w.allUp(ctx, s, n)
	if err != nil {
		return setup{}, err
	}
	rep, err := s.report()
	if err != nil {
		return setup{}, err
	}
	c, each := rep.Clients, float64(n)
	if c.Failed > 0 {
		b.note("%s, %d sessions: set-ups failed at first: %v", a.name, n, c.FailedBy)
	}
	return setup{
		rate: c.PerSecond, cpu: (after.cpu - before.cpu).Seconds() * 1e6 / each, p50: c.Setup.P50, p99: c.Setup.P99,
		rss: float64(after.rss-before.rss) / 1024 / each, sim: rep.CPUSeconds * 1e6 / each,
	}, nil
}

// allUp waits until so many sessions are up, and returns what the gateway has
// used by then.
func (w *world) allUp(ctx context.Context, s *sim, n int) (usage, error) {
	err := until(ctx, time.Hour, func() (bool, error) {
		switch err := w.log.read(); {
		case err != nil || w.log.up >= n:
			return true, err
		case w.lacd.ended():
			return false, fmt.Errorf("lacd ended with %d of %d sessions up: %w", w.log.up, n, w.lacd.err)
		case s.ended():
			rep, err := s.report()
			if err == nil {
				err = fmt.Errorf("%d of %d sessions came up, %d failed: %v, %d were lost: %v",
					w.log.up, n, rep.Clients.Failed, rep.Clients.FailedBy, rep.Clients.Lost, rep.Clients.LostBy)
			}
			return false, err
		}
		return false, nil
	})
	if err != nil {
		return usage{}, err
	}
	return usageOf(w.lacd.cmd.Process.Pid)
}
