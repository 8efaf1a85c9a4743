package pppbridge

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"lacd/kernel"
	"lacd/kernel/ethernet"
	"lacd/kernel/kerneltest"
	"lacd/kernel/rtnl"
	"lacd/kernel/vlan"
)

// bridged returns a rig with one bridge, changed as the test wants it.
func bridged(t *testing.T, change func(b *kernel.Bridge)) (*rig, kernel.Bridge) {
	t.Helper()
	r := newRig(t, false)
	tun := r.tunnel(0)
	if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	b := r.bridge(0, tun.ID)
	if change != nil {
		change(&b)
	}
	if err := r.dp.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return r, b
}

func TestFrames(t *testing.T) {
	r, b := bridged(t, nil)
	ipv4 := append([]byte{0x00, 0x21}, bytes.Repeat([]byte{0x45}, 30)...)
	full := append([]byte{0x00, 0x21}, bytes.Repeat([]byte{0x46}, 1492)...)

	// RFC 2661 section 5.1: FF 03 is sent, in a message without Length.
	r.sendUp(b, ipv4)
	msg, from := r.datagram()
	want := slices.Concat([]byte{
		0x00, 0x02, // flags, version 2
		0x07, 0xd1, // Tunnel ID 2001
		0x4e, 0x21, // Session ID 20001
		0xff, 0x03, // address and control
	}, ipv4)
	if !bytes.Equal(msg, want) {
		t.Errorf("message: got % x, want % x", msg, want)
	}
	if got := r.tunnel(0).Local; from != got {
		t.Errorf("source: got %v, want %v", from, got)
	}

	for _, up := range [][]byte{
		{0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4}, // shorter than the padding of a frame
		full,                                 // the outer packet is fragmented
	} {
		r.sendUp(b, up)
		if got := r.receiveUp(b); !bytes.Equal(got, up) {
			t.Errorf("got %d octets % x, want %d", len(got), got, len(up))
		}
	}
	for _, tt := range []struct {
		name string
		down []byte
		want []byte
	}{
		{"FF 03", append([]byte{0xff, 0x03}, ipv4...), ipv4},
		{"no FF 03", ipv4, ipv4},
		{"full", append([]byte{0xff, 0x03}, full...), full},
	} {
		r.sendDown(b, tt.down)
		if got := r.receiveDown(b); !bytes.Equal(got, tt.want) {
			t.Errorf("%s: got % x, want % x", tt.name, got, tt.want)
		}
	}
}

// TestOtherHeaders sends down what RFC 2661 section 3.1 allows besides.
func TestOtherHeaders(t *testing.T) {
	r, b := bridged(t, nil)
	ppp := append([]byte{0x00, 0x57}, bytes.Repeat([]byte{0x60}, 40)...)
	to := r.tunnel(0).Local
	ids := be.AppendUint16(be.AppendUint16(nil, uint16(b.Tunnel)), b.Session)
	for _, tt := range []struct {
		name string
		msg  []byte
	}{
		{"Length", slices.Concat([]byte{0x40, 0x02, 0, byte(8 + 2 + len(ppp))}, ids, []byte{0xff, 0x03}, ppp)},
		{"Offset", slices.Concat([]byte{0x02, 0x02}, ids, []byte{0, 2, 9, 9, 0xff, 0x03}, ppp)},
		{"Priority", slices.Concat([]byte{0x01, 0x02}, ids, []byte{0xff, 0x03}, ppp)},
		{"Ns and Nr", slices.Concat([]byte{0x08, 0x02}, ids, []byte{0, 5, 0, 0, 0xff, 0x03}, ppp)},
	} {
		if _, err := r.lns.WriteToUDPAddrPort(tt.msg, to); err != nil {
			t.Fatal(err)
		}
		if got := r.receiveDown(b); !bytes.Equal(got, ppp) {
			t.Errorf("%s: got % x, want % x", tt.name, got, ppp)
		}
	}
	// RFC 2661 section 5.4: an LNS that numbers has its LAC number as well.
	b.Sequencing = true
	r.sendUp(b, ppp)
	if got := r.receiveUp(b); !bytes.Equal(got, ppp) {
		t.Errorf("numbered: got % x, want % x", got, ppp)
	}
}

func TestSequencing(t *testing.T) {
	r, b := bridged(t, func(b *kernel.Bridge) { b.Sequencing = true })
	for ns := range uint16(3) {
		r.sendUp(b, []byte{0x00, 0x21, 0x45, 0x00})
		msg, _ := r.datagram()
		if got := be.Uint16(msg[6:]); got != ns {
			t.Errorf("Ns: got %d, want %d", got, ns)
		}
	}
}

