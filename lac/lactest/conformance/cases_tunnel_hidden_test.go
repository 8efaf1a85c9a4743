package conformance

import (
	"bytes"
	"fmt"
	"testing"

	"lacd/lac/lactest/script"
)

const tunnelSecret = "a secret of the tunnel"

// Two vectors; either serves the hidden AVPs that follow it.
var (
	vector1 = []byte("sixteen octets 1")
	vector2 = []byte("another, longer vector: 31 oct.")
)

func secretRig(t *testing.T) *script.Rig {
	t.Helper()
	return start(t, script.Config{LNS: []script.LNSConfig{{Secret: tunnelSecret}}})
}

func TestT23_HiddenInSCCRP(t *testing.T) {
	rig := secretRig(t)
	lns := rig.LNS(0)
	hide := func(a script.AVP, v []byte, pad int) script.AVP { return a.Hide(tunnelSecret, v, pad) }
	rv1, rv2 := script.Bytes(36, vector1...), script.Bytes(36, vector2...)
	for _, tt := range []struct {
		name string
		avps func(tun *script.Tunnel, id, framing script.AVP) []script.AVP
	}{
		{"Assigned Tunnel ID", func(_ *script.Tunnel, id, framing script.AVP) []script.AVP {
			return []script.AVP{framing, rv1, hide(id, vector1, 0)}
		}},
		{"with padding", func(_ *script.Tunnel, id, framing script.AVP) []script.AVP {
			f := hide(framing, vector1, 12)
			if n := 6 + len(f.Value); n != 24 {
				t.Errorf("four octets and 12 of padding make an AVP of %d, want 24", n)
			}
			return []script.AVP{rv1, f, hide(id, vector1, 100)}
		}},
		{"two vectors", func(_ *script.Tunnel, id, framing script.AVP) []script.AVP {
			return []script.AVP{rv1, hide(framing, vector1, 3), rv2, hide(id, vector2, 0)}
		}},
		{"overrun that does not matter", func(_ *script.Tunnel, id, framing script.AVP) []script.AVP {
			vendor := hide(script.Text(8, "x"), vector1, 0)
			vendor.Value[0] ^= 0xff
			return []script.AVP{rv1, vendor, hide(id, vector1, 0), framing}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lns.Skip()
			dial(rig)
			tun := lns.Accept()
			plain := without(without(tun.Reply(), 3), 9)
			tun.Send(script.SCCRP, 0, append(plain, tt.avps(tun, script.U16(9, tun.ID), script.U32(3, 3))...)...)
			if cn := lns.Expect(script.SCCCN); cn.Tunnel != tun.ID {
				t.Errorf("got %v, want tunnel %d", cn, tun.ID)
			}
			tun.OpenCall()
			tun.Stop(script.Result(1))
			tun.AwaitAck()
		})
	}
}

// A Challenge that was revealed wrong would be answered wrong.
func TestT23_HiddenLengths(t *testing.T) {
	rig := secretRig(t)
	lns := rig.LNS(0)
	for _, n := range []int{1, 14, 15, 16, 30, 200, 1009} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			lns.Skip()
			dial(rig)
			tun := lns.Accept()
			challenge := bytes.Repeat([]byte{0x5a}, n)
			hidden := script.Bytes(11, challenge...).Hide(tunnelSecret, vector2, n%7)
			tun.Send(script.SCCRP, 0, append(without(tun.Reply(), 11), script.Bytes(36, vector2...), hidden)...)
			cn := lns.Expect(script.SCCCN)
			if got, want := cn.Value(13), script.ChallengeResponse(script.SCCCN, tunnelSecret, challenge); !bytes.Equal(got, want) {
				t.Errorf("got response % x, want % x", got, want)
			}
			tun.OpenCall()
			tun.Stop(script.Result(1))
			tun.AwaitAck()
		})
	}
}

func TestT23_HiddenSessionID(t *testing.T) {
	rig := secretRig(t)
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Open()
	call := tun.AcceptCall()
	hidden := script.U16(14, call.ID).Hide(tunnelSecret, vector1, 14)
	tun.Send(script.ICRP, call.Peer, script.Bytes(36, vector1...), hidden)
	if cn := lns.Expect(script.ICCN); cn.Session != call.ID {
		t.Errorf("got %v, want session %d", cn, call.ID)
	}
}

