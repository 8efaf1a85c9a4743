package conformance

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lacd/lac/lactest/script"
	"lacd/radius/radiustest"
)

// ranked are tunnels to the first n LNSes of a rig. RADIUS names the last one
// first; Tunnel-Preference puts them right.
func ranked(n int) []radiustest.Tunnel {
	var tunnels []radiustest.Tunnel
	for i := n; i > 0; i-- {
		t := radiustest.L2TP(uint8(n+1-i), fmt.Sprintf("192.0.2.%d", 10+i), "")
		t.Preference = uint32(10 * i)
		tunnels = append(tunnels, t)
	}
	return tunnels
}

func TestT28_NextLNS(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]script.AVP{
		"8 octets":                script.Result(2),
		"10 octets":               script.Result(2, 4),
		"10 octets and a message": script.Result(2, 4, "no room, zu voll für dich"),
	} {
		t.Run(name, func(t *testing.T) {
			rig := start(t, script.Config{LNS: make([]script.LNSConfig, 2), RADIUS: server(ranked(2)...)})
			lns1, lns2 := rig.LNS(0), rig.LNS(1)
			c := rig.Client()
			c.Service = "internet"
			c.Dial(user, password)
			tun1 := lns1.Open()
			first := tun1.AcceptCall()
			first.Clear(result)
			second := lns2.Open().OpenCall()

			// The second LNS is told the same, but for ID and serial number.
			for _, avp := range []uint16{18, 21, 22, 23, 25} {
				if a, b := first.RQ.Value(avp), second.RQ.Value(avp); !slices.Equal(a, b) {
					t.Errorf("AVP %d: the first LNS was told % x, the second % x", avp, a, b)
				}
			}
			if a, b := first.RQ.U32(15), second.RQ.U32(15); a == b {
				t.Errorf("Call Serial Number %d for two calls", a)
			}
			proxyCHAP(t, second.CN, user)
			if n := len(accessRequests(rig)); n != 1 {
				t.Errorf("got %d Access-Requests, want 1", n)
			}
			if n := len(lns1.Of(script.CDN)); n != 0 {
				t.Errorf("a CDN was answered by %d", n)
			}
			stays(t, lns1, tun1)
			c.Silent(quiet)
		})
	}
}

func TestT28_AllFail(t *testing.T) {
	rig := start(t, script.Config{LNS: make([]script.LNSConfig, 3), RADIUS: server(ranked(3)...)})
	c := dial(rig)
	for i := range 3 {
		rig.LNS(i).Open().AcceptCall().Clear(script.Result(2, 4))
	}
	ended(t, c)
	for _, f := range c.Frames() {
		if code, _, _ := f.PPP(); f.Protocol() == script.CHAP && code != script.Challenge {
			t.Errorf("got %v: nobody has judged the credentials", f)
		}
	}
	if n := len(rig.RADIUS.Accounting()); n > 1 { // Accounting-On
		t.Errorf("got %d accounting records of a session that never was", n-1)
	}
	if n := rig.Sessions(); n != 0 {
		t.Errorf("got %d sessions, want none", n)
	}
	rig.AwaitLog("session down", "cause", "call-failed")
}

// The table of results: what becomes of the call, and whether the LNS is passed
// over by the next one.
func TestT29_Results(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		result  []any
		lockout bool
	}{
		{[]any{2, 4}, true},  // no resources
		{[]any{2, 7}, false}, // try another
		{[]any{4}, true},     // no facilities, for the time being
		{[]any{5}, true},     // no facilities, for good
		{[]any{3}, false},    // administrative
		{[]any{6}, false},    // invalid destination
		{[]any{99}, false},
		{[]any{2, 99, "what is this"}, false},
	} {
		t.Run(fmt.Sprint(tc.result...), func(t *testing.T) {
			rig := start(t, script.Config{LNS: make([]script.LNSConfig, 2)})
			lns1, lns2 := rig.LNS(0), rig.LNS(1)
			result := script.Result(uint16(tc.result[0].(int)), tc.result[1:]...)
			c := dial(rig)
			tun1 := lns1.Open()
			tun1.AcceptCall().Clear(result)
			tun2 := lns2.Open()
			call := tun2.OpenCall()
			stays(t, lns1, tun1)

			// The tunnel was not touched: it has the next call, unless the LNS
			// is left alone for a while.
			dial(rig)
			if tc.lockout {
				tun2.OpenCall()
			} else {
				tun1.OpenCall()
			}
			lives(t, lns2, c, call)
		})
	}
}

// Administrative refusals may end the call instead.
func TestT29_GiveUp(t *testing.T) {
	t.Parallel()
	for _, code := range []uint16{3, 6} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			rig := start(t, script.Config{L2TP: `give_up_after = ["cdn_3", "cdn_6"]`, LNS: make([]script.LNSConfig, 2)})
			lns := rig.LNS(0)
			c := dial(rig)
			tun := lns.Open()
			tun.AcceptCall().Clear(script.Result(code))
			ended(t, c)
			rig.LNS(1).Silent(quiet)

			// Others still move on.
			dial(rig)
			tun.AcceptCall().Clear(script.Result(2, 7))
			rig.LNS(1).Open().OpenCall()
			stays(t, lns, tun)
		})
	}
}

