package xdp

import (
	"sync"
	"testing"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

// Sessions of many tunnels find a place although their IDs are the same, and one
// that is there twice is a conflict.
func TestManyTunnels(t *testing.T) {
	r := newRig(t, options{})
	const tunnels, each = 8, 250
	n := 0
	for i := range tunnels {
		tun := r.tunnel(i)
		if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
			t.Fatal(err)
		}
		for j := range each {
			b := r.bridge(0, tun.ID)
			n++
			b.ID, b.PPPoE, b.Session, b.PeerSession = kernel.BridgeID(n), uint16(n), uint16(1+j), uint16(1+j)
			b.MAC[5] = byte(i)
			if err := r.dp.AddBridge(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if j == each-1 {
				r.traffic(b, 1, 1, 50)
			}
		}
	}
	for id, b := range r.dp.bridges {
		if at, ok := r.dp.session(b.Tunnel, b.Session); !ok || at != b.down {
			t.Errorf("bridge %d is found at %d, %v, and is at %d", id, at, ok, b.down)
		}
	}
}

// Those who wait together wait for one grace period or two.
func TestGrace(t *testing.T) {
	kerneltest.NeedRoot(t)
	g, err := newGrace()
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			if err := g.wait(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := g.close(); err != nil {
		t.Error(err)
	}
}
