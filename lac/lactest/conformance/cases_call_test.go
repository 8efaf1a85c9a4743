package conformance

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// What script checks of every control message is not repeated here: AVPs that
// belong, their M, H and length, no M on vendors' AVPs, 0xc802, Length.
func TestT25_ICRQ(t *testing.T) {
	rig := start(t, script.Config{})
	c := rig.Client()
	c.Service = "internet"
	c.Dial(user, password)
	tun := rig.LNS(0).Open()
	call := tun.AcceptCall()
	rq := call.RQ
	if rq.Tunnel != tun.ID || rq.Session != 0 {
		t.Errorf("got %v, want tunnel %d and session 0", rq, tun.ID)
	}
	if call.Peer == 0 {
		t.Error("Assigned Session ID is 0")
	}
	if got, want := string(rq.Value(22)), c.MAC.String(); got != want {
		t.Errorf("Calling Number: got %q, want %q", got, want)
	}
	if got := string(rq.Value(21)); got != "internet" {
		t.Errorf("Called Number: got %q, want the Service-Name", got)
	}
	if rq.Has(18) && rq.U32(18) > 1 {
		t.Errorf("Bearer Type %d: want 0 or digital", rq.U32(18))
	}
	if got, want := rq.U32(25)&0xffff, uint32(c.Session); got != want {
		t.Errorf("Physical Channel ID: got PPPoE session %d, want %d", got, want)
	}

	// Further calls share the tunnel; IDs do not follow each other, serials grow.
	serial, ids := rq.U32(15), []uint16{call.Peer}
	for range 3 {
		dial(rig)
		next := tun.AcceptCall()
		if next.RQ.U32(15) <= serial {
			t.Errorf("Call Serial Number: got %d after %d", next.RQ.U32(15), serial)
		}
		if next.RQ.Has(21) {
			t.Errorf("Called Number %q without Service-Name", next.RQ.Value(21))
		}
		serial, ids = next.RQ.U32(15), append(ids, next.Peer)
	}
	if ids[1] == ids[0]+1 && ids[2] == ids[1]+1 && ids[3] == ids[2]+1 {
		t.Errorf("Assigned Session IDs %v can be guessed", ids)
	}
}

// What the operator wants the LNS to be told of a call.
func TestT25_Numbers(t *testing.T) {
	rig := start(t, script.Config{Retailer: `
		calling_number = "{port}/{mac}"
		called_number = "{realm}!{user}"
		sub_address = "{node}"
		physical_channel = false`})
	c := dial(rig)
	rq := rig.LNS(0).Open().AcceptCall().RQ
	has(t, rq,
		script.Text(22, "acc0/"+c.MAC.String()),
		script.Text(21, "acme.example!"+user),
		script.Text(23, "lac.test"))
	lacks(t, rq, 25)
}

// The access line's AVPs are extensions: none of them has its M bit set.
func TestT25_Extensions(t *testing.T) {
	rig := start(t, script.Config{})
	c := rig.Client()
	c.Discover(script.Tag{Type: script.VendorSpecific, Value: []byte{
		0, 0, 0x0d, 0xe9, // ADSL Forum
		1, 6, 'c', 'i', 'r', '/', '1', '7',
		0x81, 4, 0, 0, 0x08, 0x00, // up 2048 kbit/s
		0x82, 4, 0, 0, 0x40, 0x00, // down 16384 kbit/s
	}})
	c.OpenLCP(script.CHAP)
	c.SendCHAP(c.AwaitPPP(script.CHAP, script.Challenge), user, password)
	call := rig.LNS(0).Open().OpenCall()
	vendor := 0
	for _, a := range call.RQ.AVPs {
		if a.Vendor == 3561 {
			vendor++
		}
		if a.M && (a.Vendor != 0 || a.Type > 39) {
			t.Errorf("extension %v has its M bit set", a)
		}
	}
	if vendor != 3 {
		t.Errorf("got %d AVPs of RFC 5515, want 3: %v", vendor, call.RQ)
	}
	if got := string(call.RQ.Value(22)); got != "cir/17" {
		t.Errorf("Calling Number: got %q, want the circuit id", got)
	}
	// The line is asymmetric: both speeds are told (RFC 2661 section 4.4.4).
	if tx, rx := call.CN.U32(24), call.CN.U32(38); tx != 16384000 || rx != 2048000 {
		t.Errorf("Connect Speeds: got %d and %d", tx, rx)
	}
}

