package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// The default times are in lac.TestT04_MuteLNS and in the transcripts
// lac/tunnel/testdata/setup-silent.txt and channel-retransmit.txt.
func TestT04_MuteLNS(t *testing.T) {
	ms := func(n ...int) (d []time.Duration) {
		for _, n := range n {
			d = append(d, time.Duration(n)*time.Millisecond)
		}
		return d
	}
	for _, tt := range []struct {
		name, l2tp string
		gaps       []time.Duration
		end        time.Duration // after the last one
	}{
		{"doubling", "resend = \"200ms\"\nretries = 3", ms(200, 400, 800), 1600 * time.Millisecond},
		{"one repetition", "resend = \"400ms\"\nretries = 1", ms(400), 800 * time.Millisecond},
		{"bound", "resend = \"200ms\"\nresend_max = \"400ms\"\nretries = 5", ms(200, 400, 400, 400, 400), 400 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rig := start(t, script.Config{L2TP: tt.l2tp, LNS: make([]script.LNSConfig, 3)})
			c := dial(rig)
			c.Skip()
			rq := rig.LNS(1).Expect(script.SCCRQ) // LNS 0 is mute
			all := rig.LNS(0).Of(script.SCCRQ)
			spaced(t, all, tt.gaps...)
			for _, m := range all[1:] {
				if !bytes.Equal(m.Raw, all[0].Raw) {
					t.Errorf("got % x again, want % x", m.Raw, all[0].Raw)
				}
			}
			due(t, "the next LNS was tried", rq.At.Sub(all[len(all)-1].At), tt.end)
			rig.LNS(1).AcceptFrom(1701, rq).Send(script.StopCCN, 0, script.U16(9, 1), script.Result(1))
			rig.LNS(2).Open().OpenCall()
			c.Silent(lull) // it was kept waiting all the while
			n := len(rig.LNS(0).Messages())
			time.Sleep(2 * tt.end)
			if got := rig.LNS(0).Messages()[n:]; len(got) != 0 {
				t.Errorf("got %v of a tunnel that was given up", got)
			}
		})
	}
}

func TestT10_ReceiveWindow(t *testing.T) {
	const clients = 20
	for _, tt := range []struct {
		name         string
		window       uint16
		limit, reach int
	}{{"1", 1, 1, 1}, {"2", 2, 2, 2}, {"absent", 0, 4, 4}, {"16", 16, 16, 8}} {
		t.Run(tt.name, func(t *testing.T) {
			rig := start(t, script.Config{})
			lns := rig.LNS(0)
			lns.Window = tt.window
			for range clients {
				dial(rig)
			}
			tun := lns.Accept()
			tun.Hold(true)
			tun.Send(script.SCCRP, 0, tun.Reply()...)
			most := 0
			for got := 0; got < 1+clients; { // SCCCN and ICRQs
				n := burst(lns)
				if n == 0 {
					t.Fatalf("got %d messages, want %d", got, 1+clients)
				}
				got, most = got+n, max(most, n)
				tun.Ack()
			}
			if most > tt.limit || most < tt.reach {
				t.Errorf("up to %d messages in flight, want %d at most and %d some time", most, tt.limit, tt.reach)
			}
			if n := len(lns.Of(script.ICRQ)); n != clients {
				t.Errorf("got %d ICRQs, want %d", n, clients)
			}
		})
	}
}

func TestT10_WindowZero(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Accept()
	tun.Send(script.SCCRP, 0, append(tun.Reply(), script.U16(10, 0))...)
	stopped(t, lns, tun, tun.ID, 2, 3)
}

// RFC 2661 appendix A. The case is with messages, not acknowledgements, being
// lost: to the gateway it is the same, and what comes after is certain.
func TestT11_SlowStart(t *testing.T) {
	rig := start(t, script.Config{L2TP: `resend = "2s"`})
	lns := rig.LNS(0)
	lns.Window = 8
	for range 40 {
		dial(rig)
	}
	tun := lns.Accept() // the first burst, of one
	tun.Hold(true)
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	var got []int
	round := func() {
		got = append(got, burst(lns))
		tun.Ack()
	}
	round()
	got = append(got, burst(lns))
	// The first of the next eight is lost. One repetition follows, then slow
	// start up to half of eight, then one more for each burst.
	var lost *script.Message
	lns.Lose(func(m *script.Message) bool {
		if lost == nil && m.Type != script.ZLB {
			lost = m
		}
		return lost == m
	})
	tun.Ack()
	got = append(got, 1+burst(lns), burst(lns))
	if all := lns.Of(script.ICRQ); all[len(all)-1].Ns != lost.Ns {
		t.Fatalf("%v was lost, then came %v again", lost, all[len(all)-1])
	}
	tun.Ack()
	for range 6 {
		round()
	}
	if want := []int{2, 4, 8, 1, 2, 4, 5, 6, 7, 8}; !slices.Equal(got, want) {
		t.Errorf("bursts of %v, want %v", got, want)
	}
}

