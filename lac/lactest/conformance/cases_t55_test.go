package conformance

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// What is no answer does not count as one: the request goes on, and the right
// answer is taken.
func TestT55_NoAnswers(t *testing.T) {
	rig := start(t, radiusConfig(prompt))
	s := rig.Server(0)
	c, q := dialed(rig, user)
	to := script.L2TPTo(1, "192.0.2.11")
	good := q.Build(script.Answer{Code: script.AccessAccept, Attributes: to})
	for _, a := range []script.Answer{
		{Code: script.AccessAccept, Secret: "not the secret"},
		{Code: script.AccessReject, Secret: "not the secret"},
		{Code: script.AccessAccept, ID: 1}, // the identifier of no request
		{Code: script.AccessReject, ID: 255},
		{Code: script.AccessAccept, Extra: 1}, // "shorter than the Length field indicates"
		{Code: script.AccessReject, Extra: 4096 - 38},
		{Code: script.AccountingResponse},
		{Code: script.AccessRequest},
		{Code: 44}, // CoA-ACK
		{Code: 0},
	} {
		a.Attributes = to
		q.Reply(a)
	}
	for _, n := range []int{0, 1, 3, 4, 19, 20, 21, len(good) - 1} {
		q.Write(good[:n])
	}
	for i, b := range good { // Length below 20, and code, identifier and authenticator one bit off
		if i >= 20 {
			break
		}
		bad := append([]byte(nil), good...)
		bad[i] = b ^ 1
		q.Write(bad)
	}
	s.Repeated(q)
	s.Repeated(q)
	c.Silent(quiet)
	for reason, want := range map[string]int{"short": 8 + 2 + 1, "unknown-id": 2, "unexpected-code": 4, "bad-response-authenticator": 2} {
		if got := dropped(rig, reason); got < want {
			t.Errorf("dropped %d replies as %s, want %d at least", got, reason, want)
		}
	}
	q.Write(good)
	admitted(rig)
	s.Silent(quiet)
}

// The Length field is what counts: "octets outside the range of the Length field
// MUST be treated as padding and ignored on reception" (RFC 2865 section 3).
func TestT55_Padding(t *testing.T) {
	rig := start(t, radiusConfig(""))
	_, q := dialed(rig, user)
	reject := q.Build(script.Answer{Code: script.AccessReject})
	q.Reply(script.Answer{Code: script.AccessAccept, Attributes: script.L2TPTo(1, "192.0.2.11"), Trailer: reject})
	admitted(rig)
	c, q := dialed(rig, user)
	q.Reply(script.Answer{Code: script.AccessReject, Trailer: make([]byte, 1000)})
	turnedAway(t, c)
}

// An answer comes from the server that was asked, and from its port.
func TestT55_Strangers(t *testing.T) {
	rig := start(t, radiusConfig(prompt, ""))
	c, q := dialed(rig, user)
	good := q.Build(script.Answer{Code: script.AccessAccept, Attributes: script.L2TPTo(1, "192.0.2.11")})
	other := *q
	for _, from := range []netip.AddrPort{
		netip.AddrPortFrom(rig.Stranger().Addr, 1812), netip.AddrPortFrom(q.To.Addr(), 1813),
	} {
		if from.Addr() == q.To.Addr() {
			other.To = from
			other.Write(good)
		} else {
			rig.Stranger().SendFrom(from.Port(), q.From, good)
		}
	}
	rig.Server(0).Repeated(q)
	c.Silent(quiet)
	q.Write(good)
	admitted(rig)
}

// Only the first of several answers counts, whatever the others say.
func TestT55_Duplicates(t *testing.T) {
	rig := start(t, radiusConfig(prompt))
	s := rig.Server(0)
	c, q := dialed(rig, user)
	accept := q.Build(script.Answer{Code: script.AccessAccept, Attributes: script.L2TPTo(1, "192.0.2.11")})
	reject := q.Build(script.Answer{Code: script.AccessReject})
	for _, b := range [][]byte{accept, accept, reject, accept, reject} {
		q.Write(b)
	}
	call := admitted(rig)
	waitFor(t, "drop of the duplicates", func() bool { return dropped(rig, "unknown-id") == 4 })
	c.Silent(quiet)

	// The other way round, and for the next request old answers are nothing.
	c2, q2 := dialed(rig, user)
	for _, b := range [][]byte{accept, reject} {
		q2.Write(b) // replayed
	}
	q2.Reject()
	q2.Accept(script.L2TPTo(1, "192.0.2.11")...)
	turnedAway(t, c2)
	s.Silent(quiet)
	if n := len(rig.LNS(0).Of(script.ICRQ)); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
	lives(t, rig.LNS(0), c, call)
}

// "you MUST use the same Request Authenticator, ID, and source port" (RFC 2865
// section 2.5), at intervals that double (RFC 5080 section 2.2.1).
func TestT55_Retransmission(t *testing.T) {
	rig := start(t, radiusConfig("timeout = \"300ms\"\ntries = 4"))
	s := rig.Server(0)
	c := dial(rig)
	first := s.Expect()
	for range 3 {
		s.Repeated(first)
	}
	const ms = time.Millisecond
	paced(t, s.Requests(), 300*ms, 600*ms, 1200*ms)
	first.Accept() // after all
	admitted(rig)
	c.Silent(quiet)
}

