package conformance

import (
	"bytes"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

func TestT02_AnotherPort(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.AcceptFrom(40000, lns.Expect(script.SCCRQ))
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	lns.Expect(script.SCCCN)
	tun.OpenCall()
	for _, m := range lns.Messages() {
		if m.Type != script.SCCRQ && (m.To.Port() != 40000 || m.From != tun.To) {
			t.Errorf("%v went from %v to port %d, want %v and 40000", m, m.From, m.To.Port(), tun.To)
		}
	}
	if d := lns.ExpectData(); d.To.Port() != 40000 {
		t.Errorf("%v went to port %d, want 40000", d, d.To.Port())
	}
	elsewhere(t, rig, tun)
}

func TestT02_PortStays(t *testing.T) {
	rig := start(t, script.Config{})
	_, tun, _ := rig.Up()
	elsewhere(t, rig, tun)
}

func TestT02_PortMustStay(t *testing.T) {
	rig := start(t, script.Config{L2TP: `moved_peer = "ignore"`})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Accept()
	rp := tun.Build(script.SCCRP, 0, tun.Reply()...)
	lns.SendFrom(40000, tun.To, rp)
	lns.Silent(lull)
	tun.Write(rp)
	lns.Expect(script.SCCCN)
	tun.OpenCall()
	elsewhere(t, rig, tun)
}

// elsewhere fails if the gateway hears a tunnel's peer from anywhere but where
// the tunnel was set up.
func elsewhere(t *testing.T, rig *script.Rig, tun *script.Tunnel) {
	t.Helper()
	lns := rig.LNS(0)
	tun.AwaitAck()
	lns.Skip()
	before := tun.Acked()
	hello := tun.Build(script.HELLO, 0)
	for _, port := range []uint16{1701, 40000, 50000} {
		if port != tun.Port {
			lns.SendFrom(port, tun.To, hello)
		}
	}
	rig.Stranger().SendFrom(tun.Port, tun.To, hello)
	untouched(t, lns, tun, before)
	rig.Stranger().Silent(0)
	tun.Write(hello)
	acknowledged(t, tun)
	if m := lns.Messages(); m[len(m)-1].To.Port() != tun.Port {
		t.Errorf("acknowledged to port %d, want %d", m[len(m)-1].To.Port(), tun.Port)
	}
}

func TestT03_RepeatedSCCRP(t *testing.T) {
	rig := start(t, script.Config{L2TP: `resend = "500ms"`})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Accept()
	lost := false
	lns.Lose(func(m *script.Message) bool {
		first := !lost
		lost = true
		return first // SCCCN
	})
	rp := tun.Build(script.SCCRP, 0, tun.Reply()...)
	tun.Write(rp)
	lns.Next(lull)
	tun.Write(rp)
	tun.Send(script.HELLO, 0)
	acknowledged(t, tun)

	cn := lns.Await(script.SCCCN, 2*time.Second)
	all := lns.Of(script.SCCCN)
	if len(all) != 2 || all[0].Ns != 1 || all[0].Nr != 1 {
		t.Fatalf("got SCCCN %v, want it twice, with Ns 1 and Nr 1 at first", all)
	}
	if cn.Ns != 1 || cn.Nr != 2 || !bytes.Equal(cn.Raw[12:], all[0].Raw[12:]) {
		t.Errorf("got %v again, want Ns 1, Nr 2 and the same AVPs", cn)
	}
	spaced(t, all, 500*time.Millisecond)
	tun.OpenCall()
	if n := len(lns.Of(script.SCCRQ)); n != 1 {
		t.Errorf("got %d SCCRQs, want one tunnel", n)
	}
}

// A message that waits for its acknowledgement says what came meanwhile.
func TestT03_FreshNr(t *testing.T) {
	rig := start(t, script.Config{L2TP: `resend = "500ms"`})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Accept()
	tun.Hold(true)
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	lns.Expect(script.SCCCN)
	rq := tun.AcceptCall().RQ
	tun.Write(script.Packet(tun.Peer, 0, 1, rq.Ns, script.U16(0, script.HELLO)))
	again := lns.Await(script.ICRQ, 2*time.Second)
	if again.Ns != rq.Ns || rq.Nr != 1 || again.Nr != 2 {
		t.Errorf("got %v after %v, want the same Ns, and Nr 2 after 1", again, rq)
	}
}

func TestT05_Refused(t *testing.T) {
	wrong := func(tun *script.Tunnel) []script.AVP {
		r := script.ChallengeResponse(script.SCCRP, "another", tun.RQ.Value(11))
		return instead(tun.Reply(), script.Bytes(13, r...))
	}
	for _, tt := range []struct {
		name  string
		lns   script.LNSConfig
		reply func(*script.Tunnel) []script.AVP
	}{
		{"wrong response", script.LNSConfig{Secret: tunnelSecret}, wrong},
		{"response of an SCCCN", script.LNSConfig{Secret: tunnelSecret}, func(tun *script.Tunnel) []script.AVP {
			return instead(tun.Reply(), script.Bytes(13, script.ChallengeResponse(script.SCCCN, tunnelSecret, tun.RQ.Value(11))...))
		}},
		{"no response", script.LNSConfig{Secret: tunnelSecret}, func(tun *script.Tunnel) []script.AVP { return without(tun.Reply(), 13) }},
		{"unexpected name", script.LNSConfig{Lines: `peer_name = "lns.acme.example"`}, (*script.Tunnel).Reply},
		{"challenge without a secret", script.LNSConfig{}, func(tun *script.Tunnel) []script.AVP {
			return append(tun.Reply(), script.Bytes(11, script.OurChallenge...))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rig := start(t, script.Config{L2TP: `resend = "300ms"`, LNS: []script.LNSConfig{tt.lns, {}}})
			lns := rig.LNS(0)
			dial(rig)
			tun := lns.Accept()
			tun.Hold(true)
			tun.Send(script.SCCRP, 0, tt.reply(tun)...)
			stop := stopped(t, lns, tun, tun.ID, 4, -1)
			if stop.Ns != 1 || stop.Nr != 1 {
				t.Errorf("got %v, want Ns 1 and Nr 1", stop)
			}
			rig.LNS(1).Open() // without waiting for the other LNS

			lns.Await(script.StopCCN, 2*time.Second)
			lns.Await(script.StopCCN, 2*time.Second)
			tun.Hold(false)
			tun.Ack()
			spaced(t, lns.Of(script.StopCCN)[:3], 300*time.Millisecond, 600*time.Millisecond)
			n := len(lns.Of(script.StopCCN))
			time.Sleep(1500 * time.Millisecond)
			if got := len(lns.Of(script.StopCCN)); got > n {
				t.Errorf("StopCCN is still repeated after its acknowledgement")
			}
			if cn := lns.Of(script.SCCCN); len(cn) != 0 {
				t.Errorf("got %v of a tunnel that was refused", cn)
			}
		})
	}
}

// The peer is who it should be, by name.
func TestT05_ExpectedName(t *testing.T) {
	rig := start(t, script.Config{LNS: []script.LNSConfig{{Lines: `peer_name = "lns.acme.example"`}}})
	rig.LNS(0).Name = "lns.acme.example"
	rig.Up()
}

func TestT06_Challenges(t *testing.T) {
	rig := start(t, script.Config{LNS: []script.LNSConfig{{Secret: tunnelSecret}}})
	lns := rig.LNS(0)
	var ours [][]byte
	for _, n := range []int{1, 16, 64, 255} {
		challenge := bytes.Repeat([]byte{0xa5}, n)
		dial(rig)
		tun := lns.Accept()
		our := tun.RQ.Value(11)
		if len(our) < 16 {
			t.Errorf("SCCRQ has a Challenge of %d octets, want 16 at least", len(our))
		}
		ours = append(ours, our)
		// Reply has AVP 13, made with 2, the type of SCCRP: it is accepted.
		tun.Send(script.SCCRP, 0, instead(tun.Reply(), script.Bytes(11, challenge...))...)
		cn := lns.Expect(script.SCCCN)
		if got, want := cn.Value(13), script.ChallengeResponse(3, tunnelSecret, challenge); !bytes.Equal(got, want) {
			t.Errorf("Challenge of %d octets: got response % x, want % x", n, got, want)
		}
		tun.OpenCall()
		tun.Stop(script.Result(1))
		tun.AwaitAck()
	}
	for i, c := range ours {
		for _, d := range ours[:i] {
			if bytes.Equal(c, d) {
				t.Errorf("Challenge % x was sent twice", c)
			}
		}
	}
}

// Authentication is for each direction: a peer need not challenge us.
func TestT06_NotChallenged(t *testing.T) {
	rig := start(t, script.Config{LNS: []script.LNSConfig{{Secret: tunnelSecret}}})
	dial(rig)
	tun := rig.LNS(0).Accept()
	tun.Send(script.SCCRP, 0, without(tun.Reply(), 11)...)
	if cn := rig.LNS(0).Expect(script.SCCCN); cn.Has(13) {
		t.Errorf("got %v, which answers no Challenge", cn)
	}
	tun.OpenCall()
}

func TestT07_TunnelIDZero(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Accept()
	tun.Send(script.SCCRP, 0, instead(tun.Reply(), script.U16(9, 0))...)
	stopped(t, lns, tun, 0, 2, 3)
}

func TestT08_BadSCCRP(t *testing.T) {
	rig := start(t, script.Config{})
	for _, tt := range []struct {
		name   string
		reply  func([]script.AVP) []script.AVP
		result uint16
		code   int
	}{
		{"no Protocol Version", func(a []script.AVP) []script.AVP { return without(a, 2) }, 2, -1},
		{"no Framing Capabilities", func(a []script.AVP) []script.AVP { return without(a, 3) }, 2, -1},
		{"no Host Name", func(a []script.AVP) []script.AVP { return without(a, 7) }, 2, -1},
		{"no Assigned Tunnel ID", func(a []script.AVP) []script.AVP { return without(a, 9) }, 2, -1},
		{"empty Host Name", func(a []script.AVP) []script.AVP { return instead(a, script.Text(7, "")) }, 2, 2},
		{"version 0.1", func(a []script.AVP) []script.AVP { return instead(a, script.Bytes(2, 0, 1)) }, 5, 0x0100},
		{"asynchronous framing only", func(a []script.AVP) []script.AVP { return instead(a, script.U32(3, 2)) }, 2, 3},
		{"AVP of length 0", func(a []script.AVP) []script.AVP { return append(a, script.Raw(0x80, 0, 0, 0, 0, 8)) }, 2, 2},
		{"no AVPs at all", func([]script.AVP) []script.AVP { return nil }, 2, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lns := rig.LNS(0)
			lns.Skip()
			dial(rig)
			tun := lns.Accept()
			avps := tt.reply(tun.Reply())
			tun.Send(script.SCCRP, 0, avps...)
			header := tun.ID
			if len(without(avps, 9)) == len(avps) {
				header = 0
			}
			stopped(t, lns, tun, header, tt.result, tt.code)
			lns.Silent(lull)
		})
	}
}
