package policy

import (
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// t0 is when the decisions of tests are made.
var t0 = time.Unix(1_000_000, 0)

// places returns "name@peer" of the candidates, in order.
func places(d Decision) []string {
	var s []string
	for _, c := range d.Candidates {
		s = append(s, c.LNS.Name+"@"+c.LNS.Peer.String())
	}
	return s
}

func TestDecideOwnLNSes(t *testing.T) {
	p := newPolicy(t, Policy{
		Node:  "lac1",
		Local: []netip.Addr{netip.MustParseAddr("2001:db8::10"), netip.MustParseAddr("198.51.100.10")},
		Retailers: []Retailer{{
			Name: "acme", Realms: []string{"acme.example"}, Authorize: ByRealm, InterimInterval: 10 * time.Minute,
			LNS: []LNS{
				{Name: "standby", Peer: peer("192.0.2.9:1701"), Preference: 10, Local: netip.MustParseAddr("198.51.100.11")},
				{Name: "lns1", Peer: peer("192.0.2.1:1701"), Host: "carrier", Secret: "s", Assignment: "a"},
			},
		}},
	})
	s := Subscriber{User: "bob@acme.example"}
	got := p.Decide(t0, s, p.Route(s), Grant{}, 1, nil)
	first := "configured: preference 0"
	then := "configured: preference 10"
	want := Decision{
		Retailer: "acme", Realm: "acme.example", User: "bob@acme.example", InterimInterval: 10 * time.Minute,
		Candidates: []Candidate{
			{Reason: first, LNS: LNS{
				Name: "lns1", Peer: peer("192.0.2.1:1701"), Local: netip.MustParseAddr("198.51.100.10"),
				Host: "carrier", Secret: "s", Assignment: "a", Weight: 1, Retailer: "acme", Handling: p.Handling,
			}},
			{Reason: then, LNS: LNS{
				Name: "standby", Peer: peer("192.0.2.9:1701"), Local: netip.MustParseAddr("198.51.100.11"),
				Host: "lac1", Preference: 10, Weight: 1, Retailer: "acme", Handling: p.Handling,
			}},
		},
		Reasons: []string{
			`realm "acme.example" belongs to retailer acme`,
			"its realm is enough, the LNS authenticates",
			"2 LNSes of retailer acme",
			"1. lns1 at 192.0.2.1:1701 (" + first + ")",
			"2. standby at 192.0.2.9:1701 (" + then + ")",
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDecideRefused(t *testing.T) {
	p := newPolicy(t, Policy{})
	s := Subscriber{User: "bob"}
	got := p.Decide(t0, s, p.Route(s), Grant{Tunnels: []Tunnel{{Server: "192.0.2.1"}}}, 1, nil)
	if len(got.Candidates) != 0 || got.Retailer != "" || len(got.Reasons) != 1 {
		t.Errorf("got %+v, want no candidate and the reason of the route", got)
	}
}

// The order is drawn, the share of each LNS in the first places is its weight.
func TestDecideWeights(t *testing.T) {
	lns := []LNS{
		{Name: "a", Peer: peer("192.0.2.1:1701"), Weight: 5},
		{Name: "b", Peer: peer("192.0.2.2:1701"), Weight: 3},
		{Name: "c", Peer: peer("192.0.2.3:1701"), Weight: 2},
		{Name: "z", Peer: peer("192.0.2.4:1701"), Preference: 1, Weight: 1000},
	}
	p := newPolicy(t, Policy{Retailers: []Retailer{{Name: "acme", Realms: []string{"x"}, Authorize: ByRealm, LNS: lns}}})
	s := Subscriber{User: "bob@x"}
	r := p.Route(s)
	const n = 20000
	first := map[string]float64{}
	second := map[string]float64{}
	for seed := range uint64(n) {
		d := p.Decide(t0, s, r, Grant{}, seed, nil)
		if got := d.Candidates[3].LNS.Name; got != "z" {
			t.Fatalf("seed %d: got %s last, want z, whatever its weight", seed, got)
		}
		first[d.Candidates[0].LNS.Name] += 1.0 / n
		if d.Candidates[0].LNS.Name == "a" {
			second[d.Candidates[1].LNS.Name]++
		}
	}
	for name, want := range map[string]float64{"a": .5, "b": .3, "c": .2} {
		if math.Abs(first[name]-want) > .015 {
			t.Errorf("%s: got a share of %.3f, want %.3f", name, first[name], want)
		}
	}
	// With a out of the way b and c share as 3 to 2.
	if got := second["b"] / (second["b"] + second["c"]); math.Abs(got-.6) > .02 {
		t.Errorf("got a share of %.3f for b after a, want 0.6", got)
	}
}

// The same seed gives the same order on a LAC that lists the LNSes otherwise,
// and taking one away leaves the order of the others.
func TestDecideRendezvous(t *testing.T) {
	lns := []LNS{
		{Name: "a", Peer: peer("192.0.2.1:1701")},
		{Name: "b", Peer: peer("192.0.2.2:1701")},
		{Name: "c", Peer: peer("192.0.2.3:1701"), Weight: 4},
		{Name: "d", Peer: peer("[2001:db8::1]:1701")},
	}
	decide := func(seed uint64, lns ...LNS) []string {
		p := newPolicy(t, Policy{Retailers: []Retailer{{Name: "acme", Realms: []string{"x"}, Authorize: ByRealm, LNS: lns}}})
		s := Subscriber{User: "bob@x"}
		return places(p.Decide(t0, s, p.Route(s), Grant{}, seed, nil))
	}
	for seed := range uint64(200) {
		all := decide(seed, lns...)
		if diff := cmp.Diff(all, decide(seed, lns[3], lns[1], lns[2], lns[0])); diff != "" {
			t.Fatalf("seed %d, another order in the file:\n%s", seed, diff)
		}
		var without []string
		for _, s := range all {
			if s != "b@192.0.2.2:1701" {
				without = append(without, s)
			}
		}
		if diff := cmp.Diff(without, decide(seed, lns[0], lns[2], lns[3])); diff != "" {
			t.Fatalf("seed %d, without b:\n%s", seed, diff)
		}
	}
}

func TestDecideReasonsOfADraw(t *testing.T) {
	p := newPolicy(t, Policy{Retailers: []Retailer{{
		Name: "acme", Realms: []string{"x"}, Authorize: ByRADIUS,
		LNS: []LNS{{Name: "a", Peer: peer("192.0.2.1:1701"), Weight: 2}, {Name: "b", Peer: peer("192.0.2.2:1701")}},
	}}})
	s := Subscriber{User: "bob@x"}
	d := p.Decide(t0, s, p.Route(s), Grant{}, 3, nil)
	var got []string
	for _, c := range d.Candidates {
		got = append(got, c.LNS.Name+": "+c.Reason)
	}
	draw := map[string]int{"a": 2, "b": 1}
	for i, c := range d.Candidates {
		want := fmt.Sprintf("configured: preference 0, place %d drawn with weight %d of 3", i+1, draw[c.LNS.Name])
		if c.Reason != want {
			t.Errorf("got %q, want %q", got[i], want)
		}
	}
	if want := "RADIUS named no tunnel: 2 LNSes of retailer acme"; d.Reasons[2] != want {
		t.Errorf("got %q, want %q", d.Reasons[2], want)
	}
}

func TestDecideLimitsAndNames(t *testing.T) {
	p := newPolicy(t, Policy{Retailers: []Retailer{
		{Name: "none", Realms: []string{"none"}, Authorize: ByRADIUS},
		{Name: "ten", Realms: []string{"ten"}, Authorize: ByRADIUS, InterimInterval: 10 * time.Minute},
	}})
	tests := []struct {
		user           string
		asked, interim time.Duration
		reason         string
	}{
		{"bob@none", 0, 0, ""},
		{"bob@none", 5 * time.Minute, 5 * time.Minute, ""},
		{"bob@none", time.Second, time.Minute, "interim interval 1s of RADIUS raised to 1m0s"},
		{"bob@ten", 0, 10 * time.Minute, ""},
		{"bob@ten", 5 * time.Minute, 10 * time.Minute, "interim interval 5m0s of RADIUS raised to 10m0s"},
		{"bob@ten", time.Hour, time.Hour, ""},
	}
	for _, tt := range tests {
		s := Subscriber{User: tt.user}
		g := Grant{User: "account", Class: [][]byte{{1}}, SessionTimeout: time.Hour, IdleTimeout: time.Minute, InterimInterval: tt.asked}
		d := p.Decide(t0, s, p.Route(s), g, 0, nil)
		if d.InterimInterval != tt.interim {
			t.Errorf("%s, %v asked: got interim %v, want %v", tt.user, tt.asked, d.InterimInterval, tt.interim)
		}
		if tt.reason != "" && d.Reasons[2] != tt.reason {
			t.Errorf("got reasons %q, want %q among them", d.Reasons, tt.reason)
		}
		if d.User != "account" || len(d.Class) != 1 || d.SessionTimeout != time.Hour || d.IdleTimeout != time.Minute {
			t.Errorf("got %+v, want what the grant says", d)
		}
		if last := d.Reasons[len(d.Reasons)-1]; last != "no LNS is left to try" {
			t.Errorf("got last reason %q", last)
		}
	}
}

// A Decision's reasons do not grow into those of another one.
func TestDecideSharesNoReasons(t *testing.T) {
	p := newPolicy(t, Policy{Retailers: []Retailer{{Name: "a", Realms: []string{"x"}, Authorize: ByRADIUS}}})
	s := Subscriber{User: "bob@x"}
	r := p.Route(s)
	r.Reasons = append(make([]string, 0, 16), r.Reasons...)
	d1 := p.Decide(t0, s, r, Grant{Tunnels: []Tunnel{{Tag: 1}}}, 0, nil)
	p.Decide(t0, s, r, Grant{Tunnels: []Tunnel{{Tag: 2}, {Tag: 3}}}, 0, nil)
	if got, want := d1.Reasons[2], "RADIUS named 1 tunnel"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func BenchmarkDecide(b *testing.B) {
	p := newPolicy(b, Policy{Node: "lac1", Retailers: []Retailer{{
		Name: "acme", Realms: []string{"x"}, Authorize: ByRADIUS,
		LNS: []LNS{
			{Name: "lns1", Peer: peer("192.0.2.1:1701"), Secret: "s", Weight: 2},
			{Name: "lns2", Peer: peer("192.0.2.2:1701"), Secret: "s"},
		},
	}}})
	s := Subscriber{User: "bob@x"}
	r := p.Route(s)
	g := Grant{Tunnels: []Tunnel{{Tag: 1, Server: "192.0.2.1"}, {Tag: 2, Server: "192.0.2.2"}}}
	b.ReportAllocs()
	for seed := uint64(0); b.Loop(); seed++ {
		p.Decide(t0, s, r, g, seed, nil)
	}
}
