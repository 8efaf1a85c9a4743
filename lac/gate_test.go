package lac

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lacd/kernel/kerneltest"
	"lacd/lac/lactest"
	"lacd/policy"
	"lacd/radius/radiustest"
)

// gated is a daemon with a gate.
func gated(g Gate, p *policy.Policy) rigOptions {
	return rigOptions{policy: p, change: func(c *Config) { c.Gate = g }}
}

// betaSub is a subscriber of the other retailer of byRealms.
var betaSub = lactest.Account{User: "carol@beta.example", Password: "secret"}

// TestDoorClosesInTime: between two looks of the gate no more come in than may.
func TestDoorClosesInTime(t *testing.T) {
	inRig(t, gated(Gate{HalfOpen: 64}, realmPolicy(t, firstLNS())), func(t *testing.T, r *rig) {
		mute := alice
		mute.Mute = true
		for range 64 {
			r.seg.Dial(mute)
		}
		settle()
		sub := r.seg.Dial(alice)
		settle()
		if r.wantDoor("before the gate has looked", false); sub.State() != lactest.Dialing {
			t.Errorf("one more is in state %d", sub.State())
		}
		if n := r.srv.access[0].shedPADI.Load(); n != 1 {
			t.Errorf("%d PADIs were not answered, want that one", n)
		}
		after(time.Minute)
		r.wantNothingHalfOpen()
	})
}

// dialMany dials n times and lets the gate have a look.
func (r *rig) dialMany(n int, a lactest.Account) (subs []*lactest.Subscriber) {
	for range n {
		subs = append(subs, r.seg.Dial(a))
	}
	after(gateInterval)
	return subs
}

func inState(subs []*lactest.Subscriber, st lactest.State) (n int) {
	for _, sub := range subs {
		if sub.State() == st {
			n++
		}
	}
	return n
}

func (r *rig) wantDoor(when string, closed bool) {
	r.t.Helper()
	if got := r.srv.gate.closed.Load(); got != closed {
		r.t.Errorf("%s: door closed %v, want %v", when, got, closed)
	}
}

// wantNothing checks that all that was counted was taken off again.
func (r *rig) wantNothingHalfOpen() {
	r.t.Helper()
	if n := r.srv.gate.halfOpen.Load(); n != 0 {
		r.t.Errorf("%d sessions half-open, want none", n)
	}
	if n := r.srv.gate.coming.Load(); n != 0 {
		r.t.Errorf("%d PADRs are still to be looked at, want none", n)
	}
	r.srv.gate.loads.Range(func(k, v any) bool {
		if l := v.(*load); l.halfOpen.Load() != 0 || l.asking.Load() != 0 {
			r.t.Errorf("retailer %s: %d half-open, %d asking, want none", k, l.halfOpen.Load(), l.asking.Load())
		}
		return true
	})
}

// RADIUS is silent: the door closes on the half-open sessions, PADI is met with
// silence, and it opens when they have ended.
func TestSilentRADIUSClosesTheDoor(t *testing.T) {
	inRig(t, gated(Gate{HalfOpen: 40}, nil), func(t *testing.T, r *rig) {
		oneLNS(r)
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		r.backup.SetKnobs(radiustest.Knobs{Silent: true})
		r.dialMany(39, alice)
		r.wantDoor("with 39 half-open", false)
		r.dialMany(1, alice)
		r.wantDoor("with 40 half-open", true)
		late := r.dialMany(20, alice)
		if n := inState(late, lactest.Dialing); n != len(late) {
			t.Errorf("%d of %d subscribers before a closed door were answered", len(late)-n, len(late))
		}
		if got := gather(t, r.srv.Collector()); got["lacd_gate_shed_total padi eth1"] != 20 || got["lacd_gate_closed"] != 1 || got["lacd_half_open_sessions"] != 40 {
			t.Errorf("shed %v, closed %v, half-open %v, want 20, 1, 40", got["lacd_gate_shed_total padi eth1"], got["lacd_gate_closed"], got["lacd_half_open_sessions"])
		}
		r.radius.SetKnobs(radiustest.Knobs{})
		after(time.Minute)
		r.wantDoor("after RADIUS was given up", false)
		after(5 * time.Minute) // it is asked again
		r.dialMany(1, alice)
		if r.lns1.Connected() == 0 {
			t.Error("nobody comes up after the door was opened")
		}
		if log := r.log.String(); strings.Count(log, "front door closed") != 1 || strings.Count(log, "front door open") != 1 {
			t.Error("the log does not tell once that the door was closed and once that it was opened")
		}
		r.wantNothingHalfOpen()
	})
}

