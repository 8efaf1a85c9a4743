package conformance

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// unknownAVP is an AVP that nobody knows.
func unknownAVP(m bool) script.AVP { return script.Text(999, "?").With(m, 0) }

// reserved is an AVP with a reserved bit set.
func reserved(a script.AVP, m bool) script.AVP {
	a.M, a.Reserved = m, 1
	return a
}

func TestT09_IgnoredAVPs(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	for _, tt := range []struct {
		name string
		avps []script.AVP
	}{
		{"unknown", []script.AVP{unknownAVP(false)}},
		{"vendor", []script.AVP{script.U16(9, 0xdead).With(false, 9), script.U16(999, 1).With(false, 9)}},
		{"reserved bit", []script.AVP{reserved(script.Text(8, "x"), false), reserved(script.U16(9, 0xdead), false)}},
		{"L2TPv3", []script.AVP{script.U32(58, 1).With(false, 0), script.U32(61, 1).With(false, 0), script.U32(66, 1).With(false, 0), script.U32(75, 1).With(false, 0)}},
		{"longest", []script.AVP{script.Bytes(999, make([]byte, 1017)...)}},
	} {
		t.Run("SCCRP, "+tt.name, func(t *testing.T) {
			lns.Skip()
			dial(rig)
			tun := lns.Accept()
			tun.Send(script.SCCRP, 0, append(tt.avps, tun.Reply()...)...)
			if cn := lns.Expect(script.SCCCN); cn.Tunnel != tun.ID {
				t.Errorf("got %v, want tunnel %d", cn, tun.ID)
			}
			tun.OpenCall()
			tun.Stop(script.Result(1))
			tun.AwaitAck()
		})
		t.Run("HELLO, "+tt.name, func(t *testing.T) {
			lns.Skip()
			dial(rig)
			tun := lns.Open()
			tun.OpenCall()
			tun.Send(script.HELLO, 0, tt.avps...)
			acknowledged(t, tun)
			lns.Silent(lull)
			tun.Stop(script.Result(1))
			tun.AwaitAck()
		})
	}
}

func TestT09_UnknownMandatory(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	for _, tt := range []struct {
		name  string
		avp   script.AVP
		names []string // what the text of the StopCCN tells
	}{
		{"unknown", unknownAVP(true), []string{"999"}},
		{"vendor", script.U16(14, 1).With(true, 9), []string{"14", "9"}},
		{"reserved bit", reserved(script.U32(4, 0), true), []string{"4"}},
	} {
		refused := func(t *testing.T, tun *script.Tunnel) {
			t.Helper()
			_, _, text := stopped(t, lns, tun, tun.ID, 2, 8).Result()
			for _, name := range tt.names {
				if !strings.Contains(text, name) {
					t.Errorf("StopCCN says %q, want it to name the AVP: %v", text, tt.names)
				}
			}
			lns.Silent(lull)
		}
		t.Run("SCCRP, "+tt.name, func(t *testing.T) {
			lns.Skip()
			dial(rig)
			tun := lns.Accept()
			tun.Send(script.SCCRP, 0, append(tun.Reply(), tt.avp)...)
			refused(t, tun)
		})
		t.Run("HELLO, "+tt.name, func(t *testing.T) {
			lns.Skip()
			c := dial(rig)
			tun := lns.Open()
			tun.OpenCall()
			tun.Send(script.HELLO, 0, tt.avp)
			refused(t, tun)
			c.Await(script.PADT)
		})
	}
}

// Attribute 14 is Assigned Session ID with the IETF's number alone.
func TestT09_VendorIsNotIETF(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Open()
	call := tun.AcceptCall()
	decoy := script.U16(14, 0x0bad).With(false, 9)
	tun.Send(script.ICRP, call.Peer, decoy, script.U16(14, call.ID), decoy)
	if cn := lns.Expect(script.ICCN); cn.Session != call.ID {
		t.Errorf("got %v, want session %d", cn, call.ID)
	}
}

// header changes a control message that is all right.
func header(b []byte, change func(b []byte) []byte) []byte {
	return change(append([]byte(nil), b...))
}

