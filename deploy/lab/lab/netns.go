package lab

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

// What is looked at often is read by this program itself: under emulation every
// program that is started costs a tenth of a second.

// setns is the number of setns(2) on amd64; package syscall has none.
const setns = 308

// within runs f in a network namespace, "" being the program's own. f must not
// start goroutines.
func within(ns string, f func() error) error {
	if ns == "" {
		return f()
	}
	done := make(chan error)
	go func() {
		// The thread is never unlocked, so it ends with the goroutine and nothing
		// else comes to run in that namespace.
		runtime.LockOSThread()
		done <- func() error {
			file, err := os.Open(filepath.Join("/run/netns", ns))
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // it was only a handle
			if _, _, errno := syscall.RawSyscall(setns, file.Fd(), syscall.CLONE_NEWNET, 0); errno != 0 {
				return fmt.Errorf("enter namespace %s: %w", ns, errno)
			}
			return f()
		}()
	}()
	return <-done
}

// kernelText is what a namespace's kernel has of PPP: /proc/net/pppoe,
// /proc/net/pppol2tp and a line for each PPP interface. A file that is not there
// belongs to a module nobody needed.
func kernelText(ns string) (string, error) {
	var b strings.Builder
	err := within(ns, func() error {
		for _, name := range []string{"pppoe", "pppol2tp"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + name)
			if err != nil && !os.IsNotExist(err) {
				return err
			}
			b.Write(text)
		}
		all, err := net.Interfaces()
		if err != nil {
			return err
		}
		for _, i := range all {
			if strings.HasPrefix(i.Name, "ppp") {
				fmt.Fprintf(&b, "%d: %s\n", i.Index, i.Name)
			}
		}
		return nil
	})
	return b.String(), err
}

// Numbers of SIOCETHTOOL and of its commands to switch checksum offload and GRO,
// from linux/sockios.h and linux/ethtool.h.
const (
	siocEthtool     = 0x8946
	ethtoolSetTxSum = 0x17
	ethtoolSetGRO   = 0x2c
)

// checksums makes a device's host compute its checksums itself.
func checksums(ns, device string) error {
	return offload(ns, device, ethtoolSetTxSum, false)
}

// receiveDirectly readies the far end of a pair of virtual devices for frames
// that a program redirects to the near one.
func receiveDirectly(ns, device string) error {
	return errors.Join(checksums(ns, device), offload(ns, device, ethtoolSetGRO, true))
}

// offload switches what a device does in place of its host.
func offload(ns, device string, command uint32, on bool) error {
	return within(ns, func() error {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer func() { _ = syscall.Close(fd) }() // it was only a handle for the ioctl
		value := struct{ cmd, data uint32 }{cmd: command}
		if on {
			value.data = 1
		}
		ifreq := struct {
			name [syscall.IFNAMSIZ]byte
			data unsafe.Pointer
			_    [16]byte
		}{data: unsafe.Pointer(&value)}
		copy(ifreq.name[:], device)
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), siocEthtool, uintptr(unsafe.Pointer(&ifreq)))
		if errno != 0 {
			return fmt.Errorf("set offload %#x of %s in %s: %w", command, device, ns, errno)
		}
		return nil
	})
}
