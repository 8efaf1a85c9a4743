package vlan

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"lacd/kernel"
	"lacd/kernel/rtnl"
)

// links is what Devices wants of the kernel.
type links interface {
	// index returns the index of the device with a name, 0 if there is none.
	index(name string) int
	// add makes the device for a tag on the device with index parent, or finds
	// the one that is there.
	add(parent int, tag kernel.VLAN, name string) (link, error)
	// remove removes a device. It is no error that there is none.
	remove(index int) error
	// leftovers returns the devices that bear the alias and stand on one of the
	// ports, or anywhere if there are none; not those that go with another.
	leftovers(ports []string) ([]int, error)
	close() error
}

// link is a device.
type link struct {
	name  string
	index int
	ours  bool // to be removed
}

// addressModeNone is IN6_ADDR_GEN_MODE_NONE (linux/if_link.h).
const addressModeNone = 1

// alias is how the devices of a run that was killed are known.
const alias = "lacd"

// rtnetlink implements links.
type rtnetlink struct {
	fd int // for ioctls

	mu    sync.Mutex // guards found; held while the devices are listed
	found map[tagged]int
}

// tagged is what there can be one device for.
type tagged struct {
	parent int
	tag    kernel.VLAN
}

func newRtnetlink() (*rtnetlink, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	return &rtnetlink{fd: fd, found: map[tagged]int{}}, nil
}

func (r *rtnetlink) close() error { return os.NewSyscallError("close", unix.Close(r.fd)) }

// index asks without the lock that netlink takes in the kernel.
func (r *rtnetlink) index(name string) int {
	ifr, err := unix.NewIfreq(name)
	if err != nil || unix.IoctlIfreq(r.fd, unix.SIOCGIFINDEX, ifr) != nil {
		return 0
	}
	return int(ifr.Uint32())
}

func (r *rtnetlink) add(parent int, tag kernel.VLAN, name string) (link, error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex = name, parent
	v := &netlink.Vlan{LinkAttrs: attrs, VlanId: int(tag.ID), VlanProtocol: netlink.VlanProtocol(tag.TPID)}
	switch err := netlink.LinkAdd(v); {
	case errors.Is(err, unix.EEXIST):
		return r.find(tagged{parent, tag}, name)
	case err != nil:
		return link{}, notSupported(err)
	}
	if err := setUp(v); err != nil {
		return link{}, errors.Join(err, r.remove(v.Index))
	}
	return link{name: name, index: v.Index, ours: true}, nil
}

// setUp makes a new device ready.
func setUp(l netlink.Link) error {
	if err := netlink.LinkSetAlias(l, alias); err != nil {
		return fmt.Errorf("set alias: %w", err)
	}
	// Nothing but PPPoE is spoken there: without an address of its own the kernel
	// sends subscribers no router solicitations. Where it fails it has no IPv6.
	_ = netlink.LinkSetIP6AddrGenMode(l, addressModeNone)
	if err := netlink.LinkSetUp(l); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	return nil
}

// find returns the device that there is for a tag.
func (r *rtnetlink) find(t tagged, name string) (link, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, err := r.lookUp(t)
	switch {
	case err != nil:
		return link{}, err
	case l == nil:
		return link{}, fmt.Errorf("the name is taken: %w", unix.EEXIST)
	}
	at := l.Attrs()
	if at.Alias == alias || at.Name == name {
		// Of a run that was killed, maybe before it was ready.
		if err := setUp(l); err != nil {
			return link{}, err
		}
		return link{name: at.Name, index: at.Index, ours: true}, nil
	}
	if at.RawFlags&unix.IFF_UP == 0 {
		return link{}, fmt.Errorf("%s, which is there for it, is down", at.Name)
	}
	return link{name: at.Name, index: at.Index}, nil
}

// lookUp asks for the device that was last seen there, and lists all if that is
// another one now: an operator may have thousands.
func (r *rtnetlink) lookUp(t tagged) (netlink.Link, error) {
	if index, ok := r.found[t]; ok {
		if l, err := netlink.LinkByIndex(index); err == nil && on(l) == t {
			return l, nil
		}
	}
	all, err := rtnl.Dump(netlink.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	clear(r.found)
	var there netlink.Link
	for _, l := range all {
		if k := on(l); k != (tagged{}) {
			r.found[k] = l.Attrs().Index
			if k == t {
				there = l
			}
		}
	}
	return there, nil
}

// on returns what a device is for; zero if it is not a VLAN device.
func on(l netlink.Link) tagged {
	v, ok := l.(*netlink.Vlan)
	if !ok {
		return tagged{}
	}
	return tagged{v.ParentIndex, kernel.VLAN{TPID: uint16(v.VlanProtocol), ID: uint16(v.VlanId)}}
}

func (r *rtnetlink) remove(index int) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Index = index
	err := netlink.LinkDel(&netlink.Vlan{LinkAttrs: attrs})
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

func (r *rtnetlink) leftovers(ports []string) ([]int, error) {
	all, err := rtnl.Dump(netlink.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	byIndex := map[int]netlink.Link{}
	for _, l := range all {
		byIndex[l.Attrs().Index] = l
	}
	var found []int
	for _, l := range all {
		parent := byIndex[l.Attrs().ParentIndex]
		if !left(l) || left(parent) { // deleting a device deletes those above it
			continue
		}
		for parent != nil && on(parent) != (tagged{}) {
			parent = byIndex[parent.Attrs().ParentIndex]
		}
		if len(ports) == 0 || parent != nil && slices.Contains(ports, parent.Attrs().Name) {
			found = append(found, l.Attrs().Index)
		}
	}
	return found, nil
}

// left reports whether a device is one that Devices makes.
func left(l netlink.Link) bool {
	return l != nil && on(l) != (tagged{}) && l.Attrs().Alias == alias
}