func put16(at int, v uint16) func([]byte) []byte {
	return func(b []byte) []byte {
		binary.BigEndian.PutUint16(b[at:], v)
		return b
	}
}

func TestT21_BadHeaders(t *testing.T) {
	rig := start(t, script.Config{})
	_, tun, _ := rig.Up()
	lns := rig.LNS(0)
	tun.AwaitAck()
	ns, nr := tun.Numbers()
	hello := script.Packet(tun.Peer, 0, ns, nr, script.U16(0, script.HELLO))
	for _, tt := range []struct {
		name   string
		change func([]byte) []byte
	}{
		{"version 0", put16(0, 0xc800)},
		{"version 1, L2F", put16(0, 0xc801)},
		{"version 3", put16(0, 0xc803)},
		{"version 15", put16(0, 0xc80f)},
		{"no length", put16(0, 0x8802)},
		{"no sequence numbers", put16(0, 0xc002)},
		{"offset", put16(0, 0xca02)},
		{"Length 0", put16(2, 0)},
		{"Length 11", put16(2, 11)},
		{"Length beyond the datagram", put16(2, uint16(len(hello))+1)},
		{"Length 65535", put16(2, 65535)},
		{"another tunnel", put16(4, tun.Peer+1)},
		{"one octet", func(b []byte) []byte { return b[:1] }},
		{"eleven octets", func(b []byte) []byte { return b[:11] }},
		{"no octets", func([]byte) []byte { return nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lns.Skip()
			tun.Write(header(hello, tt.change))
			untouched(t, lns, tun, ns)
		})
	}
	// Reserved bits are ignored, P too, and what follows Length is nobody's.
	for _, tt := range []struct {
		name   string
		change func([]byte) []byte
	}{
		{"reserved bits", put16(0, 0xc802|0x34f0)},
		{"priority", put16(0, 0xc902)},
		{"trailing octets", func(b []byte) []byte { return append(b, make([]byte, 10)...) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tun.Write(header(tun.Build(script.HELLO, 0), tt.change))
			acknowledged(t, tun)
		})
	}
	if len(lns.Of(script.StopCCN))+len(lns.Of(script.CDN)) != 0 {
		t.Error("the tunnel or its call did not survive")
	}
}

func TestT21_SetupTolerates(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Accept()
	rp := tun.Build(script.SCCRP, 0, tun.Reply()...)
	tun.Write(header(rp, put16(0, 0xc803)))
	tun.Write(header(rp, put16(0, 0xc801)))
	lns.Silent(lull)
	tun.Write(append(header(rp, put16(0, 0xd802)), make([]byte, 10)...))
	lns.Expect(script.SCCCN)
	tun.OpenCall()
}

func TestT21_BadAVPs(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	bad := map[string]script.AVP{
		"overrun":     script.Raw(0x80, 9, 0, 0, 0, 8, 'x'),
		"five octets": script.Raw(0x80, 6, 0, 0, 0),
	}
	for n := range byte(6) {
		bad[fmt.Sprintf("length %d", n)] = script.Raw(0x80, n, 0, 0, 0, 8)
		bad[fmt.Sprintf("length %d, not mandatory", n)] = script.Raw(0, n, 0, 0, 0, 8)
	}
	for name, avp := range bad {
		t.Run(name, func(t *testing.T) {
			lns.Skip()
			dial(rig)
			tun := lns.Open()
			tun.OpenCall()
			tun.Send(script.HELLO, 0, avp)
			stopped(t, lns, tun, tun.ID, 2, 2)
		})
	}
	t.Run("Message Type too short", func(t *testing.T) {
		lns.Skip()
		dial(rig)
		tun := lns.Open()
		tun.Write(tun.BuildAVPs(0, script.Raw(0x80, 7, 0, 0, 0, 0, 6)))
		lns.Await(script.StopCCN, script.Patience)
	})
}

