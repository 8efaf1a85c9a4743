package xdp

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// Why the frames of a tunnel do not leave by its next hop.
const (
	noRoute     = "no route"
	noNeighbour = "no neighbour"
	linkDown    = "link down"
	underIPsec  = "IPsec policy"
)

// settled is how long after a change of the next hop no frame can be under way
// that was to leave by the one before.
const settled = time.Second

// end is where frames go that are sent to a device: the Ethernet device below
// it, and the tags that they have there.
type end struct {
	link  netlink.Link
	vlans [2]kernel.VLAN
	mtu   int
	up    bool
}

// bottom follows VLAN devices down.
func bottom(l netlink.Link) (end, error) {
	e := end{link: l, mtu: l.Attrs().MTU, up: isUp(l)}
	for tags := 0; ; tags++ {
		v, ok := e.link.(*netlink.Vlan)
		if !ok {
			return e, nil
		}
		if tags == len(e.vlans) {
			return e, fmt.Errorf("%s has more than two tags", l.Attrs().Name)
		}
		below, err := netlink.LinkByIndex(v.Attrs().ParentIndex)
		if err != nil {
			return e, fmt.Errorf("find the device below %s: %w", v.Attrs().Name, err)
		}
		// What is found further down is further out.
		e.vlans[1] = e.vlans[0]
		e.vlans[0] = kernel.VLAN{TPID: uint16(v.VlanProtocol), ID: uint16(v.VlanId)}
		e.link, e.mtu, e.up = below, min(e.mtu, below.Attrs().MTU), e.up && isUp(below)
	}
}

func isUp(l netlink.Link) bool {
	a := l.Attrs()
	return a.Flags&net.FlagUp != 0 && (a.OperState == netlink.OperUp || a.OperState == netlink.OperUnknown)
}

// resolve asks the kernel for the next hop of a tunnel. op is held.
func (d *Dataplane) resolve(t *tunnel) (h forwardHop, reason string) {
	peer := t.Peer.Addr()
	routes, err := netlink.RouteGetWithOptions(peer.AsSlice(), &netlink.RouteGetOptions{SrcAddr: t.Local.Addr().AsSlice()})
	if err != nil || len(routes) == 0 {
		return h, noRoute
	}
	r := routes[0]
	if r.Type != unix.RTN_UNICAST || r.Encap != nil || r.Via != nil || r.MPLSDst != nil {
		return h, "route of another kind"
	}
	top, err := netlink.LinkByIndex(r.LinkIndex)
	if err != nil {
		return h, noRoute
	}
	e, err := bottom(top)
	switch {
	case err != nil:
		return h, err.Error()
	case !e.up:
		return h, linkDown
	}
	v, err := d.attachCore(e.link)
	if err == nil && e.vlans != [2]kernel.VLAN{} {
		err = showTags(v.name)
	}
	if err != nil {
		return h, err.Error()
	}
	via := peer
	if gw, ok := netip.AddrFromSlice(r.Gw); ok && !gw.IsUnspecified() {
		via = gw.Unmap()
	}
	mac, ok := neighbour(r.LinkIndex, via)
	if !ok {
		return h, noNeighbour
	}
	mtu := e.mtu
	if r.MTU > 0 {
		mtu = min(mtu, r.MTU)
	}
	h.Addresses = addressWords(mac, [6]byte(top.Attrs().HardwareAddr))
	h.Vlans, h.Tags = tagWords(e.vlans)
	h.Mtu, h.Device = uint16(min(mtu, math.MaxUint16)), v.slot
	return h, ""
}

// neighbour returns the link-layer address of a neighbour that the kernel would
// send to.
func neighbour(index int, ip netip.Addr) (mac [6]byte, ok bool) {
	family := uint8(unix.AF_INET)
	if ip.Is6() {
		family = unix.AF_INET6
	}
	req := nl.NewNetlinkRequest(unix.RTM_GETNEIGH, 0)
	req.AddData(&netlink.Ndmsg{Family: family, Index: uint32(index)})
	req.AddData(nl.NewRtAttr(netlink.NDA_DST, ip.AsSlice()))
	msgs, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEIGH)
	if err != nil || len(msgs) == 0 {
		return mac, false
	}
	n, err := netlink.NeighDeserialize(msgs[0])
	const valid = netlink.NUD_PERMANENT | netlink.NUD_NOARP | netlink.NUD_REACHABLE | netlink.NUD_PROBE | netlink.NUD_STALE | netlink.NUD_DELAY
	if err != nil || n.State&valid == 0 || len(n.HardwareAddr) != 6 {
		return mac, false
	}
	return [6]byte(n.HardwareAddr), true
}

