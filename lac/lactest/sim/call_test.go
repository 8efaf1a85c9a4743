package sim

import (
	"testing"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/pppoe/ppp"
)

// What the LAC says about the client is believed: it gets its Ack, IPCP and an
// address.
func TestProxied(t *testing.T) {
	d := newDuo(t, LNSConfig{})
	a := d.connect(7)
	d.want("PAP 2 00", "IPCP 1 0306c0000201")
	if ups := d.lns.TakeConnected(); len(ups) != 1 || ups[0] != tokenOf(7, 1) {
		t.Errorf("connected %x", ups)
	}
	d.ppp(a, ipcp, ppp.ConfigureRequest, 1, 3, 6, 0, 0, 0, 0)
	d.want("IPCP 3 030664400001")
	d.ppp(a, ipcp, ppp.ConfigureRequest, 2, 3, 6, 100, 64, 0, 1, 0x81, 2)
	d.want("IPCP 4 8102")
	d.ppp(a, ipcp, ppp.ConfigureRequest, 3, 3, 6, 100, 64, 0, 1)
	d.want("IPCP 2 030664400001")
	if d.lns.Stats().Opened != 0 {
		t.Error("open before our request was acknowledged")
	}
	d.ppp(a, ipcp, ppp.ConfigureAck, 1, 3, 6, 192, 0, 2, 1)
	d.want()
	if d.lns.Stats().Opened != 1 {
		t.Error("not open")
	}
}

// Calls that end give back what they had.
func TestCallsEnd(t *testing.T) {
	d := newDuo(t, LNSConfig{})
	one, two := d.open(0), d.open(1)
	d.lac.HangUp(d.now, one.ID, l2tp.Result{Code: 1})
	d.run()
	if s := d.lns.Stats(); s.Calls != 1 || s.Ended != 1 || len(d.lns.live) != 1 {
		t.Errorf("%+v", s)
	}
	three := d.connect(2)
	d.data = nil
	d.ppp(three, ipcp, ppp.ConfigureRequest, 1, 3, 6, 0, 0, 0, 0)
	d.want("IPCP 3 030664400001") // the address of the first
	d.lac.HangUp(d.now, two.ID, l2tp.Result{Code: 1})
	d.lac.HangUp(d.now, three.ID, l2tp.Result{Code: 1})
	d.run()
	if s := d.lns.Stats(); s.Calls != 0 || s.Ended != 3 || len(d.lns.live) != 0 || len(d.lns.free) != 2 {
		t.Errorf("%+v", s)
	}
}

// A client that does not answer PPP is hung up upon.
func TestPPPIsNotAnswered(t *testing.T) {
	d := newDuo(t, LNSConfig{})
	d.connect(0)
	d.want("PAP 2 00", "IPCP 1 0306c0000201")
	for range restarts - 1 {
		d.wait(restart)
		d.want("IPCP 1 0306c0000201")
	}
	d.wait(restart)
	if len(d.downs) != 1 || d.lns.Stats().Calls != 0 {
		t.Errorf("%+v, %+v", d.downs, d.lns.Stats())
	}
}

func TestNoPPP(t *testing.T) {
	d := newDuo(t, LNSConfig{NoPPP: true, Traffic: Traffic{Rate: 10}})
	a := d.connect(0)
	d.ppp(a, ppp.LCP, ppp.EchoRequest, 1, 0, 0, 0, 0)
	d.want()
	d.wait(time.Second)
	if n := len(d.data); n < 9 || n > 11 {
		t.Errorf("%d packets in a second, want 10", n)
	}
	d.data = nil
	d.lns.Quiet()
	d.wait(time.Second)
	d.want()
}

// Without proxy LCP the client is a stranger, until it says who it is.
func TestNoProxy(t *testing.T) {
	d := newDuo(t, LNSConfig{Auth: ppp.PAP})
	a, ok := d.call()
	if !ok {
		t.Fatal("no answer")
	}
	d.lac.ConnectCall(d.now, a.ID, tunnel.Connect{TxSpeed: 1000})
	d.run()
	d.want("LCP 1 010405d40304c0230506*")
	if ups := d.lns.TakeConnected(); len(ups) != 0 {
		t.Errorf("knows %x", ups)
	}
	d.ppp(a, ppp.LCP, ppp.ConfigureRequest, 9, 5, 6, 2, 0, 0, 7)
	d.want("LCP 2 050602000007")
	if d.lns.calls[0].token != tokenOf(7, 2) {
		t.Errorf("token %x", d.lns.calls[0].token)
	}
}
