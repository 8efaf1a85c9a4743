package conformance

import (
	"fmt"
	"testing"
	"time"

	"lacd/lac/lactest/script"
	"lacd/radius/radiustest"
)

// assigned is a tunnel to the first LNS with an assignment and a secret.
func assigned(assignment, secret string) radiustest.User {
	tun := radiustest.L2TP(1, "192.0.2.11", secret)
	tun.Assignment = assignment
	return radiustest.User{Password: password, Reply: []radiustest.Attribute{tun.Attribute()}}
}

func TestT43_Assignments(t *testing.T) {
	rig := start(t, script.Config{RADIUS: server(), L2TP: `answer_timeout = "20s"`})
	lns := rig.LNS(0)
	const clients = 50
	groups := []string{"A", "A", "B", ""}
	want := map[string]int{}
	for i := range clients {
		group := groups[i%len(groups)]
		rig.RADIUS.SetUser(nth(i), assigned(group, ""))
		rig.Client().Dial(nth(i), password)
		want[group]++
	}
	// All wait; each tunnel was asked for once.
	waitFor(t, "Access-Request of everybody", func() bool { return len(accessRequests(rig)) == clients })
	var tunnels []*script.Tunnel
	for range want {
		tunnels = append(tunnels, lns.Accept())
	}
	lns.Silent(quiet)
	s := lns.Serve(&script.Service{})
	for _, tun := range tunnels {
		tun.Send(script.SCCRP, 0, tun.Reply()...)
	}
	waitFor(t, "ICCN of everybody", func() bool { return fresh(lns.Of(script.ICCN)) == clients })
	got := map[uint16]int{} // calls by tunnel
	for _, c := range s.Calls() {
		got[c.RQ.Tunnel]++
	}
	if len(got) != len(want) || fresh(lns.Of(script.SCCRQ)) != len(want) {
		t.Errorf("got tunnels with %v calls and %d SCCRQs, want %v", got, fresh(lns.Of(script.SCCRQ)), want)
	}
	for _, n := range got {
		if n != want["A"] && n != want["B"] {
			t.Errorf("got tunnels with %v calls, want %v", got, want)
		}
	}
	if n := rig.Sessions(); n != clients {
		t.Errorf("got %d sessions, want %d", n, clients)
	}
	bridgesMatch(t, rig, s)
}

// fresh counts messages without repetitions.
func fresh(messages []*script.Message) (n int) {
	for _, m := range messages {
		if !m.Repeat {
			n++
		}
	}
	return n
}

// bridgesMatch wants a bridge for each call, with its IDs, and no subscriber in
// two of them: no cross-talk.
func bridgesMatch(t *testing.T, rig *script.Rig, s *script.Service) {
	t.Helper()
	bridges, macs := map[string]bool{}, map[string]bool{}
	for _, l := range rig.Plane() {
		if l.Msg == "add bridge" {
			bridges[fmt.Sprintf("%s %s", l.Text("call"), l.Text("peer_call"))] = true
			macs[l.Text("mac")] = true
		}
	}
	for _, c := range s.Calls() {
		if !bridges[fmt.Sprintf("%d %d", c.Peer, c.ID)] {
			t.Errorf("no bridge between our session %d and the LNS's %d", c.Peer, c.ID)
		}
	}
	if n := len(s.Calls()); len(bridges) != n || len(macs) != n {
		t.Errorf("got %d bridges of %d subscribers for %d calls", len(bridges), len(macs), n)
	}
}

// Calls with different secrets never share a tunnel (RFC 2868 section 3.1).
func TestT43_Secrets(t *testing.T) {
	rig := start(t, script.Config{RADIUS: server()})
	lns := rig.LNS(0)
	secrets := []string{"the first secret", "the second secret"}
	var tunnels []*script.Tunnel
	for i := range 4 {
		secret := secrets[i%2]
		rig.RADIUS.SetUser(nth(i), assigned("A", secret))
		rig.Client().Dial(nth(i), password)
		if i < 2 {
			lns.Secret = secret // proves the right one in Open
			tunnels = append(tunnels, lns.Open())
		}
		call := tunnels[i%2].OpenCall()
		if got, want := call.RQ.Tunnel, tunnels[i%2].ID; got != want {
			t.Errorf("client %d has a call in tunnel %d, want %d", i, got, want)
		}
	}
	if n := fresh(lns.Of(script.SCCRQ)); n != 2 {
		t.Errorf("got %d SCCRQs, want 2", n)
	}
	// The kernel tells the tunnels apart by address and port.
	if tunnels[0].To == tunnels[1].To {
		t.Errorf("two tunnels share %v", tunnels[0].To)
	}
}

// "No call blocks another": LNSes that are stuck at any stage delay no other.
func TestT43_StuckLNS(t *testing.T) {
	rig := start(t, script.Config{RADIUS: server(), LNS: make([]script.LNSConfig, 3)})
	for i := range 11 {
		tun := radiustest.L2TP(0, fmt.Sprintf("192.0.2.%d", 11+i%2), "") // the first and the second
		if i == 10 {
			tun.Server = "192.0.2.13"
		}
		rig.RADIUS.SetUser(nth(i), radiustest.User{Password: password, Reply: []radiustest.Attribute{tun.Attribute()}})
	}
	rig.LNS(0).Lose(func(*script.Message) bool { return true }) // mute
	for i := range 10 {
		rig.Client().Dial(nth(i), password)
	}
	deaf := rig.LNS(1).Open() // has its window, and nothing more
	deaf.Hold(true)
	deaf.AcceptCall()

	began := time.Now()
	c := rig.Client()
	c.Dial(nth(10), password)
	call := rig.LNS(2).Open().OpenCall()
	if d := call.CN.At.Sub(began); d > time.Second {
		t.Errorf("the call took %v while other LNSes are stuck", d)
	}
	if n := rig.Sessions(); n != 11 {
		t.Errorf("got %d sessions, want 11: ten wait", n)
	}
	lives(t, rig.LNS(2), c, call)
}