// resolveAll brings the next hops of tunnels up to date. op is held.
func (d *Dataplane) resolveAll(ts []*tunnel) {
	policies, err := policies()
	if err != nil {
		d.log.Error("IPsec policies are not known: no tunnel leaves in XDP", "err", err)
	}
	for _, t := range ts {
		var h forwardHop
		reason := underIPsec
		if err == nil && !covers(policies, t.Local.Addr(), t.Peer.Addr()) {
			h, reason = d.resolve(t)
		}
		if err := d.direct(t, h, reason); err != nil {
			d.log.Error("next hop of a tunnel not changed", "tunnel", t.ID, "err", err)
		}
	}
}

// direct puts a next hop into force, or takes it out of force if there is a
// reason. op is held.
func (d *Dataplane) direct(t *tunnel, h forwardHop, reason string) error {
	if reason == t.reason && (reason != "" || h == t.hop) {
		return nil
	}
	if reason == "" && time.Since(t.changed) < settled {
		// The entry that is written next may still be read.
		if err := d.tables.grace.wait(); err != nil {
			return err
		}
	}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return net.ErrClosed
	}
	e := &d.tables.tunnels[t.ID]
	state := active | family(t.Peer.Addr())
	if reason == "" {
		next := 1 - load(&e.Hop)&1
		e.Hops[next] = h
		store(&e.Hop, next) // one write, so that no frame has parts of both
		state |= direct
	}
	store(&e.State, state)
	t.changed, t.hop, t.reason = time.Now(), h, reason
	d.mu.Unlock()
	d.tell(t)
	return nil
}

func (d *Dataplane) tell(t *tunnel) {
	switch t.reason {
	case "":
		d.log.Info("tunnel is forwarded in XDP", "tunnel", t.ID, "peer", t.Peer, "mtu", t.hop.Mtu)
	case underIPsec:
		d.log.Warn("tunnel is forwarded in user space", "tunnel", t.ID, "peer", t.Peer, "why", t.reason)
	default:
		d.log.Info("tunnel is forwarded in user space", "tunnel", t.ID, "peer", t.Peer, "why", t.reason)
	}
}

// pass looks at everything that may have changed.
func (d *Dataplane) pass() {
	d.op.Lock()
	defer d.op.Unlock()
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return
	}
	ts := make([]*tunnel, 0, len(d.tunnels))
	for _, t := range d.tunnels {
		ts = append(ts, t)
	}
	d.mu.Unlock()
	d.lookAtDevices()
	d.resolveAll(ts)
}

// Direct reports whether the frames of a tunnel leave in XDP, and else why not.
func (d *Dataplane) Direct(id kernel.TunnelID) error {
	d.op.Lock()
	defer d.op.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.tunnels[id]
	if !ok {
		return kernel.ErrNoTunnel
	}
	if t.reason != "" {
		return errors.New(t.reason)
	}
	return nil
}

// words are the octets of an address as they are in a header.
func words(a netip.Addr) (w [4]uint32) {
	b := a.AsSlice()
	for i := 0; i+4 <= len(b); i += 4 {
		w[i/4] = native.Uint32(b[i:])
	}
	return w
}

// constantPart adds up what is the same in every IPv4 header, or every pseudo
// header of UDP (RFC 8200 section 8.1), of a tunnel.
func constantPart(local, peer netip.Addr, tos, ttl uint8) uint32 {
	b := append(local.AsSlice(), peer.AsSlice()...)
	if local.Is4() {
		b = append(b, 0x45, tos, ttl, unix.IPPROTO_UDP)
	} else {
		b = append(b, 0, unix.IPPROTO_UDP)
	}
	sum := uint32(0)
	for i := 0; i < len(b); i += 2 {
		sum += uint32(native.Uint16(b[i:]))
	}
	return sum
}
