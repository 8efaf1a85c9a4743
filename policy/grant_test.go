package policy

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func grantPolicy(t testing.TB) *Policy {
	return newPolicy(t, Policy{
		Node:  "lac1",
		Local: []netip.Addr{netip.MustParseAddr("198.51.100.10"), netip.MustParseAddr("198.51.100.11")},
		Retailers: []Retailer{{
			Name: "acme", Realms: []string{"x"}, Authorize: ByRADIUS,
			LNS: []LNS{
				{
					Name: "lns1", Peer: peer("192.0.2.1:1701"), Secret: "configured", Weight: 3, Preference: 7,
					Host: "carrier", PeerHost: "their-name", Assignment: "own", NoProxyLCP: true, NoReplayAuth: true,
				},
				{Name: "lns2", Peer: peer("192.0.2.2:1702"), Secret: "two", Preference: 3},
				{Name: "lns2b", Peer: peer("192.0.2.2:1702"), Secret: "two-b", Assignment: "b"},
				{Name: "lns6", Peer: peer("[2001:db8::6]:1701"), Secret: "six"},
			},
		}},
	})
}

func TestDecideGrantedTunnels(t *testing.T) {
	tests := []struct {
		name    string
		tunnels []Tunnel
		places  []string
		reasons []string // after those of the route
	}{
		{
			name:    "by address",
			tunnels: []Tunnel{{Tag: 1, Server: "192.0.2.1", Preference: 4}},
			places:  []string{"lns1@192.0.2.1:1701"},
			reasons: []string{"RADIUS named 1 tunnel", "1. lns1 at 192.0.2.1:1701 (RADIUS tunnel 1, configured: preference 4)"},
		},
		{
			name:    "by name, case aside",
			tunnels: []Tunnel{{Server: "LNS1"}},
			places:  []string{"lns1@192.0.2.1:1701"},
			reasons: []string{"RADIUS named 1 tunnel", "1. lns1 at 192.0.2.1:1701 (RADIUS tunnel 0, configured: preference 7)"},
		},
		{
			name:    "port of the configuration",
			tunnels: []Tunnel{{Tag: 1, Server: "192.0.2.2", Assignment: "b"}},
			places:  []string{"lns2b@192.0.2.2:1702"},
			reasons: []string{"RADIUS named 1 tunnel", "1. lns2b at 192.0.2.2:1702 (RADIUS tunnel 1, configured: preference 0)"},
		},
		{
			name:    "IPv6 in full",
			tunnels: []Tunnel{{Tag: 1, Server: "2001:0DB8:0:0:0:0:0:6"}},
			places:  []string{"lns6@[2001:db8::6]:1701"},
			reasons: []string{"RADIUS named 1 tunnel", "1. lns6 at [2001:db8::6]:1701 (RADIUS tunnel 1, configured: preference 0)"},
		},
		{
			name:    "not configured",
			tunnels: []Tunnel{{Tag: 1, Server: "192.0.2.77", HasSecret: true, Secret: "radius"}},
			places:  []string{"192.0.2.77@192.0.2.77:1701"},
			reasons: []string{"RADIUS named 1 tunnel", "1. 192.0.2.77:1701 (RADIUS tunnel 1, not configured: preference 0)"},
		},
		{
			name:    "not configured, another port, no secret",
			tunnels: []Tunnel{{Tag: 1, Server: "192.0.2.1:1999"}},
			places:  []string{"192.0.2.1@192.0.2.1:1999"},
			reasons: []string{"RADIUS named 1 tunnel", "1. 192.0.2.1:1999 (RADIUS tunnel 1, not configured, no secret: preference 0)"},
		},
		{
			name: "preference of RADIUS orders",
			tunnels: []Tunnel{
				{Tag: 1, Server: "192.0.2.1", Preference: 20},
				{Tag: 2, Server: "192.0.2.2", Preference: 10},
				{Tag: 3, Server: "2001:db8::6"},
			},
			places: []string{"lns6@[2001:db8::6]:1701", "lns2@192.0.2.2:1702", "lns1@192.0.2.1:1701"},
			reasons: []string{
				"RADIUS named 3 tunnels",
				"1. lns6 at [2001:db8::6]:1701 (RADIUS tunnel 3, configured: preference 0)",
				"2. lns2 at 192.0.2.2:1702 (RADIUS tunnel 2, configured: preference 10)",
				"3. lns1 at 192.0.2.1:1701 (RADIUS tunnel 1, configured: preference 20)",
			},
		},
		{
			name:    "preference of the configuration orders where RADIUS has none",
			tunnels: []Tunnel{{Tag: 1, Server: "192.0.2.1"}, {Tag: 2, Server: "192.0.2.2"}},
			places:  []string{"lns2@192.0.2.2:1702", "lns1@192.0.2.1:1701"},
			reasons: []string{
				"RADIUS named 2 tunnels",
				"1. lns2 at 192.0.2.2:1702 (RADIUS tunnel 2, configured: preference 3)",
				"2. lns1 at 192.0.2.1:1701 (RADIUS tunnel 1, configured: preference 7)",
			},
		},
		{
			name: "what cannot be used is skipped",
			tunnels: []Tunnel{
				{Tag: 1, Server: "192.0.2.1", Unusable: "its type is PPTP, not L2TP"},
				{Tag: 2, Server: "lns.other.example"},
				{Tag: 3},
				{Tag: 4, Server: "0.0.0.0"},
				{Tag: 5, Server: "192.0.2.2"},
				{Tag: 6, Server: "192.0.2.2"},
			},
			places: []string{"lns2@192.0.2.2:1702"},
			reasons: []string{
				"RADIUS named 6 tunnels",
				"tunnel 1 skipped: its type is PPTP, not L2TP",
				`tunnel 2 skipped: server lns.other.example was not looked up`,
				"tunnel 3 skipped: it names no server",
				`tunnel 4 skipped: server "0.0.0.0" cannot be an LNS`,
				"lns2 at 192.0.2.2:1702 (RADIUS tunnel 6, configured) skipped: the same tunnel as lns2 at 192.0.2.2:1702",
				"1. lns2 at 192.0.2.2:1702 (RADIUS tunnel 5, configured: preference 3)",
			},
		},
		{
			name:    "the retailer's own LNSes are no substitute",
			tunnels: []Tunnel{{Tag: 1, Unusable: "its type is PPTP, not L2TP"}},
			reasons: []string{"RADIUS named 1 tunnel", "tunnel 1 skipped: its type is PPTP, not L2TP", "no LNS is left to try"},
		},
		{
			name:    "client endpoint that is not ours",
			tunnels: []Tunnel{{Tag: 1, Server: "192.0.2.1", Client: "203.0.113.1"}},
			places:  []string{"lns1@192.0.2.1:1701"},
			reasons: []string{
				"RADIUS named 1 tunnel",
				`tunnel 1: client endpoint "203.0.113.1" ignored: not an address of this node`,
				"1. lns1 at 192.0.2.1:1701 (RADIUS tunnel 1, configured: preference 7)",
			},
		},
	}
	p := grantPolicy(t)
	s := Subscriber{User: "bob@x"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := p.Decide(t0, s, p.Route(s), Grant{Tunnels: tt.tunnels}, 5, nil)
			if diff := cmp.Diff(tt.places, places(d)); diff != "" {
				t.Errorf("candidates, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.reasons, d.Reasons[2:]); diff != "" {
				t.Errorf("reasons, -want +got:\n%s", diff)
			}
		})
	}
}

