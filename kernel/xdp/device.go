package xdp

import (
	"errors"
	"fmt"
	"net"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// port is an access port. Its device may come and go.
type port struct {
	Port
	number uint32
	device *device // nil: there is none. Guarded by Dataplane.op
}

// device is a network device on which the program runs. It is guarded by
// Dataplane.op; what portDevice returns is not changed any more.
type device struct {
	index int
	name  string
	slot  uint32 // in the table of devices
	mac   [6]byte
	mtu   int
	port  *port // nil: no access port
	core  bool
	veth  bool // one of a pair
	link  link.Link
}

// vlanHeader is what the kernel lets a frame be longer than the MTU and the
// Ethernet header.
const vlanHeader = 4

// most returns how long a PPP frame may be that goes to this device with so
// many tags.
func (v *device) most(tags uint16) uint32 {
	const pppoe = 6
	return uint32(max(0, v.mtu+vlanHeader-pppoe-4*int(tags)))
}

func (d *Dataplane) attachAll(cfg Config) error {
	d.op.Lock()
	defer d.op.Unlock()
	d.native = cfg.Mode != Generic
	err := d.attachNamed(cfg)
	if err == nil || cfg.Mode != Any || !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	// One that cannot run the program in its driver cannot be sent to by those
	// that can, either.
	d.log.Info("XDP is generic", "why", err)
	d.native = false
	return errors.Join(d.detachLocked(), d.attachNamed(cfg))
}

// attachNamed attaches the program to the devices of the configuration. op is held.
func (d *Dataplane) attachNamed(cfg Config) error {
	for _, p := range cfg.Ports {
		if err := d.attachPort(d.ports[p.Name]); err != nil {
			return err
		}
	}
	core, err := coreLinks(cfg)
	if err != nil {
		return err
	}
	for _, l := range core {
		if _, err := d.attachCore(l); err != nil {
			return err
		}
	}
	if !d.native || cfg.Mode != Any {
		return nil
	}
	for _, v := range d.devices {
		if v.veth {
			return fmt.Errorf("%s is one of a pair: %w", v.name, unix.EOPNOTSUPP)
		}
	}
	return nil
}

// coreLinks returns the devices towards the LNSes. Where there is no route yet
// the device is found when there is one.
func coreLinks(cfg Config) (links []netlink.Link, err error) {
	for _, name := range cfg.Core {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", name, err)
		}
		links = append(links, l)
	}
	for _, peer := range cfg.Peers {
		routes, err := netlink.RouteGet(peer.AsSlice())
		if err != nil || len(routes) == 0 || routes[0].Type != unix.RTN_UNICAST {
			continue
		}
		l, err := netlink.LinkByIndex(routes[0].LinkIndex)
		if err != nil {
			return nil, fmt.Errorf("find the device towards %v: %w", peer, err)
		}
		links = append(links, l)
	}
	for i, l := range links {
		e, err := bottom(l)
		if err != nil {
			return nil, err
		}
		links[i] = e.link
	}
	return links, nil
}

// attachPort attaches the program to the device of an access port. op is held.
func (d *Dataplane) attachPort(p *port) error {
	l, err := netlink.LinkByName(p.Name)
	if err != nil {
		return fmt.Errorf("find %s: %w", p.Name, err)
	}
	if p.Tags > 0 {
		if err := showTags(p.Name); err != nil {
			return fmt.Errorf("%s: have the tags in the frames: %w", p.Name, err)
		}
	}
	old := d.devices[l.Attrs().Index]
	v, err := d.attach(l, p, old != nil && old.core)
	if err != nil {
		return err
	}
	p.device = v
	return nil
}

// attachCore has the device take messages of LNSes. op is held.
func (d *Dataplane) attachCore(l netlink.Link) (*device, error) {
	old := d.devices[l.Attrs().Index]
	if old != nil && old.core {
		return old, nil
	}
	var p *port
	if old != nil {
		p = old.port
	}
	v, err := d.attach(l, p, true)
	if err == nil && p != nil {
		p.device = v
	}
	return v, err
}

// attach attaches the program to a device, in place of that of a device which
// has it. op is held.
func (d *Dataplane) attach(l netlink.Link, p *port, core bool) (*device, error) {
	a := l.Attrs()
	if len(a.HardwareAddr) != 6 {
		return nil, fmt.Errorf("%s is no Ethernet device: %w", a.Name, kernel.ErrNotSupported)
	}
	v := &device{index: a.Index, name: a.Name, mac: [6]byte(a.HardwareAddr), mtu: a.MTU, port: p, core: core, veth: l.Type() == "veth"}
	number := uint32(0)
	if p != nil {
		number = p.number
	}
	prog, err := d.tables.program(number, p != nil, core)
	if err != nil {
		return nil, fmt.Errorf("load the program for %s: %w", a.Name, err)
	}
	defer func() { _ = prog.Close() }() // the device holds it
	if old := d.devices[a.Index]; old != nil {
		if err := old.link.Update(prog); err != nil {
			return nil, fmt.Errorf("replace the program of %s: %w", a.Name, err)
		}
		v.slot, v.link = old.slot, old.link
		if old.port != nil {
			v.mac, v.mtu = old.mac, old.mtu // the bridges have these, and refresh sees the change
		}
		d.devices[a.Index] = v
		return v, nil
	}
	return v, d.attachNew(v, prog)
}

