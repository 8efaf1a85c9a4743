package conformance

import (
	"fmt"
	"testing"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2866"

	"lacd/lac/lactest/script"
	"lacd/radius/radiustest"
)

// Everybody's credentials.
const (
	user     = "joe@acme.example"
	password = "secret"
)

// server returns a RADIUS server that accepts everybody with the password, and
// names the tunnels. Without tunnels the configured LNSes serve.
func server(tunnels ...radiustest.Tunnel) *radiustest.Server {
	s := radiustest.New(script.RADIUSSecret)
	var reply []radiustest.Attribute
	for _, t := range tunnels {
		reply = append(reply, t.Attribute())
	}
	s.SetUser("", radiustest.User{Password: password, Reply: reply})
	return s
}

// dial brings a new client to its credentials.
func dial(rig *script.Rig) *script.Client {
	c := rig.Client()
	c.Dial(user, password)
	return c
}

// ended wants the client of a call that did not come up to be told, once, and
// terminates its link. Nothing follows.
func ended(t *testing.T, c *script.Client) {
	t.Helper()
	_, id, _ := c.AwaitPPP(script.LCP, script.TermReq).PPP()
	c.LCP(script.TermAck, id)
	c.Await(script.PADT)
	c.Silent(50 * time.Millisecond)
}

// cut wants the client of a session that was up to be told: its link is not the
// gateway's any more, so that no answer is waited for.
func cut(t *testing.T, c *script.Client) {
	t.Helper()
	c.ExpectPPP(script.LCP, script.TermReq)
	c.Expect(script.PADT)
	c.Silent(50 * time.Millisecond)
}

// cleared wants a CDN with the codes, for the call that the ICRQ was about. Its
// header has the LNS's Session ID, 0 if the gateway does not know it.
func cleared(t *testing.T, l *script.LNS, rq *script.Message, session uint16, result, code uint16) *script.Message {
	t.Helper()
	cdn := l.Expect(script.CDN)
	if r, e, _ := cdn.Result(); r != result || e != code {
		t.Errorf("got CDN %d/%d, want %d/%d: %v", r, e, result, code, cdn)
	}
	if cdn.Session != session {
		t.Errorf("CDN is addressed to session %d, want %d", cdn.Session, session)
	}
	if got, want := cdn.U16(14), rq.U16(14); got != want {
		t.Errorf("CDN for Assigned Session ID %d, the ICRQ had %d", got, want)
	}
	return cdn
}

// stays wants the tunnel to be up: it acknowledges a HELLO, and was not closed.
func stays(t *testing.T, l *script.LNS, tun *script.Tunnel) {
	t.Helper()
	tun.Send(script.HELLO, 0)
	tun.AwaitAck()
	if m := l.Of(script.StopCCN); len(m) > 0 {
		t.Errorf("the tunnel was closed: %v", m[0])
	}
}

// lives wants a call to be up: the client's PADT ends it with CDN 1.
func lives(t *testing.T, l *script.LNS, c *script.Client, call *script.Call) {
	t.Helper()
	c.HangUp()
	cleared(t, l, call.RQ, call.ID, 1, 0)
}

// stopOf waits for the accounting Stop of a user.
func stopOf(t *testing.T, rig *script.Rig, user string) *layeh.Packet {
	t.Helper()
	for deadline := time.Now().Add(script.Patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, p := range rig.RADIUS.Accounting() {
			if rfc2866.AcctStatusType_Get(p) == rfc2866.AcctStatusType_Value_Stop && layehUser(p) == user {
				return p
			}
		}
	}
	t.Fatalf("no accounting Stop for %s", user)
	return nil
}

func layehUser(p *layeh.Packet) string { return string(p.Get(1)) }

// nth is a user name for each of several sessions.
func nth(i int) string { return fmt.Sprintf("u%d@acme.example", i) }
