package client

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/radius"
	"lacd/radius/acct"
	"lacd/radius/radiustest"
)

const radsec = "radsec"

// overTLS is a rig whose server is reached by TLS over pipes.
type overTLS struct {
	*rig
	server  *radiustest.Server
	streams *radiustest.Streams
	errors  []string
}

func newTLSRig(t *testing.T, change func(*Config)) *overTLS {
	t.Helper()
	ca := radiustest.NewAuthority(t)
	s := radiustest.New(radsec)
	s.SetUser("nemo", radiustest.User{Password: "arctangent"})
	r := &overTLS{rig: &rig{t: t}, server: s, streams: radiustest.NewStreams(t, s, ca.Server(t, "radius.example"))}
	addr := netip.MustParseAddrPort("10.0.0.1:2083")
	cfg := Config{
		NAS:     NAS{Identifier: "lac1"},
		Servers: []Server{{Name: "r1", Auth: addr, Acct: addr, Secret: radsec, TLS: ca.Client(t, "radius.example")}},
		Disconnected: func(server string, _ radius.Kind, err error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.errors = append(r.errors, server+": "+err.Error())
		},
		ServerChanged: func(server string, _ radius.Kind, dead bool) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.changes = append(r.changes, server+map[bool]string{true: " dead", false: " lives"}[dead])
		},
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg, r.streams, r.answer)
	if err != nil {
		t.Fatal(err)
	}
	r.c = c
	t.Cleanup(func() { _ = c.Close() })
	return r
}

// Many requests share a connection; accounting has its own.
func TestRadSec(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTLSRig(t, nil)
		const n = 200
		for ref := range uint64(n) {
			r.ask(ref)
		}
		r.c.Account(acct.Record{Status: acct.Start, Session: "a", EventTime: time.Now()})
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := r.got()
		if len(got) != n {
			t.Fatalf("got %d answers, want %d", len(got), n)
		}
		for _, a := range got {
			if a.Verdict != Accepted || a.Server != "r1" {
				t.Errorf("got %+v, want accepted", a)
			}
		}
		if d := len(r.streams.Dialed()); d != 2 || len(r.server.Accounting()) != 1 {
			t.Errorf("got %d connections, %d records, want 2 and 1", d, len(r.server.Accounting()))
		}
	})
}

// Over real sockets, from the address that the server asks for.
func TestRadSecTCP(t *testing.T) {
	ca := radiustest.NewAuthority(t)
	s := radiustest.New(radsec)
	s.SetUser("nemo", radiustest.User{Password: "arctangent"})
	addr := s.ListenTLS(t, ca.Server(t, "127.0.0.1"))
	answers := make(chan Answer, 1)
	source := netip.MustParseAddr("127.0.0.2")
	c, err := New(Config{
		NAS:     NAS{Identifier: "lac1"},
		Servers: []Server{{Name: "r1", Auth: addr, Secret: radsec, TLS: ca.Client(t, ""), Source: source}},
	}, nil, func(a Answer) { answers <- a })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	c.Authenticate(1, access("arctangent"))
	if a := <-answers; a.Verdict != Accepted {
		t.Fatalf("got %+v, want accepted", a)
	}
	if from := netip.MustParseAddrPort(s.Requests()[0].From); from.Addr() != source {
		t.Errorf("got source %v, want %v", from.Addr(), source)
	}
}