func TestT22_UnknownMessages(t *testing.T) {
	rig := start(t, script.Config{})
	_, tun, call := rig.Up()
	lns := rig.LNS(0)
	tun.AwaitAck()
	for _, kind := range []uint16{17, 20, 21, 22, 28, 29, 99, 65535} {
		for _, session := range []uint16{0, call.Peer} {
			t.Run(fmt.Sprintf("%d to %d", kind, min(session, 1)), func(t *testing.T) {
				lns.Skip()
				tun.Write(tun.BuildAVPs(session, script.U16(0, kind).With(false, 0), unknownAVP(true)))
				acknowledged(t, tun)
				lns.Silent(lull)
			})
		}
	}
	if len(lns.Of(script.CDN)) != 0 {
		t.Error("the call did not survive")
	}
}

func TestT22_UnknownMandatory(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	for _, tt := range []struct {
		name string
		avps []script.AVP
	}{
		{"type 99", []script.AVP{script.U16(0, 99)}},
		{"type 5, reserved", []script.AVP{script.U16(0, 5)}},
		{"Message Type second", []script.AVP{script.Text(8, "x"), script.U16(0, script.HELLO)}},
		{"Message Type after a Random Vector", []script.AVP{script.Bytes(36, make([]byte, 16)...), script.U16(0, script.HELLO)}},
		{"no Message Type", []script.AVP{script.U16(9, 1)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lns.Skip()
			c := dial(rig)
			tun := lns.Open()
			tun.OpenCall()
			tun.Write(tun.BuildAVPs(0, tt.avps...))
			stopped(t, lns, tun, tun.ID, 2, -1)
			c.Await(script.PADT)
		})
	}
}

func TestT24_SetupInEstablished(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	for _, tt := range []struct {
		name string
		kind uint16
	}{{"SCCRQ", script.SCCRQ}, {"SCCRP", script.SCCRP}, {"SCCCN", script.SCCCN}} {
		t.Run(tt.name, func(t *testing.T) {
			lns.Skip()
			c := dial(rig)
			tun := lns.Open()
			tun.OpenCall()
			var avps []script.AVP
			if tt.kind != script.SCCCN {
				avps = tun.Reply()
			}
			tun.Send(tt.kind, 0, avps...)
			stopped(t, lns, tun, tun.ID, 7, -1)
			c.Await(script.PADT)
		})
	}
}

// uninvited is an SCCRQ of somebody who calls his tunnel so.
func uninvited(lns *script.LNS, id uint16) []byte {
	return script.Packet(0, 0, 0, 0, script.U16(0, script.SCCRQ), script.Bytes(2, 1, 0), script.U32(3, 3),
		script.Text(7, lns.Name), script.U16(9, id), script.Bytes(5, make([]byte, 8)...))
}

// The gateway is a LAC and takes no tunnels: strangers cost it nothing, and
// known LNSes get a refusal or silence.
func TestT24_Strangers(t *testing.T) {
	rig := start(t, script.Config{})
	_, tun, _ := rig.Up()
	lns, stranger := rig.LNS(0), rig.Stranger()
	lns.Lax, stranger.Lax = true, true
	tun.AwaitAck()
	const flood = 5000
	for i := range uint16(flood) {
		stranger.SendFrom(2000+i%100, tun.To, uninvited(stranger, i+1))
	}
	lns.Skip()
	for i := range uint16(200) {
		lns.SendFrom(1701+i%2, tun.To, uninvited(lns, i+1))
	}
	time.Sleep(300 * time.Millisecond)
	if n := len(stranger.Messages()); n > 50 {
		t.Errorf("a stranger got %d answers to %d SCCRQs, want few or none", n, flood)
	}
	if n := len(lns.Of(script.StopCCN)); n > 50 {
		t.Errorf("the LNS got %d refusals of 200 SCCRQs, want few or none", n)
	}
	for _, m := range append(stranger.Messages(), lns.Messages()...) {
		if m.Type == script.SCCRP {
			t.Fatalf("got %v of a LAC that takes no tunnels", m)
		}
	}
	var tunnels []any
	if rig.Get("/v1/tunnels", &tunnels); len(tunnels) != 1 {
		t.Errorf("there are %d tunnels, want one", len(tunnels))
	}
	lns.Skip()
	tun.Send(script.HELLO, 0)
	acknowledged(t, tun)
	lns.Skip()
	dial(rig)
	tun.OpenCall()
}
