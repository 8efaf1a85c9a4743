package conformance

import (
	"bytes"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// changed sends a CoA-Request and wants it to be honoured.
func (w *dynamic) changed(attributes ...script.Attribute) *script.Request {
	w.t.Helper()
	a := w.d.Ask(script.CoARequest, attributes...)
	if a.Code != script.CoAACK {
		w.t.Fatalf("got %v, want CoA-ACK", a)
	}
	return a
}

// over wants the gateway to end a session by itself, with the cause, not before it
// has lasted so long and soon after.
func (w *dynamic) over(m *member, cause uint32, lasted time.Duration) {
	w.t.Helper()
	cdn := w.LNS(0).Expect(script.CDN)
	if result, _, _ := cdn.Result(); result != 3 || cdn.Session != m.call.ID {
		w.t.Errorf("got %v, want CDN 3 for session %d", cdn, m.call.ID)
	}
	m.Await(script.PADT)
	carries(w.t, w.Server(0).Record(script.AcctStop), script.AttU32(script.AcctTerminateCause, cause))
	due(w.t, "the end", cdn.At.Sub(m.start.At), lasted)
}

// Session-Timeout counts from when the session came up.
func TestT60_SessionTimeout(t *testing.T) {
	w := orders(t, "")
	m := w.up(user, script.AttU32(script.SessionTimeout, 3600))
	w.changed(m.id(), script.AttU32(script.SessionTimeout, 2))
	w.over(m, 5, 2*time.Second)
	// One that is past ends it at once, and a longer one keeps it.
	m = w.up(user, script.AttU32(script.SessionTimeout, 1))
	w.changed(m.id(), script.AttU32(script.SessionTimeout, 3600))
	w.LNS(0).Silent(1200 * time.Millisecond)
	w.changed(m.id(), script.AttU32(script.SessionTimeout, 1))
	w.over(m, 5, 1200*time.Millisecond)
	// 0 is none.
	m = w.up(user, script.AttU32(script.SessionTimeout, 1))
	w.changed(m.id(), script.AttU32(script.SessionTimeout, 0))
	w.LNS(0).Silent(1200 * time.Millisecond)
	w.still(m)
}

func TestT60_IdleTimeout(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	w.changed(m.id(), script.AttU32(script.IdleTimeout, 1))
	w.over(m, 4, time.Second)
}

// Class is in the records from then on; the change is told of in no other way.
func TestT60_Class(t *testing.T) {
	w := orders(t, "")
	m := w.up(user, script.AttText(script.Class, "old"), script.AttText(script.Class, "older"))
	w.changed(m.id(), script.AttText(script.Class, "new"), script.AttText(script.Class, "newer"), script.AttU32(script.AcctInterimInterval, 600))
	m.Silent(quiet)
	lives(t, w.LNS(0), m.Client, m.call)
	carries(t, w.Server(0).Record(script.AcctStop), script.AttText(script.Class, "new"), script.AttText(script.Class, "newer"))
}

// "all attributes MUST be treated as mandatory", and the change is atomic (RFC 5176
// section 2.3): where one cannot be, nothing changes.
func TestT60_Atomic(t *testing.T) {
	w := orders(t, "")
	m := w.up(user, script.AttText(script.Class, "old"))
	one := script.AttU32(script.SessionTimeout, 1) // would end it soon
	for _, tc := range []struct {
		name  string
		cause uint32
		atts  []script.Attribute
	}{
		{"an unknown attribute", 401, []script.Attribute{one, script.Att(200, 1)}},
		{"an unknown attribute first", 401, []script.Attribute{script.Att(200, 1), one}},
		{"a vendor's", 401, []script.Attribute{one, script.VSA(9, 1, []byte("sub-qos-policy-in=x")...)}},
		{"Filter-Id", 401, []script.Attribute{one, script.AttText(script.FilterID, "x")}},
		{"Reply-Message", 401, []script.Attribute{one, script.AttText(script.ReplyMessage, "x")}},
		{"Acct-Terminate-Cause", 401, []script.Attribute{one, script.AttU32(script.AcctTerminateCause, 6)}},
		{"a short value", 407, []script.Attribute{one, script.AttText(script.Class, "new"), script.Att(script.IdleTimeout, 0, 1)}},
		{"a long value", 407, []script.Attribute{script.Att(script.SessionTimeout, 0, 0, 0, 0, 1)}},
		{"an interim interval that is too short", 407, []script.Attribute{one, script.AttU32(script.AcctInterimInterval, 10)}},
		{"Session-Timeout twice", 404, []script.Attribute{one, one}},
		{"another service", 405, []script.Attribute{one, script.AttU32(script.ServiceType, 2)}},
	} {
		a := w.d.Ask(script.CoARequest, append([]script.Attribute{m.id()}, tc.atts...)...)
		if a.Code != script.CoANAK {
			t.Fatalf("%s: got %v, want CoA-NAK", tc.name, a)
		}
		if refusedFor(t, a, tc.cause); t.Failed() {
			t.Fatal(tc.name)
		}
	}
	w.LNS(0).Silent(1200 * time.Millisecond)
	lives(t, w.LNS(0), m.Client, m.call)
	carries(t, w.Server(0).Record(script.AcctStop), script.AttText(script.Class, "old"))
}

// A session stays in its tunnel: tunnel attributes are not supported, and one that
// is obfuscated should not be there at all (draft-ietf-radext-deprecating-radius).
func TestT60_Tunnel(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	for _, atts := range [][]script.Attribute{
		script.L2TPTo(1, "192.0.2.12"),
		{script.Hidden(1, 0x8001, "secret")},
		{script.TaggedU24(script.TunnelPreference, 1, 1)},
		{script.AttText(script.TunnelAssignmentID, "x"), script.AttU32(script.SessionTimeout, 1)},
	} {
		refusedFor(t, w.d.Ask(script.CoARequest, append(atts, m.id())...), 401)
	}
	if got := w.LNS(1).Messages(); len(got) > 0 {
		t.Errorf("another LNS is told of: %v", got[0])
	}
	w.still(m)
}

// Authorize-Only is always answered by a NAK (RFC 5176 section 3.2), and here it is
// not supported: nobody is asked.
func TestT60_AuthorizeOnly(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	only, state := script.AttU32(script.ServiceType, 17), script.Att(script.State, 0, 0xff, 1)
	asked := len(w.Server(0).Requests())
	a := w.d.Ask(script.CoARequest, m.id(), only, state)
	refusedFor(t, a, 405)
	carries(t, a, state)
	refusedFor(t, w.d.Ask(script.CoARequest, m.id(), only), 402)
	refusedFor(t, w.d.Ask(script.CoARequest, m.id(), only, state, script.AttU32(script.SessionTimeout, 1)), 401)
	refusedFor(t, w.d.Ask(script.DisconnectRequest, m.id(), only, state), 401)
	w.Server(0).Silent(quiet)
	if n := len(w.Server(0).Requests()); n != asked {
		t.Errorf("%d Access-Requests came of it", n-asked)
	}
	w.still(m)
}

// Proxy-State and State return as they came, in ACK and in NAK.
func TestT60_States(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	back := []script.Attribute{
		script.Att(script.ProxyState, 1, 0, 0xff), script.AttText(script.State, "state"), script.AttText(script.ProxyState, "b"),
		script.AttText(script.ProxyState, "a"), script.AttText(script.ProxyState, "b"),
	}
	ack := w.changed(append(back, m.id(), script.AttU32(script.SessionTimeout, 3600))...)
	carries(t, ack, back...)
	unlike(t, ack, script.AcctSessionID, script.SessionTimeout, script.AcctTerminateCause)
	nak := w.d.Ask(script.CoARequest, append(back, m.id(), script.Att(200, 1))...)
	refusedFor(t, nak, 401)
	carries(t, nak, back...)
	unlike(t, nak, script.AcctSessionID, 200)
	// Much of it, as after many proxies.
	var many []script.Attribute
	for range 12 {
		many = append(many, script.Att(script.ProxyState, bytes.Repeat([]byte{0xa5}, 253)...))
	}
	w.d.Send(script.Order{Code: script.CoARequest, Signed: true, Attributes: append(many, m.id(), script.AttU32(script.IdleTimeout, 0))})
	carries(t, w.d.Answer(), many...)
	w.still(m)
}

// All sessions that match are changed, or none.
func TestT60_SeveralSessions(t *testing.T) {
	w := orders(t, "")
	other := w.up("jane@acme.example")
	a, b := w.up(user), w.up(user)
	name := script.AttText(script.UserName, user)
	refusedFor(t, w.d.Ask(script.CoARequest, name, script.AttU32(script.SessionTimeout, 1), script.Att(200, 1)), 401)
	w.LNS(0).Silent(1200 * time.Millisecond)
	w.changed(name, script.AttU32(script.SessionTimeout, 1)) // they have had it
	ends := map[uint16]bool{w.LNS(0).Expect(script.CDN).Session: true, w.LNS(0).Expect(script.CDN).Session: true}
	if !ends[a.call.ID] || !ends[b.call.ID] {
		t.Errorf("sessions %v ended, want %d and %d", ends, a.call.ID, b.call.ID)
	}
	for _, m := range []*member{a, b} {
		m.Await(script.PADT)
		carries(t, w.Server(0).Record(script.AcctStop), script.AttU32(script.AcctTerminateCause, 5))
	}
	w.still(other)
}

// The NAS and the session must be meant, as for a Disconnect-Request; a request that
// comes again is not carried out again.
func TestT60_Identification(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	long := script.AttU32(script.SessionTimeout, 3600)
	refusedFor(t, w.d.Ask(script.CoARequest, long), 402)
	refusedFor(t, w.d.Ask(script.CoARequest, script.AttText(script.NASIdentifier, "lac.test"), long), 402)
	refusedFor(t, w.d.Ask(script.CoARequest, m.id(), script.AttText(script.NASIdentifier, "lac.other"), long), 403)
	refusedFor(t, w.d.Ask(script.CoARequest, script.AttText(script.UserName, "jane@acme.example"), long), 503)
	refusedFor(t, w.d.Ask(script.CoARequest, m.id(), script.AttText(script.UserName, "jane@acme.example"), long), 503)

	b := w.d.Send(script.Order{Code: script.CoARequest, Attributes: []script.Attribute{m.id(), script.AttText(script.Class, "first")}})
	first := w.d.Answer()
	w.changed(m.id(), script.AttText(script.Class, "second"))
	w.d.Write(b)
	if again := w.d.Answer(); !bytes.Equal(again.Raw, first.Raw) {
		t.Errorf("got %v, want the answer of before: %v", again, first)
	}
	lives(t, w.LNS(0), m.Client, m.call)
	carries(t, w.Server(0).Record(script.AcctStop), script.AttText(script.Class, "second"))
}

// What is not genuine has neither effect nor answer.
func TestT60_Silence(t *testing.T) {
	w := orders(t, "")
	m := w.up(user)
	atts := []script.Attribute{m.id(), script.AttU32(script.SessionTimeout, 1)}
	for _, o := range []script.Order{
		{Secret: "not the secret"},
		{Signed: true, Signer: "not the secret"},
		{Signed: true, Last: true, Signer: "not the secret"},
		{Extra: 4},
		{Attributes: append(atts[:2:2], stamp(-600*time.Second))},
		{Attributes: append(atts[:2:2], script.AttRaw(200, 1))},
	} {
		o.Code = script.CoARequest
		if o.Attributes == nil {
			o.Attributes = atts
		}
		w.d.Send(o)
	}
	w.DynamicAt(w.Stranger().Addr).Send(script.Order{Code: script.CoARequest, Attributes: atts})
	w.d.Silent(quiet)
	w.LNS(0).Silent(1200 * time.Millisecond)
	w.still(m)
}

// A session without a call has no terms yet; one that waits for its call has them.
func TestT60_Early(t *testing.T) {
	w := orders(t, "")
	first := w.up(user)
	c, q := dialed(w.Rig, nth(1))
	id := script.Att(script.AcctSessionID, q.Value(script.AcctSessionID)...)
	refusedFor(t, w.d.Ask(script.CoARequest, id, script.AttText(script.Class, "too early")), 503)
	q.Accept()
	call := w.tun.AcceptCall()
	w.changed(id, script.AttText(script.Class, "in time"))
	call.Answer()
	w.LNS(0).Expect(script.ICCN)
	carries(t, w.Server(0).Record(script.AcctStart), script.AttText(script.Class, "in time"))
	w.AwaitLog("session up")
	w.still(first, &member{Client: c, call: call})
}
