package lac

import (
	"bytes"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"lacd/kernel"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/lac/trunk"
	"lacd/radius/radiustest"
)

// Cases of the conformance matrix whose clocks are too long for the suite with
// the real daemon: the default times, exactly.

// tap notes the control messages that pass the LAC's sockets.
type tap struct {
	trunk.Network

	mu     sync.Mutex // guards noted
	begun  time.Time
	noted  []passed
	parser l2tp.Parser
}

// passed is a control message on its way.
type passed struct {
	at   time.Duration // since newTap
	peer netip.AddrPort
	sent bool
	kind l2tp.MessageType // 0: ZLB
	b    []byte
}

// tapped makes the rig's daemon use a tap, which t is set to.
func tapped(t **tap, o rigOptions) rigOptions {
	more := o.change
	o.change = func(c *Config) {
		if more != nil {
			more(c)
		}
		*t = &tap{Network: c.Trunk.Network, begun: time.Now()}
		c.Trunk.Network = *t
	}
	return o
}

func (n *tap) Dial(local, peer netip.AddrPort) (trunk.Socket, error) {
	s, err := n.Network.Dial(local, peer)
	if err != nil {
		return nil, err
	}
	return &tappedSocket{s, n, peer}, nil
}

type tappedSocket struct {
	trunk.Socket
	tap  *tap
	peer netip.AddrPort
}

func (s *tappedSocket) WriteBatch(ds [][]byte) (int, error) {
	for _, d := range ds {
		s.tap.note(s.peer, true, d)
	}
	return s.Socket.WriteBatch(ds) // which takes them all
}

func (s *tappedSocket) ReadBatch(fn func([]byte)) error {
	return s.Socket.ReadBatch(func(b []byte) {
		s.tap.note(s.peer, false, b)
		fn(b)
	})
}

func (n *tap) note(peer netip.AddrPort, sent bool, b []byte) {
	_, payload, err := l2tp.ParseHeader(b)
	if err != nil || !l2tp.IsControl(b) {
		return
	}
	kind, _ := l2tp.PeekMessageType(payload)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.noted = append(n.noted, passed{time.Since(n.begun), peer, sent, kind, slices.Clone(b)})
}

// sent returns the messages of a kind that went to a peer.
func (n *tap) sent(peer string, kind l2tp.MessageType) []passed {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.noted), func(p passed) bool {
		return !p.sent || p.kind != kind || p.peer.String() != peer
	})
}

// times returns when messages were sent, from the first on.
func times(ps []passed) []time.Duration {
	var all []time.Duration
	for _, p := range ps {
		all = append(all, p.at-ps[0].at)
	}
	return all
}

func seconds(n ...int) []time.Duration {
	var all []time.Duration
	for _, n := range n {
		all = append(all, time.Duration(n)*time.Second)
	}
	return all
}

func TestT04_MuteLNS(t *testing.T) {
	var n *tap
	inRig(t, tapped(&n, rigOptions{}), func(t *testing.T, r *rig) {
		r.radius.SetUser(alice.User, radiustest.User{Password: alice.Password, Reply: []radiustest.Attribute{
			tunnelTo(1, "192.0.2.11", "", 1), tunnelTo(2, "192.0.2.12", "", 2),
		}})
		r.lns1.Set(lactest.Behaviour{Silent: true})
		sub := r.seg.Dial(alice)
		after(100 * time.Second)

		// "SHOULD be at least 1 second", doubled up to a bound of 8, five times
		// (RFC 2661 section 5.8).
		rqs := n.sent(lns1Addr, l2tp.TypeSCCRQ)
		if got, want := times(rqs), seconds(0, 1, 3, 7, 15, 23); !slices.Equal(got, want) {
			t.Errorf("SCCRQ was sent after %v, want %v", got, want)
		}
		for _, rq := range rqs {
			if !bytes.Equal(rq.b, rqs[0].b) {
				t.Errorf("SCCRQ % x was sent after % x", rq.b, rqs[0].b)
			}
		}
		next := n.sent(lns2Addr, l2tp.TypeSCCRQ)
		if len(next) != 1 || next[0].at-rqs[0].at > 31*time.Second {
			t.Fatalf("the next LNS got %v, want one SCCRQ within 31s of the first", next)
		}
		if calls := r.lns2.Calls(); len(calls) != 1 || !calls[0].Up {
			t.Errorf("the next LNS has %+v, want one call that is up", calls)
		}
		if sub.State() != lactest.Proven || sub.Terminated() {
			t.Errorf("subscriber in state %d, terminated %v: it must be kept waiting", sub.State(), sub.Terminated())
		}
	})
}

