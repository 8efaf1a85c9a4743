package sim

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/pppoe/ppp"
)

var (
	lacAt = netip.MustParseAddrPort("192.0.2.1:1701")
	lnsAt = netip.MustParseAddrPort("192.0.2.11:1701")
)

// duo is an LNS and the LAC's end of a tunnel to it.
type duo struct {
	t    *testing.T
	now  time.Time
	lns  *LNS
	lac  *tunnel.Conn
	peer l2tp.TunnelID // of the LNS

	answered []tunnel.CallAnswered
	downs    []tunnel.CallDown
	closed   []tunnel.Down
	data     [][]byte // PPP frames of the LNS
}

func newDuo(t *testing.T, cfg LNSConfig) *duo {
	t.Helper()
	n := uint64(0)
	cfg.Random = func(b []byte) {
		n++
		clear(b)
		binary.BigEndian.PutUint64(b, n)
	}
	d := &duo{t: t, now: t0, lns: NewLNS(t0, &cfg)}
	d.lac = tunnel.Dial(t0, tunnel.Config{LocalID: 5, Peer: lnsAt, Seed: [32]byte{1}})
	d.run()
	return d
}

// run carries datagrams until there are none.
func (d *duo) run() {
	d.t.Helper()
	for busy := true; busy; {
		busy = false
		for _, a := range d.lac.Take() {
			busy = true
			switch a := a.(type) {
			case tunnel.Send:
				d.lns.Receive(d.now, lacAt, append([]byte(nil), a.Datagram...))
			case tunnel.Opened:
				d.peer = a.PeerID
			case tunnel.CallAnswered:
				d.answered = append(d.answered, a)
			case tunnel.CallDown:
				d.downs = append(d.downs, a)
			case tunnel.Down:
				d.closed = append(d.closed, a)
			}
		}
		for _, g := range d.lns.Take() {
			busy = true
			if l2tp.IsControl(g.Data) {
				d.lac.Receive(d.now, lnsAt, append([]byte(nil), g.Data...))
				continue
			}
			_, body, err := l2tp.ParseHeader(g.Data)
			if err != nil || g.To != lacAt {
				d.t.Fatalf("data to %v: %v", g.To, err)
			}
			d.data = append(d.data, append([]byte(nil), l2tp.Frame(body)...))
		}
	}
}

// wait lets time pass.
func (d *duo) wait(span time.Duration) {
	end := d.now.Add(span)
	for {
		at := d.lns.Deadline()
		if l := d.lac.Deadline(); at.IsZero() || !l.IsZero() && l.Before(at) {
			at = l
		}
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(d.now) {
			d.now = at
		}
		d.lns.Advance(d.now)
		d.lac.Advance(d.now)
		d.run()
	}
	d.now = end
}

// call places a call and returns what was answered; ok is false if it was refused.
func (d *duo) call() (a tunnel.CallAnswered, ok bool) {
	d.t.Helper()
	before := len(d.answered)
	if _, err := d.lac.PlaceCall(d.now, tunnel.Call{}); err != nil {
		d.t.Fatal(err)
	}
	d.run()
	if len(d.answered) == before {
		return a, false
	}
	return d.answered[before], true
}

// connect places a call and connects it for client n, whose PAP request is
// proxied.
func (d *duo) connect(n uint32) tunnel.CallAnswered {
	d.t.Helper()
	a, ok := d.call()
	if !ok {
		d.t.Fatal("the call was not answered")
	}
	options := be.AppendUint32([]byte{1, 4, 5, 0xd4, 5, 6}, uint32(tokenOf(n, 1)))
	d.lac.ConnectCall(d.now, a.ID, tunnel.Connect{
		TxSpeed: 1000, ProxyLCP: &l2tp.ProxyLCP{FirstReceived: options, LastReceived: options},
		ProxyAuth: &l2tp.ProxyAuth{Type: l2tp.ProxyPAP, Name: []byte("joe"), ID: 3, Response: []byte("secret")},
	})
	d.run()
	return a
}

// send sends a PPP frame into a call.
func (d *duo) send(a tunnel.CallAnswered, frame []byte) {
	h := l2tp.Header{TunnelID: d.peer, SessionID: a.PeerID}
	d.lns.Receive(d.now, lacAt, l2tp.AppendData(nil, h, frame))
	d.run()
}

func (d *duo) ppp(a tunnel.CallAnswered, proto ppp.Protocol, code ppp.Code, id uint8, data ...byte) {
	d.send(a, ppp.Packet{Protocol: proto, Code: code, ID: id, Data: data}.AppendTo(nil))
}

