package client

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/policy"
	"lacd/radius"
	"lacd/radius/acct"
	"lacd/radius/radiustest"
	"lacd/radius/radiustest/freeradius"
)

const freeUsers = `nemo Cleartext-Password := "arctangent"
	Tunnel-Type:1 := L2TP, Tunnel-Medium-Type:1 := IPv4, Tunnel-Server-Endpoint:1 := "192.0.2.9"
`

// freeRADIUS is a private instance.
type freeRADIUS struct {
	freeradius.Config
	addr netip.AddrPort
}

// newFreeRADIUS writes its files: one user, signed answers, on the loopback. Only where FreeRADIUS is not installed, and
// nobody has promised it, the test is skipped.
func newFreeRADIUS(tb testing.TB, overTLS bool) *freeRADIUS {
	tb.Helper()
	if _, err := exec.LookPath("freeradius"); err != nil {
		if os.Getenv("LACD_TEST_ROOT") == "1" {
			tb.Fatal("freeradius is not installed: deploy/lab/deps")
		}
		tb.Skip("freeradius is not installed")
	}
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	f := &freeRADIUS{addr: pc.LocalAddr().(*net.UDPAddr).AddrPort()}
	_ = pc.Close() // its port is free now, and FreeRADIUS takes it
	f.Config = freeradius.Config{
		Dir: tb.TempDir(), Addr: "127.0.0.1", Auth: f.addr.Port(), TLS: overTLS, Client: "127.0.0.1", Secret: sharedSecret, Users: freeUsers,
	}
	if err := f.Write(); err != nil {
		tb.Fatal(err)
	}
	return f
}

// start runs it until the test ends.
func (f *freeRADIUS) start(tb testing.TB) netip.AddrPort {
	tb.Helper()
	args := f.Command()
	cmd := exec.Command(args[0], args[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	var said strings.Builder
	ready, drained := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drained)
		told := false
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if !told && strings.Contains(lines.Text(), freeradius.Ready) {
				told = true
				close(ready)
			}
			if said.Len() < 1<<14 {
				said.WriteString(lines.Text() + "\n")
			}
		}
	}()
	tb.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-drained
		_ = cmd.Wait() // killed
		if tb.Failed() {
			tb.Logf("freeradius:\n%s", &said)
		}
	})
	select {
	case <-ready:
	case <-drained:
		tb.Fatalf("freeradius does not start:\n%s", &said)
	case <-time.After(30 * time.Second):
		tb.Fatal("freeradius is not ready after 30s")
	}
	return f.addr
}

// RADIUS over TLS, with FreeRADIUS: both kinds, each over its connection.
func TestFreeRADIUSOverTLS(t *testing.T) {
	f := newFreeRADIUS(t, true)
	ca := radiustest.NewAuthority(t)
	f.certify(t, ca)
	addr := f.start(t)
	answers := make(chan Answer, 20)
	c, err := New(Config{
		NAS:     NAS{Identifier: "lac1"},
		Servers: []Server{{Name: "free", Auth: addr, Acct: addr, Secret: radsec, TLS: ca.Client(t, "")}},
	}, nil, func(a Answer) { answers <- a })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for ref := range uint64(20) {
		c.Authenticate(ref, access("arctangent"))
	}
	want := []policy.Tunnel{{Tag: 1, Server: "192.0.2.9", Medium: 4}}
	for range 20 {
		a := <-answers
		if d := cmp.Diff(want, a.Grant.Tunnels); a.Verdict != Accepted || d != "" {
			t.Fatalf("got %+v, tunnels -want +got:\n%s", a, d)
		}
	}
	c.Authenticate(20, access("wrong"))
	if a := <-answers; a.Verdict != Rejected {
		t.Errorf("wrong password: got %+v, want rejected", a)
	}
	c.Account(acct.Record{Status: acct.Start, Session: "a", EventTime: time.Now()})
	if err := c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := c.Stats()
	if st.Auth[0].Sockets != 1 || st.Acct[0].Sockets != 1 || st.Auth[0].Disconnects+st.Acct[0].Disconnects != 0 {
		t.Errorf("got %+v and %+v, want a connection each", st.Auth[0], st.Acct[0])
	}
}

