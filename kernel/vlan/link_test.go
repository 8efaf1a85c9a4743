package vlan

import (
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vishvananda/netlink"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
	"lacd/kernel/rtnl"
)

// port is an access device in the namespace of the process, as Devices work
// there.
func port(t *testing.T) kerneltest.Device {
	t.Helper()
	kerneltest.NeedRoot(t)
	kerneltest.NeedPPP(t, kernel.Missing(Probe()))
	p := kerneltest.Device{Name: "vp0"}
	kerneltest.Veth(t, p, kerneltest.Device{Netns: kerneltest.NewNetns(t), Name: "far0"})
	return p
}

func open(t *testing.T, cfg Config) *Devices {
	t.Helper()
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func get(t *testing.T, d *Devices, port string, vlans [2]kernel.VLAN) (netlink.Link, func()) {
	t.Helper()
	name, release, err := d.Acquire(port, vlans)
	if err != nil {
		t.Fatal(err)
	}
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return l, release
}

// wantVLANs compares the VLAN devices there are with the number of tags of each.
func wantVLANs(t *testing.T, when string, names ...string) {
	t.Helper()
	all, err := rtnl.Dump(netlink.LinkList)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range all {
		if l.Type() == "vlan" {
			got = append(got, l.Attrs().Name)
		}
	}
	slices.Sort(got)
	slices.Sort(names)
	if diff := cmp.Diff(names, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("VLAN devices %s (-want +got):\n%s", when, diff)
	}
}

// eventually waits until there is no VLAN device left.
func eventually(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		all, err := rtnl.Dump(netlink.LinkList)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(all, func(l netlink.Link) bool { return l.Type() == "vlan" }) {
			return
		}
	}
	wantVLANs(t, "after they were idle")
}

func TestDevice(t *testing.T) {
	p := port(t)
	d := open(t, Config{Idle: 10 * time.Millisecond})
	parent, err := netlink.LinkByName(p.Name)
	if err != nil {
		t.Fatal(err)
	}
	index := parent.Attrs().Index
	for _, vlans := range [][2]kernel.VLAN{tags(cTag, 100, 0), tags(sTag, 100, 0), tags(cTag, 100, 200), tags(sTag, 100, 200)} {
		l, release := get(t, d, p.Name, vlans)
		at := l.Attrs()
		if at.Name != nameOf(index, vlans) || at.Alias != alias || at.MTU != 1500 || at.Flags&net.FlagUp == 0 ||
			!slices.Equal(at.HardwareAddr, parent.Attrs().HardwareAddr) {
			t.Errorf("%v: got %s, alias %q, MTU %d, %v, %v", vlans, at.Name, at.Alias, at.MTU, at.Flags, at.HardwareAddr)
		}
		inner := vlans[0]
		if vlans[1].ID != 0 {
			inner = vlans[1]
		}
		if got := on(l).tag; got != inner {
			t.Errorf("%v: the device's tag is %v", vlans, got)
		}
		if addrs, err := netlink.AddrList(l, netlink.FAMILY_ALL); err != nil || len(addrs) > 0 {
			t.Errorf("%s: got addresses %v, %v", at.Name, addrs, err)
		}
		again, both := get(t, d, p.Name, vlans)
		if again.Attrs().Index != at.Index {
			t.Errorf("%s: got another device", at.Name)
		}
		release()
		both()
	}
	eventually(t)
}

func TestManyAtOnce(t *testing.T) {
	p := port(t)
	d := open(t, Config{})
	const inner, users = 40, 4
	var group sync.WaitGroup
	began := time.Now()
	for id := range uint16(inner) {
		for range users {
			group.Go(func() {
				if _, _, err := d.Acquire(p.Name, tags(sTag, 7, 1+id)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	t.Logf("%d devices in %v", inner+1, time.Since(began))
	began = time.Now()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("removed in %v", time.Since(began))
	wantVLANs(t, "after Close")
}

func TestDeviceOfTheOperatorIsKept(t *testing.T) {
	p := port(t)
	if err := p.AddVLAN("mine", 100, netlink.VLAN_PROTOCOL_8021AD); err != nil {
		t.Fatal(err)
	}
	d := open(t, Config{})
	for range 2 { // looked up, then known
		if l, _ := get(t, d, p.Name, tags(sTag, 100, 0)); l.Attrs().Name != "mine" {
			t.Errorf("got %s, want the device that is there", l.Attrs().Name)
		}
	}
	get(t, d, p.Name, tags(sTag, 100, 5))
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	wantVLANs(t, "after Close", "mine")

	d = open(t, Config{})
	kerneltest.Device{Name: "mine"}.SetUp(t, false)
	if _, _, err := d.Acquire(p.Name, tags(sTag, 100, 0)); err == nil || !strings.Contains(err.Error(), "mine") {
		t.Errorf("got %v, want to be told that mine is down", err)
	}
}

func TestLeftovers(t *testing.T) {
	p := port(t)
	killed := open(t, Config{})
	get(t, killed, p.Name, tags(sTag, 100, 5))
	get(t, killed, p.Name, tags(cTag, 7, 0))
	if err := p.AddVLAN("mine", 100, netlink.VLAN_PROTOCOL_8021Q); err != nil {
		t.Fatal(err)
	}
	elsewhere := open(t, Config{Ports: []string{"another"}})
	if err := elsewhere.Reset(); err != nil {
		t.Error(err)
	}
	index := killed.links.index(p.Name)
	outer, inner, single := nameOf(index, tags(sTag, 100, 0)), nameOf(index, tags(sTag, 100, 5)), nameOf(index, tags(cTag, 7, 0))
	wantVLANs(t, "after the Reset of another port", outer, inner, single, "mine")
	// What is used before it is cleaned is taken over.
	d := open(t, Config{Ports: []string{p.Name}})
	_, release := get(t, d, p.Name, tags(cTag, 7, 0))
	if err := d.Reset(); err != nil {
		t.Error(err)
	}
	wantVLANs(t, "after Reset", single, "mine")
	release()
	if err := d.Reset(); err != nil {
		t.Error(err)
	}
	wantVLANs(t, "after another Reset", "mine")
}

func TestPortIsDeleted(t *testing.T) {
	p := port(t)
	d := open(t, Config{Idle: 10 * time.Millisecond})
	old, release := get(t, d, p.Name, tags(cTag, 100, 5))
	p.Delete(t)
	if _, _, err := d.Acquire(p.Name, tags(cTag, 100, 5)); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("without the port: got %v, want ErrGone", err)
	}
	kerneltest.Veth(t, p, kerneltest.Device{Netns: kerneltest.NewNetns(t), Name: "far1"})
	l, renewed := get(t, d, p.Name, tags(cTag, 100, 5))
	if l.Attrs().Index == old.Attrs().Index {
		t.Error("the device did not go with its port")
	}
	release()
	renewed()
	eventually(t)
}

func TestNameIsTaken(t *testing.T) {
	p := port(t)
	d := open(t, Config{})
	name := nameOf(d.links.index(p.Name), tags(cTag, 100, 0))
	if err := p.AddVLAN(name, 200, netlink.VLAN_PROTOCOL_8021Q); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Acquire(p.Name, tags(cTag, 100, 0)); err == nil {
		t.Error("no error")
	}
	if _, err := net.InterfaceByName(name); err != nil {
		t.Error(err)
	}
}
