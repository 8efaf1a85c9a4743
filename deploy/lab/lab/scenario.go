package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"lacd/lac/admin"
)

// Limits of waiting. Everything is emulated, possibly on a busy machine, and what
// takes a second then may take twenty. Nobody waits for them but a script that
// fails.
const (
	startLimit  = 90 * time.Second
	upLimit     = 90 * time.Second
	quitLimit   = 30 * time.Second
	settleLimit = 30 * time.Second // for what follows at once
)

// demonstrate is the demonstration proper.
func (l *Lab) demonstrate(ctx context.Context) {
	l.dialAll(ctx)
	l.showState(ctx)
	l.traffic(ctx)
	l.hangUps(ctx)
	l.checkBooks(ctx)
	l.shutdown(ctx)
	l.timelines()
}

// dialAll lets all subscribers dial in at once.
func (l *Lab) dialAll(ctx context.Context) {
	l.step("%d subscribers dial in", len(l.subscribers))
	var wg sync.WaitGroup
	for _, s := range l.subscribers {
		if !l.check(l.dial(s), "%s starts pppd for %s (%s)", s.ns, s.user, s.protocol()) {
			continue
		}
		wg.Go(func() {
			if !s.good() {
				l.check(s.awaitRefused(ctx), "%s is refused", s.user)
				return
			}
			if l.check(s.awaitUp(ctx), "%s is up", s.user) {
				l.check(l.ping(ctx, s), "%s pings %s through the tunnel", s.user, s.lns)
			}
		})
	}
	wg.Wait()
	for _, s := range l.good() {
		if s.addr != "" && !validAddr(s.addr, l.lns(s.lns)) {
			l.check(fmt.Errorf("got %s", s.addr), "%s has an address of %s", s.user, s.lns)
		}
	}
}

// good returns the subscribers that must be up.
func (l *Lab) good() []*Subscriber {
	return slices.DeleteFunc(slices.Clone(l.subscribers), func(s *Subscriber) bool { return !s.good() })
}

func usersOf(all []*Subscriber) []string {
	var users []string
	for _, s := range all {
		users = append(users, s.user)
	}
	return users
}

// showState shows what the operator sees, and checks it.
func (l *Lab) showState(ctx context.Context) {
	l.step("what the operator sees")
	for _, what := range [][]string{{"show", "sessions"}, {"show", "tunnels"}, {"show", "lns"}, {"show", "session", l.subscribers[0].user}} {
		out, err := l.lacctl(ctx, what...)
		fmt.Fprintf(l.out, "  $ lacctl %s\n", strings.Join(what, " "))
		l.show(out)
		l.check(err, "lacctl %s", strings.Join(what, " "))
	}
	l.check(l.awaitSessions(ctx, usersOf(l.good())...), "lacctl lists exactly the %d good subscribers, up", len(l.good()))
	for _, s := range l.good() {
		v, err := l.session(ctx, s.user)
		if err == nil && !strings.HasPrefix(v.Peer, l.lns(s.lns).addr+":") {
			err = fmt.Errorf("its peer is %q", v.Peer)
		}
		if err == nil && (len(v.Timeline) == 0 || len(v.Reasons) == 0) {
			err = fmt.Errorf("%d steps, %d reasons", len(v.Timeline), len(v.Reasons))
		}
		l.check(err, "%s is on %s, with timeline and reasons", s.user, s.lns)
	}
	l.check(l.tunnels(ctx), "each LNS has one tunnel, with the calls of its subscribers")
	// Only a check that sees what is there may be believed when it sees nothing.
	for _, ns := range []string{l.lnses[0].name, l.subscribers[0].ns} {
		found, err := kernelState(ns)
		if err == nil && len(found) == 0 {
			err = errors.New("none is seen")
		}
		l.check(err, "%s has kernel state of PPP", ns)
	}
}

// tunnels compares lacd's tunnels with where the subscribers must be.
func (l *Lab) tunnels(ctx context.Context) error {
	all, err := lacctlJSON[[]admin.Tunnel](ctx, l, "show", "tunnels")
	if err != nil {
		return err
	}
	var got, want []string
	for _, t := range all {
		got = append(got, fmt.Sprintf("%s at %s: %d calls", t.PeerName, t.Peer, t.Calls))
	}
	for _, n := range l.lnses {
		calls := 0
		for _, s := range l.good() {
			if s.lns == n.name {
				calls++
			}
		}
		want = append(want, fmt.Sprintf("%s at %s:1701: %d calls", n.name, n.addr, calls))
	}
	return sameSet(got, want)
}

