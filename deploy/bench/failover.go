package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// timers decide how soon a silent LNS is given up.
type timers struct {
	name  string
	lines string // of the l2tp block
}

var (
	defaultTimers = timers{name: "default timers"}
	fastTimers    = timers{
		name:  "hello 5s, resend 250ms to 1s, 3 retries",
		lines: "hello = \"5s\"\n  resend = \"250ms\"\n  resend_max = \"1s\"\n  retries = 3",
	}
)

func (t *timers) config() string {
	return fmt.Sprintf(`
l2tp {
  %s
}
access "acc0" {}
retailer "acme" {
  realms = ["acme.example"]
  lns "lns1" { address = %q }
  lns "lns2" {
    address    = %q
    preference = 10
  }
}
`, t.lines, lns1Addr, lns2Addr)
}

// failover is one measurement, in seconds from when the LNS fell silent: until the
// tunnel was given up, and from then until everybody was up again.
type failover struct{ detection, recovery float64 }

// failovers measures group 4.
func (b *bench) failovers(ctx context.Context) error {
	steps := []step{{fastTimers, 5, 0}, {defaultTimers, 5, 3 * time.Second}}
	if b.quick {
		steps = []step{{fastTimers, 1, 0}}
	}
	for _, s := range steps {
		all, err := s.run(ctx, func(ctx context.Context) (failover, error) {
			return b.failoverOnce(ctx, &s.timers, 1000)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", s.timers.name, err)
		}
		var detection, recovery, total sample
		for _, f := range all {
			detection.add(f.detection)
			recovery.add(f.recovery)
			total.add(f.detection + f.recovery)
		}
		of := "1000 sessions, " + s.timers.name + ": "
		b.show(
			detection.figure(4, of+"tunnel given up", "s", nil),
			recovery.figure(4, of+"from then until all are up", "s", nil),
			total.figure(4, of+"together", "s", nil),
		)
	}
	return nil
}

// step is measurements of one kind, one after the other or, where each is mostly
// waiting, side by side: begun so far apart that no two are busy together.
type step struct {
	timers timers
	runs   int
	apart  time.Duration // 0: one after the other
}

func (s *step) run(ctx context.Context, once func(context.Context) (failover, error)) ([]failover, error) {
	all := make([]failover, s.runs)
	g, ctx := errgroup.WithContext(ctx)
	if s.apart == 0 {
		g.SetLimit(1)
	}
	for i := range s.runs {
		g.Go(func() (err error) {
			if err = pause(ctx, time.Duration(i)*s.apart); err == nil {
				all[i], err = once(ctx)
			}
			return err
		})
	}
	return all, g.Wait()
}

// silentAfter is how long the first LNS serves: enough for all to come up.
const silentAfter = 4 * time.Second

func (b *bench) failoverOnce(ctx context.Context, t *timers, n int) (_ failover, err error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	w, err := b.newWorld(ctx)
	if err != nil {
		return failover{}, err
	}
	defer closing(&err, w.close)
	if err := w.startLacd(ctx, t.config()); err != nil {
		return failover{}, err
	}
	w.log.all = true
	s, err := w.startSim(ctx, "-n", strconv.Itoa(n), "-window", strconv.Itoa(window), "-up", "iccn", "-redial", "-backoff", "100ms,1s",
		"-stay", "4m", "-timeout", "4m", "-lns", lns1Addr+",silent="+silentAfter.String(), "-lns", lns2Addr)
	if err != nil {
		return failover{}, err
	}
	silent := s.begun.Add(silentAfter) // but for the milliseconds that lacsim takes to start
	if _, err := w.allUp(ctx, s, n); err != nil {
		return failover{}, err
	}
	if late := time.Since(silent); late > 0 {
		return failover{}, fmt.Errorf("the machine is too slow: %d sessions came up %v after the LNS was to fall silent", n, late)
	}
	if _, err := w.allUp(ctx, s, 2*n); err != nil {
		return failover{}, err
	}
	if err := s.stop(); err != nil {
		return failover{}, err
	}
	return readFailover(w.log.lines, silent, n)
}

// readFailover finds in the gateway's log when what happened.
func readFailover(lines []line, silent time.Time, n int) (failover, error) {
	var down, back time.Time
	up := 0
	for _, l := range lines {
		switch {
		case l.Msg == "tunnel down" && l.LNS == "lns1" && down.IsZero():
			down = l.Time
		case l.Msg == "session up" && l.LNS == "lns2":
			if up++; up == n {
				back = l.Time
			}
		}
	}
	switch {
	case down.IsZero():
		return failover{}, fmt.Errorf("the tunnel to the silent LNS did not go down")
	case back.IsZero():
		return failover{}, fmt.Errorf("%d of %d sessions came up with the other LNS", up, n)
	}
	return failover{down.Sub(silent).Seconds(), back.Sub(down).Seconds()}, nil
}
