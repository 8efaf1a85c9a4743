package trunk_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
