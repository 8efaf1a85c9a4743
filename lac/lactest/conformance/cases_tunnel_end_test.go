package conformance

import (
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

func TestT18_Refused(t *testing.T) {
	for _, tt := range []struct {
		name    string
		ours    bool // addressed to our tunnel, not to 0
		avps    []script.AVP
		replies uint16 // tunnel in the header of the acknowledgement
	}{
		{"to tunnel 0", false, []script.AVP{script.U16(9, 0x1234), script.Result(4)}, 0x1234},
		{"to our tunnel", true, []script.AVP{script.U16(9, 0x1234), script.Result(4, 0, "go away")}, 0x1234},
		{"to tunnel 0, no ID", false, []script.AVP{script.Result(3)}, 0},
		{"to our tunnel, no ID", true, []script.AVP{script.Result(6)}, 0},
		{"to our tunnel, ID 0", true, []script.AVP{script.U16(9, 0), script.Result(1)}, 0},
		{"no result", true, []script.AVP{script.U16(9, 0x1234)}, 0x1234},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rig := start(t, script.Config{LNS: make([]script.LNSConfig, 2), L2TP: `resend = "300ms"`})
			lns := rig.LNS(0)
			c := dial(rig)
			c.Skip()
			rq := lns.Expect(script.SCCRQ)
			header := uint16(0)
			if tt.ours {
				header = rq.U16(9)
			}
			stop := script.Packet(header, 0, 0, 1, append([]script.AVP{script.U16(0, script.StopCCN)}, tt.avps...)...)
			for range 3 {
				lns.SendFrom(1701, rq.From, stop)
				if m := lns.Next(time.Second); m == nil || m.Type != script.ZLB || m.Tunnel != tt.replies || m.Nr != 1 {
					t.Errorf("got %v, want a ZLB to tunnel %d with Nr 1", m, tt.replies)
				}
			}
			rig.LNS(1).Open().OpenCall()
			c.Silent(0)
			lns.Silent(time.Second)
			if n := len(lns.Of(script.SCCRQ)); n != 1 {
				t.Errorf("got %d SCCRQs, want one", n)
			}
		})
	}
}

// RFC 3193 section 4: the text is the address and nothing else.
func TestT19_Redirected(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		there      bool // to 192.0.2.66
	}{
		{"named", "192.0.2.66", true},
		{"no text", "", false},
		{"junk", "ask somebody else", false},
		{"junk after the address", "192.0.2.66 or so", false},
		{"unreachable", "2001:db8::9", false},
		{"multicast", "224.0.0.1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rig := start(t, script.Config{LNS: make([]script.LNSConfig, 2)})
			other := rig.Stranger()
			c := dial(rig)
			c.Skip()
			tun := rig.LNS(0).Accept()
			result := script.Result(2, 7)
			if tt.text != "" {
				result = script.Result(2, 7, tt.text)
			}
			tun.Stop(result)
			acknowledged(t, tun)
			lns := rig.LNS(1)
			if tt.there {
				lns = other
			}
			lns.Open().OpenCall()
			c.Silent(0)
			if n := len(rig.LNS(1).Messages()); tt.there && n != 0 {
				t.Errorf("the next LNS got %d messages, the one that was named serves", n)
			}
			if n := len(other.Messages()); !tt.there && n != 0 {
				t.Errorf("192.0.2.66 got %d messages, nobody named it", n)
			}
			if n := len(rig.LNS(0).Of(script.SCCRQ)); n != 1 {
				t.Errorf("the LNS that sent us away got %d SCCRQs", n)
			}
		})
	}
}

// Two LNSes that name each other do not keep a client for ever.
func TestT19_Circle(t *testing.T) {
	rig := start(t, script.Config{LNS: make([]script.LNSConfig, 2)})
	a, b := rig.LNS(0), rig.Stranger()
	dial(rig)
	a.Accept().Stop(script.Result(2, 7, b.Addr.String()))
	b.Accept().Stop(script.Result(2, 7, a.Addr.String()))
	rig.LNS(1).Await(script.SCCRQ, 3*script.Patience)
	if n := len(a.Of(script.SCCRQ)) + len(b.Of(script.SCCRQ)); n > 8 {
		t.Errorf("got %d SCCRQs in a circle", n)
	}
}

