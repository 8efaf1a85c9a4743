package pppbridge

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// Probe says which of the features that this backend needs the kernel has. It
// asks once and loads the kernel's modules by that, where they can be loaded.
func Probe() []kernel.Probe { return append([]kernel.Probe(nil), probeOnce()...) }

var probeOnce = sync.OnceValue(func() []kernel.Probe {
	// Sockets first: they load ppp_generic, which makes /dev/ppp.
	return []kernel.Probe{
		{Feature: "PPPoE sockets", Err: probeSocket(protoPPPoE)},
		{Feature: "L2TP sockets", Err: probeSocket(protoL2TP)},
		{Feature: "L2TP netlink", Err: probeNetlink()},
		{Feature: devPPP, Err: probeDevice()},
		{Feature: "PPP channel bridging", Err: probeBridging()},
	}
})

func probeSocket(protocol int) error {
	fd, err := unix.Socket(unix.AF_PPPOX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return notSupported(err)
	}
	return unix.Close(fd)
}

func probeNetlink() error {
	_, err := family()
	return err
}

func probeDevice() error {
	fd, err := unix.Open(devPPP, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return notSupported(err)
	}
	return unix.Close(fd)
}

// probeBridging asks a channel to be bridged to one that does not exist. The
// channel is that of a PPPoE session on the loopback device with the session ID
// that RFC 2516 section 4 reserves. Where that cannot be made nothing is known,
// and AddBridge will tell.
func probeBridging() error {
	socket, err := openPPPoE("lo", [6]byte{2}, 0xffff)
	if errors.Is(err, kernel.ErrNotSupported) {
		return err
	}
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(socket) }() // nothing went through it
	fd, _, err := attach(socket)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // likewise
	switch err := bridge(fd, 1<<31-1); {
	case errors.Is(err, kernel.ErrNotSupported):
		return err
	case err == nil:
		return fmt.Errorf("a channel that does not exist was bridged")
	default: // no such channel: the kernel knows what was asked for
		return nil
	}
}
