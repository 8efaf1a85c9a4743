package conformance

import (
	"bytes"
	"strings"
	"testing"

	"lacd/lac/lactest/script"
)

// What script checks of every request is not repeated here: the length, attributes
// that belong, one kind of credentials, how the NAS is named.
func TestT54_AccessRequest(t *testing.T) {
	rig := start(t, radiusConfig(prompt))
	signed := func(q *script.Request) {
		t.Helper()
		// RFC 3579 section 3.2, and draft-ietf-radext-deprecating-radius: first.
		if q.Raw[20] != 0x50 || q.Raw[21] != 18 {
			t.Errorf("the first attribute is % x, want Message-Authenticator", q.Raw[20:22])
		}
		carries(t, q,
			script.AttText(script.UserName, user), script.AttText(script.NASIdentifier, "lac.test"),
			script.AttU32(script.ServiceType, 2), script.AttU32(script.FramedProtocol, 1), script.AttU32(script.NASPortType, 15))
		for _, typ := range []byte{script.NASPort, script.NASPortID, script.AcctSessionID, script.CallingStationID} {
			if !q.Has(typ) {
				t.Errorf("Access-Request without attribute %d", typ)
			}
		}
	}

	c, q := dialed(rig, user)
	signed(q)
	unlike(t, q, script.UserPassword)
	_, id, data := c.Frames()[len(c.Frames())-1].PPP() // the Challenge
	carries(t, q, script.Att(script.CHAPChallenge, data[1:1+data[0]]...))
	if v := q.Value(script.CHAPPassword); v[0] != id || !q.Knows(password) {
		t.Errorf("CHAP-Password %x does not prove the password for Challenge %d", v, id)
	}
	signed(rig.Server(0).Repeated(q)) // the same octets, so as good as before
	q.Accept()
	admitted(rig)

	p := rig.Client()
	p.DialPAP(user, password)
	q2 := rig.Server(0).Expect()
	signed(q2)
	unlike(t, q2, script.CHAPPassword, script.CHAPChallenge)
	if got := q2.Password(); got != password {
		t.Errorf("User-Password: got %q, want %q", got, password)
	}
	if q.Authenticator == q2.Authenticator || bytes.Equal(q.Authenticator[:], make([]byte, 16)) {
		t.Errorf("Request Authenticators %x and %x: want two of a kind that cannot be guessed", q.Authenticator, q2.Authenticator)
	}
	if q.Text(script.AcctSessionID) == q2.Text(script.AcctSessionID) {
		t.Errorf("two sessions are both %q", q.Text(script.AcctSessionID))
	}
}

func TestT54_Passwords(t *testing.T) {
	rig := start(t, radiusConfig(""))
	for _, n := range []int{1, 15, 16, 17, 127, 128} {
		c := rig.Client()
		c.DialPAP(user, long(n))
		q := rig.Server(0).Expect()
		if got, want := len(q.Value(script.UserPassword)), (n+15)/16*16; got != want {
			t.Errorf("a password of %d octets: User-Password has %d, want %d", n, got, want)
		}
		if got := q.Password(); got != long(n) {
			t.Errorf("a password of %d octets: got %q, want %q", n, got, long(n))
		}
		q.Reject()
		turnedAway(t, c)
	}
	// "at most 128" (RFC 2865 section 5.2): nothing is asked that would be wrong.
	for _, n := range []int{129, 240, 255} {
		c := rig.Client()
		c.DialPAP(user, long(n))
		turnedAway(t, c)
	}
	rig.Server(0).Silent(quiet)
	if m := rig.LNS(0).Messages(); len(m) > 0 {
		t.Errorf("a subscriber that was refused is told of: %v", m[0])
	}
}

// What is not signed, or wrongly, is as if it had not come: "silently discarded",
// and the timers go on.
func TestT54_Required(t *testing.T) {
	rig := start(t, radiusConfig(prompt))
	s := rig.Server(0)
	c, q := dialed(rig, user)
	to := script.L2TPTo(1, "192.0.2.11")
	for _, code := range []byte{script.AccessAccept, script.AccessReject, script.AccessChallenge} {
		q.Reply(script.Answer{Code: code, Attributes: to, Unsigned: true})
		q.Reply(script.Answer{Code: code, Attributes: to, Signer: "not the secret"})
		q.Reply(script.Answer{Code: code, Attributes: to, Signer: "not the secret", Last: true})
	}
	short := append([]script.Attribute{script.AttRaw(80, 17, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)}, to...)
	q.Reply(script.Answer{Code: script.AccessAccept, Attributes: short, Unsigned: true})
	s.Repeated(q)
	s.Repeated(q)
	c.Silent(quiet)
	if n, wrong := dropped(rig, "no-message-authenticator"), dropped(rig, "bad-message-authenticator"); n != 4 || wrong != 6 {
		t.Errorf("dropped %d replies without Message-Authenticator and %d with a wrong one, want 4 and 6", n, wrong)
	}
	if m := rig.LNS(0).Messages(); len(m) > 0 {
		t.Fatalf("a forged answer has an effect: %v", m[0])
	}
	// Its place among the attributes does not matter.
	q.Reply(script.Answer{Code: script.AccessAccept, Attributes: to, Last: true})
	admitted(rig)

	c, q = dialed(rig, user)
	q.Reply(script.Answer{Code: script.AccessReject, Attributes: to, Last: true})
	turnedAway(t, c)
}

