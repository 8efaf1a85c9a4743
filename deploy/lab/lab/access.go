package lab

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// accessPorts is how many ports accessScene has: one for each way to lose the
// access side, and a last one where nothing happens.
const accessPorts = 6

// accessScene has a port for each thing that happens to one, each with its
// subscriber, and all of them on one LNS.
func accessScene() scene {
	lns := lnsN(1)
	sc := scene{
		lnses:     []LNS{lns},
		realms:    []realm{{name: "alpha.example", tunnels: []tunnel{{lns: lns, secret: lns.secret, preference: 10}}}},
		captures:  capturesOf(accessPorts, accessControl, coreControl),
		quickEcho: true,
	}
	var all []*Subscriber
	for i, name := range []string{"padt", "down", "carrier", "mtu", "gone", "steady"} {
		port := "eth" + strconv.Itoa(i+1)
		sc.ports = append(sc.ports, port)
		all = append(all, &Subscriber{
			access: bridgeOf(port), user: name + "@alpha.example", password: name + "-pw", stored: name + "-pw", lns: "lns1",
		})
	}
	all[accessPorts-1].persist = true // its traffic goes on all the time
	sc.subscribers = numbered(all)
	sc.config = plainConfig(&sc)
	return sc
}

// mishap is one way to lose the access side of a subscriber.
type mishap struct {
	what   string
	do     func() error
	cause  string // that lacd logs
	acct   string // Acct-Terminate-Cause
	limit  time.Duration
	repair func() error
}

// playAccess lets one thing after the other happen.
func playAccess(l *Lab, ctx context.Context) {
	l.step("%d subscribers dial in, each on a port of its own", len(l.subscribers))
	if !l.bringUp(ctx, l.subscribers...) {
		return
	}
	loads, err := l.startLoad(ctx, l.subscribers[accessPorts-1])
	if !l.check(err, "traffic of %s flows", l.subscribers[accessPorts-1].user) {
		return
	}
	begin := time.Now()
	left := len(l.subscribers)
	mishaps := l.mishaps(ctx)
	for i, m := range mishaps {
		left--
		l.suffer(ctx, l.subscribers[i], m, left)
	}
	l.check(l.awaitSessions(ctx, l.subscribers[accessPorts-1].user), "lacd runs and has one session left")
	l.step("what was broken is repaired")
	for i, m := range mishaps {
		// Nobody can tell a subscriber beyond a dead line that his session is over.
		s := l.subscribers[i]
		if l.check(errors.Join(m.repair(), s.proc.stop(quitLimit)), "%s: it is repaired", s.user) {
			l.bringUp(ctx, s)
		}
	}
	l.check(l.steady(ctx, loads, begin), "%s has noticed nothing all the time", l.subscribers[accessPorts-1].user)
	l.closeDown(ctx)
}

// mishaps are what happens to the subscribers, in their order.
func (l *Lab) mishaps(ctx context.Context) []mishap {
	const soon = settleLimit
	lac := func(args ...string) func() error { return func() error { return l.ip(ctx, nsLAC, args...) } }
	network := func(args ...string) func() error { return func() error { return l.ip(ctx, nsNet, args...) } }
	return []mishap{
		{
			what: "the subscriber sends PADT", cause: "user-request", acct: "User-Request", limit: soon,
			do:     func() error { return l.padt(ctx, l.subscribers[0]) },
			repair: func() error { return nil },
		},
		{
			what: "eth2 is set down", cause: "lost-carrier", acct: "Lost-Carrier", limit: soon,
			do: lac("link", "set", "eth2", "down"), repair: lac("link", "set", "eth2", "up"),
		},
		{
			// No more than the LNS knows of it: its echoes stay unanswered.
			what: "eth3 loses its carrier", cause: "lns-hangup", acct: "Lost-Carrier", limit: 2 * settleLimit,
			do: network("link", "set", "lac-acc3", "down"), repair: network("link", "set", "lac-acc3", "up"),
		},
		{
			what: "the MTU of eth4 changes", cause: "lost-carrier", acct: "Lost-Carrier", limit: soon,
			do: lac("link", "set", "eth4", "mtu", "1400"), repair: lac("link", "set", "eth4", "mtu", "1500"),
		},
		{
			what: "eth5 is deleted", cause: "lost-carrier", acct: "Lost-Carrier", limit: soon,
			do:     lac("link", "del", "eth5"),
			repair: func() error { return l.remake(ctx, "eth5", portMAC(4)) },
		},
	}
}