// The times of a StopCCN that nobody acknowledges are in the transcript
// lac/tunnel/testdata/stop-down.txt, and in lac.TestT20_ShutdownIsBounded.
func TestT20_Shutdown(t *testing.T) {
	rig := start(t, script.Config{L2TP: `resend = "400ms"`, LNS: make([]script.LNSConfig, 2)})
	c, tun, _ := rig.Up()
	lns := rig.LNS(0)
	dial(rig)
	tun.AcceptCall().Clear(script.Result(4))
	rig.LNS(1).Open().OpenCall()
	tun.AwaitAck()
	tun.Hold(true)
	c.Skip()
	lns.Skip()
	rig.Signal()
	stop := lns.Await(script.StopCCN, script.Patience)
	if result, _, _ := stop.Result(); result != 6 || stop.U16(9) != tun.Peer || stop.Tunnel != tun.ID {
		t.Errorf("got %v, want result 6 and the Tunnel ID of SCCRQ", stop)
	}
	if result, _, _ := rig.LNS(1).Expect(script.StopCCN).Result(); result != 6 {
		t.Errorf("the other LNS got result %d, want 6", result)
	}
	// While it is repeated, what we send again is acknowledged.
	ns, nr := tun.Numbers()
	tun.Write(script.Packet(tun.Peer, 0, ns-1, nr-1, script.U16(0, script.HELLO)))
	if m := lns.Next(300 * time.Millisecond); m == nil || m.Type != script.ZLB || m.Nr != ns {
		t.Errorf("got %v for a repetition, want a ZLB with Nr %d", m, ns)
	}
	lns.Await(script.StopCCN, 2*time.Second)
	spaced(t, lns.Of(script.StopCCN), 400*time.Millisecond)
	c.Await(script.PADT)
	tun.Ack()
	acked := time.Now()
	rig.Stop()
	if d := time.Since(acked); d > 2*time.Second {
		t.Errorf("the gateway ended %v after its StopCCN was acknowledged", d)
	}
	if n := len(lns.Of(script.StopCCN)); n != 2 {
		t.Errorf("got %d StopCCNs, want 2", n)
	}
	if n := len(lns.Of(script.CDN)); n != 0 {
		t.Errorf("got %d CDNs before StopCCN, want none", n)
	}
}

func TestT20_Idle(t *testing.T) {
	rig := start(t, script.Config{L2TP: "resend = \"400ms\"\nidle_timeout = \"1s\""})
	_, tun, call := rig.Up()
	lns := rig.LNS(0)
	lns.Silent(1200 * time.Millisecond) // not idle while there is a call
	call.Clear(script.Result(3))
	tun.AwaitAck()
	cleared := time.Now()
	tun.Hold(true)
	stop := lns.Await(script.StopCCN, script.Patience)
	if result, _, _ := stop.Result(); result != 1 || stop.U16(9) != tun.Peer {
		t.Errorf("got %v, want result 1 and Tunnel ID %d", stop, tun.Peer)
	}
	if d := stop.At.Sub(cleared); d < 900*time.Millisecond || d > 2*time.Second {
		t.Errorf("StopCCN came %v after the last call, want 1s", d)
	}
	lns.Await(script.StopCCN, 2*time.Second)
	tun.Hold(false)
	tun.Ack()
	spaced(t, lns.Of(script.StopCCN), 400*time.Millisecond)
	rig.AwaitLog("no data plane: remove tunnel")
	dial(rig)
	if next := lns.Open(); next.Peer == tun.Peer {
		t.Errorf("Tunnel ID %d is used again", tun.Peer)
	}
}
