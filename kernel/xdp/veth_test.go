package xdp

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"lacd/kernel/kerneltest"
)

// receiveDirectly readies the far end of a pair of virtual devices for frames
// that a program redirects to the near one, and has it send whole checksums: a
// program that forwards a frame does not add what the sender left out.
func receiveDirectly(t testing.TB, far kerneltest.Device) {
	t.Helper()
	const setTxChecksum, setGRO = 0x17, 0x2c
	far.Netns.Do(t, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer func() { _ = unix.Close(fd) }()
		for _, v := range []ethtoolValue{{setTxChecksum, 0}, {setGRO, 1}} {
			if err := ethtool(fd, far.Name, &v); err != nil {
				return fmt.Errorf("ethtool %#x of %s: %w", v.command, far.Name, err)
			}
		}
		return nil
	})
}

// writeTags has the far end of a pair put VLAN tags into the frames.
func writeTags(t testing.TB, far kerneltest.Device) {
	t.Helper()
	const flagTxVLAN = 1 << 7
	far.Netns.Do(t, func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer func() { _ = unix.Close(fd) }()
		v := ethtoolValue{command: getFlags}
		if err := ethtool(fd, far.Name, &v); err != nil {
			return err
		}
		v.command, v.data = setFlags, v.data&^flagTxVLAN
		return ethtool(fd, far.Name, &v)
	})
}

// Tags are in the frames of a device once they were asked for.
func TestShowTags(t *testing.T) {
	kerneltest.NeedRoot(t)
	kerneltest.Veth(t, kerneltest.Device{Name: "tags0"}, kerneltest.Device{Netns: kerneltest.NewNetns(t), Name: "tags1"})
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	for range 2 {
		if err := showTags("tags0"); err != nil {
			t.Fatal(err)
		}
		v := ethtoolValue{command: getFlags}
		if err := ethtool(fd, "tags0", &v); err != nil || v.data&flagRxVLAN != 0 {
			t.Errorf("flags %#x, %v", v.data, err)
		}
	}
	if err := showTags("nowhere0"); err == nil {
		t.Error("a device that is not there shows tags")
	}
}