// remake makes an access port anew that was deleted.
func (l *Lab) remake(ctx context.Context, port, mac string) error {
	far := "lac-" + bridgeOf(port)
	return errors.Join(
		l.ip(ctx, "", "link", "add", port, "netns", nsLAC, "address", mac, "type", "veth", "peer", "name", far, "netns", nsNet),
		l.ip(ctx, nsNet, "link", "set", far, "master", bridgeOf(port), "up"),
		l.ip(ctx, nsLAC, "link", "set", port, "up"),
	)
}

// suffer lets something happen to a subscriber and checks that its session is
// ended everywhere, and no other.
func (l *Lab) suffer(ctx context.Context, s *Subscriber, m mishap, left int) {
	l.step("%s", m.what)
	begin := time.Now()
	if !l.check(m.do(), "it is done") {
		return
	}
	e, err := l.awaitDown(ctx, s, 1, m.limit, m.cause)
	l.check(err, "lacd ends the session of %s: %s", s.user, m.cause)
	l.show(fmt.Sprintf("after %.1f s: %s", e.at().Sub(begin).Seconds(), e["detail"]))
	l.check(l.awaitKernel(ctx, kernelCount{left, 1, left}, settleLimit), "the LAC's kernel has %d bridges left", left)
	l.check(l.awaitGhostCount(ctx, "lns1", left), "the LNS has %d interfaces left", left)
	l.check(l.awaitBooked(ctx, s.user, 1, 1, m.acct), "%s has its Stop record, %s", s.user, m.acct)
}

// awaitGhostCount waits until an LNS has so many PPP interfaces.
func (l *Lab) awaitGhostCount(ctx context.Context, ns string, want int) error {
	return until(ctx, settleLimit, func() error {
		names, err := ghosts(ns)
		if err != nil {
			return final(err)
		}
		if len(names) != want {
			return fmt.Errorf("%s has %q", ns, names)
		}
		return nil
	})
}

// padt sends the PADT that pppd does not.
func (l *Lab) padt(ctx context.Context, s *Subscriber) error {
	v, err := l.session(ctx, s.user)
	if err != nil {
		return err
	}
	_, err = l.runHelper(ctx, s.ns, "padt", "eth0", portMAC(0), strconv.Itoa(int(v.PPPoE)))
	return err
}

// judgeAccess looks for the CDNs: one for each session that the LAC has ended,
// with Result Code 1, "call disconnected due to loss of carrier".
func judgeAccess(ctx context.Context, v *verdict) {
	c := v.conversation(ctx, lacAddr, lnsN(1).addr)
	const ended = accessPorts - 2 // the LNS has ended one itself, and one is steady
	v.check(c.hangUps(1, ended), "the LAC has sent a CDN with Result Code 1 for each of the %d sessions that it ended", ended)
}

// hangUps checks that there are at least n CDNs with a Result Code.
func (c conversation) hangUps(result uint16, n int) error {
	calls := make(map[string]bool)
	for _, m := range c.of(msgCDN) {
		a, id := findAVP(m, avpResult), findAVP(m, avpSessionID)
		if a != nil && id != nil && be16(a.Value) == result {
			calls[string(id.Value)] = true
		}
	}
	if len(calls) < n {
		return errors.Join(fmt.Errorf("%d of %d", len(calls), n), c.err)
	}
	return nil
}