// Who cannot be trusted gets no request, and the operator is told why.
func TestRadSecUntrusted(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, client, server *tls.Config)
		want   string
	}{
		{"another name", func(_ *testing.T, c, _ *tls.Config) { c.ServerName = "other.example" }, "not other.example"},
		{"the address", func(_ *testing.T, c, _ *tls.Config) { c.ServerName = "" }, "10.0.0.1"},
		{"another authority", func(t *testing.T, c, _ *tls.Config) {
			c.RootCAs = radiustest.NewAuthority(t).Pool
		}, "unknown authority"},
		{"our certificate is not liked", func(t *testing.T, _, s *tls.Config) {
			s.ClientCAs = radiustest.NewAuthority(t).Pool
		}, "tls: "},
		{"we have no certificate", func(_ *testing.T, c, _ *tls.Config) { c.Certificates = nil }, "tls: certificate required"},
		{"TLS 1.1", func(_ *testing.T, c, s *tls.Config) {
			c.MinVersion, s.MinVersion, s.MaxVersion = tls.VersionTLS10, tls.VersionTLS10, tls.VersionTLS11
		}, "protocol version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ca := radiustest.NewAuthority(t)
				server := ca.Server(t, "radius.example")
				r := newTLSRig(t, func(c *Config) {
					c.Servers[0].TLS = ca.Client(t, "radius.example")
					tt.change(t, c.Servers[0].TLS, server)
				})
				r.streams = radiustest.NewStreams(t, r.server, server)
				r.c.dial = r.streams // before anything is asked
				r.ask(1)
				if got := r.one(time.Second); got.Verdict != NoServer {
					t.Errorf("got %+v, want no server, at once", got)
				}
				if n := len(r.server.Requests()); n != 0 {
					t.Errorf("%d requests were shown to it", n)
				}
				if len(r.errors) != 1 || !strings.Contains(r.errors[0], tt.want) {
					t.Errorf("the operator reads %q, want %q", r.errors, tt.want)
				}
				if d := cmp.Diff([]string{"r1 dead"}, r.changes); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
			})
		})
	}
}

// A connection that breaks under requests: they are asked once more, on a new
// one, and nobody waits for a timeout.
func TestRadSecBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTLSRig(t, nil)
		r.ask(1)
		r.one(0)
		r.server.SetKnobs(radiustest.Knobs{Silent: true})
		for ref := range uint64(50) {
			r.ask(2 + ref)
		}
		synctest.Wait()
		r.server.SetKnobs(radiustest.Knobs{})
		r.streams.Break()
		start := time.Now()
		got := r.got()
		if len(got) != 51 || time.Since(start) != 0 {
			t.Fatalf("got %d answers after %v, want all 51 at once", len(got), time.Since(start))
		}
		for _, a := range got {
			if a.Verdict != Accepted {
				t.Errorf("got %+v, want accepted", a)
			}
		}
		if st := r.c.Stats().Auth[0]; st.Disconnects != 1 || st.Dead {
			t.Errorf("got %+v, want one broken connection of a server that lives", st)
		}
	})
}

// A server that is away is tried again by Status-Server, less and less often,
// and used when it is back, whether somebody asks meanwhile or not.
func TestRadSecReconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTLSRig(t, func(c *Config) { c.Servers[0].Probe, c.Servers[0].DeadTime = radius.ByStatus, 8*time.Second })
		r.streams.Refuse(errors.New("connection refused"))
		start := time.Now()
		for ref := range uint64(300) {
			r.ask(ref)
			time.Sleep(100 * time.Millisecond)
		}
		var got []time.Duration
		for _, at := range r.streams.Dialed() {
			got = append(got, at.Sub(start))
		}
		s := time.Second
		if d := cmp.Diff([]time.Duration{0, s, 3 * s, 7 * s, 15 * s, 23 * s}, got); d != "" {
			t.Errorf("connected at: -want +got:\n%s", d)
		}
		if n := len(r.got()); n != 300 {
			t.Errorf("got %d answers, want 300", n)
		}
		r.streams.Refuse(nil)
		time.Sleep(2 * s)
		synctest.Wait()
		if d := cmp.Diff([]string{"r1 dead", "r1 lives"}, r.changes); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		r.ask(1000)
		if a := r.got()[300]; a.Verdict != Accepted {
			t.Errorf("got %+v, want accepted", a)
		}
	})
}

// A server that stops reading does not stop the loop, and what waits for it is
// bounded.
func TestRadSecStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends []net.Conn
		var mu sync.Mutex // guards ends
		mute := dialFunc(func() (net.Conn, error) {
			ours, theirs := net.Pipe() // whose other end nobody reads
			mu.Lock()
			defer mu.Unlock()
			ends = append(ends, theirs)
			return ours, nil
		})
		r := newTLSRig(t, nil)
		r.c.dial = mute // before anything is asked
		for ref := range uint64(20) {
			r.ask(ref)
		}
		synctest.Wait()
		r.c.Stats() // answers while the handshake hangs
		if got := r.unserved(11 * time.Second); got != 20 {
			t.Errorf("got %d answers, want 20 without a server", got)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, c := range ends {
			_ = c.Close() // a pipe's does not fail
		}
	})
}