// Call Serial Numbers are "unique for a significant period of time": tunnels
// share them, and the gateway's restart does not begin them anew.
func TestT25_SerialNumbers(t *testing.T) {
	rig := start(t, script.Config{})
	const calls = 20
	s := rig.LNS(0).Serve(&script.Service{})
	seen := map[uint32]bool{}
	last := uint32(0)
	for round := range 2 {
		for range calls / 2 {
			dial(rig)
		}
		waitFor(t, "calls", func() bool { return len(s.Calls()) == (round+1)*calls/2 })
		if round == 0 {
			time.Sleep(500 * time.Millisecond) // nobody restarts faster
			rig.Restart()
		}
	}
	for _, c := range s.Calls() {
		n := c.RQ.U32(15)
		if seen[n] || n <= last {
			t.Errorf("Call Serial Number: got %d after %d", n, last)
		}
		seen[n], last = true, n
	}
}

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * script.Patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s", what)
		}
	}
}

func TestT26_AssignedSessionID(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	var tun *script.Tunnel
	for _, tc := range []struct {
		name string
		avps []script.AVP
		code uint16
	}{
		{"zero", []script.AVP{script.U16(14, 0)}, 3},
		{"missing", nil, 3},
		{"one octet", []script.AVP{script.Bytes(14, 7)}, 2},
		{"three octets", []script.AVP{script.Bytes(14, 7, 7, 7)}, 2},
		{"no value", []script.AVP{script.Bytes(14)}, 2},
	} {
		c := dial(rig)
		if tun == nil {
			tun = lns.Open()
		}
		call := tun.AcceptCall()
		tun.Send(script.ICRP, call.Peer, tc.avps...)
		if cleared(t, lns, call.RQ, 0, 2, tc.code); t.Failed() {
			t.Fatalf("ICRP with Assigned Session ID: %s", tc.name)
		}
		ended(t, c)
		stays(t, lns, tun)
	}
	dial(rig)
	tun.OpenCall()
}

func TestT27_UnknownAVP(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	a, tun, first := rig.Up()
	unknown := script.Bytes(4711, 1, 2, 3)
	reserved := script.U16(14, 0x7799)
	reserved.Reserved = 4
	for _, tc := range []struct {
		name  string
		avp   script.AVP
		names string // in the Error Message; "" if the AVP is to be ignored
	}{
		{"M", unknown.With(true, 0), "4711"},
		{"M of a vendor", script.U16(14, 9).With(true, 9), "14 of vendor 9"},
		{"M and a reserved bit", reserved, "14"},
		{"no M", unknown, ""},
		{"no M of a vendor", script.U16(14, 9).With(false, 9), ""},
	} {
		c := dial(rig)
		call := tun.AcceptCall()
		tun.Send(script.ICRP, call.Peer, script.U16(14, call.ID), tc.avp)
		if tc.names == "" {
			cn := lns.Expect(script.ICCN)
			if cn.Session != call.ID {
				t.Errorf("%s: ICCN for session %d, want %d", tc.name, cn.Session, call.ID)
			}
			rig.AwaitLog("session up")
			lives(t, lns, c, call)
			continue
		}
		if _, _, text := cleared(t, lns, call.RQ, call.ID, 2, 8).Result(); !strings.Contains(text, tc.names) {
			t.Errorf("%s: Error Message %q does not name the AVP", tc.name, text)
		}
		ended(t, c)
	}
	// The first call never noticed, and the tunnel takes others.
	a.Silent(quiet)
	lives(t, lns, a, first)
	dial(rig)
	if call := tun.OpenCall(); bytes.Equal(call.RQ.Value(14), first.RQ.Value(14)) {
		t.Error("the Assigned Session ID of a call that has just ended is given again")
	}
	stays(t, lns, tun)
}