// The secondary is asked when the primary does not answer: a request of its own,
// with its secret. What the primary says then does not count any more.
func TestT55_Failover(t *testing.T) {
	cfg := radiusConfig("timeout = \"200ms\"\ntries = 2", prompt)
	cfg.Servers[1].Secret = "the secret of the secondary server"
	rig := start(t, cfg)
	r1, r2 := rig.Server(0), rig.Server(1)
	rig.LNS(0).Serve(&script.Service{})
	c, q1 := dialed(rig, user)
	q2 := r2.Expect()
	paced(t, append(r1.Requests(), q2), 200*time.Millisecond, 400*time.Millisecond)
	if q1.Authenticator == q2.Authenticator || !q2.Knows(password) {
		t.Errorf("got %v, want a request of its own", q2)
	}
	if got, want := q2.Text(script.AcctSessionID), q1.Text(script.AcctSessionID); got != want {
		t.Errorf("Acct-Session-Id: got %q, want %q still", got, want)
	}
	q1.Reject() // too late
	c.Silent(quiet)
	q2.Accept(script.L2TPTo(1, "192.0.2.11")...)
	rig.AwaitLog("session up")
	q1.Reject()
	c.Silent(quiet)

	// Three times in vain the primary counts as dead; whoever comes then does not
	// wait for it.
	dialed(rig, user)
	rig.AwaitLog("RADIUS server does not answer", "server", "r1", "kind", "auth")
	r2.Expect().Accept()
	rig.AwaitLog("session up")
	asked := len(r1.Requests())
	dial(rig)
	r2.Expect().Accept()
	rig.AwaitLog("session up")
	if n := len(r1.Requests()); n != asked {
		t.Errorf("a server that is dead was asked %d times", n-asked)
	}
}

// Nobody answers: the subscriber is not served, and told so as soon as that is
// clear. Everything was asked of everybody.
func TestT55_NobodyAnswers(t *testing.T) {
	rig := start(t, radiusConfig("timeout = \"100ms\"\ntries = 2", "timeout = \"100ms\"\ntries = 3", "timeout = \"100ms\"\ntries = 1"))
	c := dial(rig)
	ended(t, c)
	rig.AwaitLog("session down", "cause", "auth-unreachable")
	for i, want := range []int{2, 3, 1} {
		if got := len(rig.Server(i).Requests()); got != want {
			t.Errorf("server %d was asked %d times, want %d", i+1, got, want)
		}
	}
	if m := rig.LNS(0).Messages(); len(m) > 0 {
		t.Errorf("a subscriber that nobody knows is told of: %v", m[0])
	}
}

// More than 256 requests at once need more source ports; no identifier is used
// twice from one of them. Two thousand of them: lac.TestT55_Outstanding.
func TestT55_Outstanding(t *testing.T) {
	const clients = 320
	rig := start(t, radiusConfig("timeout = \"10s\""))
	s := rig.Server(0)
	service := rig.LNS(0).Serve(&script.Service{})
	for i := range clients {
		rig.Client().Dial(nth(i), password)
	}
	waitFor(t, "Access-Request of everybody", func() bool { return len(s.Requests()) == clients })
	all := s.Requests()
	ports, keys, users := map[uint16]bool{}, map[string]bool{}, map[string]bool{}
	for _, q := range all {
		ports[q.From.Port()] = true
		keys[fmt.Sprint(q.From, q.ID)] = true
		users[q.Text(script.UserName)] = true
	}
	if len(ports) < 2 || len(keys) != clients || len(users) != clients {
		t.Errorf("%d requests of %d users have %d ports and %d identifiers", len(all), len(users), len(ports), len(keys))
	}
	for i := range all { // the last first
		q := all[len(all)-1-i]
		q.Accept(script.AttText(script.UserName, q.Text(script.UserName)))
	}
	waitFor(t, "ICCN of everybody", func() bool { return fresh(rig.LNS(0).Of(script.ICCN)) == clients })
	if n := len(service.Calls()); n != clients {
		t.Errorf("%d calls, want %d", n, clients)
	}
}

// An identifier is not used again before its request is answered or given up
// (RFC 5080 section 2.2.2), nor soon after: late answers find nobody.
func TestT55_Identifiers(t *testing.T) {
	rig := start(t, radiusConfig(""))
	var mu sync.Mutex
	last := map[string]int{} // by port and identifier
	n, soonest := 0, 256
	rig.Server(0).Serve(func(q *script.Request) {
		mu.Lock()
		defer mu.Unlock()
		key := fmt.Sprint(q.From, q.ID)
		if before, ok := last[key]; ok {
			soonest = min(soonest, n-before)
		}
		last[key] = n
		n++
		q.Reject()
	})
	for range 20 {
		c := dial(rig)
		turnedAway(t, c)
	}
	mu.Lock()
	defer mu.Unlock()
	if n != 20 || soonest < 256 {
		t.Errorf("%d requests: an identifier came back after %d, want the least recently used", n, soonest)
	}
}
