package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// vlansScene has subscribers without tags, with one and with two, all on one port.
func vlansScene() scene {
	lns1, lns2 := lnsN(1), lnsN(2)
	sc := scene{
		ports: []string{"eth1"},
		lnses: []LNS{lns1, lns2},
		realms: []realm{
			{name: "alpha.example", tunnels: []tunnel{{lns: lns1, secret: lns1.secret, preference: 10}}},
			{name: "beta.example", tunnels: []tunnel{{lns: lns2, secret: lns2.secret, preference: 10}}},
		},
		subscribers: numbered([]*Subscriber{
			{access: "acc1", user: "untagged@alpha.example", lns: "lns1"},
			{access: "acc1", user: "seven@alpha.example", lns: "lns1", vlans: []int{7}},
			{access: "acc1", user: "also-seven@beta.example", lns: "lns2", vlans: []int{7}, pap: true},
			{access: "acc1", user: "double@alpha.example", lns: "lns1", vlans: []int{100, 200}},
			{access: "acc1", user: "other-double@beta.example", lns: "lns2", vlans: []int{101, 200}, pap: true},
			{access: "acc1", user: "stranger@alpha.example", vlans: []int{8}},
		}),
		captures:  capturesOf(1, "", coreControl),
		transfers: true,
	}
	for _, s := range sc.subscribers {
		s.password = "pw-of-" + s.user
		s.stored = s.password
	}
	sc.config = withVLANs(plainConfig(&sc), "  vlan \"7\" {}\n\n  vlan \"100-199\" {\n    tpid  = \"88a8\"\n    inner = \"2-4094\"\n  }\n")
	return sc
}

// withVLANs has the first access port of a configuration serve tagged frames
// beside untagged ones.
func withVLANs(config, blocks string) string {
	return strings.Replace(config, `access "eth1" {}`, "access \"eth1\" {\n  untagged = true\n\n"+blocks+"}", 1)
}

// tags is how lacd writes a subscriber's tags.
func (s *Subscriber) tags() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(s.vlans), " ", "."), "[]")
}

// playVLANs brings all up, those of a VLAN that is not served excepted.
func playVLANs(l *Lab, ctx context.Context) {
	good, stranger := l.good(), l.subscribers[len(l.subscribers)-1]
	l.step("%d subscribers dial in: without a tag, with one and with two; and one in a VLAN that is not served", len(good))
	l.check(l.dial(stranger), "%s starts pppd in VLAN %s", stranger.ns, stranger.tags())
	if !l.bringUp(ctx, good...) {
		return
	}
	l.check(l.awaitSessions(ctx, usersOf(good)...), "lacctl lists the %d, up", len(good))
	for _, s := range good {
		v, err := l.session(ctx, s.user)
		if err == nil && v.VLANs != s.tags() {
			err = fmt.Errorf("VLANs %q", v.VLANs)
		}
		l.check(err, "lacctl shows %s with the tags %q", s.user, s.tags())
		port := "eth1"
		if s.tags() != "" {
			port += ":" + s.tags()
		}
		r, err := l.one(ctx, s.user, "Start")
		if err == nil && r["NAS-Port-Id"] != port {
			err = fmt.Errorf("%q", r["NAS-Port-Id"])
		}
		l.check(err, "RADIUS is told NAS-Port-Id %s", port)
	}
	l.check(l.awaitKernel(ctx, kernelCount{len(good), 2, len(good)}, tick), "the kernel has %d bridges", len(good))
	l.show("devices of lacd: " + strings.Join(ownDevices(), " "))
	for _, s := range []*Subscriber{good[1], good[3]} {
		for _, down := range []bool{false, true} {
			l.check(l.transfer(ctx, s, transferSize, down), "%s: every octet arrives %s", s.user, direction(down))
		}
	}
	var err error
	if out := stranger.proc.output(); strings.Contains(out, "PPP session is") || strings.Contains(out, "PADO") {
		err = errors.New(lastLines(out, 4))
	}
	l.check(err, "%s has had no answer", stranger.user)
	l.step("%s dials again, with the same tags as before", good[3].user)
	l.check(good[3].proc.stop(quitLimit), "its pppd ends")
	l.check(l.awaitSessions(ctx, usersOf(append(good[:3:3], good[4]))...), "lacd has the other sessions")
	l.bringUp(ctx, good[3])
	l.closeDown(ctx)
	l.check(noDevices(), "lacd has left no network device")
}
