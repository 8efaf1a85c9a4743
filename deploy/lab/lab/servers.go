package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lacd/lac/admin"
)

// aClass is what RADIUS wants to have back in accounting.
const aClass = "blue-42"

// pair is the block radius of plainConfig for servers that are given up soon and
// are found again by Status-Server, so that no subscriber has to try them.
const pair = `
radius %q {
  auth       = "%s"
  acct       = "%s"
  secret     = "@SECRET@"
  timeout    = "3s"
  tries      = 2
  dead_after = 2
  dead_time  = "3s"
  probe      = "status-server"
}
`

// authorityScene has n RADIUS servers, the first preferred. They name three
// tunnels: the one that they prefer is of a kind that no LAC for L2TP can make.
func authorityScene(n int) scene {
	lns1, lns2 := lnsN(1), lnsN(2)
	sc := scene{
		ports: []string{"eth1"},
		lnses: []LNS{lns1, lns2},
		realms: []realm{{name: "alpha.example", class: aClass, tunnels: []tunnel{
			{lns: lns1, secret: lns1.secret, preference: 10, assignment: "homes"},
			{lns: lns2, kind: "PPTP", preference: 1},
			{lns: lns2, secret: lns2.secret, preference: 20, assignment: "homes"},
		}}},
		radii:     n,
		captures:  capturesOf(1, accessControl, coreControl),
		transfers: n > 1,
	}
	sc.captures[len(sc.captures)-1].filter += " or udp port 3799"
	var all []*Subscriber
	for i, name := range []string{"alice", "bob", "carol", "dave"} {
		all = append(all, &Subscriber{
			access: "acc1", user: name + "@alpha.example", password: name + "-pw", stored: name + "-pw", lns: "lns1", pap: i%2 == 1,
		})
	}
	sc.subscribers = numbered(all)
	sc.config = authorityConfig(&sc, n)
	return sc
}

func authorityConfig(sc *scene, n int) string {
	head, rest, _ := strings.Cut(plainConfig(sc), "\nradius ")
	_, rest, _ = strings.Cut(rest, "}\n")
	names := []string{`"freeradius"`}
	servers := fmt.Sprintf(pair, "freeradius", "@RADIUS@", "@RADIUS@")
	if n > 1 {
		names = append(names, `"freeradius2"`)
		servers += fmt.Sprintf(pair, "freeradius2", "@RADIUS2@", "@RADIUS2@")
	}
	rest = strings.Replace(rest, `["freeradius"]`, "["+strings.Join(names, ", ")+"]\n  tunnel_accounting = true", 1)
	return head + servers + coaConfig + rest
}

// playRADIUS takes the servers away, one and then both.
func playRADIUS(l *Lab, ctx context.Context) {
	alice, bob, carol, dave := l.subscribers[0], l.subscribers[1], l.subscribers[2], l.subscribers[3]
	l.step("%s and %s dial in", alice.user, bob.user)
	if !l.asked(ctx, 0, alice, bob) {
		return
	}
	v, err := l.session(ctx, alice.user)
	l.show(strings.Join(v.Reasons, "\n"))
	if err == nil && !strings.Contains(strings.Join(v.Reasons, "\n"), "PPTP") {
		err = errors.New("no word of PPTP")
	}
	l.check(err, "lacctl tells why the tunnel that RADIUS prefers is passed over: it is PPTP")
	count, ok := l.moved(ctx, alice)
	if !ok {
		return
	}

	l.step("SIGKILL to the first RADIUS server")
	l.check(l.killRADIUS(0), "it is done")
	l.check(l.hangUp(alice), "%s hangs up meanwhile", alice.user)
	if !l.asked(ctx, 1, carol) {
		return
	}
	l.check(l.awaitServer(ctx, "freeradius", "dead", "auth", "acct"), "lacctl shows the first server dead, for authentication and for accounting")
	stop, err := l.stopped(ctx, l.lacd, alice, hungUp...)
	if l.check(err, "%s has a Stop record, with its cause and the octets of lacd's log", alice.user) {
		l.check(stop.holds(count), "its octets and packets are what %s's own interface has counted", alice.user)
	}
	told, err := l.toldTo(1)
	if err == nil && len(find(told, alice.user, "Stop")) == 0 {
		err = errors.New("it is not there")
	}
	l.check(err, "the second server has it")

	l.step("the first server comes back")
	l.check(l.startRADIUS(ctx, 0), "FreeRADIUS is ready at %s", radiusAddrOf(0))
	l.check(l.awaitServer(ctx, "freeradius", "alive", "auth", "acct"), "Status-Server finds it, without a subscriber")
	if l.asked(ctx, 0, dave) {
		l.darkness(ctx, bob, carol, dave)
	}
}

