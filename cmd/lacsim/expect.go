package main

import (
	"errors"
	"flag"
	"fmt"

	"lacd/lac/lactest/load"
)

// expectations are what has to come true; negative: nothing is expected.
type expectations struct {
	up, failed, lost int64
	rate             float64
	traffic          int64 // lost of a million
}

var unexpecting = expectations{-1, -1, -1, -1, -1}

func (e *expectations) flags(fs *flag.FlagSet) {
	fs.Int64Var(&e.up, "expect-up", e.up, "")
	fs.Int64Var(&e.failed, "expect-failed", e.failed, "")
	fs.Int64Var(&e.lost, "expect-lost", e.lost, "")
	fs.Float64Var(&e.rate, "expect-rate", e.rate, "")
	fs.Int64Var(&e.traffic, "expect-traffic", e.traffic, "")
}

// check refuses expectations that nothing can fulfil.
func (e *expectations) check(clients bool) error {
	if !clients && (e.up >= 0 || e.failed >= 0 || e.lost >= 0 || e.rate >= 0) {
		return errors.New("without clients nothing can be expected of them")
	}
	return nil
}

// unmet returns what was expected and did not come true. A run with clients that
// had to be cut short is one that failed.
func (o *options) unmet(rep *load.Report) (all []string) {
	e := &o.expect
	say := func(bad bool, format string, args ...any) {
		if bad {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	if c := rep.Clients; c != nil {
		say(rep.TimedOut, "the time was over after %v", o.load.Timeout)
		say(e.up >= 0 && c.Up < uint64(e.up), "%d set-ups came up, expected %d", c.Up, e.up)
		say(e.failed >= 0 && c.Failed > uint64(e.failed), "%d set-ups failed, expected at most %d", c.Failed, e.failed)
		say(e.lost >= 0 && c.Lost > uint64(e.lost), "%d sessions were lost, expected at most %d", c.Lost, e.lost)
		say(e.rate >= 0 && c.PerSecond < e.rate, "%.0f set-ups a second, expected %.0f", c.PerSecond, e.rate)
	}
	if e.traffic < 0 {
		return all
	}
	if rep.Traffic == nil {
		return append(all, "there was no traffic")
	}
	for _, t := range []struct {
		way string
		load.Traffic
	}{{"upstream", rep.Traffic.Up}, {"downstream", rep.Traffic.Down}} {
		sent := max(t.Sent, t.Received+t.Lost)
		say(t.Lost*1_000_000 > uint64(e.traffic)*sent, "%d of %d packets were lost %s", t.Lost, sent, t.way)
		say(t.Misdelivered > 0, "%d packets were misdelivered %s", t.Misdelivered, t.way)
	}
	return all
}
