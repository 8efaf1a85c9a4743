package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	simulation "lacd/lac/lactest/load"
)

// How many subscribers dial in at once: most are lacsim's, some are pppds. Of
// lacsim's some leave early.
const (
	manyAll    = 200
	manyReal   = 4
	manyHangUp = 100
	manyStay   = manyAll - manyReal - manyHangUp
)

// manyUpLimit is the longest until all are up.
const manyUpLimit = 2 * time.Minute

// manyScene has the pppds on an LNS with xl2tpd and pppd, and the others on one
// that is lacsim's.
func manyScene() scene {
	real, light := lnsN(1), lnsN(2)
	light.light = true
	sc := scene{
		ports: []string{"eth1"},
		lnses: []LNS{real, light},
		realms: []realm{
			{name: "alpha.example", tunnels: []tunnel{{lns: real, secret: real.secret, preference: 10}}},
			{name: "crowd.example", password: "crowd-pw", tunnels: []tunnel{{lns: light, secret: light.secret, preference: 10}}},
		},
		captures: capturesOf(1, accessControl, coreControl),
	}
	var all []*Subscriber
	for i := range manyReal {
		name := fmt.Sprintf("user%d", i+1)
		all = append(all, &Subscriber{
			access: "acc1", user: name + "@alpha.example", password: name + "-pw", stored: name + "-pw", lns: "lns1", pap: i%2 == 1,
		})
	}
	sc.subscribers = numbered(append(all, &Subscriber{access: "acc1", user: "nobody in particular"}))
	sc.config = plainConfig(&sc)
	return sc
}

// playMany lets all of them dial in at once.
func playMany(l *Lab, ctx context.Context) {
	real, host := l.subscribers[:manyReal], l.subscribers[manyReal]
	l.step("%d subscribers dial in at once, %d of them pppds", manyAll, manyReal)
	leaving, err1 := l.startCrowd(ctx, "leaving", host.ns, 0, manyHangUp)
	staying, err2 := l.startCrowd(ctx, "staying", host.ns, manyHangUp, manyStay)
	if !l.check(errors.Join(err1, err2), "lacsim runs") || !l.bringUp(ctx, real...) {
		return
	}
	users := usersOf(real)
	for i := range manyHangUp + manyStay {
		users = append(users, fmt.Sprintf("user%d@crowd.example", i))
	}
	err := until(ctx, manyUpLimit, func() error { return l.awaitSessions(ctx, users...) })
	if !l.check(err, "lacctl lists %d users, up", manyAll) {
		return
	}
	l.show(l.setUps())
	out, err := l.lacctl(ctx, "show", "session", users[len(users)-1])
	_, out, _ = strings.Cut(out, "timeline")
	l.show(out)
	l.check(err, "lacctl shows how long it took the last one")
	l.check(l.awaitKernel(ctx, kernelCount{manyAll, 2, manyAll}, tick), "the kernel has %d bridges and 2 tunnels", manyAll)
	l.check(l.awaitRecords(ctx, "Start", manyAll), "FreeRADIUS has Start records of %d users", manyAll)
	for _, s := range real {
		l.check(l.ping(ctx, s), "%s still pings %s", s.user, s.lns)
	}
	l.step("%d hang up at once", manyHangUp)
	begin := time.Now()
	l.checkCrowd(leaving, true, manyHangUp, manyHangUp)
	left := manyAll - manyHangUp
	l.check(l.awaitKernel(ctx, kernelCount{left, 2, left}, settleLimit), "the kernel has %d bridges left", left)
	l.show(fmt.Sprintf("%.1f s", time.Since(begin).Seconds()))
	l.check(l.awaitCauses(ctx, "user-request", manyHangUp), "lacd has taken every PADT for what it is")
	l.check(l.awaitSessions(ctx, append(users[:manyReal:manyReal], users[manyReal+manyHangUp:]...)...), "lacctl lists the other %d", left)
	l.step("SIGTERM to lacd with %d sessions up", left)
	begin = time.Now()
	l.stopClean(ctx)
	l.show(fmt.Sprintf("%.1f s, with the looking", time.Since(begin).Seconds()))
	l.checkCrowd(staying, false, manyStay, 0)
	for _, s := range real {
		l.check(s.awaitGone(), "%s's pppd has ended", s.user)
	}
	l.check(l.awaitBalance(ctx), "FreeRADIUS has a Stop record for every session")
	l.checkCrowdLNS(l.proc(l.lnses[1].name))
}

// startCrowd has lacsim play some of the subscribers, who send and get packets of
// full size as soon as they are up.
func (l *Lab) startCrowd(ctx context.Context, name, ns string, first, number int) (*Proc, error) {
	return l.startSim(ctx, name, ns, map[string]string{"-password-file": "crowd-pw"},
		"-access", "eth0", "-user", "user%d@crowd.example", "-first", strconv.Itoa(first), "-n", strconv.Itoa(number),
		"-setup-timeout", manyUpLimit.String(), "-tries", "40", "-stay", simLimit.String(), "-up-rate", "50", "-size", "1492")
}