type dialFunc func() (net.Conn, error)

func (f dialFunc) Dial(netip.AddrPort) (net.Conn, error) { return f() }

// unserved waits d and counts who found no server.
func (r *overTLS) unserved(d time.Duration) (n int) {
	time.Sleep(d)
	for _, a := range r.got() {
		if a.Verdict == NoServer {
			n++
		}
	}
	return n
}

// Octets that are no packet end the connection, after the answers before them.
func TestRadSecFraming(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mangle func(b []byte) []byte
		want   string
	}{
		{"Length 19", func([]byte) []byte { return []byte{2, 1, 0, 19, 0} }, "length"},
		{"Length 4097", func([]byte) []byte { return []byte{2, 1, 16, 1, 0} }, "length"},
		{"an answer, then text", func(b []byte) []byte { return append(b, "HTTP/1.1 400 Bad Request"...) }, "length"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newTLSRig(t, nil)
				r.server.SetKnobs(radiustest.Knobs{Mangle: tt.mangle})
				r.ask(1)
				r.one(0)
				if len(r.errors) == 0 || !strings.Contains(r.errors[0], tt.want) {
					t.Errorf("got %q, want a broken frame", r.errors)
				}
				if st := r.c.Stats().Auth[0]; st.Disconnects == 0 {
					t.Error("the connection is still open")
				}
			})
		})
	}
}

// Answers may come together, or an octet at a time.
func TestRadSecPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := radiustest.NewAuthority(t)
		server := ca.Server(t, "radius.example")
		r := newTLSRig(t, func(c *Config) { c.Servers[0].TLS = ca.Client(t, "radius.example") })
		r.c.dial = dialFunc(func() (net.Conn, error) { // before anything is asked
			ours, theirs := net.Pipe()
			go r.server.ServeStream(slow{tls.Server(theirs, server)})
			return ours, nil
		})
		for ref := range uint64(5) {
			r.ask(ref)
		}
		got := r.got()
		if len(got) != 5 {
			t.Fatalf("got %d answers, want 5", len(got))
		}
		for _, a := range got {
			if a.Verdict != Accepted {
				t.Errorf("got %+v, want accepted", a)
			}
		}
	})
}

// slow writes an octet at a time.
type slow struct{ net.Conn }

func (s slow) Write(b []byte) (int, error) {
	for i := range b {
		if n, err := s.Conn.Write(b[i : i+1]); err != nil {
			return i + n, err
		}
	}
	return len(b), nil
}

// A connection from which nothing comes is found out by Status-Server and
// replaced; a server that answers keeps it.
func TestRadSecWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTLSRig(t, func(c *Config) { c.Servers[0].Probe = radius.ByStatus })
		r.ask(1)
		r.one(0)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if st := r.c.Stats().Auth[0]; st.Probes != 10 || st.ProbesHeard != 10 || st.Sockets != 1 || len(r.streams.Dialed()) != 1 {
			t.Errorf("got %+v, want one connection, asked about every 30s", st)
		}
		r.server.SetKnobs(radiustest.Knobs{Silent: true})
		time.Sleep(time.Minute)
		synctest.Wait()
		if st := r.c.Stats().Auth[0]; st.Sockets != 0 || st.Disconnects != 1 {
			t.Errorf("got %+v, want the connection given up", st)
		}
		r.server.SetKnobs(radiustest.Knobs{})
		r.ask(2)
		if got := r.got(); len(got) != 2 || got[1].Verdict != Accepted {
			t.Errorf("got %+v, want an answer over a new connection", got)
		}
	})
}

// A stream that is closed before it is connected leaves nothing behind, and one
// that nobody empties takes no more than it must.
func TestStreamQueue(t *testing.T) {
	k := &stream{wake: make(chan struct{}, 1)}
	for i := range maxQueued {
		if n, err := k.Write([]byte{1}); n != 1 || err != nil {
			t.Fatalf("write %d: got %d, %v", i, n, err)
		}
	}
	if _, err := k.Write([]byte{1}); !errors.Is(err, errStalled) {
		t.Errorf("got %v, want %v", err, errStalled)
	}
	if got := len(k.take(nil)); got != maxQueued {
		t.Errorf("got %d packets, want %d", got, maxQueued)
	}
}

var _ io.WriteCloser = (*stream)(nil)
