package lac

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/policy"
	"lacd/radius/radiustest"
)

// firstLNS and secondLNS are the rig's LNSes as the configuration of a retailer
// has them: the second is for when the first takes no call.
func firstLNS(change ...func(*policy.LNS)) policy.LNS {
	l := policy.LNS{Name: "lns1", Peer: netip.MustParseAddrPort(lns1Addr)}
	for _, f := range change {
		f(&l)
	}
	return l
}

func secondLNS() policy.LNS {
	return policy.LNS{Name: "lns2", Peer: netip.MustParseAddrPort(lns2Addr), Preference: 1}
}

// handled gives an LNS a way to deal with its failures.
func handled(change func(*policy.Handling)) func(*policy.LNS) {
	h := policy.Handling{Lockouts: policy.DefaultLockouts()}
	change(&h)
	return func(l *policy.LNS) { l.Handling = &h }
}

// dial lets n subscribers dial at the same time.
func (r *rig) dial(n int) []*lactest.Subscriber {
	var subs []*lactest.Subscriber
	for range n {
		subs = append(subs, r.seg.Dial(alice))
	}
	settle()
	return subs
}

// live returns how many calls are up at an LNS.
func live(l *lactest.LNS) (n int) {
	for _, c := range l.Calls() {
		if c.Up && !c.Down {
			n++
		}
	}
	return n
}

// wantLive checks how many calls are up at the two LNSes.
func (r *rig) wantLive(what string, lns1, lns2 int) {
	r.t.Helper()
	if a, b := live(r.lns1), live(r.lns2); a != lns1 || b != lns2 {
		r.t.Errorf("%s: %d calls at LNS 1 and %d at LNS 2, want %d and %d", what, a, b, lns1, lns2)
	}
}

func TestSilentLNSIsLockedOutAndTriedByACanary(t *testing.T) {
	pol := realmPolicy(t, firstLNS(), secondLNS())
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{Silent: true})
		r.dial(1)
		after(5*time.Second - time.Millisecond)
		r.wantLive("before 5s", 0, 0)
		after(time.Millisecond)
		r.wantLive("after 5s", 0, 1)
		r.dial(2)
		r.wantLive("locked out", 0, 3)

		// The lockout is over at 65 s. One call tries, the others do not wait.
		after(60 * time.Second)
		r.dial(3)
		r.wantLive("half-open", 0, 5)
		after(5 * time.Second)
		r.wantLive("the canary failed", 0, 6)

		// Locked out again, until 130 s. Then it is back, though slow.
		r.lns1.Set(lactest.Behaviour{Delay: 10 * time.Millisecond})
		after(60*time.Second - time.Millisecond)
		r.dial(1)
		r.wantLive("locked out again", 0, 7)
		after(time.Millisecond)
		r.dial(3)
		r.wantLive("half-open again", 0, 9)
		after(time.Second)
		r.wantLive("the canary came up", 1, 9)
		r.dial(2)
		after(time.Second)
		r.wantLive("ready", 3, 9)
	})
}

// A canary whose subscriber goes away leaves its place to another.
func TestCanaryThatHangsUp(t *testing.T) {
	pol := realmPolicy(t, firstLNS(), secondLNS())
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{Silent: true})
		r.dial(1)
		after(66 * time.Second)
		canary := r.dial(1)[0]
		r.dial(1)
		r.wantLive("half-open", 0, 2)
		canary.HangUp()
		r.lns1.Set(lactest.Behaviour{})
		settle()
		r.dial(1)
		after(10 * time.Second) // SCCRQ is sent again
		r.wantLive("the next canary came up", 1, 2)
	})
}