// What RADIUS says is kept; what it leaves open comes from the configuration,
// never the assignment (RFC 2868 section 3.7: a session without one MUST NOT
// be put into a named tunnel).
func TestDecideMergesConfiguration(t *testing.T) {
	p := grantPolicy(t)
	s := Subscriber{User: "bob@x"}
	tests := []struct {
		name string
		t    Tunnel
		want LNS
	}{
		{
			"silent",
			Tunnel{Tag: 1, Server: "192.0.2.1"},
			LNS{
				Name: "lns1", Peer: peer("192.0.2.1:1701"), Local: netip.MustParseAddr("198.51.100.10"), Host: "carrier",
				PeerHost: "their-name", Secret: "configured", Preference: 7, Weight: 3, NoProxyLCP: true, NoReplayAuth: true,
			},
		},
		{
			"says all",
			Tunnel{
				Tag: 1, Server: "192.0.2.1", Client: "198.51.100.11", Secret: "radius", HasSecret: true, Assignment: "a",
				PrivateGroup: "g", ClientAuthID: "c", ServerAuthID: "s", Preference: 9,
			},
			LNS{
				Name: "lns1", Peer: peer("192.0.2.1:1701"), Local: netip.MustParseAddr("198.51.100.11"), LocalIsWish: true, Host: "c",
				PeerHost: "s", Secret: "radius", Assignment: "a", PrivateGroup: "g", Preference: 9, Weight: 3,
				NoProxyLCP: true, NoReplayAuth: true,
			},
		},
		{
			"empty secret is a word",
			Tunnel{Tag: 1, Server: "192.0.2.2", HasSecret: true},
			LNS{
				Name: "lns2", Peer: peer("192.0.2.2:1702"), Local: netip.MustParseAddr("198.51.100.10"), Host: "lac1",
				Preference: 3, Weight: 1,
			},
		},
		{
			"unknown",
			Tunnel{Tag: 1, Server: "::ffff:192.0.2.99"},
			LNS{
				Name: "192.0.2.99", Peer: peer("192.0.2.99:1701"), Local: netip.MustParseAddr("198.51.100.10"), Host: "lac1",
				Weight: 1,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := p.Decide(t0, s, p.Route(s), Grant{Tunnels: []Tunnel{tt.t}}, 5, nil)
			if len(d.Candidates) != 1 {
				t.Fatalf("got candidates %v, want 1", places(d))
			}
			tt.want.Retailer, tt.want.Handling = "acme", p.Handling
			if diff := cmp.Diff(tt.want, d.Candidates[0].LNS, cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestClientEndpoint(t *testing.T) {
	restricted := &Policy{Local: []netip.Addr{netip.MustParseAddr("198.51.100.10")}}
	tests := []struct {
		p       *Policy
		client  string
		local   string
		ignored string
	}{
		{&Policy{}, "198.51.100.99", "198.51.100.99", ""},
		{restricted, "198.51.100.10", "198.51.100.10", ""},
		{restricted, "198.51.100.99", "", "not an address of this node"},
		{restricted, "2001:db8::1", "", "not of the server's address family"},
		{restricted, "lac.example", "", "not an address"},
	}
	for _, tt := range tests {
		l := LNS{Peer: peer("192.0.2.1:1701")}
		ignored := tt.p.local(&l, tt.client)
		if ignored != tt.ignored || l.Local.IsValid() != (tt.local != "") || l.Local.IsValid() && l.Local.String() != tt.local {
			t.Errorf("%s: got local %v, ignored %q", tt.client, l.Local, ignored)
		}
	}
}

// Nothing RADIUS sends makes Decide fail, and each candidate can be dialled.
func FuzzDecide(f *testing.F) {
	f.Add("192.0.2.1", "198.51.100.11", "a", uint32(1), uint64(1))
	f.Add("lns2", "x", "", uint32(0), uint64(2))
	f.Add("[2001:db8::6]:1701", "fe80::1%eth0", "b", uint32(1<<24), uint64(3))
	p := grantPolicy(f)
	s := Subscriber{User: "bob@x"}
	r := p.Route(s)
	f.Fuzz(func(t *testing.T, server, client, assignment string, preference uint32, seed uint64) {
		d := p.Decide(t0, s, r, Grant{Tunnels: []Tunnel{
			{Tag: 1, Server: server, Client: client, Assignment: assignment, Preference: preference},
			{Tag: 2, Server: "192.0.2.1"},
		}}, seed, nil)
		if len(d.Candidates) == 0 {
			t.Fatal("tunnel 2 is lost")
		}
		for _, c := range d.Candidates {
			if !c.LNS.Peer.IsValid() || c.LNS.Peer.Port() == 0 || c.LNS.Weight == 0 || c.Reason == "" {
				t.Errorf("bad candidate %+v", c)
			}
		}
	})
}

// The marking of an LNS that only RADIUS knows is the retailer's, and tunnels
// with different ones are not shared.
func TestDSCPOfGrantedTunnels(t *testing.T) {
	p := newPolicy(t, Policy{Retailers: []Retailer{{
		Name: "acme", Realms: []string{"x"}, Authorize: ByRADIUS, DSCP: 34,
		LNS: []LNS{{Name: "lns1", Peer: peer("192.0.2.1:1701"), DSCP: 46}},
	}}})
	sub := Subscriber{User: "joe@x"}
	g := Grant{Tunnels: []Tunnel{{Tag: 1, Server: "192.0.2.1", Preference: 1}, {Tag: 2, Server: "192.0.2.9", Preference: 2}}}
	d := p.Decide(time.Time{}, sub, p.Route(sub), g, 0, nil)
	if got := [2]uint8{d.Candidates[0].LNS.DSCP, d.Candidates[1].LNS.DSCP}; got != [2]uint8{46, 34} {
		t.Errorf("got DSCP %v, want 46 of the LNS and 34 of the retailer", got)
	}
	a, b := d.Candidates[0].LNS, d.Candidates[0].LNS
	b.DSCP = 0
	if a.TunnelKey() == b.TunnelKey() {
		t.Error("LNSes with different DSCP share a tunnel")
	}
}
