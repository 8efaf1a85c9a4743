package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// lockout is how long lacd keeps calls away from an LNS that fell silent, by
// plainConfig.
const lockout = 30 * time.Second

// outageLimit is the time from an LNS's end to service from the next one: 13 s
// until lacd has noticed, and what the redial takes on a busy emulated machine.
const outageLimit = 90 * time.Second

// outageScene has a retailer with n LNSes, one the spare of the other, and
// subscribers that dial again whenever they are thrown out.
func outageScene(n int) scene {
	sc := scene{ports: []string{"eth1"}, captures: capturesOf(1, accessControl, coreControl), quickHello: true}
	r := realm{name: "alpha.example"}
	for i := range n {
		lns := lnsN(i + 1)
		sc.lnses = append(sc.lnses, lns)
		r.tunnels = append(r.tunnels, tunnel{lns: lns, secret: lns.secret, preference: 10 * (i + 1)})
	}
	sc.realms = []realm{r}
	var all []*Subscriber
	for i := range 4 {
		name := fmt.Sprintf("user%d", i+1)
		all = append(all, &Subscriber{
			access: "acc1", user: name + "@alpha.example", password: name + "-pw", stored: name + "-pw",
			lns: "lns1", persist: true, pap: i%2 == 1,
		})
	}
	sc.subscribers = numbered(all)
	sc.config = plainConfig(&sc)
	return sc
}

// fail makes an LNS fall silent, as do says, and follows the subscribers to the
// next one.
func (l *Lab) fail(ctx context.Context, from, to string, loads []load, do func() error) bool {
	earlier := make(map[string]int)
	for _, s := range l.subscribers {
		earlier[s.user] = len(l.events("session down", s.user))
	}
	begin := time.Now()
	if !l.check(do(), "it is done") {
		return false
	}
	var noticed []time.Duration
	for _, s := range l.subscribers {
		e, err := l.awaitDown(ctx, s, earlier[s.user]+1, outageLimit, "tunnel-lost")
		l.check(err, "lacd ends the session of %s: tunnel-lost", s.user)
		noticed = append(noticed, e.at().Sub(begin))
	}
	for _, s := range l.subscribers {
		err := s.awaitUp(ctx)
		if n := l.lnsAt(s.addr); err == nil && n.name != to {
			err = fmt.Errorf("it is on %s, with %s", n.name, s.addr)
		}
		s.lns = to
		l.check(err, "%s has dialled again and is on %s", s.user, to)
	}
	outages, err := awaitService(ctx, loads, begin, outageLimit)
	l.check(err, "the traffic of all of them flows again")
	slices.Sort(noticed)
	l.show(fmt.Sprintf("after the end of %s, shortest / median / longest: lacd has noticed %s; service again %s",
		from, spread(noticed), spread(outages)))
	l.check(l.awaitSessions(ctx, usersOf(l.subscribers)...), "lacctl lists them once each")
	n := len(l.subscribers)
	l.check(l.awaitKernel(ctx, kernelCount{n, 1, n}, settleLimit), "the kernel has their %d bridges and one tunnel, nothing of %s", n, from)
	return true
}

// playKilled kills an LNS and has it come back.
func playKilled(l *Lab, ctx context.Context) {
	loads, ok := l.underLoad(ctx)
	if !ok {
		return
	}
	l.step("SIGKILL to the xl2tpd of lns1 and its pppds")
	if !l.fail(ctx, "lns1", "lns2", loads, func() error { return killLNS("lns1") }) {
		return
	}
	for _, s := range l.subscribers {
		l.check(l.awaitBooked(ctx, s.user, 2, 1, "Lost-Service"), "%s has a Stop record, Lost-Service, and a second Start", s.user)
	}
	l.step("lns1 comes back")
	begin := time.Now()
	l.check(l.startLNS(ctx, l.lns("lns1")), "lns1 listens again")
	guest := l.subscribers[0]
	l.check(l.disconnect(ctx, guest), "%s, disconnected at once, dials again and is on %s", guest.user, "lns2")
	l.check(l.awaitReturn(ctx, guest, "lns1"), "after the lockout %s is on lns1 again", guest.user)
	l.show(fmt.Sprintf("%.0f s after lns1 came back", time.Since(begin).Seconds()))
	l.check(l.steady(ctx, loads[1:], begin), "nobody else has noticed anything")
	out, err := l.lacctl(ctx, "show", "lns")
	l.show(out)
	l.check(err, "lacctl show lns")
	l.closeDown(ctx)
}

