package conformance

import (
	"bytes"
	"testing"
	"time"

	"lacd/lac/lactest/script"
	"lacd/radius/radiustest"
)

// asked returns how many Access-Requests RADIUS got.
func asked(rig *script.Rig) (n int) {
	for _, r := range rig.RADIUS.Requests() {
		if r.Packet.Code == 1 {
			n++
		}
	}
	return n
}

// paused is a RADIUS server that takes a second over every answer.
func paused() *radiustest.Server {
	s := radiusServer()
	s.SetUser("bad@acme.example", radiustest.User{Reject: true})
	s.SetKnobs(radiustest.Knobs{Delay: time.Second})
	return s
}

func TestT53_PAPRepeated(t *testing.T) {
	rig := start(t, script.Config{RADIUS: paused()})
	c := rig.Client()
	c.DialPAP("joe@acme.example", "secret")
	for id := byte(2); id <= 4; id++ {
		c.SendPAP(id, "joe@acme.example", "secret")
	}
	tun := rig.LNS(0).Open()
	call := tun.AcceptCall()
	c.SendPAP(5, "joe@acme.example", "secret") // after the verdict, before ICCN
	c.Silent(quiet)
	call.Answer()
	cn := rig.LNS(0).Expect(script.ICCN)
	if got := cn.U16(32); got != 5 {
		t.Errorf("Proxy Authen ID: got %d, want that of the last request, 5", got)
	}
	if n := asked(rig); n != 1 {
		t.Errorf("got %d Access-Requests, want 1", n)
	}
	for _, f := range c.Frames() {
		if f.Protocol() == script.PAP {
			t.Errorf("the LNS ends authentication, but the gateway sent %v", f)
		}
	}
}

func TestT53_PAPRefused(t *testing.T) {
	rig := start(t, script.Config{RADIUS: paused()})
	c := rig.Client()
	c.DialPAP("bad@acme.example", "secret")
	c.SendPAP(2, "bad@acme.example", "secret")
	if f := c.ExpectPPP(script.PAP, script.AuthNak); f.Payload[3] != 2 {
		t.Errorf("got %v, want identifier 2", f)
	}
	_, id, _ := c.ExpectPPP(script.LCP, script.TermReq).PPP()
	c.SendPAP(3, "bad@acme.example", "secret") // the Nak was lost
	if f := c.ExpectPPP(script.PAP, script.AuthNak); f.Payload[3] != 3 {
		t.Errorf("got %v, want identifier 3", f)
	}
	c.LCP(script.TermAck, id)
	c.Expect(script.PADT)
	rig.AwaitLog("session down", "cause", "auth-rejected")
	if n := asked(rig); n != 1 {
		t.Errorf("got %d Access-Requests, want 1", n)
	}
	rig.LNS(0).Silent(quiet)
}

func TestT53_CHAPChallenges(t *testing.T) {
	rig := start(t, script.Config{RADIUS: paused()})
	c := rig.Client()
	c.Discover()
	c.OpenLCP(script.CHAP)
	var challenges []*script.Frame
	ids, values := map[byte]bool{}, map[string]bool{}
	for range 3 {
		f := c.ExpectPPP(script.CHAP, script.Challenge)
		_, id, data := f.PPP()
		if len(data) < 17 || data[0] < 16 {
			t.Fatalf("got %v, want a value of 16 octets or more", f)
		}
		ids[id], values[string(data[1:1+data[0]])] = true, true
		challenges = append(challenges, f)
	}
	if len(ids) != 3 || len(values) != 3 {
		t.Errorf("3 Challenges have %d identifiers and %d values", len(ids), len(values))
	}
	c.SendCHAP(challenges[0], "joe@acme.example", "secret") // is over
	c.Silent(quiet)
	if n := asked(rig); n != 0 {
		t.Errorf("a Response to an old Challenge was asked about")
	}
	for range 3 {
		c.SendCHAP(challenges[2], "joe@acme.example", "secret")
	}
	cn := rig.LNS(0).Open().OpenCall().CN
	if n := asked(rig); n != 1 {
		t.Errorf("got %d Access-Requests, want 1", n)
	}
	_, id, data := challenges[2].PPP()
	if got := cn.U16(32); got != uint16(id) || !bytes.Equal(cn.Value(31), data[1:1+data[0]]) {
		t.Errorf("ICCN has Challenge %d % x, want %d % x", got, cn.Value(31), id, data)
	}
}

func TestT53_CHAPRefused(t *testing.T) {
	rig := start(t, script.Config{RADIUS: paused()})
	c := rig.Client()
	c.Discover()
	c.OpenLCP(script.CHAP)
	f := c.AwaitPPP(script.CHAP, script.Challenge)
	c.SendCHAP(f, "joe@acme.example", "wrong")
	refused := func() {
		t.Helper()
		if got := c.ExpectPPP(script.CHAP, script.Failure); got.Payload[3] != f.Payload[3] {
			t.Errorf("got %v, want the identifier of %v", got, f)
		}
	}
	refused()
	_, id, _ := c.ExpectPPP(script.LCP, script.TermReq).PPP()
	c.SendCHAP(f, "joe@acme.example", "wrong") // the Failure was lost
	refused()
	c.LCP(script.TermAck, id)
	c.Expect(script.PADT)
	if n := asked(rig); n != 1 {
		t.Errorf("got %d Access-Requests, want 1", n)
	}
}

func TestT53_NoNetworkProtocols(t *testing.T) {
	rig := start(t, script.Config{RADIUS: paused()})
	c := rig.Client()
	c.Discover()
	ipcp := script.Control(script.IPCP, script.ConfReq, 1, 3, 6, 0, 0, 0, 0)
	ip := append([]byte{0, 0x21, 0x45, 0, 0, 20}, make([]byte, 16)...)
	c.PPP(ipcp) // LCP is not open
	c.OpenLCP(script.CHAP)
	f := c.AwaitPPP(script.CHAP, script.Challenge)
	for _, frame := range [][]byte{ipcp, ip, script.Control(script.IPv6CP, script.ConfReq, 1)} {
		c.PPP(frame) // not authenticated
	}
	c.Silent(quiet)
	c.SendCHAP(f, "joe@acme.example", "secret")
	c.PPP(ipcp) // RADIUS is being asked
	call := rig.LNS(0).Open().AcceptCall()
	c.PPP(ipcp) // the LNS is
	c.Silent(quiet)
	call.Answer()
	rig.LNS(0).Expect(script.ICCN)
	c.Silent(quiet)
}

func TestT53_NoAnswer(t *testing.T) {
	rig, c := opened(t, script.Config{PPP: "auth_timeout = \"1s\"\necho_interval = \"0s\""})
	_, id, _ := c.AwaitPPP(script.LCP, script.TermReq).PPP()
	c.LCP(script.TermAck, id)
	c.Expect(script.PADT)
	rig.AwaitLog("session down", "cause", "auth-timeout")
}