// The door does not open at the first session that ends.
func TestDoorHasHysteresis(t *testing.T) {
	inRig(t, gated(Gate{HalfOpen: 40}, nil), func(t *testing.T, r *rig) {
		mute := alice
		mute.Mute = true
		r.srv.gate.halfOpen.Add(40)
		after(gateInterval)
		r.wantDoor("at the limit", true)
		r.srv.gate.halfOpen.Add(-9)
		after(gateInterval)
		r.wantDoor("above three quarters", true)
		r.srv.gate.halfOpen.Add(-1)
		after(gateInterval)
		r.wantDoor("at three quarters", false)
		r.srv.gate.halfOpen.Add(9)
		after(gateInterval)
		r.wantDoor("below the limit", false)
		r.srv.gate.halfOpen.Add(-39)
	})
}

// A burst is bounded before the gate has seen any of it, whether or not those
// who have a cookie come in through the closed door.
func TestBurstIsBounded(t *testing.T) {
	inRig(t, gated(Gate{HalfOpen: 40}, nil), func(t *testing.T, r *rig) {
		mute := alice
		mute.Mute = true
		for range 200 {
			r.seg.Dial(mute)
		}
		settle()
		a := r.srv.access[0]
		n, padi, padr := r.srv.live.Load(), a.shedPADI.Load(), a.shedPADR.Load()
		if n < 40 || n > 50 {
			t.Errorf("%d sessions of 200 at once", n)
		}
		if n+int64(padi+padr) != 200 {
			t.Errorf("%d sessions, %d PADIs and %d PADRs shed, want 200 in all", n, padi, padr)
		}
		after(10 * time.Minute)
		r.wantNothingHalfOpen()
	})
}

// An LNS answers no calls: its retailer holds half of the places at most, the
// others are served, and the door stays open.
func TestDeadLNSOfARetailer(t *testing.T) {
	inRig(t, gated(Gate{HalfOpen: 40}, byRealms(t)), func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{SilentICRQ: true})
		subs := r.dialMany(39, alice)
		held := int(r.srv.gate.load("acme").halfOpen.Load())
		if held < 10 || held > 20 {
			t.Errorf("acme has %d sessions half-open, want its share of 10 at least and half of 40 at most", held)
		}
		if n := inState(subs, lactest.Ended); n != 39-held {
			t.Errorf("%d of 39 subscribers were refused, want %d", n, 39-held)
		}
		for range 5 {
			others := r.dialMany(5, betaSub)
			if n := inState(others, lactest.Proven); n != 5 {
				t.Errorf("%d of 5 subscribers of the other retailer came up", n)
			}
		}
		r.wantDoor("while an LNS is dead", false)
		if r.lns2.Connected() != 25 {
			t.Errorf("the other LNS has %d calls, want 25", r.lns2.Connected())
		}
		for _, sub := range subs {
			if sub.Refusal() != "" {
				t.Errorf("a subscriber was told %q: his password may be right", sub.Refusal())
				break
			}
		}
		if n := gather(t, r.srv.Collector())["lacd_sessions_ended_total retailer-busy"]; int(n) != 39-held {
			t.Errorf("%v sessions ended as retailer-busy, want %d", n, 39-held)
		}
		after(5 * time.Minute)
		r.wantNothingHalfOpen()
	})
}

// RADIUS of one retailer is silent. Beyond the limit its subscribers are refused
// at once; those of the other come in.
func TestDeadRADIUSOfARetailer(t *testing.T) {
	p := byRealms(t)
	p.Retailers[0].Authorize, p.Retailers[0].RADIUS = policy.ByRADIUS, []string{"r1"}
	p = mustPolicy(t, *p)
	inRig(t, gated(Gate{HalfOpen: 1000, Asking: 10}, p), func(t *testing.T, r *rig) {
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		r.dialMany(10, alice)
		refused := r.dialMany(10, alice)
		if n := inState(refused, lactest.Ended); n != 10 {
			t.Errorf("%d of 10 subscribers were refused with 10 waiting for RADIUS", n)
		}
		if others := r.dialMany(10, betaSub); inState(others, lactest.Proven) != 10 {
			t.Error("subscribers of the other retailer were not served")
		}
		r.wantDoor("while one retailer is behind", false)
		if got := gather(t, r.srv.Collector()); got["lacd_retailer_busy acme"] != 1 || got["lacd_retailer_busy beta"] != 0 || got["lacd_retailer_radius_waiting acme"] != 10 {
			t.Errorf("busy %v and %v, %v waiting", got["lacd_retailer_busy acme"], got["lacd_retailer_busy beta"], got["lacd_retailer_radius_waiting acme"])
		}
		r.radius.SetKnobs(radiustest.Knobs{})
		after(5 * time.Minute)
		r.wantNothingHalfOpen()
	})
}

