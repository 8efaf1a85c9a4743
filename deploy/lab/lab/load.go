package lab

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// load is a subscriber's traffic: echo requests that go on whatever happens, and
// are answered by the LNS where he is.
type load struct {
	sub  *Subscriber
	proc *Proc
}

// loadInterval is between two echo requests. It is the resolution of outages.
const loadInterval = 50 * time.Millisecond

// startLoad starts the traffic of subscribers that are up and persist.
func (l *Lab) startLoad(ctx context.Context, all ...*Subscriber) ([]load, error) {
	var loads []load
	for _, s := range all {
		p, err := l.start("load-"+s.ns, s.ns, "ping", "-n", "-D", "-s", "400",
			"-i", strconv.FormatFloat(loadInterval.Seconds(), 'f', 2, 64), service)
		if err != nil {
			return nil, err
		}
		loads = append(loads, load{s, p})
	}
	for _, ld := range loads {
		if err := ld.proc.await(ctx, "bytes from", startLimit); err != nil {
			return nil, err
		}
	}
	return loads, nil
}

// replyLine is an answer as "ping -D" prints it.
var replyLine = regexp.MustCompile(`(?m)^\[(\d+)\.(\d{6})\] \d+ bytes from`)

// replies returns when the answers came.
func replies(text string) []time.Time {
	var all []time.Time
	for _, m := range replyLine.FindAllStringSubmatch(text, -1) {
		sec, err1 := strconv.ParseInt(m[1], 10, 64)
		usec, err2 := strconv.ParseInt(m[2], 10, 64)
		if errors.Join(err1, err2) == nil {
			all = append(all, time.Unix(sec, usec*int64(time.Microsecond)))
		}
	}
	return all
}

// leastOutage is a pause that cannot be the emulated machine's own.
const leastOutage = time.Second

// restored finds the first answer after an outage that began at or a little
// after since. ok is false while there is none.
func restored(all []time.Time, since time.Time) (at time.Time, ok bool) {
	last := since
	for _, t := range all {
		if t.Before(since) {
			continue
		}
		if t.Sub(last) >= leastOutage {
			return t, true
		}
		last = t
	}
	return time.Time{}, false
}

// awaitService waits until every load is answered again, and returns how long
// after since that was, shortest first.
func awaitService(ctx context.Context, loads []load, since time.Time, limit time.Duration) ([]time.Duration, error) {
	var outages []time.Duration
	for _, ld := range loads {
		err := until(ctx, limit, func() error {
			at, ok := restored(replies(ld.proc.output()), since)
			if !ok {
				return fmt.Errorf("%s has no answer since", ld.sub.user)
			}
			outages = append(outages, at.Sub(since))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(outages)
	return outages, nil
}

// steady checks that nothing has happened to subscribers since then: their sessions
// are what they were, and they have answers. A busy machine has pauses of its own.
func (l *Lab) steady(ctx context.Context, loads []load, since time.Time) error {
	for _, ld := range loads {
		for _, e := range l.events("session down", ld.sub.user) {
			if e.at().After(since) {
				return fmt.Errorf("%s: %s, %s", ld.sub.user, e["cause"], e["detail"])
			}
		}
		begin := time.Now()
		err := until(ctx, settleLimit, func() error {
			if all := replies(ld.proc.output()); len(all) == 0 || all[len(all)-1].Before(begin) {
				return fmt.Errorf("%s has no answer", ld.sub.user)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// spread is the shortest, the median and the longest of sorted times.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	s := make([]string, 0, 3)
	for _, d := range []time.Duration{all[0], all[len(all)/2], all[len(all)-1]} {
		s = append(s, fmt.Sprintf("%.1f s", d.Seconds()))
	}
	return strings.Join(s, " / ")
}
