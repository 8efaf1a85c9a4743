package kerneltest

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"lacd/kernel"
)

// Rig is a Dataplane with what the suite needs around it. All its functions are
// called from the test's goroutine.
type Rig struct {
	Dataplane kernel.Dataplane
	// Tunnel returns the parameters of tunnel i, counted from 0, ready for
	// AddTunnel: the same for the same i.
	Tunnel func(i int) kernel.Tunnel
	// Bridge returns the parameters of bridge i, counted from 0, in a tunnel.
	Bridge func(i int, t kernel.TunnelID) kernel.Bridge
	// Traffic sends frames through a bridge: up towards the LNS, down from it,
	// each with a PPP frame of size octets from its protocol field, and returns
	// when they have arrived.
	Traffic func(b kernel.Bridge, up, down, size int)
	// Lose makes something happen that ends a bridge from outside.
	Lose func(b kernel.Bridge)
	// Lost delivers what the Dataplane reports.
	Lost <-chan kernel.BridgeID
}

// TestDataplane runs the suite. newRig is called for each part of it and cleans
// up through t; the Dataplane need not be closed.
func TestDataplane(t *testing.T, newRig func(t *testing.T) *Rig) {
	for _, part := range []struct {
		name string
		run  func(t *testing.T, r *Rig)
	}{
		{"Idempotent", testIdempotent},
		{"Conflict", testConflict},
		{"NoTunnel", testNoTunnel},
		{"Counters", testCounters},
		{"Bulk", testBulk},
		{"Lost", testLost},
		{"RemovedIsNotLost", testRemovedIsNotLost},
		{"RemoveTunnelFirst", testRemoveTunnelFirst},
		{"Parallel", testParallel},
		{"SameBridgeInParallel", testSameBridgeInParallel},
		{"Reset", testReset},
		{"Canceled", testCanceled},
		{"Close", testClose},
	} {
		t.Run(part.name, func(t *testing.T) {
			r := newRig(t)
			part.run(t, r)
			for range 2 {
				if err := r.Dataplane.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}
		})
	}
}

func (r *Rig) addTunnel(t *testing.T, i int) kernel.Tunnel {
	t.Helper()
	tun := r.Tunnel(i)
	if err := r.Dataplane.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	return tun
}

func (r *Rig) addBridge(t *testing.T, i int, tun kernel.TunnelID) kernel.Bridge {
	t.Helper()
	b := r.Bridge(i, tun)
	if err := r.Dataplane.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *Rig) removeBridge(t *testing.T, id kernel.BridgeID) kernel.Counters {
	t.Helper()
	c, err := r.Dataplane.RemoveBridge(t.Context(), id)
	if err != nil {
		t.Error(err)
	}
	return c
}

func (r *Rig) removeTunnel(t *testing.T, id kernel.TunnelID) {
	t.Helper()
	if err := r.Dataplane.RemoveTunnel(t.Context(), id); err != nil {
		t.Error(err)
	}
}