// certify gives it its certificate, and the authority that clients must have theirs
// from.
func (f *freeRADIUS) certify(t *testing.T, ca *radiustest.Authority) {
	t.Helper()
	pool, cert, key := ca.PEM(t, "127.0.0.1")
	for name, text := range map[string][]byte{freeradius.AuthorityFile: pool, freeradius.CertFile: cert, freeradius.KeyFile: key} {
		if err := os.WriteFile(filepath.Join(f.Dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Where one does not know the other's authority nobody is let in, nothing is
// accounted, and it is told why.
func TestFreeRADIUSOverTLSOfAnother(t *testing.T) {
	f := newFreeRADIUS(t, true)
	ca, other := radiustest.NewAuthority(t), radiustest.NewAuthority(t)
	f.certify(t, ca)
	addr := f.start(t)
	ours := ca.Client(t, "")
	ours.RootCAs = other.Pool
	theirs := other.Client(t, "")
	theirs.RootCAs = ca.Pool
	for _, tt := range []struct {
		name, why string
		tls       *tls.Config
	}{
		{"we do not know the server's", "certificate signed by unknown authority", ours},
		{"the server does not know ours", "does not accept our certificate", theirs},
	} {
		t.Run(tt.name, func(t *testing.T) {
			type parting struct {
				kind radius.Kind
				why  string
			}
			answers, partings := make(chan Answer, 1), make(chan parting, 100)
			c, err := New(Config{
				NAS: NAS{Identifier: "lac1"},
				Servers: []Server{{
					Name: "free", Auth: addr, Acct: addr, Secret: radsec, TLS: tt.tls, Timeout: 10 * time.Second, Tries: 1,
				}},
				Disconnected: func(_ string, kind radius.Kind, err error) {
					select {
					case partings <- parting{kind, err.Error()}:
					default: // there are enough
					}
				},
			}, nil, func(a Answer) { answers <- a })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			c.Authenticate(1, access("arctangent"))
			c.Account(acct.Record{Status: acct.Start, Session: "a", EventTime: time.Now()})
			if a := <-answers; a.Verdict != NoServer {
				t.Errorf("got %+v, want no server", a)
			}
			told := make(map[radius.Kind]bool)
			for len(told) < 2 {
				p := <-partings
				if !strings.Contains(p.why, tt.why) {
					t.Fatalf("got %q, want %q", p.why, tt.why)
				}
				told[p.kind] = true
			}
			if st := c.Stats(); st.Queue.Queued != 1 {
				t.Errorf("got %d records that wait, want the one", st.Queue.Queued)
			}
		})
	}
}

// FreeRADIUS that is away, and then there, is found by Status-Server.
func TestFreeRADIUSStatusServer(t *testing.T) {
	f := newFreeRADIUS(t, false)
	answers, lives := make(chan Answer, 2), make(chan struct{}, 100) // it may die again on a busy machine
	c, err := New(Config{
		NAS: NAS{Identifier: "lac1"},
		Servers: []Server{{
			Name: "free", Auth: f.addr, Secret: policy.Secret(sharedSecret), RequireMessageAuthenticator: true,
			Timeout: 100 * time.Millisecond, DeadTime: 200 * time.Millisecond, Tries: 6, Probe: radius.ByStatus,
		}},
		ServerChanged: func(_ string, _ radius.Kind, dead bool) {
			if !dead {
				lives <- struct{}{}
			}
		},
	}, nil, func(a Answer) { answers <- a })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	c.Authenticate(1, access("arctangent"))
	if a := <-answers; a.Verdict != NoServer {
		t.Fatalf("got %+v, want no server yet", a)
	}
	f.start(t)
	<-lives
	c.Authenticate(2, access("arctangent"))
	if a := <-answers; a.Verdict != Accepted {
		t.Errorf("got %+v, want accepted", a)
	}
}
