package conformance

import (
	"bytes"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// cross dials two clients in, waits for the gateway's SCCRQ and sends ours.
func cross(t *testing.T, tie func(theirs []byte) []script.AVP) (*script.Rig, *script.Message, *script.Tunnel) {
	t.Helper()
	rig := start(t, script.Config{L2TP: `resend = "500ms"`})
	dial(rig)
	dial(rig)
	rq := rig.LNS(0).Expect(script.SCCRQ)
	theirs := rq.Value(5)
	if len(theirs) != 8 {
		t.Fatalf("%v has no Tie Breaker", rq)
	}
	return rig, rq, rig.LNS(0).Request(rq.From, tie(theirs)...)
}

// served brings up the calls of both clients in the tunnel that survived, and
// fails if the gateway said anything about the other, or dialled again.
func served(t *testing.T, rig *script.Rig, tun *script.Tunnel, dialled int) {
	t.Helper()
	lns := rig.LNS(0)
	calls := []*script.Call{tun.AcceptCall(), tun.AcceptCall()}
	for _, c := range calls {
		c.Answer()
	}
	for range calls {
		lns.Expect(script.ICCN)
	}
	lns.Silent(1200 * time.Millisecond)
	if n := len(lns.Of(script.StopCCN)); n != 0 {
		t.Errorf("got %d StopCCNs, want the loser to be discarded in silence", n)
	}
	if n := len(lns.Of(script.SCCRQ)); n != dialled {
		t.Errorf("got %d SCCRQs, want %d", n, dialled)
	}
	var tunnels []any
	if rig.Get("/v1/tunnels", &tunnels); len(tunnels) != 1 {
		t.Errorf("there are %d tunnels, want one", len(tunnels))
	}
}

func TestT12_LowerWins(t *testing.T) {
	rig, rq, tun := cross(t, func([]byte) []script.AVP { return []script.AVP{script.Bytes(5, make([]byte, 8)...)} })
	lns := rig.LNS(0)
	rp := lns.Expect(script.SCCRP)
	if rp.Tunnel != tun.ID || rp.Ns != 0 || rp.Nr != 1 || rp.U16(9) == 0 || rp.U16(9) == rq.U16(9) {
		t.Errorf("got %v, want tunnel %d, Ns 0, Nr 1 and a Tunnel ID of its own", rp, tun.ID)
	}
	if rp.From != rq.From || string(rp.Value(7)) != "lac.test" {
		t.Errorf("got %v from %v, want the gateway as it introduced itself", rp, rp.From)
	}
	tun.Connect(rp)
	served(t, rig, tun, 1)
}

func TestT12_HigherLoses(t *testing.T) {
	rig, rq, lost := cross(t, func([]byte) []script.AVP { return []script.AVP{script.Bytes(5, bytes.Repeat([]byte{255}, 8)...)} })
	goesOn(t, rig, rq, lost)
}

func TestT12_NoTieBreakerLoses(t *testing.T) {
	rig, rq, lost := cross(t, func([]byte) []script.AVP { return nil })
	goesOn(t, rig, rq, lost)
}

// goesOn answers the gateway's SCCRQ, after ours lost and got no answer.
func goesOn(t *testing.T, rig *script.Rig, rq *script.Message, lost *script.Tunnel) {
	t.Helper()
	lns := rig.LNS(0)
	lns.Silent(lull)
	tun := lns.AcceptFrom(1701, rq)
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	lns.Expect(script.SCCCN)
	served(t, rig, tun, len(lns.Of(script.SCCRQ)))
	for _, m := range lns.Messages() {
		if m.Tunnel == lost.ID {
			t.Errorf("got %v for the tunnel that lost", m)
		}
	}
}

// Both are discarded, and the gateway tries again.
func TestT12_Equal(t *testing.T) {
	rig, rq, lost := cross(t, func(theirs []byte) []script.AVP { return []script.AVP{script.Bytes(5, theirs...)} })
	lns := rig.LNS(0)
	again := lns.Expect(script.SCCRQ)
	for again.U16(9) == rq.U16(9) { // a repetition that was under way
		again = lns.Expect(script.SCCRQ)
	}
	if bytes.Equal(again.Value(5), rq.Value(5)) {
		t.Error("the Tie Breaker is the same again: nobody ever wins")
	}
	tun := lns.AcceptFrom(1701, again)
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	lns.Expect(script.SCCCN)
	served(t, rig, tun, 2)
	for _, m := range lns.Messages() {
		if m.Tunnel == lost.ID {
			t.Errorf("got %v for the tunnel that was discarded", m)
		}
	}
}