func (d *Dataplane) attachNew(v *device, prog *ebpf.Program) error {
	var ok bool
	if v.slot, ok = d.freeSlot(); !ok {
		return fmt.Errorf("more than %d devices", maxDevices)
	}
	if err := d.tables.shared[forwardMapDevices].Put(v.slot, uint32(v.index)); err != nil {
		return fmt.Errorf("enter %s: %w", v.name, err)
	}
	var err error
	if v.link, err = d.link(prog, v.index); err != nil {
		_ = d.tables.shared[forwardMapDevices].Delete(v.slot) // the first error is the one to tell
		return fmt.Errorf("attach the program to %s: %w", v.name, err)
	}
	d.devices[v.index] = v
	return nil
}

func (d *Dataplane) link(prog *ebpf.Program, index int) (link.Link, error) {
	flags := link.XDPGenericMode
	if d.native {
		flags = link.XDPDriverMode
	}
	return link.AttachXDP(link.XDPOptions{Program: prog, Interface: index, Flags: flags})
}

func (d *Dataplane) freeSlot() (uint32, bool) {
	for slot := range uint32(maxDevices) {
		taken := false
		for _, v := range d.devices {
			taken = taken || v.slot == slot
		}
		if !taken {
			return slot, true
		}
	}
	return 0, false
}

// portDevice returns the device of an access port, and looks for it if there is
// none yet.
func (d *Dataplane) portDevice(name string) (*device, error) {
	d.op.Lock()
	defer d.op.Unlock()
	p, ok := d.ports[name]
	if !ok {
		return nil, fmt.Errorf("%s is no access port of this data plane", name)
	}
	d.mu.Lock()
	closed := d.closed
	d.mu.Unlock()
	if closed {
		return nil, net.ErrClosed
	}
	if p.device == nil {
		if err := d.attachPort(p); err != nil {
			return nil, err
		}
	}
	return p.device, nil
}

// lookAtDevices notices what became of the devices. op is held.
func (d *Dataplane) lookAtDevices() {
	var lost []kernel.BridgeID
	for _, v := range d.devices {
		l, err := netlink.LinkByIndex(v.index)
		gone := errors.As(err, &netlink.LinkNotFoundError{}) || errors.Is(err, unix.ENODEV)
		if err != nil && !gone {
			continue // not known; the next look will tell
		}
		if gone || l.Attrs().Name != v.name && v.port != nil {
			d.log.Warn("device is gone", "device", v.name)
			lost = append(lost, d.lose(v)...)
			_ = d.detach(v) // nothing is attached any more
			continue
		}
		lost = append(lost, d.refresh(v, l)...)
		d.hold(d.devices[v.index])
	}
	for _, p := range d.ports {
		if p.device == nil {
			if err := d.attachPort(p); err == nil {
				d.log.Info("device is back", "device", p.Name)
			}
		}
	}
	for _, id := range lost {
		if d.lost != nil {
			d.lost(id)
		}
	}
}

// refresh takes over a device's address and MTU.
func (d *Dataplane) refresh(v *device, l netlink.Link) (lost []kernel.BridgeID) {
	a := l.Attrs()
	if len(a.HardwareAddr) != 6 || v.mac == [6]byte(a.HardwareAddr) && v.mtu == a.MTU {
		return nil
	}
	n := *v // others may hold v
	n.mtu, n.mac = a.MTU, [6]byte(a.HardwareAddr)
	d.devices[v.index] = &n
	if n.port == nil {
		return nil
	}
	n.port.device = &n
	if n.mac != v.mac {
		// Subscribers send to the old address, and to no other.
		return d.lose(v)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range d.bridges {
		if b.Port == n.port.Name && !d.closed {
			e := &d.tables.downs[b.down]
			store(&e.Most, n.most(e.Tags))
		}
	}
	return nil
}

// lose stops the bridges of a device and returns those not reported before.
func (d *Dataplane) lose(v *device) (lost []kernel.BridgeID) {
	if v.port == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range d.bridges {
		if b.Port == v.port.Name && !b.lost && b.leaving == nil && !d.closed {
			b.lost = true
			d.stop(b)
			lost = append(lost, b.ID)
		}
	}
	return lost
}

// hold attaches the program again that somebody else detached.
func (d *Dataplane) hold(v *device) {
	info, err := v.link.Info()
	if err != nil {
		return
	}
	if x := info.XDP(); x == nil || x.Ifindex != 0 {
		return
	}
	if err := d.again(v); err != nil {
		d.log.Error("program was detached from a device", "device", v.name, "err", err)
		return
	}
	d.detached.Add(1)
	d.log.Warn("program was detached from a device, and is attached again", "device", v.name)
}

// again attaches the program to a device that had it, at the same slot.
func (d *Dataplane) again(v *device) error {
	number := uint32(0)
	if v.port != nil {
		number = v.port.number
	}
	prog, err := d.tables.program(number, v.port != nil, v.core)
	if err != nil {
		return err
	}
	defer func() { _ = prog.Close() }() // the device holds it
	l, err := d.link(prog, v.index)
	if err != nil {
		return err
	}
	_ = v.link.Close() // it is attached to nothing
	n := *v
	n.link = l
	d.devices[v.index] = &n
	if n.port != nil {
		n.port.device = &n
	}
	return nil
}

// detach takes the program off a device. op is held.
func (d *Dataplane) detach(v *device) error {
	_ = d.tables.shared[forwardMapDevices].Delete(v.slot) // it is gone with the device
	delete(d.devices, v.index)
	if v.port != nil {
		v.port.device = nil
	}
	return v.link.Close()
}

func (d *Dataplane) detachAll() error {
	d.op.Lock()
	defer d.op.Unlock()
	return d.detachLocked()
}

func (d *Dataplane) detachLocked() error {
	var errs []error
	for _, v := range d.devices {
		errs = append(errs, d.detach(v))
	}
	return errors.Join(errs...)
}
