package client

import (
	"bytes"
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/radius"
	"lacd/radius/radiustest"
)

// Whatever comes instead of the answer, or before it, is discarded, the
// schedule of retransmissions stays the same, and the genuine answer to the
// retransmission still counts.
func TestHostileReplies(t *testing.T) {
	change := func(at int, with byte) func([]byte) []byte {
		return func(b []byte) []byte { b[at] ^= with; return b }
	}
	for _, tt := range []struct {
		name   string
		knobs  radiustest.Knobs
		drop   radius.Drop
		unsafe bool // the server may leave the Message-Authenticator out
	}{
		{"Response Authenticator of another secret", radiustest.Knobs{WrongAuthenticator: true}, radius.DropAuthenticator, false},
		{"a bit of the Response Authenticator", radiustest.Knobs{Mangle: change(4, 0x80)}, radius.DropAuthenticator, false},
		{"its last octet", radiustest.Knobs{Mangle: change(19, 1)}, radius.DropAuthenticator, false},
		{"Message-Authenticator of another secret", radiustest.Knobs{WrongSignature: true}, radius.DropSignature, false},
		{"the same where none is required", radiustest.Knobs{WrongSignature: true}, radius.DropSignature, true},
		{"no Message-Authenticator", radiustest.Knobs{Unsigned: true}, radius.DropUnsigned, false},
		{"neither is right", radiustest.Knobs{Unsigned: true, WrongAuthenticator: true}, radius.DropAuthenticator, true},
		{"an attribute changed", radiustest.Knobs{Mangle: func(b []byte) []byte { b[len(b)-1] ^= 1; return b }}, radius.DropSignature, false},
		{"a reject made an accept", radiustest.Knobs{Mangle: change(0, 2^3)}, radius.DropSignature, false},
		{"an octet short", radiustest.Knobs{Mangle: func(b []byte) []byte { return b[:len(b)-1] }}, radius.DropShort, false},
		{"the header alone", radiustest.Knobs{Mangle: func(b []byte) []byte { return b[:20] }}, radius.DropShort, false},
		{"half a header", radiustest.Knobs{Mangle: func(b []byte) []byte { return b[:10] }}, radius.DropShort, false},
		{"cut, and Length made to fit", radiustest.Knobs{Mangle: func(b []byte) []byte {
			binary.BigEndian.PutUint16(b[2:], 38)
			return b[:38]
		}}, radius.DropSignature, false},
		{"Length below the header", radiustest.Knobs{Mangle: func(b []byte) []byte {
			binary.BigEndian.PutUint16(b[2:], 19)
			return b
		}}, radius.DropShort, false},
		{"Access-Request", radiustest.Knobs{Mangle: func(b []byte) []byte { b[0] = 1; return b }}, radius.DropCode, false},
		{"Accounting-Response", radiustest.Knobs{Mangle: func(b []byte) []byte { b[0] = 5; return b }}, radius.DropCode, false},
		{"Disconnect-ACK", radiustest.Knobs{Mangle: func(b []byte) []byte { b[0] = 41; return b }}, radius.DropCode, false},
		{"another identifier", radiustest.Knobs{WrongID: true}, radius.DropUnknown, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1, func(c *Config) { c.Servers[0].RequireMessageAuthenticator = !tt.unsafe })
				if tt.name == "a reject made an accept" {
					r.servers[0].SetUser("nemo", radiustest.User{Password: "other"})
				}
				r.servers[0].SetKnobs(tt.knobs)
				start := time.Now()
				r.ask(1)
				time.Sleep(1500 * time.Millisecond) // less than the first timeout
				if got := r.got(); len(got) != 0 {
					t.Fatalf("got %+v, want it discarded", got)
				}
				if got := r.c.Stats().Auth[0].Dropped; got[tt.drop] != 1 {
					t.Errorf("got %v dropped, want one for %v", got, tt.drop)
				}
				r.servers[0].SetUser("nemo", radiustest.User{Password: "arctangent"})
				r.servers[0].SetKnobs(radiustest.Knobs{})
				if got := r.one(time.Second); got.Verdict != Accepted {
					t.Errorf("after the retransmission: got %+v, want accepted", got)
				}
				all := r.servers[0].Requests()
				if len(all) != 2 || !bytes.Equal(all[0].Raw, all[1].Raw) {
					t.Fatalf("got %d requests, want the same one twice", len(all))
				}
				if rt := all[1].Time.Sub(start); rt < 1800*time.Millisecond || rt > 2200*time.Millisecond {
					t.Errorf("sent again after %v, want 2s within a tenth", rt)
				}
			})
		})
	}
}