// A refused OCRQ makes one message each way. The transcripts
// lac/tunnel/testdata/conn-loss.txt and channel-wrap.txt have the same with
// losses, exactly.
func TestT13_NumbersWrap(t *testing.T) {
	if testing.Short() {
		t.Skip("130000 messages")
	}
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	lns.Window, lns.Lax = 512, true // to check 65000 CDNs takes long
	_, tun, first := rig.Up()
	tun.AwaitAck()
	tun.Hold(true)
	ask := func(n uint16) {
		_, was := tun.Numbers()
		for range n {
			tun.Send(script.OCRQ, 0, script.U16(14, 9), script.U32(15, 1), script.U32(16, 1), script.U32(17, 1),
				script.U32(18, 1), script.U32(19, 1), script.Text(21, "1"))
		}
		for deadline := time.Now().Add(script.Patience); ; time.Sleep(time.Millisecond) {
			tun.Ack()
			ns, nr := tun.Numbers()
			if nr-was >= n && tun.Acked() == ns {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("Ns %d, acknowledged %d, Nr %d after %d", ns, tun.Acked(), nr, was)
			}
		}
	}
	for ns, _ := tun.Numbers(); ns < 65300; ns, _ = tun.Numbers() {
		ask(200)
	}
	ns, nr := tun.Numbers()
	ask(65530 - max(ns, nr))
	tun.Hold(false)
	lns.Lax = false
	lns.Skip()
	for range 12 {
		dial(rig)
		tun.OpenCall()
	}
	tun.AwaitAck()
	if ns, nr = tun.Numbers(); ns > 100 || nr > 100 {
		t.Fatalf("Ns is %d and Nr %d, want both past 65535", ns, nr)
	}
	first.Clear(script.Result(3))
	rig.AwaitLog("session down")
	if n := len(lns.Of(script.SCCRQ)); n != 1 {
		t.Errorf("got %d SCCRQs, want one tunnel", n)
	}
}

func TestT14_Reordered(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	c := dial(rig)
	tun := lns.Open()
	call := tun.AcceptCall()
	rp := tun.Build(script.ICRP, call.Peer, script.U16(14, call.ID))
	cdn := tun.Build(script.CDN, call.Peer, script.U16(14, call.ID), script.Result(3))
	tun.Write(cdn)
	c.Skip()
	untouched(t, lns, tun, 1)
	c.Silent(0)
	tun.Write(rp)
	acknowledged(t, tun)
	c.AwaitPPP(script.LCP, script.TermReq)
	if n := len(lns.Of(script.CDN)); n != 0 {
		t.Error("got a CDN in answer to a CDN")
	}
}

func TestT14_FarOutside(t *testing.T) {
	rig := start(t, script.Config{L2TP: "window = 64"})
	_, tun, _ := rig.Up()
	lns := rig.LNS(0)
	for range 4 {
		tun.Send(script.HELLO, 0)
	}
	tun.AwaitAck()
	next, nr := tun.Numbers()
	hello := func(ns uint16) { tun.Write(script.Packet(tun.Peer, 0, ns, nr, script.U16(0, script.HELLO))) }

	// "the range of the last received number and the preceding 32767 values"
	// are duplicates, and acknowledged (RFC 2661 section 5.8).
	last := next - 1
	for _, ns := range []uint16{last, last - 1, last - 32767} {
		lns.Skip()
		hello(ns)
		if m := lns.Next(time.Second); m == nil || m.Type != script.ZLB || m.Nr != next {
			t.Errorf("Ns %d after %d: got %v, want a ZLB with Nr %d", ns, last, m, next)
		}
	}
	// The others are new and, with 64 offered, too far ahead.
	for _, ns := range []uint16{next + 64, next + 1000, last + 32768} {
		lns.Skip()
		hello(ns)
		untouched(t, lns, tun, next)
	}
	tun.Send(script.HELLO, 0)
	acknowledged(t, tun)
	if got := tun.Acked(); got != next+1 {
		t.Errorf("acknowledged up to %d, want %d", got, next+1)
	}
}

