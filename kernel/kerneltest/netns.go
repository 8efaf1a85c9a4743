package kerneltest

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// NeedRoot skips the test where it may not make network namespaces, and fails it
// there when LACD_TEST_ROOT=1.
func NeedRoot(t testing.TB) {
	t.Helper()
	err := onThread(func() error { return unix.Unshare(unix.CLONE_NEWNET) })
	if err == nil {
		return
	}
	if os.Getenv("LACD_TEST_ROOT") == "1" {
		t.Fatalf("LACD_TEST_ROOT=1, but unshare(CLONE_NEWNET): %v", err)
	}
	t.Skipf("needs privileges: unshare(CLONE_NEWNET): %v", err)
}

// NeedPPP skips the test where the kernel has no PPP, PPPoE or L2TP, as missing
// says, and fails it there when LACD_TEST_VM=1.
func NeedPPP(t testing.TB, missing error) {
	t.Helper()
	if missing == nil {
		return
	}
	if os.Getenv("LACD_TEST_VM") == "1" {
		t.Fatalf("LACD_TEST_VM=1, but: %v", missing)
	}
	t.Skipf("needs kernel PPP, PPPoE and L2TP: %v", missing)
}

// threadNetns is the namespace of the calling thread. What /proc/self and
// /proc/net show is that of the process's first thread, which onThread may have
// used up.
const threadNetns = "/proc/thread-self/ns/net"

// Netns is a network namespace. The nil Netns is the one of the process.
type Netns struct{ f *os.File }

// NewNetns makes a network namespace with its loopback device up. It lives until
// the end of the test.
func NewNetns(t testing.TB) *Netns {
	t.Helper()
	n := &Netns{}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("unshare(CLONE_NEWNET): %w", err)
		}
		var err error
		if n.f, err = os.Open(threadNetns); err != nil {
			return err
		}
		return up("lo")
	})
	if n.f != nil {
		t.Cleanup(func() { _ = n.f.Close() }) // it was only read
	}
	if err != nil {
		t.Fatalf("make a network namespace: %v", err)
	}
	return n
}

// Do runs f on a thread in the namespace and ends the test when it fails. What f
// opens stays in the namespace; goroutines that f starts are not in it.
func (n *Netns) Do(t testing.TB, f func() error) {
	t.Helper()
	if err := n.run(f); err != nil {
		t.Fatal(err)
	}
}

func (n *Netns) run(f func() error) error {
	if n == nil {
		return f()
	}
	return onThread(func() error {
		if err := unix.Setns(int(n.f.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("setns: %w", err)
		}
		return f()
	})
}

// onThread runs f on a thread of its own, which ends with it: a goroutine that
// returns while it is locked takes its thread along.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("the function left its goroutine")
		defer func() { done <- err }()
		runtime.LockOSThread()
		err = f()
	}()
	return <-done
}

// Device is a network device in a namespace.
type Device struct {
	Netns *Netns
	Name  string
}

// Veth makes two devices, each other's far end, and waits until both are ready.
// They are deleted at the end of the test.
func Veth(t testing.TB, a, b Device) {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = a.Name
	veth := netlink.NewVeth(attrs)
	veth.PeerName = b.Name
	if b.Netns != nil {
		veth.PeerNamespace = netlink.NsFd(int(b.Netns.f.Fd()))
	} else {
		self, err := os.Open(threadNetns)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = self.Close() }() // it was only read
		veth.PeerNamespace = netlink.NsFd(int(self.Fd()))
	}
	a.Netns.Do(t, func() error {
		if err := netlink.LinkAdd(veth); err != nil {
			return fmt.Errorf("make veth %s and %s: %w", a.Name, b.Name, err)
		}
		return up(a.Name)
	})
	t.Cleanup(func() { a.Delete(t) })
	b.Netns.Do(t, func() error { return up(b.Name) })
	a.WaitReady(t)
	b.WaitReady(t)
}

// WaitReady waits until the device, which is up, has seen that its far end is up
// too. Until then the kernel silently drops what it is to send.
func (d Device) WaitReady(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for ready := false; !ready; {
		d.change(t, func(link netlink.Link) error {
			ready = link.Attrs().OperState == netlink.OperUp
			return nil
		})
		if !ready && time.Now().After(deadline) {
			t.Fatalf("%s does not get ready", d.Name)
		}
		time.Sleep(time.Millisecond)
	}
}

func up(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set %s up: %w", name, err)
	}
	return nil
}

// SetUp sets the device up or down.
func (d Device) SetUp(t testing.TB, on bool) {
	t.Helper()
	d.change(t, func(link netlink.Link) error {
		if on {
			return netlink.LinkSetUp(link)
		}
		return netlink.LinkSetDown(link)
	})
}

// SetMTU sets the device's MTU.
func (d Device) SetMTU(t testing.TB, mtu int) {
	t.Helper()
	d.change(t, func(link netlink.Link) error { return netlink.LinkSetMTU(link, mtu) })
}

// AddAddr gives the device an address, as "192.0.2.1/24". Duplicate address
// detection is left out.
func (d Device) AddAddr(t testing.TB, prefix string) {
	t.Helper()
	d.change(t, func(link netlink.Link) error {
		addr, err := netlink.ParseAddr(prefix)
		if err != nil {
			return err
		}
		addr.Flags = unix.IFA_F_NODAD
		return netlink.AddrAdd(link, addr)
	})
}

// AddVLAN makes a VLAN device above the device and sets it up. It returns
// ENOTSUP, wrapped, where the kernel has none.
func (d Device) AddVLAN(name string, id int, proto netlink.VlanProtocol) error {
	return d.Netns.run(func() error {
		link, err := netlink.LinkByName(d.Name)
		if err != nil {
			return err
		}
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.ParentIndex = name, link.Attrs().Index
		vlan := &netlink.Vlan{LinkAttrs: attrs, VlanId: id, VlanProtocol: proto}
		if err := netlink.LinkAdd(vlan); err != nil {
			return fmt.Errorf("make VLAN device %s: %w", name, err)
		}
		return up(name)
	})
}

// Delete deletes the device if it is there.
func (d Device) Delete(t testing.TB) {
	t.Helper()
	err := d.Netns.run(func() error {
		link, err := netlink.LinkByName(d.Name)
		if errors.As(err, &netlink.LinkNotFoundError{}) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := netlink.LinkDel(link); !errors.Is(err, syscall.ENODEV) {
			return err
		}
		return nil
	})
	if err != nil {
		t.Errorf("delete %s: %v", d.Name, err)
	}
}

func (d Device) change(t testing.TB, f func(netlink.Link) error) {
	t.Helper()
	d.Netns.Do(t, func() error {
		link, err := netlink.LinkByName(d.Name)
		if err != nil {
			return fmt.Errorf("find %s: %w", d.Name, err)
		}
		return f(link)
	})
}
