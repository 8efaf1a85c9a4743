package conformance

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// What script checks of every answer is not repeated here: identifier, ports,
// Response Authenticator, Message-Authenticator where the request had one, and an
// Error-Cause in every NAK and in no ACK.
func TestT59_Match(t *testing.T) {
	w := orders(t, "")
	nas := []script.Attribute{script.AttText(script.NASIdentifier, "lac.test"), script.Att(script.NASIPAddress, 192, 0, 2, 1)}
	copied := func(types ...byte) func(m *member) []script.Attribute {
		return func(m *member) (all []script.Attribute) {
			for _, typ := range types {
				all = append(all, script.Att(typ, m.access.Value(typ)...))
			}
			return all
		}
	}
	for name, ids := range map[string]func(m *member) []script.Attribute{
		"Acct-Session-Id":    copied(script.AcctSessionID),
		"User-Name":          copied(script.UserName),
		"NAS-Port":           copied(script.NASPort),
		"NAS-Port-Id":        copied(script.NASPortID, script.CallingStationID),
		"Calling-Station-Id": copied(script.CallingStationID),
		"with the NAS":       func(m *member) []script.Attribute { return append(nas, m.id()) },
		"all of it": func(m *member) []script.Attribute {
			return append(nas, copied(script.AcctSessionID, script.UserName, script.NASPort, script.NASPortID, script.CallingStationID)(m)...)
		},
		"User-Name of RADIUS": func(*member) []script.Attribute {
			return []script.Attribute{script.AttText(script.UserName, "joe the first")}
		},
	} {
		other := w.up("other@acme.example")
		m := w.up(user, script.AttText(script.UserName, "joe the first"))
		a := w.acked(1, ids(m)...)
		carries(t, a, script.AttU32(script.AcctTerminateCause, 6)) // RFC 5176 section 2.1
		stop := w.gone(m)
		if got, want := stop.Text(script.AcctSessionID), m.access.Text(script.AcctSessionID); got != want {
			t.Errorf("Stop is of session %q, want %q", got, want)
		}
		w.still(other)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Fitting causes of what is refused; the sessions do not notice.
func TestT59_Refused(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	gone := w.up("gone@acme.example")
	gone.HangUp()
	w.LNS(0).Expect(script.CDN)
	w.Server(0).Record(script.AcctStop)
	at := func(ip ...byte) script.Attribute { return script.Att(script.NASIPAddress, ip...) }
	for _, tc := range []struct {
		name  string
		cause uint32
		atts  []script.Attribute
	}{
		{"an unknown session", 503, []script.Attribute{script.AttText(script.AcctSessionID, "no such session")}},
		{"another session of this kind", 503, []script.Attribute{script.AttText(script.AcctSessionID, "6b0b000000000001000000ff")}},
		{"a session that is over", 503, []script.Attribute{gone.id()}},
		{"an unknown user", 503, []script.Attribute{script.AttText(script.UserName, "jane@acme.example")}},
		{"a part of a user", 503, []script.Attribute{script.AttText(script.UserName, "joe")}},
		{"a session and not its user", 503, []script.Attribute{m.id(), script.AttText(script.UserName, "jane@acme.example")}},
		{"a session and not its port", 503, []script.Attribute{m.id(), script.AttU32(script.NASPort, m.access.U32(script.NASPort)+1)}},
		{"an address that the LNS gave", 503, []script.Attribute{m.id(), script.Att(8, 198, 51, 100, 7)}},
		{"another NAS", 403, []script.Attribute{m.id(), script.AttText(script.NASIdentifier, "lac.other")}},
		{"another NAS's address", 403, []script.Attribute{m.id(), at(192, 0, 2, 2)}},
		{"this NAS, and another's address", 403, []script.Attribute{m.id(), script.AttText(script.NASIdentifier, "lac.test"), at(192, 0, 2, 2)}},
		{"another NAS, an unknown attribute", 403, []script.Attribute{m.id(), script.AttText(script.NASIdentifier, "lac.other"), script.Att(200, 1)}},
		{"nothing", 402, nil},
		{"the NAS alone", 402, []script.Attribute{script.AttText(script.NASIdentifier, "lac.test"), at(192, 0, 2, 1)}},
		{"Service-Type", 401, []script.Attribute{m.id(), script.AttU32(script.ServiceType, 2)}},
		{"Session-Timeout", 401, []script.Attribute{m.id(), script.AttU32(script.SessionTimeout, 60)}},
		{"Filter-Id", 401, []script.Attribute{m.id(), script.AttText(script.FilterID, "x")}},
		{"Tunnel-Password", 401, []script.Attribute{m.id(), script.Hidden(1, 0x8001, "secret")}},
		{"a vendor's", 401, []script.Attribute{m.id(), script.VSA(9, 1, 'x')}},
		{"an unknown one", 401, []script.Attribute{m.id(), script.Att(200, 1)}},
	} {
		a := w.d.Ask(script.DisconnectRequest, tc.atts...)
		if a.Code != script.DisconnectNAK {
			t.Fatalf("%s: got %v, want Disconnect-NAK", tc.name, a)
		}
		if refusedFor(t, a, tc.cause); t.Failed() {
			t.Fatal(tc.name)
		}
	}
	w.still(m)
}

// What the table of RFC 5176 section 3.6 allows beside identification is no reason
// to refuse; Class goes into the Stop record, Proxy-State back, in order.
func TestT59_Beside(t *testing.T) {
	w := orders(t, "")
	m := w.up(user, script.AttText(script.Class, "old"))
	states := []script.Attribute{
		script.AttText(script.ProxyState, "first"), script.Att(script.ProxyState, 0, 0xff, 0), script.AttText(script.ProxyState, "first"),
	}
	refused := append([]script.Attribute{script.AttText(script.AcctSessionID, "none")}, states...)
	a := w.d.Ask(script.DisconnectRequest, refused...)
	refusedFor(t, a, 503)
	carries(t, a, states...)

	atts := append([]script.Attribute{states[0], m.id(), states[1]}, script.AttText(script.ReplyMessage, "bye"), script.AttText(script.Class, "new"), script.AttText(script.Class, "newer"),
		script.AttU32(script.AcctTerminateCause, 10), stamp(0), states[2])
	w.d.Send(script.Order{Code: script.DisconnectRequest, Attributes: atts, Signed: true})
	a = w.d.Answer()
	if a.Code != script.DisconnectACK {
		t.Errorf("got %v, want Disconnect-ACK", a)
	}
	carries(t, a, states...)
	carries(t, w.gone(m), script.AttText(script.Class, "old"), script.AttText(script.Class, "new"), script.AttText(script.Class, "newer"))
}

// All sessions that match are meant (RFC 5176 section 3), and the answer waits for
// all of them.
func TestT59_SeveralSessions(t *testing.T) {
	w := orders(t, "")
	other := w.up("jane@acme.example")
	var all []*member
	for range 3 {
		all = append(all, w.up(user))
	}
	w.acked(1, script.AttText(script.UserName, user))
	w.gone(all...)
	w.d.Silent(quiet) // one answer
	w.still(other)
}

// A request that comes again is answered with the same octets, and is not carried
// out again: the user's next session is not what was meant.
func TestT59_Duplicate(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	order := w.d.Build(script.Order{Code: script.DisconnectRequest, Attributes: []script.Attribute{script.AttText(script.UserName, user), stamp(0)}})
	w.d.Write(order)
	w.d.Write(order) // maybe while it is under way
	first := w.d.Answer()
	w.gone(m)
	repeats := func(outcome string) float64 { return w.Metric("lacd_coa_requests_total", `outcome="`+outcome+`"`) }
	waitFor(t, "repetition", func() bool { return repeats("under-way")+repeats("repeated") == 1 })
	if repeats("repeated") == 1 { // it came after the answer
		if a := w.d.Answer(); !bytes.Equal(a.Raw, first.Raw) {
			t.Errorf("got %v, want the answer of before: %v", a, first)
		}
	}
	next := w.up(user)
	for range 3 {
		w.d.Write(order)
		if a := w.d.Answer(); !bytes.Equal(a.Raw, first.Raw) {
			t.Errorf("got %v, want the answer of before: %v", a, first)
		}
	}
	// A refusal too is repeated, though it would not be one any more.
	refused := w.d.Build(script.Order{Code: script.DisconnectRequest, Attributes: []script.Attribute{script.AttText(script.UserName, "jane@acme.example")}})
	w.d.Write(refused)
	before := w.d.Answer()
	refusedFor(t, before, 503)
	jane := w.up("jane@acme.example")
	w.d.Write(refused)
	if a := w.d.Answer(); !bytes.Equal(a.Raw, before.Raw) {
		t.Errorf("got %v, want the answer of before: %v", a, before)
	}
	w.still(next, jane)

	// From another port it is another request (section 2.3).
	m = w.up(user)
	again := w.DynamicAt(w.d.Addr.Addr())
	again.Write(order)
	if a := again.Answer(); a.Code != script.DisconnectACK {
		t.Errorf("got %v, want Disconnect-ACK", a)
	}
	w.gone(m)
}

// "MUST be silently discarded": what is not genuine has neither effect nor answer.
func TestT59_Silence(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	atts := []script.Attribute{m.id()}
	silent := func(name, outcome string, send func()) {
		t.Helper()
		before := w.Metric("lacd_coa_requests_total", `outcome="`+outcome+`"`)
		send()
		waitFor(t, name+" counted as "+outcome, func() bool { return w.Metric("lacd_coa_requests_total", `outcome="`+outcome+`"`) > before })
		if n := w.Sessions(); n != 1 {
			t.Fatalf("%s: %d sessions are left, want 1", name, n)
		}
	}
	order := func(o script.Order) func() {
		if o.Code == 0 {
			o.Code = script.DisconnectRequest
		}
		if o.Attributes == nil {
			o.Attributes = atts
		}
		return func() { w.d.Send(o) }
	}
	silent("wrong Request Authenticator", "bad-authenticator", order(script.Order{Secret: "not the secret"}))
	silent("wrong Message-Authenticator", "bad-message-authenticator", order(script.Order{Signed: true, Signer: "not the secret"}))
	silent("wrong Message-Authenticator, last", "bad-message-authenticator", order(script.Order{Signed: true, Last: true, Signer: "not the secret"}))
	silent("longer than it is", "short", order(script.Order{Extra: 1}))
	for _, code := range []byte{script.AccessRequest, script.AccountingRequest, script.StatusServer, 46, 255} {
		silent("another code", "unknown-code", order(script.Order{Code: code}))
	}
	for _, code := range []byte{script.DisconnectACK, script.DisconnectNAK, script.CoAACK, script.CoANAK} {
		silent("an answer", "unknown-code", order(script.Order{Code: code}))
	}
	for _, raw := range [][]byte{{44, 0}, {44, 1, 2}, {44, 9, 1}, {44}} {
		silent("attributes that cannot be cut", "malformed", order(script.Order{Attributes: append(atts[:1:1], script.AttRaw(raw...))}))
	}
	silent("an old request", "stale-timestamp", order(script.Order{Attributes: append(atts[:1:1], stamp(-600*time.Second))}))
	silent("a request of the future", "stale-timestamp", order(script.Order{Attributes: append(atts[:1:1], stamp(600*time.Second))}))
	whole := w.d.Build(script.Order{Code: script.DisconnectRequest, Attributes: atts})
	for _, n := range []int{1, 19, 20, len(whole) - 1} {
		silent("cut short", "short", func() { w.d.Write(whole[:n]) })
	}
	for _, host := range []string{"192.0.2.22", "192.0.2.66", "192.0.2.11"} {
		d := w.DynamicAt(netip.MustParseAddr(host))
		silent("an unknown client", "unknown-client", func() { d.Send(script.Order{Code: script.DisconnectRequest, Attributes: atts}) })
		d.Silent(time.Millisecond)
	}
	w.d.Silent(quiet)
	w.still(m)
}

// What is signed is answered signed; where the signature stands does not matter,
// nor what comes after Length.
func TestT59_Signed(t *testing.T) {
	w := orders(t, "")
	for _, o := range []script.Order{{}, {Signed: true}, {Signed: true, Last: true}, {Trailer: []byte{200, 3, 1}}} {
		m := w.up(user)
		o.Code, o.Attributes = script.DisconnectRequest, []script.Attribute{m.id(), stamp(-200 * time.Second)}
		w.d.Send(o)
		if a := w.d.Answer(); a.Code != script.DisconnectACK {
			t.Errorf("%+v: got %v, want Disconnect-ACK", o, a)
		}
		w.gone(m)
	}
}

// Event-Timestamp and Message-Authenticator can be required, and the window be
// another.
func TestT59_Required(t *testing.T) {
	w := orders(t, "require_event_timestamp = true\nrequire_message_authenticator = true\nwindow = \"60s\"")
	m := w.up(user)
	for outcome, o := range map[string]script.Order{
		"no-timestamp":             {Signed: true, Attributes: []script.Attribute{m.id()}},
		"no-message-authenticator": {Attributes: []script.Attribute{m.id(), stamp(0)}},
		"stale-timestamp":          {Signed: true, Attributes: []script.Attribute{m.id(), stamp(-100 * time.Second)}},
	} {
		o.Code = script.DisconnectRequest
		w.d.Send(o)
		waitFor(t, "request counted as "+outcome, func() bool { return w.Metric("lacd_coa_requests_total", `outcome="`+outcome+`"`) == 1 })
	}
	w.d.Silent(quiet)
	w.d.Send(script.Order{Code: script.DisconnectRequest, Signed: true, Attributes: []script.Attribute{m.id(), stamp(-20 * time.Second)}})
	if a := w.d.Answer(); a.Code != script.DisconnectACK {
		t.Errorf("got %v, want Disconnect-ACK", a)
	}
	w.gone(m)
}

// A session that is not up yet is one too, wherever it is.
func TestT59_Early(t *testing.T) {
	w := orders(t, "")
	first := w.up(user)
	end := func(c *script.Client, q *script.Request) {
		t.Helper()
		w.d.Send(script.Order{Code: script.DisconnectRequest, Attributes: []script.Attribute{script.Att(script.AcctSessionID, q.Value(script.AcctSessionID)...)}})
		ended(t, c)
		if a, n := w.d.Answer(), w.Sessions(); a.Code != script.DisconnectACK || n != 1 {
			t.Errorf("got %v and %d sessions, want Disconnect-ACK and 1", a, n)
		}
	}
	// RADIUS is being asked.
	c, q := dialed(w.Rig, nth(1))
	end(c, q)
	q.Accept() // nobody waits for it
	w.LNS(0).Silent(quiet)
	// The LNS is.
	c, q = dialed(w.Rig, nth(2))
	q.Accept()
	call := w.tun.AcceptCall()
	end(c, q)
	cleared(t, w.LNS(0), call.RQ, 0, 3, 0)
	w.still(first)
}

// A client of some retailers does not see the sessions of others.
func TestT59_Retailers(t *testing.T) {
	cfg := radiusConfig("")
	cfg.Extra = `coa {
  listen = ["192.0.2.1"]
  client "d" {
    address   = "192.0.2.21"
    secret    = "` + script.RADIUSSecret + `"
    retailers = ["other"]
  }
}
retailer "other" {
  realms = ["other.example"]
  radius = ["r1"]
  lns "other" {
    address = "192.0.2.11"
  }
}`
	rig := start(t, cfg)
	w := &dynamic{Rig: rig, t: t, d: rig.Dynamic()}
	m, other := w.up(user), w.up("joe@other.example")
	refusedFor(t, w.d.Ask(script.DisconnectRequest, m.id()), 503)
	w.acked(1, script.AttText(script.NASIdentifier, "lac.test"), other.id())
	w.gone(other)
	w.still(m)
}