// transferSize is what is moved in each direction; countLimit is how long lacd's
// reading of its counters, every 10 s, may take to show it.
const (
	transferSize = 1 << 20
	countLimit   = 40 * time.Second
)

// traffic moves octets both ways and compares with lacd's counters.
func (l *Lab) traffic(ctx context.Context) {
	l.step("TCP through the tunnels, %d KiB each way", transferSize>>10)
	talkers := []*Subscriber{l.subscribers[0], l.subscribers[3]}
	for _, s := range talkers {
		for _, down := range []bool{false, true} {
			begin := time.Now()
			err := l.transfer(ctx, s, transferSize, down)
			l.show(fmt.Sprintf("%.1f s", time.Since(begin).Seconds()))
			l.check(err, "%s: every octet arrives %s", s.user, direction(down))
		}
	}
	for _, s := range talkers {
		v, err := l.counted(ctx, s)
		l.show(fmt.Sprintf("up %d packets, %d octets, down %d packets, %d octets", v.UpPackets, v.UpOctets, v.DownPkts, v.DownOctets))
		l.check(err, "%s: lacctl has counted the transfers", s.user)
	}
}

// counted waits until lacd's counters hold the transfers.
func (l *Lab) counted(ctx context.Context, s *Subscriber) (admin.Session, error) {
	var v admin.Session
	err := until(ctx, countLimit, func() error {
		var err error
		if v, err = l.session(ctx, s.user); err != nil {
			return final(err)
		}
		if v.UpOctets < transferSize || v.DownOctets < transferSize || v.UpPackets == 0 || v.DownPkts == 0 {
			return fmt.Errorf("want at least %d octets each way", transferSize)
		}
		return nil
	})
	return v, err
}

func direction(down bool) string {
	if down {
		return "downwards"
	}
	return "upwards"
}

// hangUps ends three sessions, one from each side.
func (l *Lab) hangUps(ctx context.Context) {
	alice, bob, carol := l.subscribers[0], l.subscribers[1], l.subscribers[2]
	left := l.good()
	gone := func(s *Subscriber) {
		left = slices.DeleteFunc(left, func(x *Subscriber) bool { return x == s })
		l.check(s.awaitGone(), "%s's pppd has ended", s.user)
		l.check(l.awaitSessions(ctx, usersOf(left)...), "lacd has %d sessions left", len(left))
		l.check(l.awaitGhosts(ctx, left), "the LNSes have the same")
	}
	l.step("%s hangs up", alice.user)
	l.check(alice.proc.stop(quitLimit), "pppd is told to")
	gone(alice)

	l.step("%s ends %s", bob.lns, bob.user)
	pid, err := lnsPPPD(bob.addr)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGTERM)
	}
	l.check(err, "the LNS's pppd for it is told to")
	gone(bob)

	l.step("the operator disconnects %s", carol.user)
	out, err := l.lacctl(ctx, "disconnect", carol.user)
	l.show(out)
	l.check(err, "lacctl disconnect %s", carol.user)
	gone(carol)
}

// awaitGhosts waits until the LNSes have an interface for each subscriber that is
// up and no other.
func (l *Lab) awaitGhosts(ctx context.Context, up []*Subscriber) error {
	return until(ctx, settleLimit, func() error {
		for _, n := range l.lnses {
			want := 0
			for _, s := range up {
				if s.lns == n.name {
					want++
				}
			}
			names, err := ghosts(n.name)
			if err != nil {
				return final(err)
			}
			if len(names) != want {
				return fmt.Errorf("%s has %q, want %d interfaces", n.name, names, want)
			}
		}
		return nil
	})
}

// keep copies what is of use on the host into the artifacts directory.
func (l *Lab) keep() error {
	var errs []error
	for _, pattern := range []string{"*.pcap", "*.log", "raddb*/detail*"} {
		files, _ := filepath.Glob(filepath.Join(l.dir, pattern)) // the pattern is well-formed
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err == nil {
				err = os.WriteFile(filepath.Join(l.artifacts, filepath.Base(file)), text, 0o644)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