func TestT23_CannotBeRevealed(t *testing.T) {
	hidden := func(id uint16) script.AVP { return script.U16(9, id).Hide(tunnelSecret, vector1, 20) }
	overrun := func(id uint16) script.AVP {
		a := hidden(id)
		a.Value[0] ^= 0xff // Original Length is first, and was 2
		a.Value[1] ^= 0xfd
		return a
	}
	rv := script.Bytes(36, vector1...)
	for _, tt := range []struct {
		name, secret string
		avps         func(id uint16) []script.AVP
		code         int
	}{
		{"no Random Vector", tunnelSecret, func(id uint16) []script.AVP { return []script.AVP{hidden(id)} }, 3},
		{"Random Vector after it", tunnelSecret, func(id uint16) []script.AVP { return []script.AVP{hidden(id), rv} }, 3},
		{"no secret", "", func(id uint16) []script.AVP { return []script.AVP{rv, hidden(id)} }, 3},
		{"Original Length 65535", tunnelSecret, func(id uint16) []script.AVP { return []script.AVP{rv, overrun(id)} }, 2},
		{"one octet", tunnelSecret, func(uint16) []script.AVP {
			return []script.AVP{rv, {M: true, H: true, Type: 9, Value: []byte{1}}}
		}, 2},
		{"Message Type's neighbour that must not be hidden", tunnelSecret, func(id uint16) []script.AVP {
			return []script.AVP{script.U16(9, id), rv, script.U16(10, 8).Hide(tunnelSecret, vector1, 0)}
		}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rig := start(t, script.Config{LNS: []script.LNSConfig{{Secret: tt.secret}}})
			lns := rig.LNS(0)
			dial(rig)
			tun := lns.Accept()
			avps := tt.avps(tun.ID)
			tun.Send(script.SCCRP, 0, append(without(tun.Reply(), 9), avps...)...)
			header := uint16(0)
			if avps[0].Type == 9 && !avps[0].H {
				header = tun.ID
			}
			stopped(t, lns, tun, header, 2, tt.code)
		})
	}
}

// In a message of a call it is the call that ends.
func TestT23_CallCannotBeRevealed(t *testing.T) {
	rig := secretRig(t)
	lns := rig.LNS(0)
	dial(rig)
	tun := lns.Open()
	call := tun.AcceptCall()
	tun.Send(script.ICRP, call.Peer, script.U16(14, call.ID).Hide(tunnelSecret, vector1, 0))
	cleared(t, lns, call.RQ, 0, 2, 3)
	tun.Send(script.HELLO, 0)
	acknowledged(t, tun)
	lns.Silent(lull)
}

func TestT23_OwnHiding(t *testing.T) {
	const password = "a password of more than sixteen octets"
	for _, tt := range []struct {
		name, secret string
	}{{"secret", tunnelSecret}, {"no secret", ""}} {
		t.Run(tt.name, func(t *testing.T) {
			rig := start(t, script.Config{LNS: []script.LNSConfig{{Secret: tt.secret}}})
			lns := rig.LNS(0)
			rig.Client().DialPAP("joe@acme.example", password)
			cn := lns.Open().OpenCall().CN
			a := cn.Find(33)
			if a == nil || a.H != (tt.secret != "") {
				t.Fatalf("got %v, want the password, hidden where there is a secret", cn)
			}
			got := a.Value
			if a.H {
				var err error
				if got, err = a.Reveal(tt.secret, cn.Value(36)); err != nil {
					t.Fatal(err)
				}
			}
			if string(got) != password {
				t.Errorf("got password %q, want %q", got, password)
			}
			for _, m := range lns.Messages() {
				for _, a := range m.AVPs {
					if a.H && tt.secret == "" || tt.secret != "" && bytes.Contains(m.Raw, []byte(password)) {
						t.Errorf("%v with secret %q", m, tt.secret)
					}
				}
			}
		})
	}
}
