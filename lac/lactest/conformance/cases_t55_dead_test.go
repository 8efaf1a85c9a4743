package conformance

import (
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// deadConfig has a primary that counts as dead soon, and a secondary.
func deadConfig(probe string) script.Config {
	return radiusConfig("timeout = \"100ms\"\ntries = 2\ndead_after = 2\ndead_time = \"1s\"\nprobe = \""+probe+"\"", "")
}

// dies makes the primary dead: nobody answers there.
func dies(t *testing.T, rig *script.Rig) {
	t.Helper()
	rig.LNS(0).Serve(&script.Service{})
	rig.Server(0).Account(nil)
	rig.Server(1).Serve(func(q *script.Request) { q.Accept() })
	dial(rig)
	rig.AwaitLog("RADIUS server does not answer", "server", "r1", "kind", "auth")
	rig.AwaitLog("session up")
	rig.Server(0).Account((*script.Request).Acknowledge)
}

// A dead server is sent one subscriber's request when its time has come, once; the
// subscriber is served elsewhere where that is in vain. An answer revives it.
func TestT55_Revived(t *testing.T) {
	rig := start(t, deadConfig("request"))
	r1 := rig.Server(0)
	dies(t, rig)
	asked := len(r1.Requests())
	waitFor(t, "request to the dead server", func() bool {
		c := dial(rig)
		rig.AwaitLog("session up")
		c.HangUp()
		return len(r1.Requests()) > asked
	})
	if n := len(r1.Requests()) - asked; n != 1 {
		t.Errorf("the dead server was asked %d times, want once", n)
	}
	r1.Serve(func(q *script.Request) { q.Accept() })
	asked = len(r1.Requests())
	waitFor(t, "another one", func() bool {
		c := dial(rig)
		rig.AwaitLog("session up")
		c.HangUp()
		return len(r1.Requests()) > asked
	})
	waitFor(t, "revival", func() bool {
		return len(rig.Logged("RADIUS server answers again", "server", "r1", "kind", "auth")) == 1
	})
	before := len(rig.Server(1).Requests())
	dial(rig)
	rig.AwaitLog("session up")
	if n := len(rig.Server(1).Requests()); n != before {
		t.Error("the secondary is asked, though the primary lives")
	}
}

// Status-Server finds out without a subscriber: signed, a request of its own each
// time, never sent again, and revived by a genuine answer alone (RFC 5997).
func TestT55_StatusServer(t *testing.T) {
	rig := start(t, deadConfig("status-server"))
	r1 := rig.Server(0)
	dies(t, rig)
	var probes []*script.Request
	for len(probes) < 3 {
		q := r1.Next(script.Patience)
		switch {
		case q == nil:
			t.Fatalf("%d probes, and no more", len(probes))
		case q.Repeat && q.Code == script.StatusServer:
			t.Errorf("a Status-Server came again: %v", q)
		case q.Code == script.StatusServer:
			probes = append(probes, q)
			for _, a := range []script.Answer{
				{Code: script.AccessAccept, Signer: "not the secret"},
				{Code: script.AccessReject},
				{Code: script.AccessAccept, Secret: "not the secret"},
				{Code: script.AccessAccept, ID: 1},
			} {
				q.Reply(a)
			}
		case len(probes) > 0 && !q.Repeat:
			t.Errorf("a subscriber waits for a dead server: %v", q)
		}
	}
	for i, q := range probes {
		carries(t, q, script.AttText(script.NASIdentifier, "lac.test"))
		if i > 0 && q.Authenticator == probes[i-1].Authenticator {
			t.Errorf("two probes have the authenticator %x", q.Authenticator)
		}
		if i > 0 && q.At.Sub(probes[i-1].At) < 500*time.Millisecond {
			t.Errorf("a probe %v after the one before, want a second", q.At.Sub(probes[i-1].At))
		}
	}
	if n := len(rig.Logged("RADIUS server answers again", "kind", "auth")); n != 0 {
		t.Error("a forged answer to a probe revived the server")
	}
	r1.Serve(func(q *script.Request) { q.Accept() })
	waitFor(t, "revival", func() bool {
		return len(rig.Logged("RADIUS server answers again", "server", "r1", "kind", "auth")) == 1
	})
	before := len(rig.Server(1).Requests())
	dial(rig)
	rig.AwaitLog("session up")
	if n := len(rig.Server(1).Requests()); n != before {
		t.Error("the secondary is asked, though the primary lives")
	}
}
