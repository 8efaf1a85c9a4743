package radius

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"

	"lacd/policy"
)

// accept returns an Access-Accept with the attributes given as octets.
func accept(tb testing.TB, attributes string) *layeh.Packet {
	tb.Helper()
	a, err := layeh.ParseAttributes(unhex(attributes))
	if err != nil {
		tb.Fatal(err)
	}
	return &layeh.Packet{Code: layeh.CodeAccessAccept, Attributes: a}
}

const everything = `
	06 06 00000002                              # Service-Type Framed
	07 06 00000001                              # Framed-Protocol PPP
	01 06 6e656d6f                              # User-Name
	19 05 010203                                # Class
	19 04 00ff                                  # Class
	1b 06 00000e10                              # Session-Timeout
	1c 06 00000258                              # Idle-Timeout
	55 06 00000384                              # Acct-Interim-Interval
	0b 05 616263                                # Filter-Id
	08 06 c0000207                              # Framed-IP-Address
	c8 03 01                                    # unknown type 200
	1a 09 00000009 010365                       # unknown vendor
	40 06 01 000003                             # Tunnel-Type L2TP, tag 1
	41 06 01 000001                             # Tunnel-Medium-Type IPv4
	42 0c 01 3139322e302e322e31                 # Tunnel-Client-Endpoint
	43 0c 01 3139322e302e322e39                 # Tunnel-Server-Endpoint
	45 15 01 802a4530ab6322df917ac670dc188af2e809 # Tunnel-Password, 15 octets
	51 06 01 677270                             # Tunnel-Private-Group-ID
	52 06 01 61732d                             # Tunnel-Assignment-ID
	53 06 01 00000a                             # Tunnel-Preference
	5a 07 01 6c616331                           # Tunnel-Client-Auth-ID
	5b 07 01 6c6e7331                           # Tunnel-Server-Auth-ID
`

func TestGrantEverything(t *testing.T) {
	got, err := Grant(accept(t, everything), secret, request)
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Grant{
		User:            "nemo",
		Class:           [][]byte{{1, 2, 3}, {0, 255}},
		SessionTimeout:  time.Hour,
		IdleTimeout:     10 * time.Minute,
		InterimInterval: 15 * time.Minute,
		Tunnels: []policy.Tunnel{{
			Tag: 1, Client: "192.0.2.1", Server: "192.0.2.9", Medium: 4, Secret: "abcdefghijklmno", HasSecret: true,
			PrivateGroup: "grp", Assignment: "as-", Preference: 10, ClientAuthID: "lac1", ServerAuthID: "lns1",
		}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestGrantNothing(t *testing.T) {
	got, err := Grant(accept(t, ""), secret, request)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(policy.Grant{}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestGrantRefuses(t *testing.T) {
	for _, tt := range []struct{ name, attributes, want string }{
		{"Login", "06 06 00000001", "Service-Type 1 is not supported"},
		{"Service-Type of 3 octets", "06 05 000002", "Service-Type has 3 octets"},
		{"SLIP", "07 06 00000002", "Framed-Protocol 2 is not supported"},
		{"Session-Timeout of 3 octets", "1b 05 000e10", "Session-Timeout has 3 octets, want 4"},
		{"Idle-Timeout of 5 octets", "1c 07 0000000258", "Idle-Timeout has 5 octets"},
		{"empty Acct-Interim-Interval", "55 02", "Acct-Interim-Interval has 0 octets"},
		{"empty Class", "19 02", "an empty Class"},
		{"empty User-Name", "01 02", "an empty User-Name"},
		{"Tunnel-Type of 3 octets", "40 05 010003", "Tunnel-Type has 3 octets"},
		{"Tunnel-Preference of 5 octets", "53 07 0100000a0b", "Tunnel-Preference has 5 octets"},
		{"empty Tunnel-Server-Endpoint", "43 02", "an empty Tunnel-Server-Endpoint"},
		{"PPTP only", "40 06 01000001 41 06 01000001 43 0b 01 31302e302e302e31", "no usable tunnel: tag 1: Tunnel-Type 1 (PPTP) is not L2TP"},
		{"no endpoint", "40 06 00000003", "no usable tunnel: tag 0: no Tunnel-Server-Endpoint"},
		{"empty endpoint", "40 06 01000003 43 03 01", "no usable tunnel: tag 1: no Tunnel-Server-Endpoint"},
		{"no type", "43 0b 01 31302e302e302e31", "no usable tunnel: tag 1: no Tunnel-Type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := Grant(accept(t, tt.attributes), secret, request)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
			if d := cmp.Diff(policy.Grant{}, g); d != "" {
				t.Errorf("a refused grant is not empty:\n%s", d)
			}
		})
	}
}

func FuzzGrant(f *testing.F) {
	f.Add(unhex(everything))
	f.Add(unhex("40 06 00000003 43 0b 3139322e302e322e39"))
	f.Add(unhex("45 15 01 802a4530ab6322df917ac670dc188af2e809"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := layeh.ParseAttributes(b)
		if err != nil {
			return
		}
		g, err := Grant(&layeh.Packet{Attributes: a}, secret, request)
		if err != nil {
			return
		}
		usable := len(g.Tunnels) == 0
		tags := map[uint8]bool{}
		for _, tunnel := range g.Tunnels {
			usable = usable || tunnel.Unusable == ""
			if tags[tunnel.Tag] || tunnel.Tag > maxTag {
				t.Errorf("tag %d", tunnel.Tag)
			}
			tags[tunnel.Tag] = true
			if tunnel.Unusable == "" && tunnel.Server == "" {
				t.Error("a usable tunnel has no server")
			}
		}
		if !usable {
			t.Errorf("no tunnel of %+v can be used", g)
		}
	})
}

func BenchmarkGrant(b *testing.B) {
	p := accept(b, everything)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Grant(p, secret, request); err != nil {
			b.Fatal(err)
		}
	}
}

func TestGrantAllocations(t *testing.T) {
	p := accept(t, everything)
	got := testing.AllocsPerRun(100, func() { _, _ = Grant(p, secret, request) })
	if budget := 24.0; got > budget {
		t.Errorf("got %v allocations per Grant, want at most %v", got, budget)
	}
}