func TestAllLockedOut(t *testing.T) {
	pol := realmPolicy(t, firstLNS(), secondLNS())
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		for _, l := range []*lactest.LNS{r.lns1, r.lns2} {
			l.Set(lactest.Behaviour{Silent: true})
		}
		sub := r.dial(1)[0]
		after(10*time.Second - time.Millisecond)
		if sub.State() == lactest.Ended {
			t.Fatal("given up before LNS 2 had its time")
		}
		after(10 * time.Second)
		if sub.State() != lactest.Ended {
			t.Errorf("subscriber in state %d after both LNSes were silent, want ended", sub.State())
		}
		// LNS 1 is locked out since 5 s, LNS 2 since 10 s.
		r.lns1.Set(lactest.Behaviour{CDN: l2tp.Result{Code: l2tp.CallUnavailable}})
		r.lns2.Set(lactest.Behaviour{})
		r.dial(1)
		after(20 * time.Second) // the SCCRQ of LNS 1 is sent again
		if n := len(r.lns1.Calls()); n != 1 {
			t.Errorf("LNS 1, locked out the longest, was asked %d times, want once", n)
		}
		r.wantLive("first", 0, 0)
		// Now LNS 2 is.
		r.dial(1)
		after(4 * time.Second)
		r.wantLive("second", 0, 1)
	})
}

func TestFailures(t *testing.T) {
	giveUp := handled(func(h *policy.Handling) { h.GiveUp = h.GiveUp.With(policy.CallAdmin) })
	noLock := handled(func(h *policy.Handling) { h.Lockouts = policy.Lockouts{} })
	for _, tc := range []struct {
		name   string
		b      lactest.Behaviour
		change func(*policy.LNS)
		wait   time.Duration // until the call is with LNS 2
		lock   time.Duration // of LNS 1
		gaveUp bool
	}{
		{name: "silent", b: lactest.Behaviour{Silent: true}, wait: 5 * time.Second, lock: time.Minute},
		{name: "silent about calls", b: lactest.Behaviour{SilentICRQ: true}, wait: 5 * time.Second, lock: time.Minute},
		{name: "StopCCN 1", b: lactest.Behaviour{StopCCN: l2tp.Result{Code: 1}}, lock: time.Minute},
		{name: "StopCCN 2/4", b: lactest.Behaviour{StopCCN: l2tp.Result{Code: 2, Error: 4}}, lock: 10 * time.Second},
		{name: "StopCCN 4", b: lactest.Behaviour{StopCCN: l2tp.Result{Code: 4}}, lock: time.Minute},
		{name: "StopCCN 6", b: lactest.Behaviour{StopCCN: l2tp.Result{Code: 6}}, lock: time.Minute},
		{name: "wrong secret", change: func(l *policy.LNS) { l.Secret = "wrong" }, lock: time.Minute},
		{name: "wrong name", change: func(l *policy.LNS) { l.PeerHost = "another" }, lock: time.Minute},
		{name: "CDN 2/4", b: lactest.Behaviour{CDN: l2tp.Result{Code: 2, Error: 4}}, lock: 10 * time.Second},
		{name: "CDN 2/7", b: lactest.Behaviour{CDN: l2tp.Result{Code: 2, Error: 7}}},
		{name: "CDN 3", b: lactest.Behaviour{CDN: l2tp.Result{Code: 3}}},
		{name: "CDN 3, final", b: lactest.Behaviour{CDN: l2tp.Result{Code: 3}}, change: giveUp, gaveUp: true},
		{name: "CDN 6, not final", b: lactest.Behaviour{CDN: l2tp.Result{Code: 6}}, change: giveUp},
		{name: "CDN 4", b: lactest.Behaviour{CDN: l2tp.Result{Code: 4}}, lock: 10 * time.Second},
		{name: "CDN 5", b: lactest.Behaviour{CDN: l2tp.Result{Code: 5}}, lock: time.Minute},
		{name: "CDN 99", b: lactest.Behaviour{CDN: l2tp.Result{Code: 99}}},
		{name: "CDN 5, configured", b: lactest.Behaviour{CDN: l2tp.Result{Code: 5}}, change: noLock},
		{name: "silent, configured", b: lactest.Behaviour{Silent: true}, change: noLock, wait: 5 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			change := tc.change
			if change == nil {
				change = func(*policy.LNS) {}
			}
			o := rigOptions{policy: realmPolicy(t, firstLNS(change), secondLNS())}
			if tc.name == "wrong secret" {
				o.secret1 = "right"
			}
			inRig(t, o, func(t *testing.T, r *rig) {
				r.lns1.Set(tc.b)
				sub := r.dial(1)[0]
				after(tc.wait)
				if tc.gaveUp {
					r.wantLive("gave up", 0, 0)
					if !sub.Terminated() {
						t.Error("the subscriber was not told")
					}
					return
				}
				r.wantLive("moved on", 0, 1)
				lns := r.srv.policy().Configured(&r.srv.policy().Retailers[0])[0]
				c := r.srv.trunk.Condition(time.Now(), &lns)
				if got := c.Until.Sub(c.Since); got != tc.lock || (tc.lock > 0) != (c.State == policy.Locked) {
					t.Errorf("LNS 1 is %s, want it locked out for %v", c.Describe(time.Now()), tc.lock)
				}
				if tc.lock > 0 {
					after(tc.lock)
					if c := r.srv.trunk.Condition(time.Now(), &lns); c.State != policy.HalfOpen {
						t.Errorf("LNS 1 is %s after its lockout, want half-open", c.Describe(time.Now()))
					}
				}
			})
		})
	}
}

