package xdp

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

// both sends a frame each way and wants both to arrive.
func (r *rig) both(b kernel.Bridge, i int) {
	r.t.Helper()
	r.sendUp(b, packet(i, 64))
	if got := r.receiveUp(b); !bytes.Equal(got, packet(i, 64)) {
		r.t.Errorf("up: got % x, want % x", got, packet(i, 64))
	}
	r.sendDown(b, packet(i, 65))
	if got := r.receiveDown(b); !bytes.Equal(got, packet(i, 65)) {
		r.t.Errorf("down: got % x, want % x", got, packet(i, 65))
	}
}

// reason waits until the tunnel's frames take the way through user space.
func (r *rig) awaitReason(id kernel.TunnelID, want string) {
	r.t.Helper()
	r.await(want, func() bool {
		err := r.dp.Direct(id)
		return err != nil && err.Error() == want
	})
}

// An outer packet longer than the MTU leaves in fragments that anybody may put
// together, and the LNS's fragments reach the subscriber.
func TestFragments(t *testing.T) {
	for _, six := range []bool{false, true} {
		t.Run(fmt.Sprint("six=", six), func(t *testing.T) { testFragments(t, six) })
	}
}

func testFragments(t *testing.T, six bool) {
	r, b := bridged(t, options{six: six}, nil)
	sniffer := r.sniff()
	overhead := 20 + 8 + 8
	if six {
		overhead += 20
	}
	for _, tt := range []struct{ mtu, size, fragments int }{
		{1500, 1500 - overhead, 1},
		{1500, 1501 - overhead, 2},
		{1500, 1494, 2}, // an IP packet of full size
		{1300, 1300 - overhead, 1},
		{1300, 1494, 2},
	} {
		r.core[0].SetMTU(t, tt.mtu)
		r.await("the MTU", func() bool { return r.hopMTU(b.Tunnel) == tt.mtu })
		up, down := r.slow()
		frame := packet(tt.size, tt.size)
		r.sendUp(b, frame)
		if got := r.receiveUp(b); !bytes.Equal(got, frame) {
			t.Errorf("MTU %d: got %d octets, want %d", tt.mtu, len(got), len(frame))
		}
		length := 0
		for i := range tt.fragments {
			p := sniffer.next(t)
			if len(p) > tt.mtu {
				t.Errorf("MTU %d: a packet of %d octets", tt.mtu, len(p))
			}
			if six {
				continue
			}
			flags := be.Uint16(p[6:])
			more := i < tt.fragments-1
			if flags&0x4000 != 0 && tt.fragments > 1 || flags&0x2000 != 0 != more || int(flags&0x1fff)*8 != length {
				t.Errorf("MTU %d: fragment %d has flags and offset %#04x", tt.mtu, i, flags)
			}
			length += len(p) - 20
		}
		r.wantSlow("up", up, down, uint64(tt.fragments-1), 0)
	}
	r.core[0].SetMTU(t, 1500)
	up, down := r.slow()
	frame := packet(7, 1494)
	r.sendDown(b, append([]byte{0xff, 0x03}, frame...))
	if got := r.receiveDown(b); !bytes.Equal(got, frame) {
		t.Errorf("down: got %d octets, want %d", len(got), len(frame))
	}
	r.wantSlow("down", up, down, 0, 1)
	want := kernel.Counters{ID: b.ID, UpPackets: 5, DownPackets: 1, DownOctets: 1494}
	got, err := r.dp.RemoveBridge(t.Context(), b.ID)
	if want.UpOctets = uint64(1500 - overhead + 1501 - overhead + 1494 + 1300 - overhead + 1494); err != nil || got != want {
		t.Errorf("counters: got %+v, %v, want %+v", got, err, want)
	}
}

// hopMTU returns the MTU of the next hop in force.
func (r *rig) hopMTU(id kernel.TunnelID) int {
	r.dp.mu.Lock()
	defer r.dp.mu.Unlock()
	e := &r.dp.tables.tunnels[id]
	return int(e.Hops[load(&e.Hop)].Mtu)
}

// A neighbour that is gone is asked for by the first frame, which arrives.
func TestNeighbourGone(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	link, err := netlink.LinkByName(r.core[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		err := netlink.NeighDel(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: r.peer.Addr().AsSlice()})
		if err != nil {
			t.Fatal(err)
		}
		r.awaitReason(b.Tunnel, noNeighbour)
		r.both(b, i)
		r.awaitDirect(b.Tunnel)
		up, down := r.slow()
		r.both(b, i+10)
		r.wantSlow("with a neighbour", up, down, 0, 0)
	}
}