// checkCrowd looks at what lacsim tells of its subscribers: all were up, and so
// many hung up by themselves. The others were hung up upon, each by name.
func (l *Lab) checkCrowd(p *Proc, stop bool, number, hungUp int) {
	rep, err := p.simulated(stop, settleLimit)
	if !l.check(err, "lacsim tells what it has seen") {
		return
	}
	c, t := rep.Clients, rep.Traffic
	l.show(fmt.Sprintf("%d up, %d hung up, lost %v, failed %v; padi to up %v ms; %d packets down", c.Up, c.HungUp, c.LostBy, c.FailedBy,
		c.Setup, t.Down.Received))
	if int(c.Up) != number || c.Failed != 0 || int(c.HungUp) != hungUp || int(c.Lost) != number-hungUp {
		err = fmt.Errorf("%d up, %d failed, %d hung up, %d lost", c.Up, c.Failed, c.HungUp, c.Lost)
	}
	l.check(err, "all of its %d had an address, and none lost his session but to the end of lacd", number)
	l.check(whole(t.Down, stop), "the packets that the LNS sent to them have come, each where it belongs")
}

// checkCrowdLNS looks at what lacsim's LNS tells.
func (l *Lab) checkCrowdLNS(p *Proc) {
	rep, err := p.simulated(true, settleLimit)
	if !l.check(err, "lacsim's LNS tells what it has seen") {
		return
	}
	n := rep.LNS[0]
	if want := uint64(manyHangUp + manyStay); n.Opened != want || n.Ended != want {
		err = fmt.Errorf("%d calls opened, %d ended", n.Opened, n.Ended)
	}
	l.check(err, "it had %d calls, and all are over", manyHangUp+manyStay)
	l.check(whole(rep.Traffic.Up, true), "the packets that they sent have come, each where it belongs")
}

// whole says what is wrong with the traffic of a direction. Where sessions end
// while it flows some of it may be lost.
func whole(t simulation.Traffic, all bool) error {
	if t.Received == 0 || all && t.Lost > 0 || t.Reordered+t.Late+t.Duplicated+t.Misdelivered > 0 {
		return fmt.Errorf("%+v", t)
	}
	return nil
}

// setUps tells how fast lacd brought its sessions up, from its log.
func (l *Lab) setUps() string {
	ups := l.events("session up", "")
	if len(ups) < 2 {
		return "no sessions"
	}
	var setups []time.Duration
	first, last := ups[0].at(), ups[0].at()
	for _, e := range ups {
		if d, err := time.ParseDuration(e["setup"]); err == nil {
			setups = append(setups, d)
		}
		if t := e.at(); t.After(last) {
			last = t
		}
	}
	slices.Sort(setups)
	if span := last.Sub(first); span > 0 && len(setups) > 0 {
		return fmt.Sprintf("lacd: %d sessions came up within %.1f s, %.0f a second; set-up shortest / median / longest %s",
			len(ups), span.Seconds(), float64(len(ups)-1)/span.Seconds(), spread(setups))
	}
	return "no times"
}

// awaitCauses waits until at least n sessions have ended, which all must have done
// for one reason.
func (l *Lab) awaitCauses(ctx context.Context, cause string, n int) error {
	return until(ctx, settleLimit, func() error {
		all := l.events("session down", "")
		for _, e := range all {
			if e["cause"] != cause {
				return final(fmt.Errorf("%s: %s, %s", e["user"], e["cause"], e["detail"]))
			}
		}
		if len(all) < n {
			return fmt.Errorf("%d have ended", len(all))
		}
		return nil
	})
}

// awaitRecords waits for accounting records of a kind, of n users; those of the
// server itself have none.
func (l *Lab) awaitRecords(ctx context.Context, status string, n int) error {
	return until(ctx, settleLimit, func() error {
		all, err := l.accounting()
		if err != nil {
			return final(err)
		}
		told := make(map[string]bool)
		for _, r := range all {
			if r["Acct-Status-Type"] == status {
				told[cmp.Or(r["User-Name"], r["Acct-Session-Id"])] = true
			}
		}
		if len(told) != n {
			return fmt.Errorf("%d", len(told))
		}
		return nil
	})
}

// awaitBalance waits until every session that has a Start record has a Stop
// record. A server that is slow to answer is told twice.
func (l *Lab) awaitBalance(ctx context.Context) error {
	return until(ctx, settleLimit, func() error {
		all, err := l.accounting()
		if err != nil {
			return final(err)
		}
		told := map[string]map[string]bool{"Start": {}, "Stop": {}}
		for _, r := range all {
			if sessions := told[r["Acct-Status-Type"]]; sessions != nil {
				sessions[r["Acct-Session-Id"]] = true
			}
		}
		if !maps.Equal(told["Start"], told["Stop"]) {
			return fmt.Errorf("%d sessions have begun, %d have ended", len(told["Start"]), len(told["Stop"]))
		}
		return nil
	})
}
