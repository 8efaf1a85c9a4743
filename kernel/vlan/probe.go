package vlan

import (
	"errors"
	"fmt"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// Probe says whether the kernel has VLAN devices. It asks once and has the
// kernel load its module by that, where it can be loaded.
func Probe() []kernel.Probe {
	return []kernel.Probe{{Feature: "VLAN devices", Err: probeOnce()}}
}

// probeOnce asks for a device with the VLAN ID that IEEE 802.1Q reserves: a
// kernel that knows VLANs says that it is out of range.
var probeOnce = sync.OnceValue(func() error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex = "lacd-probe", 1
	err := netlink.LinkAdd(&netlink.Vlan{LinkAttrs: attrs, VlanId: 1<<idBits - 1, VlanProtocol: netlink.VLAN_PROTOCOL_8021Q})
	switch {
	case errors.Is(err, unix.ERANGE):
		return nil
	case err == nil:
		return errors.New("a VLAN device was made for an ID that is reserved")
	}
	return notSupported(err)
})

// notSupported marks the error by which a kernel says that it has no VLANs.
func notSupported(err error) error {
	if errors.Is(err, unix.EOPNOTSUPP) {
		return fmt.Errorf("%w (no module 8021q?): %w", kernel.ErrNotSupported, err)
	}
	return err
}
