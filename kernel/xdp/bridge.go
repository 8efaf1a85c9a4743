package xdp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"lacd/kernel"
)

// bridge is a bridge that exists. Its fields are guarded by Dataplane.mu.
type bridge struct {
	kernel.Bridge
	up, down uint32        // its entries
	leaving  chan struct{} // closed when the bridge is removed; nil: it is to stay
	lost     bool
}

// AddBridge implements kernel.Dataplane. Bridge.MTU is not looked at: a PPP frame
// that does not fit makes fragments towards the LNS and is dropped towards the
// subscriber.
func (d *Dataplane) AddBridge(ctx context.Context, spec kernel.Bridge) error {
	if err := d.addBridge(ctx, spec); err != nil {
		return fmt.Errorf("add bridge %d: %w", spec.ID, err)
	}
	return nil
}

func (d *Dataplane) addBridge(ctx context.Context, spec kernel.Bridge) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		dev, err := d.portDevice(spec.Port)
		if err != nil {
			return err
		}
		wait, err := d.claimBridge(spec, dev)
		if wait == nil || err != nil {
			return err
		}
		select {
		case <-wait:
		case <-ctx.Done():
		}
	}
}

// claimBridge enters a bridge into the tables. It returns what to wait for if a
// bridge of that ID is being removed.
func (d *Dataplane) claimBridge(spec kernel.Bridge, dev *device) (wait <-chan struct{}, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, net.ErrClosed
	}
	if b, ok := d.bridges[spec.ID]; ok {
		switch {
		case b.leaving != nil:
			return b.leaving, nil
		case b.Bridge != spec:
			return nil, kernel.ErrConflict
		}
		return nil, nil
	}
	t, ok := d.tunnels[spec.Tunnel]
	if !ok {
		return nil, fmt.Errorf("%w: %d", kernel.ErrNoTunnel, spec.Tunnel)
	}
	b := &bridge{Bridge: spec, up: dev.port.number<<16 | uint32(spec.PPPoE)}
	if d.tables.ups[b.up].Generation != 0 {
		return nil, fmt.Errorf("PPPoE session %d of %s: %w", spec.PPPoE, spec.Port, kernel.ErrConflict)
	}
	if _, taken := d.session(t.ID, spec.Session); taken {
		return nil, fmt.Errorf("session %d: %w", spec.Session, kernel.ErrConflict)
	}
	if b.down, ok = d.tables.free(uint16(spec.Tunnel), spec.Session); !ok {
		return nil, errors.New("the table of sessions is full")
	}
	d.bridges[spec.ID] = b
	d.fill(b, dev)
	return nil, nil
}

// fill writes the entries of a bridge and then has the program see them.
func (d *Dataplane) fill(b *bridge, dev *device) {
	d.last = max(1, d.last+1)
	up, down := &d.tables.ups[b.up], &d.tables.downs[b.down]
	vlans, tags := tagWords(b.VLANs)
	up.Addresses, up.Vlans = addressWords(dev.mac, b.MAC), vlans
	up.Tunnel, up.Session = uint16(b.Tunnel), swap(b.PeerSession)
	up.Generation = d.last

	down.Key = uint32(b.Tunnel)<<16 | uint32(b.Session)
	down.Addresses, down.Vlans, down.Tags = addressWords(b.MAC, dev.mac), vlans, tags
	down.Session, down.Device, down.Up = swap(b.PPPoE), dev.slot, b.up
	down.Most = dev.most(tags)

	state := uint32(active)
	if b.Sequencing {
		state |= required
	}
	store(&up.State, state)
	store(&down.State, state)
}

// stop has the program not see a bridge any more. mu is held.
func (d *Dataplane) stop(b *bridge) {
	store(&d.tables.ups[b.up].State, 0)
	store(&d.tables.downs[b.down].State, 0)
}

// RemoveBridge implements kernel.Dataplane.
func (d *Dataplane) RemoveBridge(ctx context.Context, id kernel.BridgeID) (kernel.Counters, error) {
	last, err := d.RemoveBridges(ctx, []kernel.BridgeID{id})
	return last[0], err
}