// bridges returns the IDs that AppendCounters knows, in order.
func (r *Rig) bridges(t *testing.T) []kernel.BridgeID {
	t.Helper()
	counters, err := r.Dataplane.AppendCounters(nil)
	if err != nil {
		t.Error(err)
	}
	ids := make([]kernel.BridgeID, 0, len(counters))
	for _, c := range counters {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return ids
}

func (r *Rig) wantBridges(t *testing.T, want ...kernel.BridgeID) {
	t.Helper()
	slices.Sort(want)
	if got := r.bridges(t); !slices.Equal(got, want) {
		t.Errorf("bridges: got %v, want %v", got, want)
	}
}

func (r *Rig) wantLost(t *testing.T, want kernel.BridgeID) {
	t.Helper()
	select {
	case got := <-r.Lost:
		if got != want {
			t.Errorf("lost bridge %d, want %d", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Errorf("bridge %d was not reported as lost", want)
	}
}

func (r *Rig) wantNoneLost(t *testing.T) {
	t.Helper()
	select {
	case got := <-r.Lost:
		t.Errorf("bridge %d was reported as lost", got)
	default:
	}
}

func testIdempotent(t *testing.T, r *Rig) {
	r.removeTunnel(t, r.Tunnel(0).ID)
	if c := r.removeBridge(t, 99); c != (kernel.Counters{ID: 99}) {
		t.Errorf("counters of no bridge: got %+v", c)
	}
	for i := range 2 { // and all of it can be done again, with another socket
		tun := r.addTunnel(t, i)
		r.addTunnel(t, i)
		b := r.addBridge(t, 0, tun.ID)
		r.addBridge(t, 0, tun.ID)
		r.wantBridges(t, b.ID)
		r.removeBridge(t, b.ID)
		r.removeBridge(t, b.ID)
		r.wantBridges(t)
		r.removeTunnel(t, tun.ID)
		r.removeTunnel(t, tun.ID)
	}
	r.wantNoneLost(t)
}

func testConflict(t *testing.T, r *Rig) {
	tun, ctx := r.addTunnel(t, 0), t.Context()
	a, b := r.addBridge(t, 0, tun.ID), r.Bridge(1, tun.ID)

	other := tun
	other.PeerID++
	if err := r.Dataplane.AddTunnel(ctx, other); !errors.Is(err, kernel.ErrConflict) {
		t.Errorf("tunnel with another peer ID: got %v, want ErrConflict", err)
	}
	for _, tt := range []struct {
		name   string
		change func(b *kernel.Bridge)
	}{
		{"bridge ID taken", func(b *kernel.Bridge) { b.ID = a.ID }},
		{"L2TP session taken", func(b *kernel.Bridge) { b.Session = a.Session }},
		{"PPPoE session taken", func(b *kernel.Bridge) { b.Port, b.PPPoE, b.MAC = a.Port, a.PPPoE, a.MAC }},
	} {
		c := b
		tt.change(&c)
		if err := r.Dataplane.AddBridge(ctx, c); !errors.Is(err, kernel.ErrConflict) {
			t.Errorf("%s: got %v, want ErrConflict", tt.name, err)
		}
	}
	r.wantBridges(t, a.ID)
	r.addBridge(t, 1, tun.ID) // nothing is left of the attempts
	r.Traffic(a, 1, 1, 40)
	r.Traffic(b, 1, 1, 40)
}

func testNoTunnel(t *testing.T, r *Rig) {
	err := r.Dataplane.AddBridge(t.Context(), r.Bridge(0, r.Tunnel(0).ID))
	if !errors.Is(err, kernel.ErrNoTunnel) {
		t.Errorf("got %v, want ErrNoTunnel", err)
	}
	r.wantBridges(t)
}

func testCounters(t *testing.T, r *Rig) {
	tun := r.addTunnel(t, 0)
	quiet, busy := r.addBridge(t, 0, tun.ID), r.addBridge(t, 1, tun.ID)
	numbered := r.Bridge(2, tun.ID)
	numbered.Sequencing = true
	if err := r.Dataplane.AddBridge(t.Context(), numbered); err != nil {
		t.Fatal(err)
	}
	r.Traffic(busy, 3, 2, 100)
	r.Traffic(numbered, 5, 0, 50)
	want := []kernel.Counters{
		{ID: quiet.ID},
		{ID: busy.ID, UpPackets: 3, UpOctets: 300, DownPackets: 2, DownOctets: 200},
		{ID: numbered.ID, UpPackets: 5, UpOctets: 250},
	}
	prefix := kernel.Counters{ID: 4711}
	got, err := r.Dataplane.AppendCounters([]kernel.Counters{prefix})
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != prefix {
		t.Errorf("the slice was not appended to: got %+v", got[0])
	}
	got = got[1:]
	slices.SortFunc(got, func(a, b kernel.Counters) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(want, func(a, b kernel.Counters) int { return cmp.Compare(a.ID, b.ID) })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	for _, w := range want {
		if got := r.removeBridge(t, w.ID); got != w {
			t.Errorf("last counters: got %+v, want %+v", got, w)
		}
	}
	r.wantBridges(t)
}

// testBulk has nothing to look at in a Dataplane that is no kernel.BulkRemover.
func testBulk(t *testing.T, r *Rig) {
	bulk, ok := r.Dataplane.(kernel.BulkRemover)
	if !ok {
		return
	}
	tun := r.addTunnel(t, 0)
	quiet, busy, stays := r.addBridge(t, 0, tun.ID), r.addBridge(t, 1, tun.ID), r.addBridge(t, 2, tun.ID)
	r.Traffic(busy, 3, 2, 100)
	const unknown = 4711
	got, err := bulk.RemoveBridges(t.Context(), []kernel.BridgeID{quiet.ID, unknown, busy.ID, quiet.ID})
	if err != nil {
		t.Fatal(err)
	}
	want := []kernel.Counters{
		{ID: quiet.ID},
		{ID: unknown},
		{ID: busy.ID, UpPackets: 3, UpOctets: 300, DownPackets: 2, DownOctets: 200},
		{ID: quiet.ID},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("last counters (-want +got):\n%s", diff)
	}
	r.wantBridges(t, stays.ID)
	r.addBridge(t, 0, tun.ID) // there is room again
	r.Traffic(stays, 1, 1, 100)
}

func testLost(t *testing.T, r *Rig) {
	tun := r.addTunnel(t, 0)
	a, b := r.addBridge(t, 0, tun.ID), r.addBridge(t, 1, tun.ID)
	r.Traffic(a, 2, 1, 64)
	r.Lose(a)
	r.wantLost(t, a.ID)
	r.wantNoneLost(t)
	r.Traffic(b, 1, 1, 64)
	// A lost bridge is still to be removed, and still tells what it carried.
	want := kernel.Counters{ID: a.ID, UpPackets: 2, UpOctets: 128, DownPackets: 1, DownOctets: 64}
	if got := r.removeBridge(t, a.ID); got != want {
		t.Errorf("counters of the lost bridge: got %+v, want %+v", got, want)
	}
	r.wantBridges(t, b.ID)
	r.addBridge(t, 0, tun.ID)
	r.Traffic(a, 1, 1, 64)
}

func testRemovedIsNotLost(t *testing.T, r *Rig) {
	tun := r.addTunnel(t, 0)
	b := r.addBridge(t, 0, tun.ID)
	r.removeBridge(t, b.ID)
	c := r.addBridge(t, 1, tun.ID)
	r.Lose(c)
	r.wantLost(t, c.ID) // and nothing before it
}

func testRemoveTunnelFirst(t *testing.T, r *Rig) {
	tun := r.addTunnel(t, 0)
	b := r.addBridge(t, 0, tun.ID)
	r.Traffic(b, 1, 2, 40)
	r.removeTunnel(t, tun.ID)
	want := kernel.Counters{ID: b.ID, UpPackets: 1, UpOctets: 40, DownPackets: 2, DownOctets: 80}
	if got := r.removeBridge(t, b.ID); got != want {
		t.Errorf("last counters: got %+v, want %+v", got, want)
	}
	r.wantBridges(t)
	err := r.Dataplane.AddBridge(t.Context(), b)
	if !errors.Is(err, kernel.ErrNoTunnel) {
		t.Errorf("got %v, want ErrNoTunnel", err)
	}
}

// testParallel lets several goroutines add and remove bridges of their own.
func testParallel(t *testing.T, r *Rig) {
	const workers, each = 8, 8
	tunnels := []kernel.TunnelID{r.addTunnel(t, 0).ID, r.addTunnel(t, 1).ID}
	var bridges [workers][]kernel.Bridge
	var want []kernel.BridgeID
	for w := range bridges {
		for i := range each {
			b := r.Bridge(w*each+i, tunnels[w%2])
			bridges[w] = append(bridges[w], b)
			want = append(want, b.ID)
		}
	}
	ctx := t.Context()
	parallel(workers, func(w int) {
		for range 2 {
			for _, b := range bridges[w] {
				if err := r.Dataplane.AddBridge(ctx, b); err != nil {
					t.Error(err)
				}
			}
			for _, b := range bridges[w] {
				if _, err := r.Dataplane.RemoveBridge(ctx, b.ID); err != nil {
					t.Error(err)
				}
			}
		}
		for _, b := range bridges[w] {
			if err := r.Dataplane.AddBridge(ctx, b); err != nil {
				t.Error(err)
			}
		}
		if _, err := r.Dataplane.AppendCounters(nil); err != nil {
			t.Error(err)
		}
	})
	r.wantBridges(t, want...)
	r.Traffic(bridges[workers-1][each-1], 1, 1, 40)
	r.wantNoneLost(t)
}

// testSameBridgeInParallel has everyone work on one bridge and one tunnel: calls
// may not be well ordered, but none fails and what is there last works.
func testSameBridgeInParallel(t *testing.T, r *Rig) {
	tun := r.addTunnel(t, 0)
	second := r.Tunnel(1)
	b, ctx := r.Bridge(0, tun.ID), t.Context()
	parallel(8, func(w int) {
		for range 4 {
			if err := r.Dataplane.AddBridge(ctx, b); err != nil {
				t.Error(err)
			}
			if _, err := r.Dataplane.RemoveBridge(ctx, b.ID); err != nil {
				t.Error(err)
			}
			if err := r.Dataplane.AddTunnel(ctx, second); err != nil {
				t.Error(err)
			}
		}
	})
	r.wantBridges(t)
	r.addBridge(t, 0, tun.ID)
	r.Traffic(b, 1, 1, 40)
	r.wantNoneLost(t)
}

func testReset(t *testing.T, r *Rig) {
	tun := r.addTunnel(t, 0)
	r.addBridge(t, 0, tun.ID)
	for range 2 {
		if err := r.Dataplane.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.wantBridges(t)
	tun = r.addTunnel(t, 1)
	b := r.addBridge(t, 0, tun.ID)
	r.Traffic(b, 1, 1, 40)
	r.wantNoneLost(t)
}

func testCanceled(t *testing.T, r *Rig) {
	tun := r.addTunnel(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Dataplane.AddBridge(ctx, r.Bridge(0, tun.ID)); !errors.Is(err, context.Canceled) {
		t.Errorf("AddBridge: got %v, want context.Canceled", err)
	}
	r.wantBridges(t)
}

func testClose(t *testing.T, r *Rig) {
	tun := r.addTunnel(t, 0)
	b := r.addBridge(t, 0, tun.ID)
	if err := r.Dataplane.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if err := r.Dataplane.AddTunnel(ctx, tun); !errors.Is(err, net.ErrClosed) {
		t.Errorf("AddTunnel: got %v, want net.ErrClosed", err)
	}
	if err := r.Dataplane.AddBridge(ctx, b); !errors.Is(err, net.ErrClosed) {
		t.Errorf("AddBridge: got %v, want net.ErrClosed", err)
	}
	if _, err := r.Dataplane.AppendCounters(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("AppendCounters: got %v, want net.ErrClosed", err)
	}
	r.removeBridge(t, b.ID)
	r.removeTunnel(t, tun.ID)
	r.wantNoneLost(t)
}

// parallel runs f in n goroutines and waits for them.
func parallel(n int, f func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { f(i) })
	}
	group.Wait()
}
