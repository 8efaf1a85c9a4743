package conformance

import (
	"testing"
	"time"

	"layeh.com/radius/rfc2866"

	"lacd/lac/lactest/script"
	"lacd/radius/radiustest"
)

// The default of 60 s, and 10 minutes without a HELLO of the peer, are in
// lac.TestT16_DefaultTimes; with data in between, to the second, in the
// transcript lac/tunnel/testdata/setup-silent.txt.
func TestT16_Hello(t *testing.T) {
	rig := start(t, script.Config{L2TP: `hello = "5s"`})
	_, tun, call := rig.Up()
	lns := rig.LNS(0)
	tun.AwaitAck()
	tun.Send(script.HELLO, 0)
	acknowledged(t, tun)
	lns.Skip()

	// Any message counts, data too: the time runs anew.
	time.Sleep(3 * time.Second)
	tun.Data(call.ID, 0xff, 3, 0, 0x21, 0x45)
	sent := time.Now()
	tun.Data(call.Peer, 0xff, 3, 0, 0x21, 0x45)
	hello := lns.Await(script.HELLO, 6*time.Second)
	if d := hello.At.Sub(sent); d < 4800*time.Millisecond || d > 5500*time.Millisecond {
		t.Errorf("HELLO came %v after the last message, want 5s", d)
	}
	if hello.Session != 0 || hello.Tunnel != tun.ID || len(hello.AVPs) != 1 {
		t.Errorf("got %v, want session 0 and no more than Message Type", hello)
	}
	// Acknowledged by ZLB, it need not be sent again.
	lns.Silent(2 * time.Second)
}

func TestT16_DeadLNS(t *testing.T) {
	users := server()
	rig := start(t, script.Config{L2TP: "hello = \"5s\"\nresend = \"200ms\"\nretries = 3", RADIUS: users})
	lns := rig.LNS(0)
	one, tun, _ := rig.Up()
	two := dial(rig)
	tun.OpenCall()
	rig.AwaitLog("session up")
	tun.AwaitAck()
	one.Skip()
	two.Skip()
	dead := time.Now()
	lns.Lose(func(*script.Message) bool { return true })

	end := func(c *script.Client) {
		for deadline := dead.Add(12 * time.Second); ; {
			f := c.Next(time.Until(deadline))
			if f == nil {
				t.Fatalf("client %v was not told that its LNS is gone", c.MAC)
			}
			if f.Type == script.Discovery && f.Code == script.PADT {
				break
			}
		}
	}
	end(one)
	end(two)
	hellos := lns.Of(script.HELLO)
	spaced(t, hellos, 200*time.Millisecond, 400*time.Millisecond, 800*time.Millisecond)
	if d := time.Since(hellos[0].At); d < 2900*time.Millisecond || d > 4*time.Second {
		t.Errorf("clients were ended %v after the first HELLO, want 3s", d)
	}
	for _, m := range lns.Messages() {
		if m.Type == script.CDN || m.Type == script.StopCCN {
			t.Errorf("got %v after nobody answered", m)
		}
	}
	for deadline := time.Now().Add(script.Patience); len(accountingStops(users)) < 2 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if got := accountingStops(users); len(got) != 2 || got[0] != 3 || got[1] != 3 {
		t.Errorf("got accounting Stops with Terminate-Cause %v, want Lost Service (3) twice", got)
	}
}

// accountingStops returns the Acct-Terminate-Cause of each Stop that came.
func accountingStops(users *radiustest.Server) (causes []rfc2866.AcctTerminateCause) {
	for _, p := range users.Accounting() {
		if rfc2866.AcctStatusType_Get(p) == rfc2866.AcctStatusType_Value_Stop {
			causes = append(causes, rfc2866.AcctTerminateCause_Get(p))
		}
	}
	return causes
}

func TestT17_StopCCN(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes the 31 s of the RFC")
	}
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	clients := []*script.Client{dial(rig)}
	tun := lns.Open()
	tun.OpenCall()
	for range 4 {
		clients = append(clients, dial(rig))
		tun.OpenCall()
	}
	tun.AwaitAck()
	for _, c := range clients {
		c.Skip()
	}
	lns.Skip()
	begun := time.Now()
	stop := tun.Build(script.StopCCN, 0, script.U16(9, tun.ID), script.Result(6, 0, "down for maintenance"))
	ns, _ := tun.Numbers()
	tun.Write(stop)
	if m := lns.Next(time.Second); m == nil || m.Type != script.ZLB || m.Nr != ns {
		t.Errorf("got %v, want a ZLB with Nr %d", m, ns)
	}
	for _, c := range clients {
		c.Await(script.PADT)
	}

	// A call that comes now gets a tunnel of another ID.
	dial(rig)
	next := lns.Open()
	if next.Peer == tun.Peer {
		t.Errorf("Tunnel ID %d is used again", tun.Peer)
	}
	next.OpenCall()
	next.AwaitAck()
	for _, at := range []time.Duration{1, 3, 7, 15, 30} {
		time.Sleep(time.Until(begun.Add(at * time.Second)))
		lns.Skip()
		tun.Write(stop)
		m := lns.Next(time.Second)
		for ; m != nil && m.Tunnel != tun.ID; m = lns.Next(time.Second) {
		}
		if m == nil || m.Type != script.ZLB || m.Nr != ns {
			t.Errorf("StopCCN after %v: got %v, want a ZLB with Nr %d", at*time.Second, m, ns)
		}
	}
	if n := len(lns.Of(script.CDN)) + len(lns.Of(script.StopCCN)); n != 0 {
		t.Errorf("got %d CDNs and StopCCNs, want none", n)
	}
}

// lac/tunnel.TestCallIDs has 200 calls in a row.
func TestT17_IDsRest(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	dial(rig)
	seen := map[uint16]bool{}
	tun := lns.Open()
	for range 20 {
		call := tun.OpenCall()
		if seen[call.Peer] {
			t.Errorf("Session ID %d is used again within 31s", call.Peer)
		}
		seen[call.Peer] = true
		call.Clear(script.Result(3))
		dial(rig)
	}
}