// An LNS that never sends a HELLO of its own is asked every 60 s, and lives as
// long as it answers.
func TestT16_DefaultTimes(t *testing.T) {
	var n *tap
	inRig(t, tapped(&n, rigOptions{}), func(t *testing.T, r *rig) {
		oneLNS(r)
		r.lns1.Set(lactest.Behaviour{Hello: 24 * time.Hour})
		sub, second := r.seg.Dial(alice), r.seg.Dial(alice)
		after(10*time.Minute + time.Second)
		hellos := n.sent(lns1Addr, l2tp.TypeHELLO)
		if len(hellos) != 9 && len(hellos) != 10 {
			t.Errorf("got %d HELLOs in 10 minutes", len(hellos))
		}
		for _, h := range hellos {
			if d := h.at - n.heard(h.at); d != time.Minute {
				t.Errorf("HELLO after %v was sent %v after the last message, want 1m", h.at, d)
			}
		}
		if r.lns1.Tunnels() != 1 {
			t.Fatal("the tunnel is gone")
		}

		// Now it is dead: given up 31 s after the next HELLO.
		r.lns1.Drop()
		due := n.heard(time.Hour) + time.Minute
		after(due + 31*time.Second - time.Since(n.begun) - time.Millisecond)
		if sub.State() == lactest.Ended || second.State() == lactest.Ended {
			t.Error("a subscriber was ended before 31s")
		}
		after(time.Millisecond)
		if sub.State() != lactest.Ended || second.State() != lactest.Ended {
			t.Errorf("subscribers in states %d and %d after 31s, want PADT for both", sub.State(), second.State())
		}
		last := n.sent(lns1Addr, l2tp.TypeHELLO)[len(hellos):]
		if got, want := times(last), seconds(0, 1, 3, 7, 15, 23); !slices.Equal(got, want) || last[0].at != due {
			t.Errorf("HELLO was sent after %v from %v on, want %v from %v on", got, last[0].at, want, due)
		}
		if len(n.sent(lns1Addr, l2tp.TypeCDN))+len(n.sent(lns1Addr, l2tp.TypeStopCCN)) != 0 {
			t.Error("a dead LNS got a CDN or StopCCN")
		}
		if got := r.records(r.radius); !slices.Equal(got, []string{"start", "start", "stop Lost-Service", "stop Lost-Service"}) {
			t.Errorf("accounting %v, want two starts and two stops", got)
		}
	})
}

// heard returns when the last message came before a time.
func (n *tap) heard(before time.Duration) (last time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.noted {
		if !p.sent && p.at < before {
			last = max(last, p.at)
		}
	}
	return last
}

// Data that the kernel carries is a sign of life too, by the counters that are
// read every 10 s.
func TestT16_DataOfTheKernel(t *testing.T) {
	var n *tap
	inRig(t, tapped(&n, rigOptions{}), func(t *testing.T, r *rig) {
		oneLNS(r)
		r.lns1.Set(lactest.Behaviour{Hello: 24 * time.Hour})
		r.seg.Dial(alice)
		settle()
		id := r.plane.Bridges()[0].ID
		for i := range uint64(10) {
			after(30 * time.Second)
			r.plane.SetCounters(kernel.Counters{ID: id, DownPackets: i + 1, DownOctets: i + 1})
		}
		if hellos := n.sent(lns1Addr, l2tp.TypeHELLO); len(hellos) != 0 {
			t.Errorf("got %d HELLOs while data came every 30s", len(hellos))
		}
		// What the subscriber sends says nothing about the LNS.
		for i := range uint64(4) {
			after(30 * time.Second)
			r.plane.SetCounters(kernel.Counters{ID: id, DownPackets: 10, DownOctets: 10, UpPackets: i})
		}
		if hellos := n.sent(lns1Addr, l2tp.TypeHELLO); len(hellos) == 0 {
			t.Error("got no HELLO though the LNS sent nothing")
		}
	})
}

// An LNS that falls silent when its data has just been seen in the counters is
// asked, and given up, as soon as one whose last message was a control message:
// what the counters say may have come when they were read before.
func TestT16_SilentAfterData(t *testing.T) {
	for _, hello := range []time.Duration{7 * time.Second, time.Minute} {
		t.Run(hello.String(), func(t *testing.T) {
			var n *tap
			o := tapped(&n, rigOptions{})
			tap := o.change
			o.change = func(c *Config) {
				tap(c)
				c.Trunk.Hello = hello
			}
			inRig(t, o, func(t *testing.T, r *rig) {
				oneLNS(r)
				r.lns1.Set(lactest.Behaviour{Hello: 24 * time.Hour})
				sub := r.seg.Dial(alice)
				settle()
				id := r.plane.Bridges()[0].ID
				data := func(n uint64) { r.plane.SetCounters(kernel.Counters{ID: id, DownPackets: n, DownOctets: n}) }
				for i := range uint64(12) { // the counters are read every 10 s
					data(i + 1)
					after(10 * time.Second)
				}
				after(7500 * time.Millisecond) // 2.5 s are left until they are
				data(13)
				r.lns1.Drop()
				asked := len(n.sent(lns1Addr, l2tp.TypeHELLO))
				if busy := hello > 2*10*time.Second; busy != (asked == 0) {
					t.Errorf("got %d HELLOs while data came all the time", asked)
				}
				silent := time.Now()
				after(hello)
				if len(n.sent(lns1Addr, l2tp.TypeHELLO)) == asked {
					t.Errorf("no HELLO %v after the last data", hello)
				}
				after(31 * time.Second)
				if sub.State() != lactest.Ended {
					t.Errorf("the subscriber is in state %d %v after the last data", sub.State(), time.Since(silent))
				}
			})
		})
	}
}

// A StopCCN that nobody acknowledges is repeated for as long as the end of the
// daemon may take, and no longer.
func TestT20_ShutdownIsBounded(t *testing.T) {
	var n *tap
	inRig(t, tapped(&n, rigOptions{}), func(t *testing.T, r *rig) {
		oneLNS(r)
		r.seg.Dial(alice)
		after(time.Second)
		r.lns1.Set(lactest.Behaviour{Silent: true})
		begun := time.Now()
		r.cancel()
		err := <-r.ended
		took := time.Since(begun)
		r.ended <- err
		stops := n.sent(lns1Addr, l2tp.TypeStopCCN)
		if got, want := times(stops), seconds(0, 1, 3); !slices.Equal(got, want) {
			t.Errorf("StopCCN was sent after %v, want %v", got, want)
		}
		if took > 10*time.Second {
			t.Errorf("the end took %v, want 10s at most", took)
		}
		if len(n.sent(lns1Addr, l2tp.TypeCDN)) != 0 {
			t.Error("got a CDN besides the StopCCN")
		}
	})
}