// TestControlMessages checks that the UDP socket is still the control channel's.
func TestControlMessages(t *testing.T) {
	r, b := bridged(t, nil)
	conn := r.socket[b.Tunnel]
	control := []byte{0xc8, 0x02, 0, 12, 0, 1, 0, 0, 0, 1, 0, 1} // a ZLB
	unknown := []byte{0x00, 0x02, 0x03, 0xe9, 0xff, 0xf0, 0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 4}
	for _, msg := range [][]byte{control, unknown} {
		if _, err := r.lns.WriteToUDPAddrPort(msg, r.tunnel(0).Local); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2048)
		if n, err := conn.Read(buf); err != nil || !bytes.Equal(buf[:n], msg) {
			t.Errorf("got % x, %v, want % x", buf[:n], err, msg)
		}
	}
	if err := r.dp.RemoveTunnel(t.Context(), b.Tunnel); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(control); err != nil { // as the answer to a StopCCN
		t.Fatal(err)
	}
	if msg, _ := r.datagram(); !bytes.Equal(msg, control) {
		t.Errorf("got % x, want % x", msg, control)
	}
}

// TestPortBesideBridge looks at what user space still sees of a bridged session.
func TestPortBesideBridge(t *testing.T) {
	r, b := bridged(t, nil)
	port, err := ethernet.Listen(ethernet.Config{Name: r.access.Name})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = port.Close() }() // only read from
	data, lcp := []byte{0x00, 0x21, 0x45, 0x00}, []byte{0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4}
	for _, ppp := range [][]byte{data, lcp} {
		r.sendUp(b, ppp)
		if got := r.receiveUp(b); !bytes.Equal(got, ppp) {
			t.Errorf("got % x, want % x", got, ppp)
		}
	}
	var seen [][]byte
	if err := port.ReadBatch(func(f []byte) { seen = append(seen, bytes.Clone(f)) }); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || !bytes.Equal(seen[0], r.frame(b, lcp)) {
		t.Errorf("user space saw % x, want the LCP frame alone", seen)
	}
	// A session without a bridge: network control protocols come up, data does not.
	early := r.bridge(1, b.Tunnel)
	r.sendUp(early, data)
	r.sendUp(early, []byte{0x80, 0x21, 1, 1, 0, 4})
	seen = nil
	if err := port.ReadBatch(func(f []byte) { seen = append(seen, bytes.Clone(f)) }); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || !bytes.Equal(seen[0], r.frame(early, []byte{0x80, 0x21, 1, 1, 0, 4})) {
		t.Errorf("user space saw % x, want the IPCP frame alone", seen)
	}
}

func TestVLAN(t *testing.T) {
	kerneltest.NeedPPP(t, kernel.Missing(vlan.Probe()))
	r := newRig(t, false)
	// One that is there, and others that are not.
	if err := r.access.AddVLAN("access0.100", 100, netlink.VLAN_PROTOCOL_8021Q); err != nil {
		t.Fatal(err)
	}
	tun := r.tunnel(0)
	if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	c := func(id uint16) kernel.VLAN { return kernel.VLAN{TPID: 0x8100, ID: id} }
	s := kernel.VLAN{TPID: 0x88a8, ID: 100}
	for i, vlans := range [][2]kernel.VLAN{{c(100)}, {c(200)}, {s, c(200)}, {c(100), c(200)}, {s}} {
		b := r.bridge(0, tun.ID) // the same session ID and address everywhere
		b.ID += kernel.BridgeID(i)
		b.Session, b.PeerSession, b.VLANs = b.Session+uint16(i), b.PeerSession+uint16(i), vlans
		if err := r.dp.AddBridge(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		r.traffic(b, 2, 2, 100)
		r.traffic(b, 1, 1, 1486) // AF_PACKET, for the subscriber, has room for C-tags only beyond the MTU
	}
	if got := r.vlanDevices(); len(got) != 5 { // one for both pairs and the outer tag alone
		t.Errorf("VLAN devices %v, want 5", got)
	}
	if err := r.dp.Reset(t.Context()); err != nil {
		t.Error(err)
	}
	if got := r.vlanDevices(); !slices.Equal(got, []string{"access0.100"}) {
		t.Errorf("VLAN devices after Reset: %v, want the one that was there", got)
	}
}

// A PADT that comes with tags ends the bridge, and its device goes soon after.
func TestVLANIsLost(t *testing.T) {
	kerneltest.NeedPPP(t, kernel.Missing(vlan.Probe()))
	r := newRig(t, false)
	tun := r.tunnel(0)
	if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	b := r.bridge(0, tun.ID)
	b.VLANs = [2]kernel.VLAN{{TPID: 0x88a8, ID: 100}, {TPID: 0x8100, ID: 200}}
	if err := r.dp.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	f := r.frame(b, nil)
	f[21], f[23] = 0x63, 0xa7
	r.send(f)
	select {
	case id := <-r.lost:
		if id != b.ID {
			t.Errorf("bridge %d was lost, want %d", id, b.ID)
		}
	case <-time.After(patience):
		t.Error("the bridge was not reported as lost")
	}
	if _, err := r.dp.RemoveBridge(t.Context(), b.ID); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(patience); len(r.vlanDevices()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("VLAN devices left: %v", r.vlanDevices())
		}
	}
}

// vlanDevices returns the names of all VLAN devices.
func (r *rig) vlanDevices() (names []string) {
	r.t.Helper()
	all, err := rtnl.Dump(netlink.LinkList)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, l := range all {
		if l.Type() == "vlan" {
			names = append(names, l.Attrs().Name)
		}
	}
	slices.Sort(names)
	return names
}
