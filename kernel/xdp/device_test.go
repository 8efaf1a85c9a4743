package xdp

import (
	"bytes"
	"net"
	"testing"

	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"

	"lacd/kernel"
)

// A program that somebody else detaches is attached again, and forwards.
func TestDetached(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	for _, name := range []string{r.access[0].ours.Name, r.core[0].Name} {
		detach(t, name)
		r.await("the program to be back", func() bool { return program(t, name) != 0 })
		up, down := r.slow()
		r.both(b, 1)
		r.wantSlow("attached again", up, down, 0, 0)
	}
	r.await("both to be counted", func() bool { // after the program was back
		s, err := r.dp.Stats()
		return err == nil && s.Detached == 2 && s.Direct == 1 && s.Indirect == 0
	})
	select {
	case id := <-r.lost:
		t.Errorf("bridge %d was lost", id)
	default:
	}
}

// detach detaches the program of a device behind the back of who attached it.
func detach(t *testing.T, name string) {
	t.Helper()
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	it := new(link.Iterator)
	defer it.Close()
	n := 0
	for it.Next() {
		info, err := it.Link.Info()
		if err != nil {
			t.Fatal(err)
		}
		if x := info.XDP(); x == nil || int(x.Ifindex) != ifi.Index {
			continue
		}
		if err := it.Link.(interface{ Detach() error }).Detach(); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if err := it.Err(); err != nil || n != 1 {
		t.Fatalf("%d programs detached: %v", n, err)
	}
}

// program returns the ID of the program that is attached to a device.
func program(t *testing.T, name string) uint32 {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatal(err)
	}
	if x := l.Attrs().Xdp; x != nil {
		return x.ProgId
	}
	return 0
}

// The program leaves its devices with the Dataplane.
func TestNothingStays(t *testing.T) {
	r, _ := bridged(t, options{}, nil)
	names := []string{r.access[0].ours.Name, r.access[1].ours.Name, r.core[0].Name}
	for _, name := range names {
		if program(t, name) == 0 {
			t.Errorf("no program on %s", name)
		}
	}
	if err := r.dp.Close(); err != nil {
		t.Error(err)
	}
	for _, name := range names {
		if program(t, name) != 0 {
			t.Errorf("a program is left on %s", name)
		}
	}
}

// A port that gets another address loses its bridges: subscribers know the old
// one. A new MTU is taken over.
func TestPortChanges(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	other := r.bridge(1, b.Tunnel)
	if err := r.dp.AddBridge(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	a := &r.access[0]
	a.ours.SetMTU(t, 1200)
	most := func() uint32 {
		r.dp.mu.Lock()
		defer r.dp.mu.Unlock()
		return load(&r.dp.tables.downs[r.dp.bridges[b.ID].down].Most)
	}
	r.await("the MTU", func() bool { return most() == 1198 })
	r.sendDown(b, packet(1, 1199))
	r.await("the frame to be dropped", func() bool {
		s, err := r.dp.Stats()
		return err == nil && s.Long == 1
	})
	r.sendDown(b, packet(2, 1198))
	if got := r.receiveDown(b); !bytes.Equal(got, packet(2, 1198)) {
		t.Errorf("got %d octets", len(got))
	}
	l, err := netlink.LinkByName(a.ours.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetHardwareAddr(l, net.HardwareAddr{2, 0, 0, 0, 0, 9}); err != nil {
		t.Fatal(err)
	}
	if id := <-r.lost; id != b.ID {
		t.Errorf("bridge %d was lost, want %d", id, b.ID)
	}
	r.both(other, 3)
	if _, err := r.dp.RemoveBridge(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.dp.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	a.mac = [6]byte{2, 0, 0, 0, 0, 9}
	r.both(b, 4)
}

// A device that is not there is an error, and one that has a program already.
func TestCannotAttach(t *testing.T) {
	r := newRig(t, options{})
	if err := r.dp.AddBridge(t.Context(), kernel.Bridge{ID: 1, Port: "nowhere0"}); err == nil {
		t.Error("a bridge on no device was added")
	}
	for _, p := range []string{"nowhere0", r.access[0].ours.Name} {
		d, err := New(Config{Ports: []Port{{Name: p}}})
		if err == nil {
			t.Errorf("attached to %s", p)
			_ = d.Close()
		}
	}
}
