package conformance

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
	"unicode"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2866"

	"lacd/lac/lactest/script"
)

func TestT39_PADT(t *testing.T) {
	rig := start(t, script.Config{L2TP: "resend = \"200ms\"\nresend_max = \"400ms\"", RADIUS: server()})
	lns := rig.LNS(0)
	c, tun, call := rig.Up()
	tun.Hold(true)
	c.HangUp()
	first := cleared(t, lns, call.RQ, call.ID, 1, 0)
	before := first
	for _, wait := range []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 400 * time.Millisecond} {
		next := lns.Await(script.CDN, script.Patience)
		if d := next.At.Sub(before.At); d < wait-100*time.Millisecond || d > wait+300*time.Millisecond {
			t.Errorf("CDN came again after %v, want %v", d, wait)
		}
		if next.Ns != first.Ns || !bytes.Equal(next.Raw[12:], first.Raw[12:]) {
			t.Errorf("got %v, want the same CDN again: %v", next, first)
		}
		before = next
	}
	tun.Hold(false)
	tun.Ack()
	n := len(lns.Of(script.CDN))
	c.Silent(600 * time.Millisecond) // "no further PPP traffic" (RFC 2516 section 5.5)
	if got := len(lns.Of(script.CDN)); got != n {
		t.Errorf("got %d CDNs after the acknowledgement", got-n)
	}

	stop := stopOf(t, rig, user)
	if got := rfc2866.AcctTerminateCause_Get(stop); got != rfc2866.AcctTerminateCause_Value_UserRequest {
		t.Errorf("Acct-Terminate-Cause: got %v", got)
	}
	for _, a := range []layeh.Type{
		rfc2866.AcctInputOctets_Type, rfc2866.AcctOutputOctets_Type, rfc2866.AcctInputPackets_Type,
		rfc2866.AcctOutputPackets_Type, rfc2866.AcctSessionTime_Type, rfc2866.AcctSessionID_Type,
	} {
		if len(stop.Get(a)) == 0 {
			t.Errorf("accounting Stop without attribute %d", a)
		}
	}
	if ops := rig.Plane(); ops[len(ops)-1].Msg != "remove bridge" {
		t.Errorf("the data plane was asked for %q last", ops[len(ops)-1].Msg)
	}
}

// cause is PPP Disconnect Cause Code (RFC 3145 section 2).
func cause(code, proto uint16, direction byte, text string) script.AVP {
	v := binary.BigEndian.AppendUint16(nil, code)
	v = binary.BigEndian.AppendUint16(v, proto)
	return script.Bytes(46, append(append(v, direction), text...)...)
}

var clearings = []struct {
	name string
	avps []script.AVP // besides Assigned Session ID
	acct rfc2866.AcctTerminateCause
	text string // in the log
}{
	{"1", []script.AVP{script.Result(1)}, 2, ""},
	{"3", []script.AVP{script.Result(3)}, 6, ""},
	{"3 with an error and a text", []script.AVP{script.Result(3, 0, "maintenance")}, 6, "maintenance"},
	{"99", []script.AVP{script.Result(99)}, 2, ""},
	{"Q.931 cause", []script.AVP{script.Result(1), script.Bytes(12, 0, 16, 0)}, 2, ""},
	{"terminated by the peer", []script.AVP{script.Result(3), cause(3, 0, 1, "")}, 1, ""},
	{"terminated by the LNS", []script.AVP{script.Result(3), cause(3, 0, 2, "x")}, 6, "x"},
	{"authentication failed", []script.AVP{script.Result(3), cause(16, 0xc223, 1, "no such user")}, 17, "no such user"},
	{"echo timeout", []script.AVP{script.Result(3), cause(8, 0xc021, 0, "")}, 2, ""},
	{"administrative", []script.AVP{script.Result(1), cause(1, 0, 0, strings.Repeat("a", 200))}, 6, strings.Repeat("a", 50)},
	{"authentication timeout", []script.AVP{script.Result(1), cause(13, 0xc023, 0, "")}, 9, ""},
	{"NCP timeout", []script.AVP{script.Result(1), cause(17, 0x8021, 0, "")}, 9, ""},
	{"two causes", []script.AVP{script.Result(1), cause(18, 0x8021, 0, "no IPv4"), cause(18, 0x8057, 0, "no IPv6")}, 2, "no IPv6"},
	{"short cause", []script.AVP{script.Result(3), script.Bytes(46, 0, 16, 0, 0)}, 6, ""},
	{"unknown cause", []script.AVP{script.Result(3), cause(4711, 0, 9, "")}, 6, ""},
	{"cause of vendor 43", []script.AVP{script.Result(3), cause(16, 0xc223, 1, "").With(false, 43)}, 17, ""},
	{"cause alone", []script.AVP{cause(16, 0xc223, 1, "")}, 17, ""},
	{"nothing", nil, 2, ""},
	{"text that is not UTF-8", []script.AVP{script.Result(3, 0, "bad \xff\xfe\x1b[31m\nend")}, 6, "end"},
	{"cause that is not UTF-8", []script.AVP{script.Result(3), cause(3, 0, 1, "\x80\x00also bad")}, 1, "also bad"},
}

