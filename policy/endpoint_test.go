package policy

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestEndpoints(t *testing.T) {
	v4, v6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for s, want := range map[string][]endpoint{
		"":                                    nil,
		" , / ,":                              nil,
		"192.0.2.1":                           {{addr: v4}},
		"192.0.2.1:1999":                      {{addr: v4, port: 1999}},
		"2001:db8::1":                         {{addr: v6}},
		"2001:0DB8:0:0:0:0:0:1":               {{addr: v6}},
		"2001:db8::0.0.0.1":                   {{addr: v6}},
		"[2001:db8::1]":                       {{addr: v6}},
		"[2001:db8::1]:1999":                  {{addr: v6, port: 1999}},
		"::ffff:192.0.2.1":                    {{addr: v4}},
		"[::ffff:192.0.2.1]:7":                {{addr: v4, port: 7}},
		"lns1":                                {{}},
		"LNS1.acme.example":                   {{host: "lns1.acme.example"}},
		"lns1.acme.example.":                  {{host: "lns1.acme.example"}},
		"lns1.acme.example:1999":              {{host: "lns1.acme.example", port: 1999}},
		"lns_1.x-y.example":                   {{host: "lns_1.x-y.example"}},
		"lns1.acme.example:0":                 {{}},
		"lns1.acme.example:a":                 {{}},
		"300.0.2.1":                           {{}},
		"192.0.2":                             {{}},
		"192.0.2.1.":                          {{}},
		"-a.example":                          {{}},
		"a..example":                          {{}},
		"a b.example":                         {{}},
		"[192.0.2.1":                          {{}},
		"[lns.example]":                       {{}},
		"lns.example\n":                       {{host: "lns.example"}}, // space around is not of the name
		"lns.exa\nmple":                       {{}},
		"lnß.example":                         {{}},
		strings.Repeat("a", 64) + ".example":  {{}},
		strings.Repeat("a.", 127) + "example": {{}},
		"192.0.2.1,2001:db8::1":               {{addr: v4}, {addr: v6}},
		"192.0.2.1/2001:db8::1":               {{addr: v4}, {addr: v6, level: 1}},
		"192.0.2.1,lns1/2001:db8::1/lns2.example": {{addr: v4}, {}, {addr: v6, level: 1}, {host: "lns2.example", level: 2}},
		" 192.0.2.1 , , 2001:db8::1 // lns1 /":    {{addr: v4}, {addr: v6}, {level: 1}},
	} {
		got, more := endpoints(s)
		diff := cmp.Diff(want, got, cmp.AllowUnexported(endpoint{}), cmpopts.IgnoreFields(endpoint{}, "text"),
			cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
		if diff != "" || more {
			t.Errorf("%q: more %v, -want +got:\n%s", s, more, diff)
		}
	}
	if got, more := endpoints(strings.Repeat("::1/", 33)); len(got) != mostEndpoints || !more {
		t.Errorf("got %d endpoints of 33, more %v", len(got), more)
	}
}

func granting(r ...Retailer) (*Policy, *Retailer) {
	p, err := New(Policy{Retailers: r})
	if err != nil {
		panic(err)
	}
	return p, &p.Retailers[0]
}

func TestUnresolved(t *testing.T) {
	p, r := granting(Retailer{
		Name: "acme", Authorize: ByRADIUS, LNS: []LNS{{Name: "known.example"}, {Name: "a.example/b.example"}},
		Groups: []Group{{Name: "pool.example", Members: []string{"known.example"}}},
	})
	got := p.Unresolved(r, &Grant{Tunnels: []Tunnel{
		{Server: "Known.example,POOL.example/one.example:1999"},
		{Server: "a.example/b.example"},
		{Server: "bad.example", Unusable: "its type"},
		{Server: "192.0.2.1,lns1,ONE.example./two.example"},
	}})
	if diff := cmp.Diff([]string{"one.example", "two.example"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := p.Unresolved(r, &Grant{Tunnels: []Tunnel{{Server: "one.example"}}, Hosts: []Host{}}); got != nil {
		t.Errorf("got %q after they were looked up", got)
	}
	many := strings.Join(strings.Split("a.x b.x c.x d.x e.x f.x g.x h.x i.x", " "), ",")
	if got := p.Unresolved(r, &Grant{Tunnels: []Tunnel{{Server: many}}}); len(got) != mostHosts {
		t.Errorf("got %d names of 9", len(got))
	}
}

func TestSeveralEndpoints(t *testing.T) {
	p, r := granting(Retailer{
		Name: "acme", Authorize: ByRADIUS,
		LNS: []LNS{
			{Name: "lns1", Peer: peer("192.0.2.1:1701"), Secret: "one", Preference: 10},
			{Name: "lns2", Peer: peer("192.0.2.2:1701"), Secret: "two", Preference: 20},
			{Name: "lns3", Peer: peer("192.0.2.3:1701"), Secret: "three", Preference: 20},
			{Name: "lns4", Peer: peer("192.0.2.4:1701"), Secret: "four"},
		},
		Groups: []Group{{Name: "residential", Members: []string{"lns1", "lns2"}}, {Name: "pair", Members: []string{"lns2", "lns3"}}},
	})
	addr := netip.MustParseAddr
	hosts := []Host{
		{Name: "one.example", Addrs: []netip.Addr{addr("192.0.2.77"), addr("2001:db8::77")}},
		{Name: "old.example", Addrs: []netip.Addr{addr("192.0.2.78")}, Note: "as it was 5m ago"},
		{Name: "known.example", Addrs: []netip.Addr{addr("192.0.2.1")}},
		{Name: "gone.example", Note: "no such host"},
	}
	for _, tt := range []struct {
		name    string
		tunnels []Tunnel
		ranks   []string // sets of equal rank
		reasons []string // those about skipping
	}{
		{"equal", []Tunnel{{Server: "192.0.2.1,192.0.2.2", Preference: 5}}, []string{"lns1 lns2"}, nil},
		{"the configuration's order does not count inside", []Tunnel{{Server: "lns2/lns1"}}, []string{"lns2", "lns1"}, nil},
		{"ranks", []Tunnel{{Server: "lns3/lns1,lns2/lns4"}}, []string{"lns3", "lns1 lns2", "lns4"}, nil},
		{
			"preference before rank",
			[]Tunnel{{Tag: 1, Server: "lns1/lns2", Preference: 10}, {Tag: 2, Server: "lns3/lns4", Preference: 5}},
			[]string{"lns3", "lns4", "lns1", "lns2"},
			nil,
		},
		{
			"ranks of equal preference meet",
			[]Tunnel{{Tag: 1, Server: "lns1/lns2", Preference: 5}, {Tag: 2, Server: "lns3/lns4", Preference: 5}},
			[]string{"lns1 lns3", "lns2 lns4"},
			nil,
		},
		{"group", []Tunnel{{Server: "RESIDENTIAL"}}, []string{"lns1", "lns2"}, nil},
		{"group of equals", []Tunnel{{Server: "pair", Preference: 3}}, []string{"lns2 lns3"}, nil},
		{"group, then another", []Tunnel{{Server: "residential/lns4"}}, []string{"lns1", "lns2", "lns4"}, nil},
		{"group beside another", []Tunnel{{Server: "residential,lns4/lns3"}}, []string{"lns1 lns4", "lns2", "lns3"}, nil},
		{"another, then a group", []Tunnel{{Server: "lns4/residential,lns3"}}, []string{"lns4", "lns1 lns3", "lns2"}, nil},
		{"host", []Tunnel{{Server: "one.example"}}, []string{"one.example one.example"}, nil},
		{
			"host over IPv6",
			[]Tunnel{{Server: "one.example", Medium: 6}},
			[]string{"one.example"},
			[]string{"tunnel 0 skipped: 192.0.2.77 does not fit Tunnel-Medium-Type IPv6"},
		},
		{"host that is configured", []Tunnel{{Server: "known.example"}}, []string{"lns1"}, nil},
		{"old addresses", []Tunnel{{Server: "old.example"}}, []string{"old.example"}, nil},
		{
			"some of them",
			[]Tunnel{{Tag: 3, Server: "gone.example,lns9,192.0.2.1/224.0.0.1/fe80::1%eth0"}},
			[]string{"lns1"},
			[]string{
				"tunnel 3 skipped: server gone.example has no address: no such host",
				`tunnel 3 skipped: server "lns9" is neither an address nor an LNS of retailer acme`,
				`tunnel 3 skipped: server "224.0.0.1" cannot be an LNS`,
				`tunnel 3 skipped: server "fe80::1%eth0" cannot be an LNS`,
			},
		},
		{
			"family of a list",
			[]Tunnel{{Server: "192.0.2.1,2001:db8::1", Medium: 4}},
			[]string{"lns1"},
			[]string{"tunnel 0 skipped: 2001:db8::1 does not fit Tunnel-Medium-Type IPv4"},
		},
		{
			"the same twice, the better rank counts",
			[]Tunnel{{Server: "lns1/lns2/192.0.2.1"}, {Tag: 1, Server: "lns2"}},
			[]string{"lns1 lns2"},
			[]string{
				"lns1 at 192.0.2.1:1701 (RADIUS tunnel 0, configured) skipped: the same tunnel as lns1 at 192.0.2.1:1701",
				"lns2 at 192.0.2.2:1701 (RADIUS tunnel 1, configured) skipped: the same tunnel as lns2 at 192.0.2.2:1701",
			},
		},
		{"nothing but separators", []Tunnel{{Server: "/,/"}}, nil, []string{"tunnel 0 skipped: it names no server"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := p.Decide(t0, Subscriber{}, Route{Retailer: r}, Grant{Tunnels: tt.tunnels, Hosts: hosts}, 1, nil)
			if diff := cmp.Diff(tt.ranks, ranksOf(&d)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			var skipped []string
			for _, why := range d.Reasons {
				if strings.Contains(why, " skipped: ") {
					skipped = append(skipped, why)
				}
			}
			if diff := cmp.Diff(tt.reasons, skipped); diff != "" {
				t.Errorf("reasons, -want +got:\n%s", diff)
			}
		})
	}
}

// ranksOf returns the names of the candidates, those of equal rank together and
// in alphabetical order.
func ranksOf(d *Decision) (ranks []string) {
	for i := 0; i < len(d.Candidates); {
		var names []string
		for first := i; i < len(d.Candidates) && compareRank(&d.Candidates[i].LNS, &d.Candidates[first].LNS) == 0; i++ {
			names = append(names, d.Candidates[i].LNS.Name)
		}
		slices.Sort(names)
		ranks = append(ranks, strings.Join(names, " "))
	}
	return ranks
}

// What RADIUS says in one tunnel holds for all it stands for.
func TestTunnelHoldsForAllItsServers(t *testing.T) {
	p, r := granting(Retailer{
		Name: "acme", Authorize: ByRADIUS, LNS: []LNS{{Name: "lns1", Peer: peer("192.0.2.1:1701"), Secret: "own", Assignment: "own", Host: "own"}},
		Groups: []Group{{Name: "pool", Members: []string{"lns1"}}},
	})
	d := p.Decide(t0, Subscriber{}, Route{Retailer: r}, Grant{Tunnels: []Tunnel{{
		Tag: 7, Server: "pool/192.0.2.9/one.example:1999", Secret: "theirs", HasSecret: true, Assignment: "a", PrivateGroup: "g",
		ClientAuthID: "lac", ServerAuthID: "lns",
	}}, Hosts: []Host{{Name: "one.example", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.77")}}}}, 1, nil)
	if len(d.Candidates) != 3 {
		t.Fatalf("got %d candidates, want 3: %q", len(d.Candidates), d.Reasons)
	}
	for _, c := range d.Candidates {
		if l := c.LNS; l.Secret != "theirs" || l.Assignment != "a" || l.PrivateGroup != "g" || l.Host != "lac" || l.PeerHost != "lns" {
			t.Errorf("%s: got %+v", l.Name, l)
		}
	}
	if got := d.Candidates[2]; got.LNS.Peer != peer("192.0.2.77:1999") || got.Reason != "RADIUS tunnel 7, not configured: preference 0, level 3" {
		t.Errorf("got %v because %q", got.LNS.Peer, got.Reason)
	}
	if got := d.Candidates[0].Reason; got != "RADIUS tunnel 7, group pool: preference 0" {
		t.Errorf("got reason %q", got)
	}
}

// FuzzEndpoints holds that what RADIUS names is bounded, that nothing else is
// looked up than names, and that no reason spoils a log.
func FuzzEndpoints(f *testing.F) {
	for _, s := range []string{
		"192.0.2.1,192.0.2.2/lns.example:1701", "[2001:db8::1]:1701/lns1", "/,,/", "::ffff:1.2.3.4", "a.b.", "x\n.y", "fe80::1%e,1",
		"pool/pool", strings.Repeat("1.2.3.4,", 40),
	} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(4))
	}
	p, r := granting(Retailer{
		Name: "acme", Authorize: ByRADIUS, LNS: []LNS{{Name: "lns1", Peer: peer("192.0.2.1:1701")}, {Name: "lns2", Peer: peer("192.0.2.2:1701")}},
		Groups: []Group{{Name: "pool", Members: []string{"lns1", "lns2"}}},
	})
	f.Fuzz(func(t *testing.T, server string, medium uint8) {
		g := Grant{Tunnels: []Tunnel{{Server: server, Medium: medium}}}
		names := p.Unresolved(r, &g)
		g.Hosts = []Host{}
		for _, n := range names {
			if !isHost(n) || n != Lower(n) {
				t.Errorf("%q is to be looked up", n)
			}
			g.Hosts = append(g.Hosts, Host{Name: n, Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.9")}})
		}
		d := p.Decide(t0, Subscriber{}, Route{Retailer: r}, g, 1, nil)
		if len(d.Candidates) > 2*mostEndpoints {
			t.Errorf("%d candidates", len(d.Candidates))
		}
		for _, c := range d.Candidates {
			if a := c.LNS.Peer.Addr(); !a.IsValid() || a.IsMulticast() || a.IsUnspecified() {
				t.Errorf("candidate %v", a)
			}
		}
		for _, why := range d.Reasons {
			if strings.ContainsFunc(why, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("reason %q", why)
			}
		}
	})
}