func TestT30_Addressing(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	b, tun, callB := rig.Up() // never to be harmed
	for _, tc := range []struct {
		name string
		up   bool // the call is up, not only asked for
		ends bool
		cdn  func(a *script.Call) (session uint16, assigned uint16)
	}{
		{"ICRQ refused, header has our ID", false, true, func(a *script.Call) (uint16, uint16) { return a.Peer, 0x4242 }},
		{"ICRQ refused, Assigned Session ID 0", false, true, func(a *script.Call) (uint16, uint16) { return a.Peer, 0 }},
		{"ICRQ refused, with the ID of another call", false, true, func(a *script.Call) (uint16, uint16) { return a.Peer, callB.ID }},
		{"up, header has our ID", true, true, func(a *script.Call) (uint16, uint16) { return a.Peer, a.ID }},
		{"up, Assigned Session ID means nothing", true, true, func(a *script.Call) (uint16, uint16) { return a.Peer, 0x4242 }},
		{"up, with the ID of another call", true, true, func(a *script.Call) (uint16, uint16) { return a.Peer, callB.ID }},
		{"up, header has 0", true, true, func(a *script.Call) (uint16, uint16) { return 0, a.ID }},
		{"header has 0, Assigned Session ID unknown", true, false, func(*script.Call) (uint16, uint16) { return 0, 0x4242 }},
		{"header has 0, Assigned Session ID 0", true, false, func(*script.Call) (uint16, uint16) { return 0, 0 }},
		{"header has 0, Assigned Session ID is ours", true, false, func(a *script.Call) (uint16, uint16) { return 0, a.Peer }},
		{"header has an unknown ID", true, false, func(a *script.Call) (uint16, uint16) { return unused(a.Peer, callB.Peer), a.ID }},
	} {
		c := dial(rig)
		var call *script.Call
		if call = tun.AcceptCall(); tc.up {
			call.Answer()
			lns.Expect(script.ICCN)
		}
		session, assigned := tc.cdn(call)
		tun.Send(script.CDN, session, script.U16(14, assigned), script.Result(1))
		tun.AwaitAck()
		switch {
		case !tc.ends:
			c.Silent(quiet)
			lives(t, lns, c, call)
		case tc.up:
			cut(t, c)
		default:
			ended(t, c)
		}
		lns.Silent(quiet / 3) // "no reply beyond the transport ack"
		if b.Silent(time.Millisecond); t.Failed() {
			t.Fatalf("CDN: %s", tc.name)
		}
	}
	lives(t, lns, b, callB)
	stays(t, lns, tun)
}

// unused returns a Session ID that none of the calls has.
func unused(ids ...uint16) uint16 {
	id := uint16(0x4243)
	for slices.Contains(ids, id) {
		id++
	}
	return id
}

func TestT31_NoICRP(t *testing.T) {
	rig := start(t, script.Config{L2TP: `answer_timeout = "1s"`, LNS: make([]script.LNSConfig, 2)})
	lns1, lns2 := rig.LNS(0), rig.LNS(1)
	c := dial(rig)
	tun1 := lns1.Open()
	mute := tun1.AcceptCall() // acknowledged, no more
	cdn := cleared(t, lns1, mute.RQ, 0, 10, 0)
	if d := cdn.At.Sub(mute.RQ.At); d < 900*time.Millisecond || d > 2*time.Second {
		t.Errorf("CDN after %v, want 1 s", d)
	}
	tun2 := lns2.Open()
	call := tun2.OpenCall()

	// It answers after all: the call is not there any more. That of the other
	// LNS does not notice.
	mute.Answer()
	late := lns1.Expect(script.CDN)
	if late.Session != mute.ID || late.U16(14) != mute.Peer {
		t.Errorf("got %v, want it to session %d, with Assigned Session ID %d", late, mute.ID, mute.Peer)
	}
	stays(t, lns1, tun1)
	c.Silent(quiet)
	lives(t, lns2, c, call)
	stays(t, lns2, tun2)
}

func TestT31_ClientGone(t *testing.T) {
	rig := start(t, script.Config{LNS: make([]script.LNSConfig, 2)})
	lns := rig.LNS(0)
	c := dial(rig)
	tun := lns.Open()
	call := tun.AcceptCall()
	c.HangUp()
	cleared(t, lns, call.RQ, 0, 1, 0)

	call.Answer() // too late
	if late := lns.Expect(script.CDN); late.Session != call.ID || late.U16(14) != call.Peer {
		t.Errorf("got %v, want it to session %d, with Assigned Session ID %d", late, call.ID, call.Peer)
	}
	if m := lns.Of(script.ICCN); len(m) > 0 {
		t.Errorf("a call that was hung up is completed: %v", m[0])
	}
	stays(t, lns, tun)
	rig.LNS(1).Silent(quiet) // the client is gone: no other LNS is tried
	dial(rig)
	tun.OpenCall()
}

// A client that is gone before its tunnel is there leaves nothing behind.
func TestT31_ClientGoneBeforeTheTunnel(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	c := dial(rig)
	tun := lns.Accept()
	c.HangUp()
	rig.AwaitLog("session down", "cause", "user-request")
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	lns.Expect(script.SCCCN)
	lns.Silent(quiet)
	stays(t, lns, tun)
}