// The codes of the LNS reach accounting; the client gets PADT and the LNS an
// acknowledgement, no more.
func TestT40_CDN(t *testing.T) {
	rig := start(t, script.Config{RADIUS: server()})
	lns := rig.LNS(0)
	var tun *script.Tunnel
	for i, tc := range clearings {
		c := rig.Client()
		c.Dial(nth(i), password)
		if tun == nil {
			tun = lns.Open()
		}
		call := tun.OpenCall()
		rig.AwaitLog("session up", "user", nth(i))
		tun.Send(script.CDN, call.Peer, append([]script.AVP{script.U16(14, call.ID)}, tc.avps...)...)
		tun.AwaitAck()
		c.Await(script.PADT) // maybe after a Terminate-Request
		if got := rfc2866.AcctTerminateCause_Get(stopOf(t, rig, nth(i))); got != tc.acct {
			t.Errorf("%s: got Acct-Terminate-Cause %v, want %v", tc.name, got, tc.acct)
		}
		detail := rig.AwaitLog("session down", "user", nth(i)).Text("detail")
		if !strings.Contains(detail, tc.text) || strings.ContainsFunc(detail, unicode.IsControl) {
			t.Errorf("%s: logged as %q, want %q in it", tc.name, detail, tc.text)
		}
	}
	lns.Silent(quiet)
	stays(t, lns, tun)
}

// What the gateway itself says of PPP: an end by the operator is administrative,
// one that PPP brought has its cause, and a PADT says nothing of PPP.
func TestT40_SentCauses(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	c, tun, call := rig.Up()
	if n := rig.Disconnect(user); n != 1 {
		t.Fatalf("the operator ended %d sessions", n)
	}
	cdn := cleared(t, lns, call.RQ, call.ID, 3, 0)
	has(t, cdn, cause(1, 0, 0, ""))
	cut(t, c)

	// LCP Terminate-Request while the LNS is asked.
	c = dial(rig)
	call = tun.AcceptCall()
	c.LCP(script.TermReq, 9)
	cdn = cleared(t, lns, call.RQ, 0, 1, 0)
	has(t, cdn, cause(3, 0, 1, ""))
	c.AwaitPPP(script.LCP, script.TermAck)
	c.Await(script.PADT)

	c = dial(rig)
	call = tun.OpenCall()
	rig.AwaitLog("session up")
	c.HangUp()
	lacks(t, cleared(t, lns, call.RQ, call.ID, 1, 0), 46)
}