// Without the requirement an answer may be unsigned, and still not be signed
// wrongly.
func TestT54_NotRequired(t *testing.T) {
	rig := start(t, radiusConfig(prompt+"\nrequire_message_authenticator = false"))
	c, q := dialed(rig, user)
	q.Reply(script.Answer{Code: script.AccessReject, Signer: "not the secret"})
	q.Reply(script.Answer{Code: script.AccessAccept, Signer: "not the secret", Last: true})
	q.Reply(script.Answer{Code: script.AccessAccept, Unsigned: true, Secret: "not the secret"})
	rig.Server(0).Repeated(q)
	c.Silent(quiet)
	q.Reply(script.Answer{Code: script.AccessAccept, Unsigned: true})
	admitted(rig)

	c, q = dialed(rig, user)
	q.Reply(script.Answer{Code: script.AccessReject, Unsigned: true})
	turnedAway(t, c)
}

// One server's flag is not another's.
func TestT54_PerServer(t *testing.T) {
	rig := start(t, radiusConfig("timeout = \"200ms\"\ntries = 1", prompt+"\nrequire_message_authenticator = false"))
	_, q := dialed(rig, user)
	q.Reply(script.Answer{Code: script.AccessAccept, Unsigned: true})
	other := rig.Server(1).Expect()
	other.Reply(script.Answer{Code: script.AccessAccept, Unsigned: true})
	admitted(rig)
	if n := dropped(rig, "no-message-authenticator"); n != 1 {
		t.Errorf("dropped %d replies, want 1", n)
	}
}

// Accounting-Responses have no Message-Authenticator, and need none.
func TestT54_Accounting(t *testing.T) {
	rig := start(t, radiusConfig(prompt))
	s := rig.Server(0)
	s.Serve(func(q *script.Request) { q.Accept() })
	c := dial(rig)
	call := admitted(rig)
	s.Record(script.AcctStart)
	lives(t, rig.LNS(0), c, call)
	s.Record(script.AcctStop)
	rig.LNS(0).Silent(2 * quiet) // longer than the first timeout
	for _, q := range s.Records() {
		if q.Repeat {
			t.Errorf("an answered record came again: %v", q)
		}
	}
	waitFor(t, "answer to all records", func() bool { return rig.Metric("lacd_radius_records_queued", "") == 0 })
	if n := rig.Metric("lacd_radius_records_total", `outcome="answered"`); n != 3 {
		t.Errorf("%v records were answered, want On, Start and Stop", n)
	}
}

// A server whose secret is another's has no answer that counts, whatever it is.
func TestT54_OtherSecret(t *testing.T) {
	rig := start(t, radiusConfig("timeout = \"100ms\"\ntries = 2"))
	c, q := dialed(rig, user)
	for _, code := range []byte{script.AccessAccept, script.AccessReject} {
		q.Reply(script.Answer{Code: code, Signer: "another secret", Secret: "another secret"})
	}
	ended(t, c) // nobody said that the credentials are wrong
	line := rig.AwaitLog("session down", "cause", "auth-unreachable")
	if detail := line.Text("detail"); !strings.Contains(detail, "bad-message-authenticator") {
		t.Errorf("the log says %q, want what was wrong with the answer", detail)
	}
	if n := dropped(rig, "bad-message-authenticator"); n != 2 {
		t.Errorf("dropped %d replies, want 2", n)
	}
}

// A line that stands for its subscriber: User-Name and a password that nobody
// typed (RFC 2809 section 4.1.2.2), no PPP authentication before or beside it.
func TestT54_Line(t *testing.T) {
	rig := start(t, leasedLine())
	c := rig.Client()
	c.Discover(lineTag(sub(1, []byte(circuit)...), sub(2, []byte("cpe 7")...)))
	c.OpenLCP(0)
	q := rig.Server(0).Expect()
	carries(t, q, script.AttText(script.UserName, circuit), script.AttText(script.CallingStationID, circuit),
		script.AttU32(script.ServiceType, 2), script.AttU32(script.FramedProtocol, 1))
	unlike(t, q, script.CHAPPassword, script.CHAPChallenge)
	if got := q.Password(); got != "line" || q.Raw[20] != script.MessageAuthenticator {
		t.Errorf("got password %q, first attribute %d", got, q.Raw[20])
	}
	q.Accept(script.L2TPTo(1, "192.0.2.11")...)
	call := admitted(rig)
	has(t, call.CN, script.Bytes(27, c.Request...)) // Last Sent LCP CONFREQ
	lacks(t, call.CN, 29, 30, 31, 32, 33)
	if c.Auth != 0 || script.Option(c.Request, 3) != nil {
		t.Errorf("the gateway asks for authentication by %#04x", c.Auth)
	}
	for _, f := range c.Frames() {
		if p := f.Protocol(); p == script.PAP || p == script.CHAP {
			t.Errorf("got %v, want no authentication", f)
		}
	}
	carries(t, rig.Server(0).Record(script.AcctStart), script.AttText(script.UserName, circuit))
}

// leasedLine has a retailer whose subscribers are known by their lines.
func leasedLine() script.Config {
	cfg := radiusConfig("")
	cfg.Extra = `retailer "leased" {
  authorize = "line"
  radius    = ["r1"]
  line { circuit_id = ["access-node-1 *"] }
}`
	return cfg
}
