package client

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"lacd/policy"
	"lacd/radius"
	"lacd/radius/radiustest"
)

func TestAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.ask(7)
		want := Answer{Ref: 7, Verdict: Accepted, Server: "r1", Grant: policy.Grant{Tunnels: []policy.Tunnel{
			{Tag: 1, Server: "192.0.2.9", Medium: 4, Secret: "tunnel-secret", HasSecret: true},
		}}}
		if d := cmp.Diff(want, r.one(0)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		q := r.servers[0].Requests()[0]
		if !q.Verified || q.Password != "arctangent" || rfc2865.NASIdentifier_GetString(q.Packet) != "lac1" {
			t.Errorf("got %+v, want a signed request of lac1", q)
		}
	})
}

func TestCHAP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		challenge := bytes.Repeat([]byte{0x5a}, 24)
		sum := md5.Sum(append([]byte("\x21arctangent"), challenge...))
		r.c.Authenticate(1, radius.Access{
			User: "nemo", Protocol: radius.CHAP, CHAPID: 0x21, Challenge: challenge, Response: sum[:],
		})
		if got := r.one(0); got.Verdict != Accepted {
			t.Errorf("got %+v, want accepted", got)
		}
	})
}

// What an Access-Request may end in, besides a plain accept.
func TestVerdicts(t *testing.T) {
	tunnel := func(x radiustest.Tunnel) radiustest.User {
		return radiustest.User{Password: "arctangent", Reply: []radiustest.Attribute{x.Attribute()}}
	}
	for _, tt := range []struct {
		name     string
		user     radiustest.User
		password string
		want     Answer
	}{
		{
			"wrong password",
			radiustest.User{Password: "x", Message: "go away"},
			"arctangent",
			Answer{Verdict: Rejected, Message: "go away"},
		},
		{"reject with tunnel attributes", radiustest.User{Reject: true, Reply: []radiustest.Attribute{
			radiustest.L2TP(0, "192.0.2.9", "s").Attribute(),
		}}, "arctangent", Answer{Verdict: Rejected}},
		{
			"challenge",
			radiustest.User{Password: "arctangent", Code: layeh.CodeAccessChallenge},
			"arctangent",
			Answer{Verdict: Rejected, Detail: "Access-Challenge is not supported"},
		},
		{"Service-Type Login", radiustest.User{Password: "arctangent", Reply: []radiustest.Attribute{
			radiustest.Integer(rfc2865.ServiceType_Type, 1),
		}}, "arctangent", Answer{Verdict: Rejected, Detail: "Access-Accept cannot be honoured: Service-Type 1 is not supported"}},
		{"Session-Timeout of 5 octets", radiustest.User{Password: "arctangent", Reply: []radiustest.Attribute{
			radiustest.Raw(rfc2865.SessionTimeout_Type, 0, 0, 0, 1, 2),
		}}, "arctangent", Answer{Verdict: Rejected, Detail: "Access-Accept cannot be honoured: Session-Timeout has 5 octets, want 4"}},
		{
			"PPTP only", tunnel(radiustest.Tunnel{Tag: 1, Type: 1, Server: "192.0.2.9"}), "arctangent",
			Answer{Verdict: Rejected, Detail: "Access-Accept cannot be honoured: no usable tunnel: tag 1: Tunnel-Type 1 (PPTP) is not L2TP"},
		},
		{
			"no endpoint", tunnel(radiustest.Tunnel{Type: 3}), "arctangent",
			Answer{Verdict: Rejected, Detail: "Access-Accept cannot be honoured: no usable tunnel: tag 0: no Tunnel-Server-Endpoint"},
		},
		{"unknown attributes", radiustest.User{Password: "arctangent", Reply: []radiustest.Attribute{
			radiustest.Raw(200, 1), radiustest.Raw(26, 0, 0, 0, 9, 1, 3, 101),
		}}, "arctangent", Answer{Verdict: Accepted}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1, nil)
				r.servers[0].SetUser("nemo", tt.user)
				r.c.Authenticate(0, access(tt.password))
				tt.want.Server = "r1"
				if d := cmp.Diff(tt.want, r.one(time.Minute)); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
				if n := len(r.servers[0].Requests()); n != 1 {
					t.Errorf("got %d requests, want no further one after the answer", n)
				}
			})
		})
	}
}

// What a server, or somebody else, gets wrong is not taken for its answer.
func TestUntrusted(t *testing.T) {
	for _, tt := range []struct {
		name  string
		knobs radiustest.Knobs
		drop  radius.Drop
	}{
		{"Response Authenticator", radiustest.Knobs{WrongAuthenticator: true}, radius.DropAuthenticator},
		{"Message-Authenticator", radiustest.Knobs{WrongSignature: true}, radius.DropSignature},
		{"no Message-Authenticator", radiustest.Knobs{Unsigned: true}, radius.DropUnsigned},
		{"identifier", radiustest.Knobs{WrongID: true}, radius.DropUnknown},
		{"cut", radiustest.Knobs{Mangle: func(b []byte) []byte { return b[:len(b)-1] }}, radius.DropShort},
		{"code", radiustest.Knobs{Mangle: func(b []byte) []byte { b[0] = 5; return b }}, radius.DropCode},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 1, nil)
				r.servers[0].SetKnobs(tt.knobs)
				r.ask(1)
				time.Sleep(time.Second)
				if got := r.got(); len(got) != 0 {
					t.Fatalf("got %+v, want no answer yet", got)
				}
				if got := r.c.Stats().Auth[0].Dropped[tt.drop]; got != 1 {
					t.Errorf("got %d replies dropped for %v, want 1", got, tt.drop)
				}
				r.servers[0].SetKnobs(radiustest.Knobs{SignatureLast: true, Twice: true})
				if got := r.one(2 * time.Second); got.Verdict != Accepted {
					t.Errorf("after the retransmission: got %+v, want accepted", got)
				}
				all := r.servers[0].Requests()
				if len(all) != 2 || !bytes.Equal(all[0].Raw, all[1].Raw) || all[0].From != all[1].From {
					t.Errorf("got %d requests, want the same octets twice from one port", len(all))
				}
			})
		})
	}
}

func TestUnsignedAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, func(c *Config) { c.Servers[0].RequireMessageAuthenticator = false })
		r.servers[0].SetKnobs(radiustest.Knobs{Unsigned: true})
		r.ask(1)
		if got := r.one(0); got.Verdict != Accepted {
			t.Errorf("got %+v, want accepted", got)
		}
	})
}

func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{Silent: true})
		r.ask(1)
		if got := r.one(17 * time.Second); got.Verdict != Accepted || got.Server != "r2" {
			t.Errorf("got %+v, want accepted by r2", got)
		}
		if n := len(r.servers[0].Requests()); n != 3 {
			t.Errorf("got %d transmissions to the silent server, want 3", n)
		}
		if d := cmp.Diff([]string{"r1 dead"}, r.changes); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		// The next one does not wait.
		r.ask(2)
		if got := r.got(); len(got) != 2 || got[1].Server != "r2" {
			t.Errorf("got %+v, want an answer of r2 at once", got)
		}
		// The server comes back, and one probe finds out.
		r.servers[0].SetKnobs(radiustest.Knobs{})
		time.Sleep(time.Minute)
		r.ask(3)
		r.ask(4)
		if got := r.got(); len(got) != 4 || got[2].Server == got[3].Server {
			t.Errorf("got %+v, want r1 probed once", got[2:])
		}
		r.ask(5)
		if got := r.got()[4]; got.Server != "r1" {
			t.Errorf("got %+v, want r1 back in use", got)
		}
	})
}

func TestNoServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, nil)
		for _, s := range r.servers {
			s.SetKnobs(radiustest.Knobs{Silent: true})
		}
		start := time.Now()
		r.ask(1)
		want := Answer{Ref: 1, Verdict: NoServer, Detail: "no RADIUS server answered"}
		if d := cmp.Diff(want, r.one(31*time.Second)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		if took := r.at[0].Sub(start); took > 30*time.Second {
			t.Errorf("took %v, want at most 30s", took)
		}
	})
}

// An operator whose server does not sign has to see it.
func TestNoServerUnsigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{Unsigned: true})
		r.ask(1)
		want := Answer{
			Ref: 1, Verdict: NoServer,
			Detail: "no RADIUS server answered; a reply was dropped: no-message-authenticator",
		}
		if d := cmp.Diff(want, r.one(time.Minute)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	})
}

func TestNoServersConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0, nil)
		r.ask(1)
		if got := r.one(0); got.Verdict != NoServer {
			t.Errorf("got %+v, want no server", got)
		}
	})
}

func TestDialFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, nil)
		r.net.Refuse(errors.New("no route"))
		r.ask(1)
		if got := r.one(0); got.Verdict != NoServer {
			t.Errorf("got %+v, want no server", got)
		}
	})
}

func TestNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.c.Authenticate(1, access(strings.Repeat("x", 129)))
		want := Answer{Ref: 1, Verdict: Rejected, Detail: "not sent: the password has 129 octets, at most 128 fit"}
		if d := cmp.Diff(want, r.one(0)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		if n := len(r.servers[0].Requests()); n != 0 {
			t.Errorf("got %d requests, want none", n)
		}
	})
}

// 2000 logins at once use as many sockets as they need, and no more later.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{Delay: time.Second})
		for ref := range uint64(2000) {
			r.ask(ref)
		}
		time.Sleep(1500 * time.Millisecond)
		if n := len(r.got()); n != 2000 {
			t.Errorf("got %d answers, want 2000", n)
		}
		seen := map[string]bool{}
		for _, q := range r.servers[0].Requests() {
			key := fmt.Sprint(q.From, " ", q.Packet.Identifier)
			if seen[key] {
				t.Fatalf("identifier clash at %s", key)
			}
			seen[key] = true
		}
		if open, most := r.net.Sockets(); open != 8 || most != 8 {
			t.Errorf("got %d sockets open, %d at most, want 8", open, most)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if open, _ := r.net.Sockets(); open != 0 {
			t.Errorf("got %d sockets open when idle, want none", open)
		}
	})
}

func TestCloseAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{Silent: true})
		for ref := range uint64(10) {
			r.ask(ref)
		}
		time.Sleep(time.Second)
		if err := r.c.Close(); err != nil {
			t.Fatal(err)
		}
		r.ask(10)
		got := r.got()
		if len(got) != 11 {
			t.Fatalf("got %d answers, want 11", len(got))
		}
		for _, a := range got {
			if a.Verdict != NoServer {
				t.Errorf("got %+v, want no server", a)
			}
		}
		if err := r.c.Flush(context.Background()); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want %v", err, ErrClosed)
		}
		if d := cmp.Diff(Stats{}, r.c.Stats()); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		_ = r.c.Close() // twice is nothing
	})
}

func TestVerdictString(t *testing.T) {
	if Accepted.String() != "accepted" || Rejected.String() != "rejected" || NoServer.String() != "no-server" || Verdict(0).String() != "unknown" {
		t.Error("a verdict has another label")
	}
}