// Calls in the making do not make a lockout longer, and what an LNS had begun
// before does not end it.
func TestOneIncidentLocksOnce(t *testing.T) {
	pol := realmPolicy(t, firstLNS(), secondLNS())
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{Silent: true})
		r.dial(1)
		after(time.Second)
		r.dial(1)
		after(5 * time.Second)
		r.wantLive("moved on", 0, 2)
		lns := r.srv.policy().Configured(&r.srv.policy().Retailers[0])[0]
		if c := r.srv.trunk.Condition(time.Now(), &lns); time.Since(c.Since) != time.Second {
			t.Errorf("LNS 1 is %s, want it locked out 1s ago", c.Describe(time.Now()))
		}
		after(26 * time.Second) // the tunnel times out
		if c := r.srv.trunk.Condition(time.Now(), &lns); time.Since(c.Since) != 27*time.Second {
			t.Errorf("LNS 1 is %s, want it locked out 27s ago", c.Describe(time.Now()))
		}
	})
}

// The LNS tidies up its tunnel just as a call comes: the call is placed again.
func TestTunnelClosesUnderACall(t *testing.T) {
	pol := realmPolicy(t, firstLNS())
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		r.dial(1)
		r.lns1.Set(lactest.Behaviour{SilentICRQ: true})
		r.dial(1)
		r.lns1.Set(lactest.Behaviour{})
		r.lns1.Stop(l2tp.Result{Code: l2tp.StopGeneral})
		settle()
		r.wantLive("placed again", 1, 0)
		if n := len(r.lns1.Calls()); n != 3 {
			t.Errorf("LNS 1 saw %d calls, want 3", n)
		}
	})
}

func TestWeights(t *testing.T) {
	a, b := firstLNS(func(l *policy.LNS) { l.Weight = 3 }), secondLNS()
	b.Preference = 0
	inRig(t, rigOptions{policy: realmPolicy(t, a, b)}, func(t *testing.T, r *rig) {
		r.dial(800)
		if n := live(r.lns1); n < 550 || n > 650 {
			t.Errorf("LNS 1 with weight 3 of 4 has %d of 800 calls, want about 600", n)
		}
	})
}

func TestSessionCaps(t *testing.T) {
	for _, tc := range []struct {
		name       string
		limits     policy.Limits
		retailer   uint32
		lns1, lns2 int // of six calls
		tunnels    int
	}{
		{"none", policy.Limits{}, 0, 6, 0, 1},
		{"LNS", policy.Limits{Sessions: 4}, 0, 4, 2, 1},
		{"tunnel", policy.Limits{TunnelSessions: 2}, 0, 4, 2, 2},
		{"retailer", policy.Limits{}, 5, 5, 0, 1},
		{"set-ups", policy.Limits{Setups: 3}, 0, 3, 3, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			pol := mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
				Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm, MaxSessions: tc.retailer,
				LNS: []policy.LNS{firstLNS(func(l *policy.LNS) { l.Limits = tc.limits }), secondLNS()},
			}}})
			change := func(c *Config) { c.Trunk.MaxTunnels = 2 }
			inRig(t, rigOptions{policy: pol, change: change}, func(t *testing.T, r *rig) {
				subs := r.dial(6)
				r.wantLive("six calls", tc.lns1, tc.lns2)
				if n := r.lns1.Tunnels(); n != tc.tunnels {
					t.Errorf("%d tunnels to LNS 1, want %d", n, tc.tunnels)
				}
				// What hangs up makes room.
				for _, s := range subs {
					s.HangUp()
				}
				after(time.Second)
				r.dial(6)
				r.wantLive("six calls again", tc.lns1, tc.lns2)
			})
		})
	}
}

