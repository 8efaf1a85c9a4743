package xdp

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestCovers(t *testing.T) {
	local, peer := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	network := func(s string) *net.IPNet {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	protect := []netlink.XfrmPolicyTmpl{{Proto: netlink.XFRM_PROTO_ESP}}
	for _, tt := range []struct {
		name string
		p    netlink.XfrmPolicy
		want bool
	}{
		{"host to host", netlink.XfrmPolicy{Src: network("192.0.2.1/32"), Dst: network("192.0.2.2/32"), Tmpls: protect}, true},
		{"networks", netlink.XfrmPolicy{Src: network("192.0.2.0/24"), Dst: network("0.0.0.0/0"), Proto: unix.IPPROTO_UDP, Tmpls: protect}, true},
		{"incoming", netlink.XfrmPolicy{Src: network("192.0.2.2/32"), Dst: network("192.0.2.1/32"), Dir: netlink.XFRM_DIR_IN, Tmpls: protect}, true},
		{"everything", netlink.XfrmPolicy{Tmpls: protect}, true},
		{"another port", netlink.XfrmPolicy{Dst: network("192.0.2.2/32"), Proto: unix.IPPROTO_UDP, DstPort: 500, Tmpls: protect}, true},
		{"blocked", netlink.XfrmPolicy{Dst: network("192.0.2.2/32"), Action: netlink.XFRM_POLICY_BLOCK}, true},
		{"the other way", netlink.XfrmPolicy{Src: network("192.0.2.2/32"), Dst: network("192.0.2.1/32"), Tmpls: protect}, false},
		{"forwarded", netlink.XfrmPolicy{Dir: netlink.XFRM_DIR_FWD, Tmpls: protect}, false},
		{"another peer", netlink.XfrmPolicy{Dst: network("192.0.2.3/32"), Tmpls: protect}, false},
		{"another family", netlink.XfrmPolicy{Dst: network("2001:db8::/32"), Tmpls: protect}, false},
		{"TCP", netlink.XfrmPolicy{Dst: network("192.0.2.2/32"), Proto: unix.IPPROTO_TCP, Tmpls: protect}, false},
		{"let through", netlink.XfrmPolicy{Dst: network("192.0.2.2/32")}, false},
		{"of an XFRM device", netlink.XfrmPolicy{Dst: network("192.0.2.2/32"), Ifid: 1, Tmpls: protect}, false},
	} {
		if tt.name != "incoming" && tt.p.Dir == netlink.XFRM_DIR_IN { // which is zero
			tt.p.Dir = netlink.XFRM_DIR_OUT
		}
		if got := covers([]netlink.XfrmPolicy{tt.p}, local, peer); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// needIPsec skips the test where the kernel has no IPsec, which that of the
// virtual machine has.
func needIPsec(t *testing.T) {
	t.Helper()
	_, err := netlink.XfrmPolicyList(netlink.FAMILY_ALL)
	if errors.Is(err, unix.EPROTONOSUPPORT) && os.Getenv("LACD_TEST_VM") != "1" {
		t.Skipf("needs IPsec in the kernel: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A tunnel under an IPsec policy sends nothing in the clear, from when the policy
// is known until it is gone. Here no key was agreed on, so it sends nothing.
func TestIPsecPolicy(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	needIPsec(t)
	policy := &netlink.XfrmPolicy{
		Src: host(r.local), Dst: host(r.peer.Addr()), Proto: unix.IPPROTO_UDP, Dir: netlink.XFRM_DIR_OUT,
		Tmpls: []netlink.XfrmPolicyTmpl{{
			Src: r.local.AsSlice(), Dst: r.peer.Addr().AsSlice(), Proto: netlink.XFRM_PROTO_ESP, Mode: netlink.XFRM_MODE_TRANSPORT,
		}},
	}
	if err := netlink.XfrmPolicyAdd(policy); err != nil {
		t.Fatal(err)
	}
	r.awaitReason(b.Tunnel, underIPsec)
	before, _ := r.dp.Stats()
	for i := range 3 {
		r.sendUp(b, packet(i, 64))
	}
	// They reach the socket, which asks for a key in vain.
	r.await("the socket to refuse or send them", func() bool {
		s, err := r.dp.Stats()
		return err == nil && s.SlowUp+s.Refused-before.SlowUp-before.Refused == 3
	})
	// What comes in the clear is for the kernel to judge, and goes by the socket.
	_, down := r.slow()
	r.sendDown(b, packet(9, 64))
	if got := r.receiveDown(b); !bytes.Equal(got, packet(9, 64)) {
		t.Errorf("got % x", got)
	}
	if _, n := r.slow(); n != down+1 {
		t.Errorf("%d messages went through user space, want 1", n-down)
	}
	if got := r.drain(); len(got) != 0 {
		t.Errorf("in the clear: % x", got)
	}
	if err := netlink.XfrmPolicyDel(policy); err != nil {
		t.Fatal(err)
	}
	r.awaitDirect(b.Tunnel)
	r.both(b, 5)
}

func host(a netip.Addr) *net.IPNet {
	return &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())}
}
