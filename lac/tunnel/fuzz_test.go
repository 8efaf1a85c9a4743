package tunnel

import (
	"net/netip"
	"testing"
	"time"

	"lacd/lac/l2tp"
)

// FuzzConn gives a Conn messages of which the fuzzer chooses the payload and
// how the numbers deviate. The input is a role and then records: how, length,
// payload.
func FuzzConn(f *testing.F) {
	rec := func(how byte, m l2tp.Message) []byte {
		b := l2tp.AppendMessage(nil, l2tp.Header{}, m, nil)[l2tp.ControlHeaderLen:]
		return append([]byte{how, byte(len(b))}, b...)
	}
	join := func(role byte, recs ...[]byte) []byte {
		out := []byte{role}
		for _, r := range recs {
			out = append(out, r...)
		}
		return out
	}
	setup := l2tp.Setup{Framing: 3, HostName: []byte("x"), TunnelID: 7, Window: 4}
	rp, rq := rec(0, &l2tp.SCCRP{Setup: setup}), rec(howZero, &l2tp.SCCRQ{Setup: setup})
	icrp, iccn := rec(howSession, &l2tp.ICRP{SessionID: 9}), rec(howSession, &l2tp.ICCN{TxSpeed: 1, Framing: 1})
	icrq := rec(0, &l2tp.ICRQ{SessionID: 9})
	cdn := rec(howSession, &l2tp.CDN{Result: l2tp.ResultCode{Code: 1}, SessionID: 9})
	stop := rec(0, &l2tp.StopCCN{Result: l2tp.ResultCode{Code: 1}, TunnelID: 7})
	hello := rec(0, &l2tp.HELLO{})
	f.Add(join(0, rp, icrp, hello, cdn, stop, stop))
	f.Add(join(0, []byte{0, 0}, rp, icrp, icrp, rp))
	f.Add(join(1, rp))
	f.Add(join(2, rq, rec(0, &l2tp.SCCCN{}), icrq, iccn, cdn, icrq, hello, stop))
	f.Add(join(3, rq, rec(0, &l2tp.SCCCN{Response: make([]byte, 16)})))
	f.Add(join(0, rp, rec(howEarly, &l2tp.HELLO{}), rec(howOld, &l2tp.HELLO{}), hello, rec(howWait, &l2tp.HELLO{})))
	f.Add(join(0, rp, rec(howForeign, &l2tp.HELLO{}), rec(0, &l2tp.OCRQ{SessionID: 4}), rec(howSession, &l2tp.SLI{})))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 {
			return
		}
		newFuzzed(t, in[0]).play(in[1:])
	})
}

// How a record deviates from what a correct peer would send.
const (
	howZero    = 1 << iota // to tunnel 0
	howSession             // to the newest call, not to session 0
	howEarly               // two numbers ahead
	howOld                 // a number seen before
	howForeign             // from another address
	howNr                  // acknowledges what was not sent
	howWait                // after a minute
	howRaw                 // the payload is a datagram
)

type fuzzed struct {
	clock
	t        *testing.T
	c        *Conn
	ns, nr   uint16
	known    bool // an SCCRP or SCCRQ gave the peer's ID
	newest   l2tp.SessionID
	down     int
	released int
}

func newFuzzed(t *testing.T, role byte) *fuzzed {
	f := &fuzzed{t: t}
	f.now = epoch
	cfg := Config{LocalID: localID, Peer: netip.MustParseAddrPort(peerAddr)}
	if role&1 != 0 {
		cfg.Secret = []byte("s")
	}
	if role&2 != 0 {
		f.c = Accept(f.now, cfg)
		return f
	}
	f.c = Dial(f.now, cfg)
	for range 3 {
		f.newest, _ = f.c.PlaceCall(f.now, Call{Calling: "x"})
	}
	f.drain()
	return f
}

func (f *fuzzed) play(in []byte) {
	for len(in) >= 2 {
		how, n := in[0], min(int(in[1]), len(in)-2)
		payload := in[2 : 2+n]
		in = in[2+n:]
		f.message(how, payload)
	}
	f.advance(10 * time.Minute)
	if f.released > 1 || f.down > 1 {
		f.t.Fatalf("%d down, %d released", f.down, f.released)
	}
}

func (f *fuzzed) message(how byte, payload []byte) {
	if how&howWait != 0 {
		f.advance(time.Minute)
	}
	h := l2tp.Header{Control: true, TunnelID: localID, Ns: f.ns, Nr: f.nr}
	from := netip.MustParseAddrPort(peerAddr)
	if how&howZero != 0 {
		h.TunnelID = 0
	}
	if how&howSession != 0 {
		h.SessionID = f.newest
	}
	if how&howEarly != 0 {
		h.Ns += 2
	}
	if how&howOld != 0 {
		h.Ns--
	}
	if how&howNr != 0 {
		h.Nr += 300
	}
	if how&howForeign != 0 {
		from = netip.MustParseAddrPort("198.51.100.7:1701")
	}
	b := append(h.AppendTo(nil, len(payload)), payload...)
	if how&howRaw != 0 {
		b = append([]byte(nil), payload...)
	}
	f.c.Receive(f.now, from, b)
	f.ns = f.c.channel.nr
	f.drain()
}

func (f *fuzzed) advance(d time.Duration) {
	f.wait(f.t, d, f.c.Deadline, func() {
		f.c.Advance(f.now)
		f.drain()
	})
}

// drain checks what every action must satisfy.
func (f *fuzzed) drain() {
	for _, action := range f.c.Take() {
		switch a := action.(type) {
		case Send:
			f.sent(a.Datagram)
		case CallRequested:
			f.newest = a.ID
			f.c.AnswerCall(f.now, a.ID)
		case CallAnswered:
			f.newest = a.ID
			f.c.ConnectCall(f.now, a.ID, Connect{TxSpeed: 1})
		case CallDown:
			if f.down > 0 {
				f.t.Fatal("CallDown after Down")
			}
		case Opened:
			f.known = true
		case Down:
			f.down++
		case Released:
			if f.released++; f.down == 0 {
				f.t.Fatal("Released before Down")
			}
		case Connected, CallConnected, Log:
		}
	}
	if st := f.c.Stats(); st.Calls < 0 || st.Waiting < 0 || st.Waiting > st.Calls || st.InFlight > st.Window {
		f.t.Fatalf("%+v", st)
	}
}

func (f *fuzzed) sent(b []byte) {
	if f.released > 0 {
		f.t.Fatal("sent after Released")
	}
	h, payload, err := l2tp.ParseHeader(append([]byte(nil), b...))
	if err != nil || !h.Control {
		f.t.Fatalf("sent %x: %v", b, err)
	}
	if f.known && h.TunnelID == 0 {
		f.t.Fatalf("sent to tunnel 0 after setup: %x", b)
	}
	if len(payload) == 0 {
		return
	}
	f.nr = h.Ns + 1
	p := l2tp.Parser{Secret: []byte("s")}
	if _, err := p.Parse(payload); err != nil {
		f.t.Fatalf("sent %x: %v", b, err)
	}
}
