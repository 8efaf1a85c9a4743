package trunk_test

import (
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/lac/trunk"
)

func TestTunnelRests(t *testing.T) {
	change := func(c *trunk.Config) { c.IdleTimeout = 30 * time.Second }
	inOffice(t, change, func(t *testing.T, o *office) {
		tun, ref := o.up()
		time.Sleep(time.Hour)
		o.hangUp(tun, ref, false)
		time.Sleep(20 * time.Second)
		_, ref = o.up() // it begins anew
		time.Sleep(20 * time.Second)
		o.hangUp(tun, ref, false)
		time.Sleep(30*time.Second - time.Millisecond)
		synctest.Wait()
		if n := o.far.Tunnels(); n != 1 {
			t.Fatalf("%d tunnels before the time, want 1", n)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if n, stops := o.far.Tunnels(), o.far.Stops(); n != 0 || stops != 1 {
			t.Errorf("%d tunnels, %d StopCCNs, want the one StopCCN", n, stops)
		}
		if next, _ := o.place(false); next == tun {
			t.Error("a call was placed in the closed tunnel")
		}
	})
}

// Without a limit a tunnel is kept.
func TestTunnelStays(t *testing.T) {
	inOffice(t, nil, func(t *testing.T, o *office) {
		tun, ref := o.place(false)
		o.hangUp(tun, ref, false)
		time.Sleep(24 * time.Hour)
		if again, _ := o.place(false); again != tun || o.net.Dials() != 1 {
			t.Errorf("%d sockets were opened, want 1", o.net.Dials())
		}
	})
}

// More tunnels are opened where the window is what calls wait for; they are
// used alike, and go when they are idle.
func TestTunnelsForASmallWindow(t *testing.T) {
	change := func(c *trunk.Config) { c.IdleTimeout, c.MaxTunnels = time.Minute, 3 }
	inOffice(t, change, func(t *testing.T, o *office) {
		o.far.Set(lactest.Behaviour{Window: 4, Delay: 20 * time.Millisecond})
		tuns := map[*trunk.Tunnel]int{}
		refs := map[trunk.Ref]*trunk.Tunnel{}
		for range 100 {
			for range 6 {
				tun, ref := o.place(false)
				tuns[tun]++
				refs[ref] = tun
			}
			time.Sleep(20 * time.Millisecond)
		}
		if len(tuns) != 3 {
			t.Fatalf("%d tunnels, want 3", len(tuns))
		}
		time.Sleep(10 * time.Second)
		answered := 0
		for _, ev := range o.take() {
			if strings.HasSuffix(ev, " answered") { // none is completed, and they end
				answered++
			}
		}
		if answered != 600 {
			t.Errorf("%d answers, want 600", answered)
		}
		// Without a queue the first tunnel does.
		for range 10 {
			tun, ref := o.place(false)
			refs[ref] = tun
			time.Sleep(time.Second)
		}
		for ref, tun := range refs {
			o.hangUp(tun, ref, false)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := o.far.Tunnels(); n != 0 {
			t.Errorf("%d tunnels are idle and open", n)
		}
	})
}

// watched is a network that tells when a message of a type leaves.
type watched struct {
	trunk.Network
	typ  l2tp.MessageType
	left atomic.Bool
}

func (w *watched) Dial(local, peer netip.AddrPort) (trunk.Socket, error) {
	s, err := w.Network.Dial(local, peer)
	return watchedSocket{s, w}, err
}

type watchedSocket struct {
	trunk.Socket
	w *watched
}

func (s watchedSocket) WriteBatch(ds [][]byte) (int, error) {
	n, err := s.Socket.WriteBatch(ds)
	for _, d := range ds[:n] {
		if _, payload, err := l2tp.ParseHeader(d); err == nil {
			if typ, ok := l2tp.PeekMessageType(payload); ok && typ == s.w.typ {
				s.w.left.Store(true)
			}
		}
	}
	return n, err
}

// What was asked for before Say has left when its event comes, and once the
// tunnel is over there is none.
func TestSay(t *testing.T) {
	w := &watched{typ: l2tp.TypeCDN}
	var said []bool
	change := func(c *trunk.Config) {
		w.Network, c.Network = c.Network, w
		notify := c.Notify
		c.Notify = func(ev trunk.Event) {
			if ev.Said {
				said = append(said, w.left.Load())
				return
			}
			notify(ev)
		}
	}
	inOffice(t, change, func(t *testing.T, o *office) {
		tun, ref := o.up()
		tun.HangUp(ref, l2tp.Result{Code: 3}, false)
		if !tun.Say(ref) {
			t.Error("an open tunnel says nothing")
		}
		synctest.Wait()
		if !slices.Equal(said, []bool{true}) {
			t.Errorf("got %v, want one event after the CDN", said)
		}
		o.tr.Stop(6)
		if tun.Say(ref) {
			synctest.Wait()
			if len(said) != 2 {
				t.Error("no event from a tunnel that is being closed")
			}
		}
		time.Sleep(5 * time.Minute)
		if tun.Say(ref) {
			t.Error("a tunnel that is over promises an event")
		}
	})
}
