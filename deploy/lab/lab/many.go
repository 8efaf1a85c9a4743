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

	"lacd/deploy/lab/crowd"
)

// How many subscribers dial in at once: most are of the crowd, which one program
// plays, some are pppds.
const (
	manyAll    = 200
	manyReal   = 4
	manyCrowd  = manyAll - manyReal
	manyHangUp = 100
)

// manyScene has the pppds on an LNS with xl2tpd and pppd, and the crowd on one of
// the lab's own.
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
	people, err := l.startTalker("crowd", host.ns, "crowd", "eth0", "user%d@crowd.example", "crowd-pw", strconv.Itoa(manyCrowd))
	if !l.check(err, "the program of the crowd runs") {
		return
	}
	l.step("%d subscribers dial in at once, %d of them pppds", manyAll, manyReal)
	if !l.check(people.say("up"), "the crowd is told to") || !l.bringUp(ctx, real...) {
		return
	}
	if !l.hear(ctx, people, crowd.UpLimit+settleLimit, "up "+strconv.Itoa(manyCrowd), "the echo request of every one of the crowd is answered") {
		return
	}
	l.show(l.setUps())
	out, err := l.lacctl(ctx, "show", "session", fmt.Sprintf("user%d@crowd.example", manyCrowd-1))
	_, out, _ = strings.Cut(out, "timeline")
	l.show(out)
	l.check(err, "lacctl shows how long it took the last one")
	users := usersOf(real)
	for i := range manyCrowd {
		users = append(users, fmt.Sprintf("user%d@crowd.example", i))
	}
	l.check(l.awaitSessions(ctx, users...), "lacctl lists %d users, up", manyAll)
	l.check(l.awaitKernel(ctx, kernelCount{manyAll, 2, manyAll}, tick), "the kernel has %d bridges and 2 tunnels", manyAll)
	l.check(l.awaitRecords(ctx, "Start", manyAll), "FreeRADIUS has Start records of %d users", manyAll)
	l.check(people.say("traffic 20 50"), "20 of the crowd send 50 full-size packets each")
	l.hear(ctx, people, settleLimit, "answered 1000", "all of them are answered")
	for _, s := range real {
		l.check(l.ping(ctx, s), "%s still pings %s", s.user, s.lns)
	}
	l.step("%d hang up at once", manyHangUp)
	begin := time.Now()
	l.check(people.say("hangup "+strconv.Itoa(manyHangUp)), "they are told to")
	l.hear(ctx, people, settleLimit, "hung up", "they have sent their PADTs")
	left := manyAll - manyHangUp
	l.check(l.awaitKernel(ctx, kernelCount{left, 2, left}, settleLimit), "the kernel has %d bridges left", left)
	l.show(fmt.Sprintf("%.1f s", time.Since(begin).Seconds()))
	l.check(l.awaitCauses(ctx, "user-request", manyHangUp), "lacd has taken every PADT for what it is")
	l.check(l.awaitSessions(ctx, append(users[:manyReal:manyReal], users[manyReal+manyHangUp:]...)...), "lacctl lists the other %d", left)
	l.step("SIGTERM to lacd with %d sessions up", left)
	begin = time.Now()
	l.stopClean(ctx)
	l.show(fmt.Sprintf("%.1f s, with the looking", time.Since(begin).Seconds()))
	l.check(people.say("ended"), "the crowd looks")
	l.hear(ctx, people, settleLimit, "ended "+strconv.Itoa(manyCrowd), "every one has got his PADT")
	for _, s := range real {
		l.check(s.awaitGone(), "%s's pppd has ended", s.user)
	}
	l.check(l.awaitBalance(ctx), "FreeRADIUS has a Stop record for every session")
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

// hear waits for a program's answer to the last thing said, and shows it.
func (l *Lab) hear(ctx context.Context, p *Proc, limit time.Duration, want, what string) bool {
	err := until(ctx, limit, func() error {
		switch out := p.output()[p.heard:]; {
		case strings.Contains(out, "\n"):
			return nil
		case p.ended():
			return final(errors.New("it has ended"))
		}
		return errors.New("no answer")
	})
	answer := p.output()[p.heard:]
	p.heard += len(answer)
	l.show(answer)
	if err == nil && !strings.Contains(answer, want) {
		err = fmt.Errorf("%q", strings.TrimSpace(answer))
	}
	return l.check(err, "%s", what)
}