// The same with one retailer: there is nobody else, so the door says it.
func TestRADIUSOfTheOnlyRetailer(t *testing.T) {
	inRig(t, gated(Gate{HalfOpen: 1000, Asking: 10}, nil), func(t *testing.T, r *rig) {
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		r.backup.SetKnobs(radiustest.Knobs{Silent: true})
		subs := r.dialMany(12, alice)
		r.wantDoor("with 12 waiting for RADIUS", true)
		if n := inState(subs, lactest.Ended); n != 0 {
			t.Errorf("%d subscribers were refused who had been let in", n)
		}
		after(time.Minute)
		r.wantDoor("after RADIUS was given up", false)
		r.radius.SetKnobs(radiustest.Knobs{})
		after(5 * time.Minute)
	})
}

// An LNS that answers slower than is useful: its retailer has to wait, but is
// tried again.
func TestSlowLNS(t *testing.T) {
	for retailers := 1; retailers <= 2; retailers++ {
		t.Run(fmt.Sprint(retailers), func(t *testing.T) {
			p := byRealms(t)
			p.Retailers = p.Retailers[:retailers]
			p = mustPolicy(t, *p)
			inRig(t, gated(Gate{CallDelay: 500 * time.Millisecond}, p), func(t *testing.T, r *rig) {
				r.lns1.Set(lactest.Behaviour{Delay: 600 * time.Millisecond})
				r.dialMany(1, alice)
				for i := 0; r.srv.gate.load("acme").busy.Load() == nil && i < 100; i++ {
					after(gateInterval)
				}
				late := r.dialMany(1, alice)[0]
				if want := map[int]lactest.State{1: lactest.Dialing, 2: lactest.Ended}[retailers]; late.State() != want {
					t.Errorf("behind a slow LNS: state %d, want %d", late.State(), want)
				}
				r.wantDoor("behind a slow LNS", retailers == 1)
				if retailers == 2 && r.dialMany(1, betaSub)[0].State() != lactest.Proven {
					t.Error("the other retailer was not served")
				}
				r.lns1.Set(lactest.Behaviour{})
				after(lateFor + gateInterval)
				r.wantDoor("later", false)
				if again := r.dialMany(1, alice)[0]; again.State() != lactest.Proven {
					t.Errorf("later: state %d", again.State())
				}
				if why := r.srv.gate.load("acme").busy.Load(); why != nil {
					t.Errorf("still behind: %s", *why)
				}
			})
		})
	}
}

func TestBacklogClosesTheDoor(t *testing.T) {
	inRig(t, gated(Gate{Backlog: 8}, nil), func(t *testing.T, r *rig) {
		oneLNS(r)
		r.plane.Delay(kerneltest.AddBridge, 2*time.Second)
		r.dialMany(20, alice) // four are being made, sixteen wait
		r.wantDoor("with 16 waiting", true)
		after(5 * time.Second)
		r.plane.Delay(kerneltest.AddBridge, 0)
		after(10 * time.Second)
		r.wantDoor("with none waiting", false)
		if r.lns1.Connected() != 20 {
			t.Errorf("%d calls came up, want 20", r.lns1.Connected())
		}
		r.wantNothingHalfOpen()
	})
}

// A storm of more subscribers than there are places, who dial again until they
// are served: all come up.
func TestStorm(t *testing.T) {
	inRig(t, gated(Gate{HalfOpen: 50}, nil), func(t *testing.T, r *rig) {
		oneLNS(r)
		r.radius.SetKnobs(radiustest.Knobs{Delay: 50 * time.Millisecond})
		waiting := 500
		for round := 0; waiting > 0 && round < 100; round++ {
			subs := r.dialMany(waiting, alice)
			after(2 * time.Second)
			waiting -= inState(subs, lactest.Proven)
		}
		if waiting > 0 || r.lns1.Connected() != 500 {
			t.Errorf("%d of 500 subscribers are left, %d calls", waiting, r.lns1.Connected())
		}
		if most := r.srv.gate.halfOpen.Load(); most != 0 {
			t.Errorf("%d half-open at the end", most)
		}
	})
}
