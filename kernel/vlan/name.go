package vlan

import (
	"errors"
	"fmt"
	"strconv"

	"lacd/kernel"
)

// EtherTypes of VLAN tags that the kernel has devices for.
const (
	cTag = 0x8100 // IEEE 802.1Q
	sTag = 0x88a8 // IEEE 802.1ad
)

const (
	longestName = 15 // IFNAMSIZ without its final zero
	idBits      = 12
)

// check refuses tags that cannot have a device.
func check(vlans [2]kernel.VLAN) error {
	outer, inner := vlans[0], vlans[1]
	switch {
	case outer.TPID != cTag && outer.TPID != sTag,
		inner != kernel.VLAN{} && inner.TPID != cTag,
		!valid(outer.ID), inner != kernel.VLAN{} && !valid(inner.ID):
		return fmt.Errorf("VLAN tags %04x/%d, %04x/%d: %w", outer.TPID, outer.ID, inner.TPID, inner.ID, errors.ErrUnsupported)
	}
	return nil
}

func valid(id uint16) bool { return id > 0 && id < 1<<idBits-1 }

// nameOf returns the name of the device for these tags on the device with the
// given index. Different tags and indexes have different names. Where the
// readable one is too long, all is in one number.
func nameOf(index int, vlans [2]kernel.VLAN) string {
	prefix := "lv"
	if vlans[0].TPID == sTag {
		prefix = "ls"
	}
	name := prefix + strconv.Itoa(index) + "." + strconv.Itoa(int(vlans[0].ID))
	if vlans[1].ID != 0 {
		name += "." + strconv.Itoa(int(vlans[1].ID))
	}
	if len(name) <= longestName {
		return name
	}
	n := uint64(index)<<(2*idBits) | uint64(vlans[0].ID)<<idBits | uint64(vlans[1].ID)
	return prefix + "x" + strconv.FormatUint(n, 36)
}
