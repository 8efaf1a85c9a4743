package sim

import (
	"testing"

	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// IPCP before the Ack says that there are no doubts; options other than the
// address are rejected.
func TestIPCPInPlaceOfAck(t *testing.T) {
	a := newAC(t, Config{})
	a.sent()
	a.link(chapMD5...)
	a.ppp(ipcp, ppp.ConfigureRequest, 1, 3, 6, 192, 0, 2, 1)
	a.want() // nobody has asked for credentials yet
	a.ppp(ppp.CHAP, ppp.Challenge, 9, 1, 1)
	a.sent()
	a.ppp(ipcp, ppp.ConfigureRequest, 2, 2, 4, 0, 0x2d)
	a.want("IPCP 1 030600000000", "IPCP 4 0204002d")
	a.ppp(ipcp, ppp.ConfigureRequest, 3, 3, 5, 1)
	a.want()
	if a.crowd.Stats().Odd != 1 {
		t.Error("an option that overruns is nothing odd")
	}
}

// Payloads that come are counted, those of others told apart.
func TestReceivePayload(t *testing.T) {
	a := newAC(t, Config{})
	a.sent()
	a.open()
	send := func(p payload) { a.send(0, wire.Data, 7, appendPayload(nil, p, service, service, 64)) }
	send(payload{tokenOf(0, 1), down, 1})
	send(payload{tokenOf(0, 1), down, 2})
	send(payload{tokenOf(1, 1), down, 3}) // another client's
	send(payload{tokenOf(0, 2), down, 3}) // another session's
	send(payload{tokenOf(0, 1), up, 3})   // turned back
	a.send(0, wire.Data, 7, []byte{0, 0x21, 0x45, 0})
	if got, want := a.crowd.Stats().DownTally, (Tally{Received: 2, Octets: 128, Misdelivered: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Whoever refuses every address is given up, and a request that was changed is
// none that was repeated.
func TestEndlessNak(t *testing.T) {
	a := newAC(t, Config{Tries: 4})
	a.sent()
	a.link(chapMD5...)
	a.ppp(ppp.CHAP, ppp.Success, 9)
	for n := range uint8(4) {
		a.ppp(ipcp, ppp.ConfigureNak, n+1, 3, 6, 100, 64, 0, n)
	}
	a.want("IPCP 1 030600000000", "IPCP 1 030664400000", "IPCP 1 030664400001", "IPCP 1 030664400002", "PADT")
	if s := a.crowd.Stats(); s.Failed[NoIPCP] != 1 || s.Repeated != 0 {
		t.Errorf("failed %v, repeated %d", s.Failed, s.Repeated)
	}
}