// RemoveBridges implements kernel.BulkRemover: all of them are gone after one
// grace period.
func (d *Dataplane) RemoveBridges(_ context.Context, ids []kernel.BridgeID) ([]kernel.Counters, error) {
	last := make([]kernel.Counters, len(ids))
	for i, id := range ids {
		last[i].ID = id
	}
	ours, others := d.leave(ids)
	var err error
	if len(ours) > 0 {
		if err = d.tables.grace.wait(); err != nil {
			err = fmt.Errorf("remove %d bridges: %w", len(ours), err)
		}
		d.finish(ours, last)
	}
	for _, gone := range others {
		<-gone
	}
	return last, err
}

// leave has the program not see bridges any more. It returns those by their
// place in ids, and what to wait for where another call removes them.
func (d *Dataplane) leave(ids []kernel.BridgeID) (ours map[int]*bridge, others []<-chan struct{}) {
	ours = make(map[int]*bridge, len(ids))
	own := make(map[*bridge]bool, len(ids))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, nil
	}
	for i, id := range ids {
		switch b := d.bridges[id]; {
		case b == nil || own[b]:
		case b.leaving != nil:
			others = append(others, b.leaving)
		default:
			b.leaving = make(chan struct{})
			d.stop(b)
			ours[i], own[b] = b, true
		}
	}
	return ours, others
}

// finish clears the entries of bridges that no program uses, and reads their
// last counters.
func (d *Dataplane) finish(bridges map[int]*bridge, last []kernel.Counters) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, b := range bridges {
		if !d.closed {
			last[i] = d.count(b)
			d.tables.ups[b.up], d.tables.downs[b.down] = forwardUp{}, forwardDown{}
			delete(d.bridges, b.ID)
		}
		close(b.leaving)
	}
}

// count reads the counters of a bridge. mu is held.
func (d *Dataplane) count(b *bridge) kernel.Counters {
	up, down := &d.tables.ups[b.up], &d.tables.downs[b.down]
	return kernel.Counters{
		ID:        b.ID,
		UpPackets: atomic.LoadUint64(&up.Packets), UpOctets: atomic.LoadUint64(&up.Octets),
		DownPackets: atomic.LoadUint64(&down.Packets), DownOctets: atomic.LoadUint64(&down.Octets),
	}
}

// AppendCounters implements kernel.Dataplane. It reads memory and asks the
// kernel nothing.
func (d *Dataplane) AppendCounters(dst []kernel.Counters) ([]kernel.Counters, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return dst, fmt.Errorf("read counters: %w", net.ErrClosed)
	}
	for _, b := range d.bridges {
		if b.leaving == nil {
			dst = append(dst, d.count(b))
		}
	}
	return dst, nil
}

// session returns the place of a session of a tunnel. mu is held.
func (d *Dataplane) session(tunnel kernel.TunnelID, session uint16) (at uint32, ok bool) {
	key, mask := uint32(tunnel)<<16|uint32(session), uint32(len(d.tables.downs)-1)
	at = uint32(session) + uint32(tunnel)*place
	for range places {
		if d.tables.downs[at&mask].Key == key {
			return at & mask, true
		}
		at += 2*uint32(tunnel) + 1
	}
	return 0, false
}

// The entries hold octets in the order of the frame.
var (
	be     = binary.BigEndian
	native = binary.NativeEndian
)

func swap(v uint16) uint16 { return native.Uint16(be.AppendUint16(nil, v)) }

// addressWords are the first twelve octets of a frame.
func addressWords(dst, src [6]byte) (w [3]uint32) {
	b := append(dst[:], src[:]...)
	for i := range w {
		w[i] = native.Uint32(b[4*i:])
	}
	return w
}

func tagWords(vlans [2]kernel.VLAN) (w [2]uint32, tags uint16) {
	for _, v := range vlans {
		if v != (kernel.VLAN{}) {
			w[tags] = native.Uint32(be.AppendUint16(be.AppendUint16(nil, v.TPID), v.ID))
			tags++
		}
	}
	return w, tags
}
