package xdp

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of linux/ethtool.h.
const (
	getFlags   = 0x25
	setFlags   = 0x26
	flagRxVLAN = 1 << 8
)

// ethtoolValue is struct ethtool_value.
type ethtoolValue struct{ command, data uint32 }

// showTags has a device leave VLAN tags in the frames, where the program looks
// for them. It takes back what the driver had turned on.
func showTags(device string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // it carried ioctls only
	v := ethtoolValue{command: getFlags}
	if err := ethtool(fd, device, &v); err != nil {
		return fmt.Errorf("ask for offloads: %w", err)
	}
	if v.data&flagRxVLAN == 0 {
		return nil
	}
	v.command, v.data = setFlags, v.data&^flagRxVLAN
	if err := ethtool(fd, device, &v); err != nil {
		return fmt.Errorf("turn rxvlan off: %w", err)
	}
	return nil
}

// ethtool makes an ioctl, which wants the address of a value in struct ifreq.
func ethtool(fd int, device string, v *ethtoolValue) error {
	var ifr struct {
		name  [unix.IFNAMSIZ]byte
		value unsafe.Pointer
		_     [16]byte
	}
	copy(ifr.name[:unix.IFNAMSIZ-1], device)
	ifr.value = unsafe.Pointer(v)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&ifr)))
	if errno != 0 {
		return errno
	}
	return nil
}
