package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// storms measures group 5.
func (b *bench) storms(ctx context.Context) error {
	n := 64_000
	if b.quick {
		n = 5000
	}
	if err := b.redialStorm(ctx, n); err != nil {
		return fmt.Errorf("%d subscribers dial at once: %w", n, err)
	}
	if err := b.padiFlood(ctx); err != nil {
		return fmt.Errorf("PADI flood: %w", err)
	}
	return nil
}

const mebi = 1 << 20

// redialStorm has everybody dial in the same moment.
func (b *bench) redialStorm(ctx context.Context, n int) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	w, err := b.newWorld(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, w.close)
	if err := w.startLacd(ctx, authorities[0].config()); err != nil {
		return err
	}
	s, err := w.startSim(ctx, "-n", strconv.Itoa(n), "-up", "iccn", "-lns", lns1Addr, "-redial", "-backoff", "1s,5s", "-setup-timeout", "1m",
		"-stay", "500ms", "-timeout", "150s", "-grace", "20s")
	if err != nil {
		return err
	}
	<-s.gone
	used, err := usageOf(w.lacd.cmd.Process.Pid)
	if err != nil {
		return err
	}
	rep, err := s.report()
	if err != nil {
		return err
	}
	c := rep.Clients
	if c.Failed+c.Lost > 0 {
		b.note("set-ups failed: %v; sessions lost: %v", c.FailedBy, c.LostBy)
	}
	of := fmt.Sprintf("%d dial at once: ", n)
	b.show(
		sample{float64(c.UpNow)}.figure(5, of+"are up in the end", "sessions", atLeast(float64(n))),
		sample{float64(c.Up) / c.PerSecond}.figure(5, of+"until the last was up", "s", nil),
		sample{float64(c.Failed + c.Lost)}.figure(5, of+"set-ups in vain", "", nil),
		sample{float64(used.peak) / mebi}.figure(5, of+"memory of lacd at most", "MiB", nil),
	)
	return nil
}

const (
	floodRate = 100_000 // PADIs a second
	floodFor  = 15 * time.Second
	normal    = 100 // subscribers beside it
)

// padiFlood has some subscribers dial while the port is flooded.
func (b *bench) padiFlood(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	w, err := b.newWorld(ctx)
	if err != nil {
		return err
	}
	defer closing(&err, w.close)
	if err := w.startLacd(ctx, authorities[0].config()); err != nil {
		return err
	}
	sent, failed := make(chan int, 1), make(chan error, 1)
	begun := time.Now()
	go func() {
		out, err := run(ctx, "", inside(w.other, b.self, "flood", "acc1", strconv.Itoa(floodRate), floodFor.String())...)
		var n int
		if err == nil {
			_, err = fmt.Sscan(out, &n)
		}
		if err != nil {
			failed <- err
			return
		}
		sent <- n
	}()
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	s, err := w.startSim(ctx, "-n", strconv.Itoa(normal), "-rate", strconv.Itoa(normal/5), "-up", "iccn", "-lns", lns1Addr, "-redial",
		"-timeout", "1m")
	if err != nil {
		return err
	}
	rep, err := s.report()
	if err != nil {
		return err
	}
	used, err := usageOf(w.lacd.cmd.Process.Pid)
	if err != nil {
		return err
	}
	var n int
	select {
	case n = <-sent:
	case err := <-failed:
		return err
	}
	rate := float64(n) / time.Since(begun).Seconds()
	of := fmt.Sprintf("%d dial beside a flood of PADIs: ", normal)
	c := rep.Clients
	b.show(
		sample{rate}.figure(5, of+"the flood", "/s", nil),
		sample{float64(c.Up)}.figure(5, of+"came up", "sessions", atLeast(normal)),
		sample{c.Setup.P50}.figure(5, of+"PADI to ICCN, median", "ms", nil),
		sample{c.Setup.P99}.figure(5, of+"PADI to ICCN, 99 %", "ms", nil),
		sample{float64(used.peak) / mebi}.figure(5, of+"memory of lacd at most", "MiB", nil),
	)
	return nil
}