// want fails the test unless the LNS has sent exactly those control packets.
func (d *duo) want(texts ...string) {
	d.t.Helper()
	var got []string
	for _, f := range d.data {
		got = append(got, describe(f))
	}
	d.data = nil
	if !matches(got, texts) {
		d.t.Errorf("after %v: the LNS sent %q, want %q", d.now.Sub(t0), got, texts)
	}
}

// open brings a call to where its client has an address.
func (d *duo) open(n uint32) tunnel.CallAnswered {
	d.t.Helper()
	a := d.connect(n)
	d.ppp(a, ipcp, ppp.ConfigureAck, 1, 3, 6, 192, 0, 2, 1)
	d.ppp(a, ipcp, ppp.ConfigureRequest, 1, 3, 6, 100, 64, 0, byte(1+n))
	d.data = nil
	return a
}

func TestLNSRefusesCalls(t *testing.T) {
	d := newDuo(t, LNSConfig{CDN: l2tp.Result{Code: 2, Error: 4}, RefuseEvery: 2})
	for i := range 4 {
		if _, ok := d.call(); ok != (i%2 == 0) {
			t.Errorf("call %d was answered: %v", i, ok)
		}
	}
	if len(d.downs) != 2 || d.downs[0].Result.Code != 2 || d.downs[0].Result.Error != 4 || d.lns.Stats().Refused != 2 {
		t.Errorf("%+v", d.downs)
	}
}

func TestLNSRefusesTunnels(t *testing.T) {
	d := newDuo(t, LNSConfig{StopCCN: l2tp.Result{Code: 2, Error: 4}})
	if len(d.closed) != 1 || d.closed[0].Result.Code != 2 || d.closed[0].Result.Error != 4 || d.lns.Stats().Tunnels != 0 {
		t.Errorf("%+v", d.closed)
	}
}

// What is held back arrives whole and in order, later.
func TestLNSIsSlow(t *testing.T) {
	d := newDuo(t, LNSConfig{Delay: 100 * time.Millisecond})
	if d.peer != 0 {
		t.Error("answered at once")
	}
	d.wait(99 * time.Millisecond)
	if d.peer != 0 {
		t.Error("answered too early")
	}
	d.wait(2 * time.Millisecond)
	if d.peer == 0 {
		t.Error("not answered in time")
	}
}

func TestLNSEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  LNSConfig
		dead bool
		told bool
	}{
		"stops":  {LNSConfig{StopAfter: time.Second}, false, true},
		"dies":   {LNSConfig{DieAfter: time.Second}, true, false},
		"silent": {LNSConfig{SilentAfter: time.Second}, false, false},
	} {
		d := newDuo(t, tt.cfg)
		d.connect(0)
		d.wait(1100 * time.Millisecond)
		if d.lns.Dead() != tt.dead || len(d.closed) == 1 != tt.told || d.lns.Stats().Calls != 0 || d.lns.Stats().Ended != 1 {
			t.Errorf("%s: dead %v, told %+v, %+v", name, d.lns.Dead(), d.closed, d.lns.Stats())
		}
		if !d.lns.Gone() && tt.dead {
			t.Errorf("%s: not gone", name)
		}
		d.lac.Close(d.now, l2tp.Result{Code: 1})
		d.run() // nobody answers, and nothing breaks
	}
}

func TestLNSEnd(t *testing.T) {
	d := newDuo(t, LNSConfig{})
	d.connect(0)
	if d.lns.Gone() {
		t.Error("gone with a tunnel")
	}
	d.lns.End(d.now)
	d.run()
	if !d.lns.Gone() || len(d.closed) != 1 || d.closed[0].Result.Code != l2tp.StopShutdown {
		t.Errorf("gone %v, %+v", d.lns.Gone(), d.closed)
	}
}

// Datagrams of anybody are read without harm.
func FuzzLNS(f *testing.F) {
	f.Add(l2tp.AppendMessage(nil, l2tp.Header{}, &l2tp.SCCRQ{Setup: l2tp.Setup{HostName: []byte("x"), TunnelID: 9, Framing: 1}}, nil))
	f.Add(l2tp.AppendData(nil, l2tp.Header{TunnelID: 1, SessionID: 1}, []byte{0xc0, 0x21, 1, 1, 0, 4}))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := newDuo(t, LNSConfig{})
		a := d.connect(0)
		d.send(a, b)
		d.lns.Receive(d.now, lacAt, append([]byte(nil), b...))
		d.lns.Receive(d.now, lnsAt, append([]byte(nil), b...))
		d.lns.Take()
		for range 20 {
			d.now = d.now.Add(time.Second)
			d.lns.Advance(d.now)
			d.lns.Take()
		}
		if s := d.lns.Stats(); s.Calls < 0 || s.Connected != uint64(s.Calls)+s.Ended {
			t.Errorf("%+v", s)
		}
	})
}
