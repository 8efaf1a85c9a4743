package sim

import (
	"testing"

	"lacd/lac/l2tp"
	"lacd/pppoe/ppp"
)

// An LNS that negotiates itself does all of it: LCP, authentication, IPCP. A
// response to the LAC's challenge is none to its own.
func TestLCPAgain(t *testing.T) {
	d := newDuo(t, LNSConfig{LCPAgain: true, Password: "secret"})
	a := d.connect(0)
	d.want("LCP 1 010405d40305c223050506*")
	d.ppp(a, ppp.LCP, ppp.ConfigureNak, 1, 3, 4, 0xc0, 0x23)
	d.want("LCP 1 010405d40304c0230506*")
	d.ppp(a, ppp.LCP, ppp.ConfigureAck, 2)
	d.ppp(a, ppp.LCP, ppp.ConfigureRequest, 1, 1, 4, 5, 0xd4)
	d.want("LCP 2 010405d4")
	d.ppp(a, ppp.PAP, ppp.AuthenticateRequest, 1, append(append([]byte{3}, "joe\x05"...), "wrong"...)...)
	d.want("PAP 3 00")
}

func TestCHAPByLNS(t *testing.T) {
	d := newDuo(t, LNSConfig{AuthAgain: true, Password: "secret"})
	a := d.connect(0)
	d.want("CHAP 1 10*")
	k := d.lns.calls[0]
	d.ppp(a, ppp.CHAP, ppp.Response, k.authID-1, append([]byte{16}, make([]byte, 16)...)...)
	d.want()
	sum := chapResponse(k.authID, "secret", k.challenge[:])
	response := append([]byte{16}, sum[:]...)
	d.ppp(a, ppp.CHAP, ppp.Response, k.authID, response...)
	d.want("CHAP 3 ", "IPCP 1 0306c0000201")
	d.ppp(a, ppp.CHAP, ppp.Response, k.authID, response...)
	d.want("CHAP 3 ")
}

// A PAP request that the LAC repeats is answered as the first.
func TestRepeatedPAP(t *testing.T) {
	d := newDuo(t, LNSConfig{Password: "secret"})
	a := d.connect(0)
	d.want("PAP 2 00", "IPCP 1 0306c0000201")
	d.ppp(a, ppp.PAP, ppp.AuthenticateRequest, 3, append([]byte("\x03joe\x06"), "secret"...)...)
	d.want("PAP 2 00")
}

// A client that begins LCP anew is followed.
func TestClientRenegotiates(t *testing.T) {
	d := newDuo(t, LNSConfig{})
	a := d.open(0)
	d.ppp(a, ppp.LCP, ppp.ConfigureRequest, 9, 1, 4, 5, 0xd4)
	d.want("LCP 1 010405d40304c0230506*", "LCP 2 010405d4")
}

func TestEchoAndTerminate(t *testing.T) {
	d := newDuo(t, LNSConfig{})
	a := d.open(0)
	d.ppp(a, ppp.LCP, ppp.EchoRequest, 1, 9, 9, 9, 9, 'x')
	d.want("LCP 10 4c*")
	d.ppp(a, ppp.LCP, ppp.TerminateRequest, 2)
	d.want("LCP 6 ")
	if len(d.downs) != 1 || d.downs[0].Result.Code != l2tp.CallCarrierLost || d.lns.Stats().Calls != 0 {
		t.Errorf("%+v", d.downs)
	}
}

// Payloads are counted at the call that they came out of; where the LAC told
// nothing, the first says whose it is.
func TestLNSReceivesPayloads(t *testing.T) {
	d := newDuo(t, LNSConfig{})
	a := d.open(4)
	send := func(p payload) { d.send(a, appendPayload(nil, p, service, service, 64)) }
	send(payload{tokenOf(4, 1), up, 1})
	send(payload{tokenOf(4, 1), up, 1})
	send(payload{tokenOf(5, 1), up, 2})
	send(payload{tokenOf(4, 1), down, 2})
	want := Tally{Received: 1, Octets: 64, Duplicated: 1, Misdelivered: 2}
	if got := d.lns.Stats().UpTally; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	d.lns.calls[0].token = 0
	send(payload{tokenOf(6, 1), up, 2})
	if got := d.lns.Stats().UpTally; got.Received != 2 || d.lns.calls[0].token != tokenOf(6, 1) {
		t.Errorf("got %+v", got)
	}
}

// Frames before ICCN, of no call and of no tunnel are nothing the LNS takes.
func TestStrayData(t *testing.T) {
	d := newDuo(t, LNSConfig{})
	a, _ := d.call()
	d.ppp(a, ppp.LCP, ppp.EchoRequest, 1, 0, 0, 0, 0)
	d.want()
	for _, h := range []l2tp.Header{{TunnelID: d.peer, SessionID: a.PeerID + 1}, {TunnelID: d.peer + 1, SessionID: a.PeerID}} {
		d.lns.Receive(d.now, lacAt, l2tp.AppendData(nil, h, []byte{0xc0, 0x21}))
	}
	d.lns.Receive(d.now, lacAt, []byte{0, 2})
	if got := d.lns.Stats().Odd; got != 4 {
		t.Errorf("%d odd, want 4", got)
	}
}
