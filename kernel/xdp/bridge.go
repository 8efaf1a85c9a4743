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
func (d *Dataplane) RemoveBridge(_ context.Context, id kernel.BridgeID) (kernel.Counters, error) {
	none := kernel.Counters{ID: id}
	d.mu.Lock()
	b, ok := d.bridges[id]
	if !ok || d.closed {
		d.mu.Unlock()
		return none, nil
	}
	if wait := b.leaving; wait != nil {
		d.mu.Unlock()
		<-wait
		return none, nil
	}
	b.leaving = make(chan struct{})
	d.stop(b)
	d.mu.Unlock()
	last, err := d.finish(b)
	if err != nil {
		return last, fmt.Errorf("remove bridge %d: %w", id, err)
	}
	return last, nil
}

// finish waits until no program uses a bridge, and clears its entries.
func (d *Dataplane) finish(b *bridge) (kernel.Counters, error) {
	err := d.tables.grace.wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	defer close(b.leaving)
	if d.closed {
		return kernel.Counters{ID: b.ID}, nil
	}
	last := d.count(b)
	d.tables.ups[b.up], d.tables.downs[b.down] = forwardUp{}, forwardDown{}
	delete(d.bridges, b.ID)
	return last, err
}

// removeBridges removes bridges in one grace period.
func (d *Dataplane) removeBridges(ids []kernel.BridgeID) error {
	var all []*bridge
	d.mu.Lock()
	for _, id := range ids {
		if b, ok := d.bridges[id]; ok && b.leaving == nil && !d.closed {
			b.leaving = make(chan struct{})
			d.stop(b)
			all = append(all, b)
		}
	}
	d.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	err := d.tables.grace.wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range all {
		if !d.closed {
			d.tables.ups[b.up], d.tables.downs[b.down] = forwardUp{}, forwardDown{}
			delete(d.bridges, b.ID)
		}
		close(b.leaving)
	}
	return err
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
