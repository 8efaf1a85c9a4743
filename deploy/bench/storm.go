package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"
)

// storms measures group 5.
func (b *bench) storms(ctx context.Context) error {
	n := 64_000
	if b.quick {
		n = 5000
	}
	if err := b.redialStorms(ctx, n); err != nil {
		return fmt.Errorf("%d subscribers dial at once: %w", n, err)
	}
	if err := b.padiFlood(ctx); err != nil {
		return fmt.Errorf("PADI flood: %w", err)
	}
	return nil
}

const mebi = 1 << 20

// redialStorms has everybody dial in the same moment.
func (b *bench) redialStorms(ctx context.Context, n int) error {
	var up, seconds, vain, peak sample
	for range b.stormRuns() {
		o, err := b.stormOnce(ctx, n)
		if err != nil {
			return err
		}
		up.add(o.up)
		seconds.add(o.seconds)
		vain.add(o.vain)
		peak.add(o.peak)
	}
	of := fmt.Sprintf("%d dial at once: ", n)
	b.show(
		up.figure(5, of+"are up in the end", "sessions", atLeast(float64(n))),
		seconds.figure(5, of+"until the last was up", "s", nil),
		vain.figure(5, of+"set-ups in vain", "", nil),
		peak.figure(5, of+"memory of lacd at most", "MiB", nil),
	)
	return nil
}

// stormRuns is how often each storm is made.
func (b *bench) stormRuns() int {
	if b.quick {
		return 1
	}
	return 5
}

// stormed is how a storm went.
type stormed struct{ up, seconds, vain, peak float64 }

// stormOnce lets a storm loose on a gateway that was just started.
func (b *bench) stormOnce(ctx context.Context, n int) (_ stormed, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	w, err := b.newWorld(ctx)
	if err != nil {
		return stormed{}, err
	}
	defer closing(&err, w.close)
	if err := w.startLacd(ctx, authorities[0].config()); err != nil {
		return stormed{}, err
	}
	s, err := w.startSim(ctx, "-n", strconv.Itoa(n), "-up", "iccn", "-lns", lns1Addr, "-redial", "-backoff", "1s,5s", "-setup-timeout", "1m",
		"-stay", "500ms", "-timeout", "150s", "-grace", "20s")
	if err != nil {
		return stormed{}, err
	}
	<-s.gone
	used, err := usageOf(w.lacd.cmd.Process.Pid)
	if err != nil {
		return stormed{}, err
	}
	rep, err := s.report()
	if err != nil {
		return stormed{}, err
	}
	c := rep.Clients
	if c.Failed+c.Lost > 0 {
		b.note("set-ups failed: %v; sessions lost: %v", c.FailedBy, c.LostBy)
	}
	return stormed{
		up: float64(c.UpNow), seconds: float64(c.Up) / c.PerSecond,
		vain: float64(c.Failed + c.Lost), peak: float64(used.peak) / mebi,
	}, nil
}

const (
	floodRate = 100_000 // PADIs a second
	normal    = 100     // subscribers beside it
)

// padiFlood has some subscribers dial while the port is flooded.
func (b *bench) padiFlood(ctx context.Context) error {
	var rate, up, cost, p50, p99, peak sample
	for range b.stormRuns() {
		f, err := b.floodOnce(ctx)
		if err != nil {
			return err
		}
		rate.add(f.rate)
		up.add(f.up)
		cost.add(f.cost)
		p50.add(f.p50)
		p99.add(f.p99)
		peak.add(f.peak)
	}
	of := fmt.Sprintf("%d dial beside a flood of PADIs: ", normal)
	b.show(
		rate.figure(5, of+"the flood", "/s", nil),
		up.figure(5, of+"came up", "sessions", atLeast(normal)),
		p50.figure(5, of+"PADI to ICCN, median", "ms", nil),
		p99.figure(5, of+"PADI to ICCN, 99 %", "ms", nil),
		cost.figure(5, of+"CPU of lacd for a PADI", "µs", nil),
		peak.figure(5, of+"memory of lacd at most", "MiB", nil),
	)
	return nil
}

// flooded is what was seen beside a flood.
type flooded struct{ rate, up, cost, p50, p99, peak float64 }

// floodOnce floods a gateway that was just started until all subscribers are up.
func (b *bench) floodOnce(ctx context.Context) (_ flooded, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	w, err := b.newWorld(ctx)
	if err != nil {
		return flooded{}, err
	}
	defer closing(&err, w.close)
	if err := w.startLacd(ctx, authorities[0].config()); err != nil {
		return flooded{}, err
	}
	before, err := usageOf(w.lacd.cmd.Process.Pid)
	if err != nil {
		return flooded{}, err
	}
	args := inside(w.other, b.self, "flood", "acc1", strconv.Itoa(floodRate))
	var said bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = &said, b.stderr
	f, err := start(ctx, "flood", cmd)
	if err != nil {
		return flooded{}, err
	}
	w.others = append(w.others, f)
	// What may come at once is over before anybody dials.
	if err := pause(ctx, 2*time.Second); err != nil {
		return flooded{}, err
	}
	s, err := w.startSim(ctx, "-n", strconv.Itoa(normal), "-rate", strconv.Itoa(normal/5), "-up", "iccn", "-lns", lns1Addr, "-redial",
		"-timeout", "1m")
	if err != nil {
		return flooded{}, err
	}
	rep, err := s.report()
	if err != nil {
		return flooded{}, err
	}
	used, err := usageOf(w.lacd.cmd.Process.Pid)
	if err != nil {
		return flooded{}, err
	}
	err = f.stop()
	if err = errors.Join(err, f.err); err != nil {
		return flooded{}, err
	}
	var sent, seconds float64
	if _, err := fmt.Sscan(said.String(), &sent, &seconds); err != nil {
		return flooded{}, fmt.Errorf("the flood said %q: %w", said.String(), err)
	}
	c := rep.Clients
	return flooded{
		rate: sent / seconds, up: float64(c.Up), cost: (used.cpu - before.cpu).Seconds() * 1e6 / sent,
		p50: c.Setup.P50, p99: c.Setup.P99, peak: float64(used.peak) / mebi,
	}, nil
}
