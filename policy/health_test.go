package policy

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStateString(t *testing.T) {
	for s, want := range map[State]string{
		Ready: "ready", HalfOpen: "half-open", Locked: "locked", Draining: "draining", Full: "full", 99: "unknown",
	} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCondition(t *testing.T) {
	tests := []struct {
		c            Condition
		open, locked bool
		text         string
	}{
		{Condition{}, true, false, "ready"},
		{
			Condition{State: Locked, Since: t0.Add(-12 * time.Second), Until: t0.Add(48 * time.Second), Why: "no answer"},
			false, true, "locked out 12s ago for 48s more: no answer",
		},
		{
			Condition{State: HalfOpen, Since: t0.Add(-time.Hour), Why: "no answer"},
			true, false, "half-open, the next call tries it: no answer 1h0m0s ago",
		},
		{
			Condition{State: HalfOpen, Busy: true, Since: t0.Add(-61 * time.Second), Why: "no answer"},
			false, true, "half-open, another call is trying it: no answer 1m1s ago",
		},
		{
			Condition{State: Draining, Since: t0.Add(-1500 * time.Millisecond), Why: "by the operator"},
			false, false, "draining for 2s: by the operator",
		},
		{Condition{State: Full, Why: "5 of 5 sessions"}, false, false, "full: 5 of 5 sessions"},
		{Condition{State: 99}, false, false, "unknown"},
	}
	for _, tt := range tests {
		if got := tt.c.Describe(t0); got != tt.text || tt.c.Open() != tt.open || tt.c.Locked() != tt.locked {
			t.Errorf("got %q, open %v, locked %v, want %q, %v, %v", got, tt.c.Open(), tt.c.Locked(), tt.text, tt.open, tt.locked)
		}
	}
}

func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 1500 * time.Microsecond: "2ms", 999 * time.Millisecond: "999ms",
		1400 * time.Millisecond: "1s", 90 * time.Second: "1m30s",
	} {
		if got := brief(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

// threeLNS is a policy with a and b of equal preference, and z behind them.
func threeLNS(t testing.TB) *Policy {
	return newPolicy(t, Policy{Retailers: []Retailer{{
		Name: "acme", Realms: []string{"x"}, Authorize: ByRealm, LNS: []LNS{
			{Name: "a", Peer: peer("192.0.2.1:1701")},
			{Name: "b", Peer: peer("192.0.2.2:1701"), Weight: 3},
			{Name: "z", Peer: peer("192.0.2.3:1701"), Preference: 1},
		},
	}}})
}

// What health says about the LNSes decides which are candidates, and every
// consideration is told.
func TestDecideHealth(t *testing.T) {
	locked := func(ago time.Duration) Condition {
		return Condition{State: Locked, Since: t0.Add(-ago), Until: t0.Add(time.Minute - ago), Why: "no answer"}
	}
	const (
		aText, bText, zText = "a at 192.0.2.1:1701", "b at 192.0.2.2:1701", "z at 192.0.2.3:1701"
		zAlone              = "configured: preference 1"
	)
	tests := []struct {
		name    string
		health  map[string]Condition
		want    []string // names of the candidates; "!" after a last resort
		reasons []string // after those of the route and the number of LNSes
	}{
		{
			name: "a locked, b alone at its level", health: map[string]Condition{"a": locked(12 * time.Second)}, want: []string{"b", "z", "a!"},
			reasons: []string{
				"1. " + bText + " (configured: preference 0)", "2. " + zText + " (" + zAlone + ")",
				"3. " + aText + " (configured: last resort, locked out 12s ago for 48s more: no answer)",
			},
		},
		{
			name: "of two the one locked longer is the resort", want: []string{"z", "b!"},
			health: map[string]Condition{"a": locked(12 * time.Second), "b": locked(30 * time.Second)},
			reasons: []string{
				aText + " (configured) skipped: locked out 12s ago for 48s more: no answer",
				"1. " + zText + " (" + zAlone + ")",
				"2. " + bText + " (configured: last resort, locked out 30s ago for 30s more: no answer)",
			},
		},
		{
			name: "all locked", want: []string{"z!"},
			health: map[string]Condition{"a": locked(time.Second), "b": locked(2 * time.Second), "z": locked(3 * time.Second)},
			reasons: []string{
				aText + " (configured) skipped: locked out 1s ago for 59s more: no answer",
				bText + " (configured) skipped: locked out 2s ago for 58s more: no answer",
				"1. " + zText + " (configured: last resort, locked out 3s ago for 57s more: no answer)",
			},
		},
		{
			name: "draining and full are no resort", want: nil,
			health: map[string]Condition{
				"a": {State: Draining, Since: t0.Add(-time.Minute), Why: "by the operator"},
				"b": {State: Full, Why: "5 of 5 sessions"}, "z": {State: Full, Why: "10 calls in a second"},
			},
			reasons: []string{
				aText + " (configured) skipped: draining for 1m0s: by the operator",
				bText + " (configured) skipped: full: 5 of 5 sessions",
				zText + " (configured) skipped: full: 10 calls in a second",
				"no LNS is left to try",
			},
		},
		{
			name: "half-open: the next call", want: []string{"b", "z", "a!"},
			health: map[string]Condition{
				"a": {State: HalfOpen, Busy: true, Since: t0.Add(-61 * time.Second), Why: "no answer"},
				"z": {State: HalfOpen, Since: t0.Add(-62 * time.Second), Why: "StopCCN 1"},
			},
			reasons: []string{
				"1. " + bText + " (configured: preference 0)",
				"2. " + zText + " (" + zAlone + ", half-open, the next call tries it: StopCCN 1 1m2s ago)",
				"3. " + aText + " (configured: last resort, half-open, another call is trying it: no answer 1m1s ago)",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := threeLNS(t)
			s := Subscriber{User: "bob@x"}
			d := p.Decide(t0, s, p.Route(s), Grant{}, 1, func(now time.Time, l *LNS) Condition {
				if now != t0 || l.Retailer != "acme" {
					t.Errorf("asked about %+v at %v", l, now)
				}
				return tt.health[l.Name]
			})
			var got []string
			for _, c := range d.Candidates {
				mark := map[bool]string{true: "!"}[c.Resort]
				got = append(got, c.LNS.Name+mark)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("candidates, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.reasons, d.Reasons[3:]); diff != "" {
				t.Errorf("reasons, -want +got:\n%s", diff)
			}
		})
	}
}

// Ten thousand draws share out by weight among those that are open.
func TestDecideWeightsWithoutTheLocked(t *testing.T) {
	p := newPolicy(t, Policy{Retailers: []Retailer{{
		Name: "acme", Realms: []string{"x"}, Authorize: ByRealm, LNS: []LNS{
			{Name: "a", Peer: peer("192.0.2.1:1701"), Weight: 4},
			{Name: "b", Peer: peer("192.0.2.2:1701"), Weight: 3},
			{Name: "c", Peer: peer("192.0.2.3:1701"), Weight: 1},
		},
	}}})
	s := Subscriber{User: "bob@x"}
	r := p.Route(s)
	for _, locked := range []string{"", "a"} {
		first := map[string]int{}
		for seed := range uint64(10_000) {
			d := p.Decide(t0, s, r, Grant{}, seed, func(_ time.Time, l *LNS) Condition {
				if l.Name == locked {
					return Condition{State: Locked, Since: t0, Until: t0.Add(time.Minute)}
				}
				return Condition{}
			})
			first[d.Candidates[0].LNS.Name]++
		}
		want := map[string]int{"a": 5000, "b": 3750, "c": 1250}
		if locked == "a" {
			want = map[string]int{"b": 7500, "c": 2500}
		}
		for name, n := range want {
			if got := first[name]; got < n-150 || got > n+150 {
				t.Errorf("%q locked: %s comes first %d times of 10000, want about %d", locked, name, got, n)
			}
		}
		if len(first) != len(want) {
			t.Errorf("%q locked: got %v", locked, first)
		}
	}
}

func ExampleCondition_Describe() {
	c := Condition{State: Locked, Since: t0, Until: t0.Add(time.Minute), Why: "StopCCN 6 from the LNS"}
	fmt.Println(c.Describe(t0.Add(10 * time.Second)))
	// Output: locked out 10s ago for 50s more: StopCCN 6 from the LNS
}
