package trunk_test

import (
	"crypto/rand"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lacd/kernel/nodata"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/lac/trunk"
	"lacd/lac/tunnel"
	"lacd/policy"
)

var (
	gateway  = netip.MustParseAddrPort("192.0.2.1:1701")
	hostile  = netip.MustParseAddrPort("192.0.2.11:1701")
	honest   = netip.MustParseAddrPort("192.0.2.12:1701")
	stranger = netip.MustParseAddrPort("203.0.113.9:4711")
)

// How a datagram of FuzzTrunk differs from what its octets say.
const (
	howStranger = 1 << iota // it comes from a host that was never dialled
	howPort                 // ... from another port
	howHeader               // it gets the header of a live tunnel, with Ns and Nr given
	howNew                  // while a tunnel is being opened
	howWait                 // after ten seconds
)

// FuzzTrunk sends datagrams from the address of one LNS, and from strangers,
// while another LNS has a call. The input is records of how, Ns, Nr, length,
// octets. The call stays, and the next one comes up.
func FuzzTrunk(f *testing.F) {
	rec := func(how, ns, nr byte, m l2tp.Message) []byte {
		b := l2tp.AppendMessage(nil, l2tp.Header{}, m, nil)
		if how&howHeader != 0 {
			b = b[l2tp.ControlHeaderLen:]
		}
		return append([]byte{how, ns, nr, byte(len(b))}, b...)
	}
	setup := l2tp.Setup{Framing: 3, HostName: []byte("x"), TunnelID: 7, Window: 4}
	rq, rp := &l2tp.SCCRQ{Setup: setup, TieBreaker: make([]byte, 8)}, &l2tp.SCCRP{Setup: setup}
	stop := &l2tp.StopCCN{Result: l2tp.ResultCode{Code: 2, Error: 7, Text: []byte("192.0.2.77")}, TunnelID: 7}
	cdn := &l2tp.CDN{Result: l2tp.ResultCode{Code: 1}, SessionID: 9}
	f.Add(append(rec(howStranger, 0, 0, rq), rec(howNew, 0, 0, rq)...))
	f.Add(append(rec(howNew|howPort, 0, 0, rq), rec(howNew|howPort|howHeader, 0, 1, rp)...))
	f.Add(append(rec(howHeader, 3, 2, stop), rec(howNew, 0, 1, stop)...))
	f.Add(append(rec(howHeader, 3, 2, cdn), rec(howHeader|howStranger, 3, 2, cdn)...))
	f.Add(append(rec(howHeader|howWait, 3, 2, &l2tp.HELLO{}), 0, 0, 0, 6, 0, 2, 0, 7, 0, 9))
	f.Fuzz(func(t *testing.T, in []byte) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			if !w.comesUp(1, honest) {
				t.Fatal("the first call did not come up")
			}
			w.place(2, hostile)
			synctest.Wait()
			for n := uint64(3); len(in) >= 4; n++ {
				size := min(int(in[3]), len(in)-4)
				w.datagram(n, in[0], in[1], in[2], in[4:4+size])
				in = in[4+size:]
			}
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if w.event(1).Down {
				t.Errorf("the honest LNS's call is down: %+v", w.event(1))
			}
			if !w.comesUp(100_000, honest) {
				t.Errorf("no call comes up any more: %+v", w.event(100_000))
			}
		})
	})
}

// world is a trunk and two LNSes, in memory.
type world struct {
	t     *testing.T
	trunk *trunk.Trunk
	net   *lactest.Net
	lns   []*lactest.LNS

	mu     sync.Mutex // guards events
	events map[uint64]trunk.Event
}

func newWorld(t *testing.T) *world {
	quiet := slog.New(slog.DiscardHandler)
	w := &world{t: t, net: lactest.NewNet(), events: map[uint64]trunk.Event{}}
	for _, at := range []netip.AddrPort{hostile, honest} {
		l := w.net.Listen(at.String(), "")
		w.lns = append(w.lns, l)
		go l.Run()
	}
	w.trunk = trunk.New(trunk.Config{
		HostName: "lac", Plane: nodata.New(quiet), Network: w.net, Log: quiet,
		Notify: w.notify,
		Random: func(b []byte) { _, _ = rand.Read(b) }, // never fails
	})
	return w
}

func (w *world) close() {
	w.trunk.Stop(6)
	w.trunk.Close()
	for _, l := range w.lns {
		l.Close()
	}
}

func (w *world) notify(ev trunk.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events[ev.Ref.Session] = ev
}

// event returns the last event of a call.
func (w *world) event(session uint64) trunk.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events[session]
}

func (w *world) place(session uint64, at netip.AddrPort) *trunk.Tunnel {
	lns := policy.LNS{Name: at.Addr().String(), Peer: at, Weight: 1}
	return w.trunk.PlaceCall(trunk.Ref{Session: session}, &lns, tunnel.Call{}, true)
}

// comesUp places a call and reports whether the LNS takes it.
func (w *world) comesUp(session uint64, at netip.AddrPort) bool {
	tun := w.place(session, at)
	time.Sleep(time.Second)
	synctest.Wait()
	ev := w.event(session)
	if tun == nil || ev.ID == 0 || ev.Down {
		return false
	}
	tun.Connect(ev.Ref, tunnel.Connect{TxSpeed: 1}, nil)
	synctest.Wait()
	return !w.event(session).Down
}

func (w *world) datagram(session uint64, how, ns, nr byte, b []byte) {
	if how&howWait != 0 {
		time.Sleep(10 * time.Second)
	}
	if how&howNew != 0 {
		lns := policy.LNS{Name: "new", Peer: hostile, Weight: 1, Assignment: string(how) + string(ns)}
		w.trunk.PlaceCall(trunk.Ref{Session: session}, &lns, tunnel.Call{}, true)
	}
	if how&howHeader != 0 {
		h := l2tp.Header{Control: true, Ns: uint16(ns), Nr: uint16(nr)}
		for _, v := range w.trunk.Views() {
			if v.Dialled == hostile {
				h.TunnelID = v.ID
			}
		}
		b = append(h.AppendTo(nil, len(b)), b...)
	}
	from := hostile
	if how&howStranger != 0 {
		from = stranger
	}
	if how&howPort != 0 {
		from = netip.AddrPortFrom(from.Addr(), from.Port()+1)
	}
	w.net.Inject(from, gateway, b)
	synctest.Wait()
}