// darkness has sessions end while there is no RADIUS server, and lacd die.
func (l *Lab) darkness(ctx context.Context, bob, carol, dave *Subscriber) {
	l.step("SIGKILL to both RADIUS servers; all sessions end")
	l.check(l.awaitRecords(ctx, "Start", 4), "all four have Start records")
	l.check(errors.Join(l.killRADIUS(0), l.killRADIUS(1)), "it is done")
	l.check(l.hangUp(bob), "%s hangs up", bob.user)
	_, err := l.lacctl(ctx, "disconnect", carol.user)
	l.check(err, "lacctl disconnect %s", carol.user)
	l.check(carol.awaitGone(), "%s's pppd has ended", carol.user)
	l.check(l.hangUp(dave), "%s hangs up", dave.user)
	l.check(l.awaitSessions(ctx), "lacd has no session left")
	l.check(l.awaitServer(ctx, "freeradius2", "dead", "acct"), "lacctl shows the second server dead for accounting, too")
	all, err := l.accounting()
	if err == nil && len(find(all, bob.user, "Stop"))+len(find(all, carol.user, "Stop"))+len(find(all, dave.user, "Stop")) > 0 {
		err = errors.New("somebody took a Stop record down")
	}
	l.check(err, "nobody has heard of it")

	l.step("SIGKILL to lacd, and a new start without a server")
	earlier := l.lacd
	l.check(l.lacd.cmd.Process.Kill(), "it is done")
	<-l.lacd.done
	if !l.check(l.startGateway(ctx), "lacd answers lacctl") {
		return
	}
	if len(l.events("accounting records of an earlier run", "")) == 0 {
		err = errors.New("the log does not say so")
	}
	l.check(err, "lacd has found the records")

	l.step("the second server comes back")
	l.check(l.startRADIUS(ctx, 1), "FreeRADIUS is ready at %s", radiusAddrOf(1))
	for s, causes := range map[*Subscriber][]string{bob: hungUp, carol: {"Admin-Reset"}, dave: hungUp} {
		_, err := l.stopped(ctx, earlier, s, causes...)
		l.check(err, "%s has its Stop record now, with the cause and the octets of lacd's log", s.user)
	}
	l.check(until(ctx, bookLimit, l.late), "Accounting-On of the new start comes when all of them have arrived")
	l.closeDown(ctx, "lns1") // it cannot know that its tunnel is over
	l.settled(4)
}

// late checks that the second server has Accounting-On as its last record, after
// the Stop records of the run before.
func (l *Lab) late() error {
	told, err := l.toldTo(1)
	if err != nil {
		return final(err)
	}
	if len(told) == 0 || told[len(told)-1]["Acct-Status-Type"] != "Accounting-On" {
		return errors.New("it has not come")
	}
	return nil
}

// settled checks all records together: n sessions, each with what belongs to it.
func (l *Lab) settled(n int) {
	l.step("what the servers were told")
	all, err := l.accounting()
	if !l.check(err, "the detail files can be read") {
		return
	}
	l.showBooks(all)
	first, again := once(all)
	for _, r := range again {
		if r.number("Acct-Delay-Time") == 0 {
			err = fmt.Errorf("%s of %s", r["Acct-Status-Type"], r["Acct-Session-Id"])
		}
	}
	l.check(err, "no record came twice without having waited for an answer (%d did)", len(again))
	got, err := paired(first, "Start", "Stop")
	if err == nil && got != n {
		err = fmt.Errorf("%d sessions", got)
	}
	l.check(err, "each of the %d sessions has one Start and one Stop record, with the same tunnel and Class", n)
	links, err := paired(first, "Tunnel-Link-Start", "Tunnel-Link-Stop")
	if err == nil && links != n {
		err = fmt.Errorf("%d links", links)
	}
	l.check(err, "and one Tunnel-Link-Start and one Tunnel-Link-Stop (RFC 2867)")
	l.check(particulars(first), "every one of them has Class as RADIUS sent it and the tunnel to lns1, which its Tunnel-Start has told of")
}