// Calls that fail give their places back.
func TestCapsCountFailuresOnce(t *testing.T) {
	h := handled(func(h *policy.Handling) { h.Lockouts = policy.Lockouts{} })
	limits := func(l *policy.LNS) { l.Limits = policy.Limits{Sessions: 2, TunnelSessions: 2} }
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS(h, limits), secondLNS())}, func(t *testing.T, r *rig) {
		for i, b := range []lactest.Behaviour{
			{Silent: true}, {SilentICRQ: true}, {StopCCN: l2tp.Result{Code: 6}}, {CDN: l2tp.Result{Code: 4}}, {},
		} {
			r.lns1.Set(b)
			r.dial(2)
			after(40 * time.Second) // a silent tunnel has timed out
			r.wantLive("calls", 2*(i/4), 2*min(i+1, 4))
			if b.SilentICRQ {
				r.lns1.Stop(l2tp.Result{Code: 1})
				settle()
			}
		}
	})
}

func TestSecondTunnelWhereTheWindowIsSmall(t *testing.T) {
	change := func(c *Config) { c.CallTimeout = time.Minute }
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS()), change: change}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{Window: 4, Delay: 20 * time.Millisecond})
		for range 40 {
			r.dial(20)
			after(50 * time.Millisecond)
		}
		if n := r.lns1.Tunnels(); n != 4 {
			t.Errorf("%d tunnels, want the most there may be, 4", n)
		}
		open := r.net.Open()
		slices.Sort(open)
		if open = slices.Compact(open); len(open) != 4 {
			t.Errorf("sockets %v, want 4 with different ports", open)
		}
		after(20 * time.Second)
		r.wantLive("all", 800, 0)
	})
}

// A window that is large enough needs one tunnel, however far away the LNS.
func TestOneTunnelWhereTheWindowIsLarge(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{Delay: 100 * time.Millisecond})
		for range 20 {
			r.dial(20)
			after(50 * time.Millisecond)
		}
		after(5 * time.Second)
		r.wantLive("all", 400, 0)
		if n := r.lns1.Tunnels(); n != 1 {
			t.Errorf("%d tunnels, want 1", n)
		}
	})
}

func TestIdleTunnelIsClosed(t *testing.T) {
	change := func(c *Config) { c.Trunk.IdleTimeout = time.Minute }
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS()), change: change}, func(t *testing.T, r *rig) {
		sub := r.dial(1)[0]
		after(5 * time.Minute)
		sub.HangUp()
		after(time.Minute - time.Millisecond)
		if n := r.lns1.Tunnels(); n != 1 {
			t.Fatalf("%d tunnels before their time, want 1", n)
		}
		after(time.Millisecond)
		if n := r.lns1.Tunnels(); n != 0 || len(r.plane.Tunnels()) != 0 {
			t.Fatalf("%d tunnels, %d in the data plane, want none", n, len(r.plane.Tunnels()))
		}
		r.dial(1)
		r.wantLive("a call later", 1, 0)
	})
}

func TestFiftyCallersOneSCCRQ(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{Delay: 50 * time.Millisecond})
		r.dial(50)
		after(3 * time.Second)
		r.wantLive("all", 50, 0)
		if n := r.lns1.Requests(); n != 1 || r.net.Dials() != 1 {
			t.Errorf("%d SCCRQs over %d sockets, want one", n, r.net.Dials())
		}
	})
}

func TestAssignmentsAndSecretsPartTunnels(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		for i, assignment := range []string{"", "a", "b", "a"} {
			tun := radiustest.L2TP(0, "192.0.2.11", "")
			tun.Assignment = assignment
			user := fmt.Sprintf("u%d@acme.example", i)
			r.radius.SetUser(user, radiustest.User{Password: "x", Reply: []radiustest.Attribute{tun.Attribute()}})
			r.seg.Dial(lactest.Account{User: user, Password: "x"})
			settle()
		}
		r.wantLive("all", 4, 0)
		if n := r.lns1.Tunnels(); n != 3 {
			t.Errorf("%d tunnels for the assignments none, a and b, want 3", n)
		}
	})
}
