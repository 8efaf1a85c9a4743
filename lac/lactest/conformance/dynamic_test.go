package conformance

import (
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// dynamic is a gateway that takes orders, with a client that gives them, and with
// subscribers of the first LNS.
type dynamic struct {
	*script.Rig
	t   *testing.T
	d   *script.Dynamic
	tun *script.Tunnel
}

// member is a subscriber that is up.
type member struct {
	*script.Client
	call   *script.Call
	access *script.Request // what RADIUS was asked
	start  *script.Request
}

// orders starts a gateway that takes orders of 192.0.2.21; lines are more of its
// block coa.
func orders(t *testing.T, lines string) *dynamic {
	t.Helper()
	cfg := radiusConfig("")
	cfg.Extra = `coa {
  listen = ["192.0.2.1"]
  ` + lines + `
  client "d" {
    address = "192.0.2.21"
    secret  = "` + script.RADIUSSecret + `"
  }
}`
	rig := start(t, cfg)
	return &dynamic{Rig: rig, t: t, d: rig.Dynamic()}
}

// up brings one more subscriber up.
func (w *dynamic) up(user string, grant ...script.Attribute) *member {
	w.t.Helper()
	m := &member{}
	m.Client, m.access = dialed(w.Rig, user)
	m.access.Accept(grant...)
	if w.tun == nil {
		w.tun = w.LNS(0).Open()
	}
	m.call = w.tun.OpenCall()
	m.start = w.Server(0).Record(script.AcctStart)
	w.AwaitLog("session up")
	return m
}

// id is what names the session alone.
func (m *member) id() script.Attribute {
	return script.AttText(script.AcctSessionID, m.access.Text(script.AcctSessionID))
}

// gone wants the sessions to have been ended by a Disconnect-Request: CDN 3 for each,
// PADT, and Stop by Admin-Reset, which is returned of the last.
func (w *dynamic) gone(members ...*member) (stop *script.Request) {
	w.t.Helper()
	left := map[uint16]*member{} // by the LNS's Session ID
	for _, m := range members {
		left[m.call.ID] = m
	}
	for range members {
		cdn := w.LNS(0).Expect(script.CDN)
		m := left[cdn.Session]
		if result, _, _ := cdn.Result(); m == nil || result != 3 || cdn.U16(14) != m.call.Peer {
			w.t.Fatalf("got %v, want CDN 3 for one of the sessions", cdn)
		}
		delete(left, cdn.Session)
		m.ExpectPPP(script.LCP, script.TermReq)
		m.Expect(script.PADT)
		stop = w.Server(0).Record(script.AcctStop)
		carries(w.t, stop, script.AttU32(script.AcctTerminateCause, 6))
	}
	return stop
}

// acked sends a Disconnect-Request and wants it to be honoured: when it is
// acknowledged, the sessions are not there any more.
func (w *dynamic) acked(left int, attributes ...script.Attribute) *script.Request {
	w.t.Helper()
	a := w.d.Ask(script.DisconnectRequest, attributes...)
	if n := w.Sessions(); a.Code != script.DisconnectACK || n != left {
		w.t.Fatalf("got %v, and %d sessions; want Disconnect-ACK and %d", a, n, left)
	}
	return a
}

// refusedFor wants an answer that says no, for the cause.
func refusedFor(t *testing.T, a *script.Request, cause uint32) {
	t.Helper()
	if nak := a.Code == script.DisconnectNAK || a.Code == script.CoANAK; !nak || a.U32(script.ErrorCause) != cause {
		t.Errorf("got %v, want a NAK with Error-Cause %d", a, cause)
	}
}

// still wants sessions to be as they were: nothing was sent to them, and each ends
// when its subscriber hangs up.
func (w *dynamic) still(members ...*member) {
	w.t.Helper()
	w.LNS(0).Silent(quiet)
	for _, m := range members {
		m.Silent(time.Millisecond)
		lives(w.t, w.LNS(0), m.Client, m.call)
		carries(w.t, w.Server(0).Record(script.AcctStop), script.AttU32(script.AcctTerminateCause, 1))
	}
}

// stamp is an Event-Timestamp so far from now.
func stamp(d time.Duration) script.Attribute {
	return script.AttU32(script.EventTimestamp, uint32(time.Now().Add(d).Unix()))
}
