package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// This file has what several cases do.

// bringUp lets subscribers dial in at once, each to the LNS that it must land on,
// and has them ping through their tunnels.
func (l *Lab) bringUp(ctx context.Context, all ...*Subscriber) bool {
	var wg sync.WaitGroup
	failed := make([]bool, len(all))
	for i, s := range all {
		if err := l.dial(s); err != nil {
			failed[i] = !l.check(err, "%s starts pppd", s.ns)
			continue
		}
		wg.Go(func() {
			err := s.awaitUp(ctx)
			if n := l.lnsAt(s.addr); err == nil && n.name != s.lns {
				err = fmt.Errorf("it is on %s, with %s", n.name, s.addr)
			}
			if err == nil {
				err = l.ping(ctx, s)
			}
			failed[i] = !l.check(err, "%s is up on %s and pings it", s.user, s.lns)
		})
	}
	wg.Wait()
	for _, bad := range failed {
		if bad {
			return false
		}
	}
	return true
}

// logged is a line of lacd's log.
type logged map[string]string

// logField matches a field of slog's text format.
var logField = regexp.MustCompile(`(\w+)=("(?:[^"\\]|\\.)*"|\S*)`)

// parseLog reads slog's text format.
func parseLog(text string) []logged {
	var all []logged
	for line := range strings.Lines(text) {
		entry := make(logged)
		for _, m := range logField.FindAllStringSubmatch(line, -1) {
			value, err := strconv.Unquote(m[2])
			if err != nil {
				value = m[2]
			}
			entry[m[1]] = value
		}
		all = append(all, entry)
	}
	return all
}

// at is when the line was written.
func (e logged) at() time.Time {
	t, err := time.Parse(time.RFC3339Nano, e["time"])
	if err != nil {
		return time.Time{}
	}
	return t
}

// events returns the lines of lacd's log with this message, of one user if user
// is not "".
func (l *Lab) events(message, user string) []logged { return events(l.lacd, message, user) }

// events returns such lines of a gateway's log that may be over.
func events(p *Proc, message, user string) []logged {
	var all []logged
	for _, e := range parseLog(p.output()) {
		if e["msg"] == message && (user == "" || e["user"] == user) {
			all = append(all, e)
		}
	}
	return all
}

// awaitDown waits until lacd has logged the end of a user's n-th session, from 1,
// which must have one of the causes.
func (l *Lab) awaitDown(ctx context.Context, s *Subscriber, n int, limit time.Duration, causes ...string) (logged, error) {
	var last logged
	err := until(ctx, limit, func() error {
		all := l.events("session down", s.user)
		if len(all) < n {
			return fmt.Errorf("%d sessions of %s have ended, want %d", len(all), s.user, n)
		}
		last = all[n-1]
		return nil
	})
	if err != nil {
		return nil, err
	}
	if slices.Contains(causes, last["cause"]) {
		return last, nil
	}
	return last, fmt.Errorf("%s: cause %q, %q, want one of %q", s.user, last["cause"], last["detail"], causes)
}

// awaitBooked waits until a user has so many Start and Stop records, the last
// Stop with this cause.
func (l *Lab) awaitBooked(ctx context.Context, user string, starts, stops int, cause string) error {
	return until(ctx, settleLimit, func() error {
		all, err := l.accounting()
		if err != nil {
			return final(err)
		}
		began, ended := find(all, user, "Start"), find(all, user, "Stop")
		if len(began) != starts || len(ended) != stops {
			return fmt.Errorf("%d Start and %d Stop records, want %d and %d", len(began), len(ended), starts, stops)
		}
		if stops > 0 && ended[stops-1]["Acct-Terminate-Cause"] != cause {
			return final(fmt.Errorf("Acct-Terminate-Cause %q, want %q", ended[stops-1]["Acct-Terminate-Cause"], cause))
		}
		return nil
	})
}

// kernelCount is how much PPP a namespace's kernel has.
type kernelCount struct {
	pppoe, tunnels, calls int
}

var (
	pppoeEntry  = regexp.MustCompile(`(?m)^[0-9A-F]{8} `)
	tunnelEntry = regexp.MustCompile(`(?m)^\s*TUNNEL '`)
	callEntry   = regexp.MustCompile(`(?m)^\s*SESSION '`)
)

func parseCount(text string) kernelCount {
	n := func(r *regexp.Regexp) int { return len(r.FindAllString(text, -1)) }
	return kernelCount{n(pppoeEntry), n(tunnelEntry), n(callEntry)}
}

// awaitKernel waits until the LAC's kernel has exactly that.
func (l *Lab) awaitKernel(ctx context.Context, want kernelCount, limit time.Duration) error {
	return until(ctx, limit, func() error {
		text, err := kernelText(nsLAC)
		if err != nil {
			return final(err)
		}
		if got := parseCount(text); got != want {
			return fmt.Errorf("the LAC's kernel has %+v, want %+v:\n%s", got, want, text)
		}
		return nil
	})
}

// closeDown ends the subscribers that are up, then lacd, and looks for what may
// be left, but not where an LNS has reason to keep something. Every case ends
// with it.
func (l *Lab) closeDown(ctx context.Context, except ...string) {
	l.step("the end")
	var wg sync.WaitGroup
	for _, s := range l.subscribers {
		if s.proc != nil {
			wg.Go(func() {
				if err := s.proc.stop(quitLimit); err != nil {
					l.check(err, "%s's pppd ends", s.user)
				}
			})
		}
	}
	wg.Wait()
	l.check(l.awaitSessions(ctx), "lacd has no session left")
	l.stopClean(ctx, except...)
}

// stopClean ends lacd as systemd would and looks for what may be left.
func (l *Lab) stopClean(ctx context.Context, except ...string) {
	l.check(l.stopGateway(), "lacd ends by itself, with status 0")
	l.check(l.noKernelState(ctx, except...), "no kernel has a PPPoE session, an L2TP tunnel or a PPP interface")
	_, err := os.Stat(l.socket)
	switch {
	case err == nil:
		err = errors.New("it is still there")
	case errors.Is(err, os.ErrNotExist):
		err = nil
	}
	l.check(err, "the admin socket is gone")
	l.check(l.noPanic(), "lacd has logged no panic and no error")
}

// noPanic looks for what lacd must never say.
func (l *Lab) noPanic() error {
	for line := range strings.Lines(l.lacd.output()) {
		for _, bad := range []string{"panic:", "goroutine ", "level=ERROR", "DATA RACE"} {
			if strings.Contains(line, bad) {
				return errors.New(strings.TrimSpace(line))
			}
		}
	}
	return nil
}