// playSilent lets two LNSes fall silent without a word, each in its own way.
func playSilent(l *Lab, ctx context.Context) {
	loads, ok := l.underLoad(ctx)
	if !ok {
		return
	}
	l.step("lns1 drops whatever it has for the LAC")
	if !l.fail(ctx, "lns1", "lns2", loads, func() error {
		return l.ip(ctx, "lns1", "route", "add", "blackhole", lacAddr)
	}) {
		return
	}
	l.step("a subscriber dials in meanwhile")
	late := l.subscribers[0]
	l.check(l.disconnect(ctx, late), "%s, disconnected, comes up on lns2 at once", late.user)
	l.step("lns2 loses its address, and its neighbours forget where it was")
	if !l.fail(ctx, "lns2", "lns3", loads, func() error {
		return errors.Join(l.ip(ctx, "lns2", "addr", "del", l.lns("lns2").addr+"/24", "dev", "core0"),
			l.ip(ctx, nsLAC, "neigh", "flush", "dev", "core0"))
	}) {
		return
	}
	for _, s := range l.subscribers[1:] {
		l.check(l.awaitBooked(ctx, s.user, 3, 2, "Lost-Service"), "%s has two Stop records, Lost-Service", s.user)
	}
	// Nobody can tell the silent ones that what they have is over.
	l.closeDown(ctx, "lns1", "lns2")
}

// underLoad brings all subscribers up and starts their traffic.
func (l *Lab) underLoad(ctx context.Context) ([]load, bool) {
	l.step("%d subscribers dial in, each with %.0f packets a second both ways", len(l.subscribers), 1/loadInterval.Seconds())
	if !l.bringUp(ctx, l.subscribers...) {
		return nil, false
	}
	loads, err := l.startLoad(ctx, l.subscribers...)
	return loads, l.check(err, "the traffic flows")
}

// disconnect has the operator end a persisting subscriber's session, and waits
// until it is up on the LNS that it is expected on.
func (l *Lab) disconnect(ctx context.Context, s *Subscriber) error {
	if _, err := l.lacctl(ctx, "disconnect", s.user); err != nil {
		return err
	}
	if err := s.awaitUp(ctx); err != nil {
		return err
	}
	if n := l.lnsAt(s.addr); n.name != s.lns {
		return fmt.Errorf("it is on %s, with %s", n.name, s.addr)
	}
	return nil
}

// awaitReturn has a subscriber dial in now and then until it lands on an LNS.
func (l *Lab) awaitReturn(ctx context.Context, s *Subscriber, to string) error {
	const pause = 5 * time.Second
	limit := time.Now().Add(lockout + 60*time.Second)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		if _, err := l.lacctl(ctx, "disconnect", s.user); err != nil {
			return err
		}
		if err := s.awaitUp(ctx); err != nil {
			return err
		}
		s.lns = l.lnsAt(s.addr).name
		if s.lns == to {
			return nil
		}
		if time.Now().After(limit) {
			return fmt.Errorf("%s is on %s still", s.user, s.lns)
		}
	}
}

// killLNS kills the programs of an LNS that speak L2TP and PPP.
func killLNS(ns string) error {
	n := 0
	for pid, args := range processes() {
		if name := filepath.Base(args[0]); name != "xl2tpd" && name != "pppd" || !inNamespace(pid, ns) {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		n++
	}
	if n < 2 {
		return fmt.Errorf("%d processes of %s were killed", n, ns)
	}
	return nil
}

// inNamespace reports whether a process is in a network namespace.
func inNamespace(pid int, ns string) bool {
	var a, b syscall.Stat_t
	return syscall.Stat(fmt.Sprintf("/proc/%d/ns/net", pid), &a) == nil &&
		syscall.Stat(filepath.Join("/run/netns", ns), &b) == nil && a.Ino == b.Ino
}
