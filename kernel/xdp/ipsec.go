package xdp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"lacd/kernel/rtnl"
)

// policies returns the IPsec policies of the kernel. One without IPsec has none.
func policies() ([]netlink.XfrmPolicy, error) {
	all, err := rtnl.Dump(func() ([]netlink.XfrmPolicy, error) { return netlink.XfrmPolicyList(netlink.FAMILY_ALL) })
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list IPsec policies: %w", err)
	}
	return all, nil
}

// covers reports whether one of the policies may want the messages between two
// addresses protected; an invalid one is any. Ports and priorities are not
// looked at: rather once too often.
func covers(policies []netlink.XfrmPolicy, local, peer netip.Addr) bool {
	for i := range policies {
		p := &policies[i]
		if len(p.Tmpls) == 0 && p.Action != netlink.XFRM_POLICY_BLOCK || p.Ifid != 0 {
			continue // it lets through, or is for the routes of an XFRM device
		}
		if p.Proto != 0 && p.Proto != unix.IPPROTO_UDP {
			continue
		}
		src, dst := local, peer
		if p.Dir == netlink.XFRM_DIR_IN {
			src, dst = dst, src
		}
		if p.Dir != netlink.XFRM_DIR_FWD && contains(p.Src, src) && contains(p.Dst, dst) {
			return true
		}
	}
	return false
}

// contains reports whether a is in n; no network is all of them.
func contains(n *net.IPNet, a netip.Addr) bool {
	if n == nil || !a.IsValid() {
		return true
	}
	ones, bits := n.Mask.Size()
	return ones == 0 || bits == a.BitLen() && n.Contains(a.AsSlice())
}