func TestT14_NrBeyond(t *testing.T) {
	for _, beyond := range []uint16{1, 100, 32767} {
		t.Run(fmt.Sprint(beyond), func(t *testing.T) {
			rig := start(t, script.Config{L2TP: `resend = "300ms"`})
			lns := rig.LNS(0)
			dial(rig)
			tun := lns.Accept()
			tun.Hold(true)
			tun.Send(script.SCCRP, 0, tun.Reply()...)
			lns.Expect(script.SCCCN)
			call := tun.AcceptCall()
			ns, nr := tun.Numbers()
			tun.Write(script.Packet(tun.Peer, 0, ns, nr-1)) // SCCCN
			tun.Write(script.Packet(tun.Peer, 0, ns, nr+beyond))
			if m := lns.Await(script.ICRQ, time.Second); m.Ns != call.RQ.Ns {
				t.Errorf("got %v, want %v again, as nothing acknowledged it", m, call.RQ)
			}
			tun.Hold(false)
			tun.Ack()
			call.Answer()
			lns.Await(script.ICCN, script.Patience)
		})
	}
}

func TestT15_Duplicates(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Open()
	call := tun.AcceptCall()
	rp := tun.Build(script.ICRP, call.Peer, script.U16(14, call.ID))
	tun.Write(rp)
	begun := time.Now()
	lns.Expect(script.ICCN)
	if d := time.Since(begun); d > 500*time.Millisecond {
		t.Errorf("ICRP was acknowledged after %v", d)
	}
	for range 3 {
		lns.Skip()
		tun.Write(rp)
		if m := lns.Next(time.Second); m == nil || m.Type != script.ZLB || m.Nr != 2 {
			t.Errorf("ICRP again: got %v, want a ZLB with Nr 2 within 1s", m)
		}
	}
	// ZLBs take no number and get no answer.
	lns.Skip()
	ns, nr := tun.Numbers()
	for range 5 {
		tun.Ack()
	}
	tun.Write(script.Packet(tun.Peer, 0, ns+3, nr))
	untouched(t, lns, tun, 2)
	if n := len(lns.Of(script.ICCN)); n != 1 {
		t.Errorf("got %d ICCNs, want one", n)
	}
}

func TestT15_CumulativeNr(t *testing.T) {
	rig := start(t, script.Config{L2TP: `resend = "300ms"`})
	lns := rig.LNS(0)
	dial(rig)
	dial(rig)
	tun := lns.Accept()
	tun.Hold(true)
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	burst(lns)
	tun.Ack()
	burst(lns)
	tun.Ack()
	n := len(lns.Of(script.ICRQ))
	if n != 2 {
		t.Fatalf("got %d ICRQs, want 2", n)
	}
	// Acknowledged by what a HELLO carries, and by nothing else.
	dial(rig)
	rq := lns.Expect(script.ICRQ)
	tun.Send(script.HELLO, 0)
	time.Sleep(time.Second)
	for _, m := range lns.Messages() {
		if m.Repeat && m.Type != script.SCCRQ {
			t.Errorf("%v came again", m)
		}
	}
	if got := len(lns.Of(script.ICRQ)); got != 3 {
		t.Errorf("got %d ICRQs, want 3, %v the last", got, rq)
	}
}

// Acknowledgements must not be withheld as a flow control, nor wait for long.
func TestT15_Prompt(t *testing.T) {
	rig := start(t, script.Config{L2TP: "window = 64"})
	_, tun, _ := rig.Up()
	lns := rig.LNS(0)
	tun.AwaitAck()
	for range 5 {
		for range 60 {
			tun.Send(script.HELLO, 0)
		}
		sent := time.Now()
		tun.AwaitAck()
		if d := time.Since(sent); d > 500*time.Millisecond {
			t.Errorf("60 HELLOs were acknowledged after %v, want 500ms at most", d)
		}
	}
	for range 3 {
		lns.Skip()
		sent := time.Now()
		tun.Send(script.HELLO, 0)
		if m := lns.Next(time.Second); m == nil || m.Type != script.ZLB || m.At.Sub(sent) > 300*time.Millisecond {
			t.Errorf("got %v after %v, want a ZLB after 100ms, or little more", m, time.Since(sent))
		}
	}
}
