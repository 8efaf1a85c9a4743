package xdp

import (
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
	"lacd/kernel/vlan"
)

// A core that is a VLAN on another device is reached with the tag, and what
// comes from the LNS with another tag is none of the tunnel's.
func TestCoreVLAN(t *testing.T) {
	kerneltest.NeedPPP(t, kernel.Missing(vlan.Probe()))
	r := newRig(t, options{})
	if err := r.core[0].AddVLAN("core0.300", 300, netlink.VLAN_PROTOCOL_8021Q); err != nil {
		t.Fatal(err)
	}
	if err := r.core[1].AddVLAN("lns0.300", 300, netlink.VLAN_PROTOCOL_8021Q); err != nil {
		t.Fatal(err)
	}
	// Tags that the sender leaves to its device are in no frame of a virtual pair.
	writeTags(t, r.core[1])
	r.elsewhere(kerneltest.Device{Name: "core0.300"}, kerneltest.Device{Netns: r.beyond, Name: "lns0.300"})
	b := r.upElsewhere()
	up, down := r.slow()
	for i := range 5 {
		r.both(b, i)
	}
	r.wantSlow("over a VLAN", up, down, 0, 0)
}

// One device may carry subscribers and the way to the LNS.
func TestOneDevice(t *testing.T) {
	r := newRig(t, options{})
	r.elsewhere(r.access[0].ours, kerneltest.Device{Netns: r.world, Name: "subs0"})
	b := r.upElsewhere()
	up, down := r.slow()
	for i := range 5 {
		r.both(b, i)
	}
	r.wantSlow("through one device", up, down, 0, 0)
}

// elsewhere moves the LNS to another place.
func (r *rig) elsewhere(ours, theirs kerneltest.Device) {
	r.t.Helper()
	r.local, r.peer = netip.MustParseAddr("198.51.100.1"), netip.MustParseAddrPort("198.51.100.2:1701")
	ours.AddAddr(r.t, "198.51.100.1/24")
	theirs.AddAddr(r.t, "198.51.100.2/24")
	_ = r.lns.Close() // another takes its place
	theirs.Netns.Do(r.t, func() (err error) {
		r.lns, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(r.peer))
		return err
	})
}

// upElsewhere adds the tunnel there, and a bridge.
func (r *rig) upElsewhere() kernel.Bridge {
	r.t.Helper()
	tun := r.tunnel(0)
	if err := r.dp.AddTunnel(r.t.Context(), tun); err != nil {
		r.t.Fatal(err)
	}
	b := r.bridge(0, tun.ID)
	if err := r.dp.AddBridge(r.t.Context(), b); err != nil {
		r.t.Fatal(err)
	}
	r.traffic(b, 1, 0, 40)
	r.awaitDirect(tun.ID)
	return b
}