// A neighbour that has another address gets what follows there.
func TestNeighbourMoves(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 7}
	r.beyond.Do(t, func() error {
		link, err := netlink.LinkByName(r.core[1].Name)
		if err != nil {
			return err
		}
		return netlink.LinkSetHardwareAddr(link, mac)
	})
	link, err := netlink.LinkByName(r.core[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	err = netlink.NeighSet(&netlink.Neigh{
		LinkIndex: link.Attrs().Index, IP: r.peer.Addr().AsSlice(), HardwareAddr: mac, State: netlink.NUD_REACHABLE,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := addressWords([6]byte(mac), [6]byte(link.Attrs().HardwareAddr))
	r.await("the new address", func() bool {
		r.dp.mu.Lock()
		defer r.dp.mu.Unlock()
		e := &r.dp.tables.tunnels[b.Tunnel]
		return e.Hops[load(&e.Hop)].Addresses == want
	})
	up, down := r.slow()
	r.both(b, 1)
	r.wantSlow("to the new address", up, down, 0, 0)
}

// The tunnel follows its route to another device, and back when it is gone.
func TestRouteChange(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	ours, theirs := kerneltest.Device{Name: "core1"}, kerneltest.Device{Netns: r.beyond, Name: "lns1"}
	kerneltest.Veth(t, ours, theirs)
	receiveDirectly(t, theirs)
	theirs.AddAddr(t, "192.0.2.129/25")
	ours.AddAddr(t, "192.0.2.130/25")
	link, err := netlink.LinkByName(ours.Name)
	if err != nil {
		t.Fatal(err)
	}
	route := &netlink.Route{
		LinkIndex: link.Attrs().Index, Gw: net.IPv4(192, 0, 2, 129),
		Dst: &net.IPNet{IP: r.peer.Addr().AsSlice(), Mask: net.CIDRMask(32, 32)},
	}
	if err := netlink.RouteAdd(route); err != nil {
		t.Fatal(err)
	}
	r.awaitReason(b.Tunnel, noNeighbour)
	r.both(b, 1)
	r.awaitDirect(b.Tunnel)
	before := received(t, theirs)
	up, down := r.slow()
	r.both(b, 2)
	r.wantSlow("by the new route", up, down, 0, 0)
	if n := received(t, theirs) - before; n == 0 {
		t.Error("the packet took the old route")
	}
	ours.Delete(t)
	r.await("the old route", func() bool { return r.dp.Direct(b.Tunnel) == nil && r.hopDevice(b.Tunnel) == r.core[0].Name })
	r.both(b, 3)
}

func (r *rig) hopDevice(id kernel.TunnelID) string {
	r.dp.op.Lock()
	defer r.dp.op.Unlock()
	for _, v := range r.dp.devices {
		if v.slot == r.dp.tunnels[id].hop.Device {
			return v.name
		}
	}
	return ""
}

func received(t *testing.T, d kerneltest.Device) (n uint64) {
	t.Helper()
	d.Netns.Do(t, func() error {
		link, err := netlink.LinkByName(d.Name)
		if err == nil {
			n = link.Attrs().Statistics.RxPackets
		}
		return err
	})
	return n
}

// No frame leaves while the core is down, and they do when it is back.
func TestCoreDown(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	for i, d := range []kerneltest.Device{r.core[0], r.core[1]} {
		d.SetUp(t, false)
		r.await("the device to be down", func() bool { return r.dp.Direct(b.Tunnel) != nil })
		r.sendUp(b, packet(i, 70)) // lost, and no harm
		d.SetUp(t, true)
		r.core[0].WaitReady(t)
		r.await("a frame to get through", func() bool {
			r.sendUp(b, packet(i+20, 71))
			return r.arrives(packet(i+20, 71))
		})
		r.awaitDirect(b.Tunnel)
		r.drain()
		r.both(b, i+10)
	}
}

// arrives reports whether the LNS has just received a frame.
func (r *rig) arrives(frame []byte) bool {
	r.t.Helper()
	return slices.ContainsFunc(r.drain(), func(msg []byte) bool { return bytes.HasSuffix(msg, frame) })
}