func TestT41_OutOfTurn(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	b, tun, callB := rig.Up() // never to be harmed
	for _, tc := range []struct {
		name string
		send func(a *script.Call)
	}{
		{"ICRP", func(a *script.Call) { a.Answer() }},
		{"ICRP with another ID", func(a *script.Call) { tun.Send(script.ICRP, a.Peer, script.U16(14, 0x7abc)) }},
		{"ICCN", func(a *script.Call) { tun.Send(script.ICCN, a.Peer, script.U32(24, 64000), script.U32(19, 1)) }},
		{"ICRQ", func(a *script.Call) { tun.Send(script.ICRQ, a.Peer, script.U16(14, 0x7abd), script.U32(15, 1)) }},
		{"ICRQ with the ID of the call", func(a *script.Call) { tun.Send(script.ICRQ, 0, script.U16(14, a.ID), script.U32(15, 1)) }},
		{"OCRP", func(a *script.Call) { tun.Send(script.OCRP, a.Peer, script.U16(14, 0x7abe)) }},
		{"OCCN", func(a *script.Call) { tun.Send(script.OCCN, a.Peer, script.U32(24, 64000), script.U32(19, 1)) }},
	} {
		c := dial(rig)
		call := tun.OpenCall()
		rig.AwaitLog("session up")
		tc.send(call)
		cdn := lns.Expect(script.CDN)
		if r, _, _ := cdn.Result(); r != 2 || cdn.Session != call.ID || cdn.U16(14) != call.Peer {
			t.Errorf("%s: got %v, want CDN 2 for session %d", tc.name, cdn, call.ID)
		}
		cut(t, c)
		if b.Silent(time.Millisecond); t.Failed() {
			t.Fatal(tc.name)
		}
	}
	lives(t, lns, b, callB)
	stays(t, lns, tun)
}

// A call that is asked for is not ended by an ICRQ for another, which is
// refused: a LAC takes no incoming calls.
func TestT41_ICRQ(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	c := dial(rig)
	tun := lns.Open()
	call := tun.AcceptCall()
	tun.Send(script.ICRQ, 0, script.U16(14, 0x7abc), script.U32(15, 1))
	if cdn := lns.Expect(script.CDN); cdn.Session != 0x7abc || cdn.U16(14) == 0 || cdn.U16(14) == call.Peer {
		t.Errorf("got %v, want it to session %d", cdn, 0x7abc)
	}
	call.Answer()
	lns.Expect(script.ICCN)
	rig.AwaitLog("session up")
	lives(t, lns, c, call)
	stays(t, lns, tun)
}

func TestT42_OCRQ(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	c, tun, call := rig.Up()
	for i := range uint16(3) {
		tun.Send(script.OCRQ, 0,
			script.U16(14, 0x7b00+i), script.U32(15, 1), script.U32(16, 1200), script.U32(17, 64000),
			script.U32(18, 1), script.U32(19, 1), script.Text(21, "12345"))
		cdn := lns.Expect(script.CDN)
		if r, _, _ := cdn.Result(); r != 5 && r != 2 || cdn.Session != 0x7b00+i || cdn.U16(14) == 0 || cdn.U16(14) == call.Peer {
			t.Errorf("got %v, want CDN 2 or 5 to session %d", cdn, 0x7b00+i)
		}
	}
	c.Silent(quiet)
	lives(t, lns, c, call)
	stays(t, lns, tun)
}

func TestT42_SLIAndWEN(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	c, tun, call := rig.Up()
	accm := script.Bytes(35, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)
	errors := script.Bytes(34, make([]byte, 26)...)
	sent, received := script.Bytes(51, script.MRU(1492)...), script.Bytes(52, script.Magic(1)...) // RFC 3437
	for _, session := range []uint16{call.Peer, unused(call.Peer), 0} {
		tun.Send(script.SLI, session, accm)
		tun.Send(script.SLI, session, accm, sent.With(false, 0), received.With(false, 0))
		tun.Send(script.WEN, session, errors)
		tun.AwaitAck()
	}
	lns.Silent(quiet)
	c.Silent(quiet)
	lives(t, lns, c, call)
	stays(t, lns, tun)
}