// particulars checks what records of sessions must say, and that the tunnel they
// name was announced.
func particulars(all []record) error {
	began := false
	for _, r := range all {
		began = began || r["Acct-Status-Type"] == "Tunnel-Start" && r.value("Tunnel-Server-Endpoint") == lnsN(1).addr
	}
	if !began {
		return errors.New("no Tunnel-Start")
	}
	for _, r := range all {
		switch r["Acct-Status-Type"] {
		case "Start", "Stop", "Tunnel-Link-Start", "Tunnel-Link-Stop":
		default:
			continue
		}
		for name, want := range map[string]string{
			"Class": fmt.Sprintf("0x%x", aClass), "Tunnel-Type": "L2TP", "Tunnel-Medium-Type": "IPv4",
			"Tunnel-Client-Endpoint": lacAddr, "Tunnel-Server-Endpoint": lnsN(1).addr, "Tunnel-Assignment-Id": "homes",
		} {
			if got := r.value(name); got != want {
				return fmt.Errorf("%s of %s: %s %q, want %q", r["Acct-Status-Type"], r["User-Name"], name, got, want)
			}
		}
		if r.value("Acct-Tunnel-Connection") == "" {
			return fmt.Errorf("%s of %s: no Acct-Tunnel-Connection", r["Acct-Status-Type"], r["User-Name"])
		}
	}
	return nil
}

// asked brings subscribers up and checks that the i-th server has let them in,
// and no other.
func (l *Lab) asked(ctx context.Context, i int, all ...*Subscriber) bool {
	before := make([]map[string]int, len(l.radius))
	for k, p := range l.radius {
		before[k] = logins(p.output())
	}
	if !l.bringUp(ctx, all...) {
		return false
	}
	for _, s := range all {
		var err error
		for k, p := range l.radius {
			if n := logins(p.output())[s.user] - before[k][s.user]; (n > 0) != (k == i) {
				err = errors.Join(err, fmt.Errorf("the one at %s has %d logins of it", radiusAddrOf(k), n))
			}
		}
		l.check(err, "the server at %s has let %s in by %s, no other", radiusAddrOf(i), s.user, s.protocol())
	}
	return true
}

// logins counts whom FreeRADIUS has let in, from its log.
func logins(text string) map[string]int {
	all := make(map[string]int)
	for line := range strings.Lines(text) {
		if _, user, ok := strings.Cut(line, "Login OK: ["); ok {
			user, _, _ = strings.Cut(user, "]")
			user, _, _ = strings.Cut(user, "/") // the password's place
			all[user]++
		}
	}
	return all
}

// moved lets a subscriber move data, waits until lacd has counted it, and returns
// what his own interface has counted.
func (l *Lab) moved(ctx context.Context, s *Subscriber) (passed, bool) {
	const size = 256 << 10
	l.step("%s moves %d KiB each way", s.user, size>>10)
	err := errors.Join(l.transfer(ctx, s, size, false), l.transfer(ctx, s, size, true))
	if !l.check(err, "every octet arrives") {
		return passed{}, false
	}
	count, err := l.passedBy(ctx, s)
	if err == nil && (count.upOctets < size || count.downOctets < size) {
		err = fmt.Errorf("%+v", count)
	}
	if !l.check(err, "its interface has counted them") {
		return passed{}, false
	}
	var v admin.Session
	err = until(ctx, countLimit, func() error {
		if v, err = l.session(ctx, s.user); err != nil {
			return final(err)
		}
		seen := record{
			"Acct-Input-Packets": fmt.Sprint(v.UpPackets), "Acct-Input-Octets": fmt.Sprint(v.UpOctets),
			"Acct-Output-Packets": fmt.Sprint(v.DownPkts), "Acct-Output-Octets": fmt.Sprint(v.DownOctets),
		}
		return seen.holds(count)
	})
	l.show(fmt.Sprintf("interface %+v; lacctl up %d packets, %d octets, down %d packets, %d octets",
		count, v.UpPackets, v.UpOctets, v.DownPkts, v.DownOctets))
	return count, l.check(err, "lacctl shows the same, with what PPP adds")
}

// hangUp has a subscriber end its session.
func (l *Lab) hangUp(s *Subscriber) error { return s.proc.stop(quitLimit) }

// killRADIUS kills the i-th server.
func (l *Lab) killRADIUS(i int) error {
	p := l.radius[i]
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	<-p.done
	return nil
}

// awaitServer waits until lacd believes that of a server, in those of its parts.
func (l *Lab) awaitServer(ctx context.Context, name, state string, kinds ...string) error {
	return until(ctx, bookLimit, func() error {
		r, err := lacctlJSON[admin.Retailer](ctx, l, "show", "retailer", "alpha")
		if err != nil {
			return final(err)
		}
		n := 0
		for _, s := range r.RADIUS {
			if s.Name == name && s.State == state && slices.Contains(kinds, s.Kind) {
				n++
			}
		}
		if n != len(kinds) {
			return fmt.Errorf("%+v", r.RADIUS)
		}
		return nil
	})
}
