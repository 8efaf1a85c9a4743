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
