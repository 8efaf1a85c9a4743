package client

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"lacd/policy"
	"lacd/radius/acct"
	"lacd/radius/radiustest"
)

// Real sockets over the loopback, against the same server.
func TestUDP(t *testing.T) {
	s := radiustest.New(sharedSecret)
	s.SetUser("nemo", radiustest.User{Password: "arctangent"})
	addr := s.Listen(t)
	answers := make(chan Answer, 600)
	c, err := New(Config{
		NAS:   NAS{Identifier: "lac1"},
		Local: netip.MustParseAddr("127.0.0.1"),
		Servers: []Server{{
			Name: "r1", Auth: addr, Acct: addr, Secret: policy.Secret(sharedSecret), RequireMessageAuthenticator: true,
		}},
	}, nil, func(a Answer) { answers <- a })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	const n = 600 // more than two sockets' identifiers
	for ref := range uint64(n) {
		c.Authenticate(ref, access("arctangent"))
	}
	seen := map[uint64]bool{}
	for range n {
		a := <-answers
		if a.Verdict != Accepted || seen[a.Ref] {
			t.Fatalf("got %+v, want every request accepted once", a)
		}
		seen[a.Ref] = true
	}
	c.Account(acct.Record{Status: acct.Start, Session: "a", EventTime: time.Now()})
	if err := c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(s.Accounting()); got != 1 {
		t.Errorf("got %d records, want 1", got)
	}
}

// A port that nobody listens on sends ICMP errors: not an answer, and not the
// end of the socket.
func TestUDPRefused(t *testing.T) {
	answers := make(chan Answer, 1)
	addr := netip.MustParseAddrPort("127.0.0.1:9") // discard, not running in tests
	c, err := New(Config{
		NAS:     NAS{Identifier: "lac1"},
		Servers: []Server{{Name: "r1", Auth: addr, Secret: "x", Timeout: 10 * time.Millisecond}},
	}, nil, func(a Answer) { answers <- a })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	c.Authenticate(1, access("x"))
	if a := <-answers; a.Verdict != NoServer {
		t.Errorf("got %+v, want no server", a)
	}
	if st := c.Stats().Auth[0]; st.Sent != 3 {
		t.Errorf("got %+v, want 3 transmissions", st)
	}
}

// Servers have sources of their own, and IPv6 addresses; secrets may be long.
func TestUDPSources(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 15) + "0123456789abcde" // 255 octets
	for _, tt := range []struct{ server, source, want string }{
		{"127.0.0.1", "127.0.0.3", "127.0.0.3"},
		{"127.0.0.1", "", "127.0.0.2"}, // that of all
		{"::1", "::1", "::1"},
	} {
		t.Run(tt.server+" from "+tt.source, func(t *testing.T) {
			s := radiustest.New(long)
			s.SetUser("nemo", radiustest.User{Password: "arctangent"})
			server := Server{
				Name: "r1", Auth: s.ListenAt(t, netip.MustParseAddr(tt.server)), Secret: policy.Secret(long), RequireMessageAuthenticator: true,
			}
			if tt.source != "" {
				server.Source = netip.MustParseAddr(tt.source)
			}
			answers := make(chan Answer, 1)
			c, err := New(Config{
				NAS: NAS{Identifier: "lac1"}, Local: netip.MustParseAddr("127.0.0.2"), Servers: []Server{server},
			}, nil, func(a Answer) { answers <- a })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			c.Authenticate(1, access("arctangent"))
			if a := <-answers; a.Verdict != Accepted {
				t.Errorf("got %+v, want accepted", a)
			}
			if from := netip.MustParseAddrPort(s.Requests()[0].From).Addr().Unmap().String(); from != tt.want {
				t.Errorf("got source %s, want %s", from, tt.want)
			}
		})
	}
}