// Answers that come twice, late, or in another order answer each request once,
// and the right one.
func TestRepliesOutOfOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		s := r.servers[0]
		s.SetUser("nemo", radiustest.User{Password: "arctangent"})
		s.SetKnobs(radiustest.Knobs{Delay: 900 * time.Millisecond, Twice: true})
		r.ask(1)
		time.Sleep(100 * time.Millisecond)
		s.SetKnobs(radiustest.Knobs{Delay: 500 * time.Millisecond, Twice: true})
		r.c.Authenticate(2, access("wrong"))
		time.Sleep(100 * time.Millisecond)
		s.SetKnobs(radiustest.Knobs{Twice: true})
		r.ask(3)
		time.Sleep(10 * time.Second)
		var got []string
		for _, a := range r.got() {
			got = append(got, string(rune('0'+a.Ref))+" "+a.Verdict.String())
		}
		if d := cmp.Diff([]string{"3 accepted", "2 rejected", "1 accepted"}, got); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		st := r.c.Stats().Auth[0]
		if st.Dropped[radius.DropUnknown] != 3 || st.Sent != 3 || st.InFlight != 0 {
			t.Errorf("got %+v, want three requests and three duplicates", st)
		}
	})
}

// An answer that comes when its request has been given up, or has gone on to
// another server, answers nothing; neither does one on a socket that is closed.
func TestRepliesTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, func(c *Config) { c.DeadAfter = 100 })
		r.servers[0].SetKnobs(radiustest.Knobs{Delay: 20 * time.Second})
		r.ask(1)
		if got := r.one(16 * time.Second); got.Verdict != Accepted || got.Server != "r2" {
			t.Fatalf("got %+v, want accepted by r2", got)
		}
		time.Sleep(30 * time.Second)
		st := r.c.Stats().Auth[0]
		if len(r.got()) != 1 || st.Answered != 0 || st.Dropped[radius.DropUnknown] != 3 {
			t.Errorf("got %d answers, %+v, want three late replies dropped", len(r.got()), st)
		}

		r.servers[0].SetKnobs(radiustest.Knobs{Delay: 5 * time.Minute})
		r.ask(2)
		time.Sleep(4 * time.Minute)
		if open, _ := r.net.Sockets(); open != 0 {
			t.Fatalf("%d sockets are open", open)
		}
		time.Sleep(5 * time.Minute)
		if n := len(r.got()); n != 2 {
			t.Errorf("got %d answers, want 2", n)
		}
	})
}

// Status-Servers go to the authentication and the accounting port of a server
// each for itself, and nothing else while it is dead.
func TestStatusServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, func(c *Config) {
			c.Servers[0].Probe, c.Servers[0].DeadTime = radius.ByStatus, 5*time.Second
		})
		s := r.servers[0]
		s.SetKnobs(radiustest.Knobs{Silent: true})
		r.ask(1)
		r.one(31 * time.Second)
		s.Forget()
		for range 60 {
			r.ask(2)
			time.Sleep(time.Second)
		}
		ids := map[byte]bool{}
		for _, q := range s.Requests() {
			if q.Packet.Code != 12 || !q.Verified {
				t.Fatalf("code %d was sent to a dead server, signed %v", q.Packet.Code, q.Verified)
			}
			ids[q.Packet.Identifier] = true
		}
		if n := len(s.Requests()); n != 12 || len(ids) != n {
			t.Errorf("got %d Status-Servers under %d identifiers, want 12 different ones", n, len(ids))
		}
		st := r.c.Stats()
		if !st.Auth[0].Dead || st.Acct[0].Dead || st.Acct[0].Probes != 0 {
			t.Errorf("got %+v, want authentication dead alone", st)
		}
		s.SetKnobs(radiustest.Knobs{StatusOnly: true, Status: 5})
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if d := cmp.Diff([]string{"r1 dead", "r1 lives"}, r.changes); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		s.SetKnobs(radiustest.Knobs{})
		n := len(r.got())
		r.ask(3)
		if got := r.got(); len(got) != n+1 || got[n].Verdict != Accepted {
			t.Errorf("got %+v, want accepted", got[n:])
		}
	})
}

// A server without a priority has the place that the list gives it, among the
// numbers of those that have one.
func TestPriorities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 3, func(c *Config) {
			c.Servers[0].Priority, c.Servers[2].Priority = 5, 2
		})
		for ref := range uint64(200) {
			r.ask(ref)
		}
		share := map[string]int{}
		for _, a := range r.got() {
			share[a.Server]++
		}
		if share["r1"] != 0 || share["r2"] < 60 || share["r3"] < 60 {
			t.Errorf("got %v, want r2, second in the list, and r3, of priority 2, to share", share)
		}
	})
}

// A server that loses what it gets for three seconds costs nobody more than the
// time: what waits is bounded by its sockets, and all of it is answered.
func TestServerStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{Silent: true, Forgetful: true})
		const n = 6000
		for ref := range uint64(n) {
			if ref%20 == 0 {
				time.Sleep(10 * time.Millisecond)
			}
			r.ask(ref)
		}
		st := r.c.Stats().Auth[0]
		if most := 16 * 256; st.InFlight != most || st.Waiting != n-most || st.Sockets != 16 {
			t.Errorf("got %+v, want 16 sockets full and the rest waiting", st)
		}
		r.servers[0].SetKnobs(radiustest.Knobs{Forgetful: true})
		time.Sleep(6 * time.Second)
		got := r.got()
		if len(got) != n {
			t.Fatalf("got %d answers, want %d", len(got), n)
		}
		seen := make(map[uint64]bool, n)
		for _, a := range got {
			if a.Verdict != Accepted || seen[a.Ref] {
				t.Fatalf("got %+v, want each accepted once", a)
			}
			seen[a.Ref] = true
		}
	})
}
