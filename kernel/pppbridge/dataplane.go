package pppbridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// Config describes a Dataplane. Its zero value is useful for untagged access.
type Config struct {
	// Lost is called, from one goroutine, when a bridge stopped working because
	// of its access side; see the package comment. It is called once, maybe
	// before AddBridge returns, and must not wait. The bridge is still to be
	// removed.
	Lost func(kernel.BridgeID)

	// Devices knows the network devices of VLANs. The Dataplane resets and closes
	// it. Nil: only untagged frames, of the port.
	Devices Devices
}

// Devices keeps the network devices on which the frames of VLANs are seen
// without their tags. See package kernel/vlan.
type Devices interface {
	// Acquire returns the device for frames of a port with these tags, and what
	// is called when the bridge is gone. It may sleep in the kernel.
	Acquire(port string, vlans [2]kernel.VLAN) (name string, release func(), err error)
	// Reset removes what a crashed run left behind.
	Reset() error
	Close() error
}

// Dataplane implements kernel.Dataplane.
type Dataplane struct {
	family  uint16
	devices Devices
	watch   *watch

	mu      sync.Mutex // guards what follows; not held while in the kernel
	closed  bool
	tunnels map[kernel.TunnelID]*tunnel
	bridges map[kernel.BridgeID]*entry
	taken   map[pppoeSession]struct{} // of bridges
}

// pppoeSession is what names a PPPoE session in the kernel.
type pppoeSession struct {
	port  string
	vlans [2]kernel.VLAN
	mac   [6]byte
	id    uint16
}

func (b *entry) session() pppoeSession {
	return pppoeSession{port: b.Port, vlans: b.VLANs, mac: b.MAC, id: b.PPPoE}
}

type tunnel struct {
	kernel.Tunnel

	op   sync.Mutex // held while the kernel's tunnel is made or unmade
	up   bool       // guarded by Dataplane.mu
	gone bool       // guarded by op: no longer in the map
}

// entry is a bridge that exists, or is being made or unmade.
type entry struct {
	kernel.Bridge

	op   sync.Mutex // held while the descriptors are made or closed
	gone bool       // guarded by op: no longer in the map

	mu    sync.Mutex // guards what follows; not held while anything waits
	up    bool
	pppoe int
	l2tp  int
	ppp   int    // of the PPPoE channel
	leave func() // the device
	watch uint64 // its number there
	last  kernel.Counters
}

var _ kernel.Dataplane = (*Dataplane)(nil)

// New returns a Dataplane for the network namespace of the process. Its error is
// kernel.ErrNotSupported, wrapped, where the kernel lacks something; see Probe.
func New(cfg Config) (*Dataplane, error) {
	if err := kernel.Missing(Probe()); err != nil {
		return nil, fmt.Errorf("bridge PPP in the kernel: %w", err)
	}
	fam, err := family()
	if err != nil {
		return nil, err
	}
	w, err := newWatch(cfg.Lost)
	if err != nil {
		return nil, err
	}
	if cfg.Devices == nil {
		cfg.Devices = untagged{}
	}
	return &Dataplane{
		family:  fam,
		devices: cfg.Devices,
		watch:   w,
		tunnels: map[kernel.TunnelID]*tunnel{},
		bridges: map[kernel.BridgeID]*entry{},
		taken:   map[pppoeSession]struct{}{},
	}, nil
}

// untagged are the Devices of a kernel without VLANs.
type untagged struct{}

func (untagged) Acquire(port string, vlans [2]kernel.VLAN) (name string, release func(), err error) {
	if vlans != [2]kernel.VLAN{} {
		return "", nil, fmt.Errorf("VLANs on %s: %w", port, errors.ErrUnsupported)
	}
	return port, func() {}, nil
}

func (untagged) Reset() error { return nil }

func (untagged) Close() error { return nil }

// AddTunnel implements kernel.Dataplane.
func (d *Dataplane) AddTunnel(ctx context.Context, spec kernel.Tunnel) error {
	if err := d.addTunnel(ctx, spec); err != nil {
		return fmt.Errorf("add tunnel %d to %v: %w", spec.ID, spec.Peer, err)
	}
	return nil
}

func (d *Dataplane) addTunnel(ctx context.Context, spec kernel.Tunnel) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, mine, err := d.claimTunnel(spec)
		if err != nil {
			return err
		}
		if mine {
			defer t.op.Unlock()
			if err := createTunnel(d.family, &t.Tunnel); err != nil {
				d.dropTunnel(t)
				return err
			}
			d.mu.Lock()
			t.up = true
			d.mu.Unlock()
			return nil
		}
		t.op.Lock()
		gone, same := t.gone, t.PeerID == spec.PeerID && t.Local == spec.Local && t.Peer == spec.Peer
		t.op.Unlock()
		switch {
		case gone: // while we waited: once more
		case !same:
			return kernel.ErrConflict
		default:
			return nil
		}
	}
}

// claimTunnel returns the tunnel of this ID or, with mine, a new one that is in
// the map and locked.
func (d *Dataplane) claimTunnel(spec kernel.Tunnel) (t *tunnel, mine bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, false, net.ErrClosed
	}
	if t, ok := d.tunnels[spec.ID]; ok {
		return t, false, nil
	}
	t = &tunnel{Tunnel: spec}
	t.op.Lock()
	d.tunnels[spec.ID] = t
	return t, true, nil
}

// dropTunnel takes a tunnel out of the map. Its op is held.
func (d *Dataplane) dropTunnel(t *tunnel) {
	t.gone = true
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tunnels, t.ID)
}

// RemoveTunnel implements kernel.Dataplane.
func (d *Dataplane) RemoveTunnel(_ context.Context, id kernel.TunnelID) error {
	d.mu.Lock()
	t, ok := d.tunnels[id]
	d.mu.Unlock()
	if !ok {
		return nil
	}
	t.op.Lock()
	defer t.op.Unlock()
	if t.gone {
		return nil
	}
	if err := deleteTunnel(d.family, id); err != nil {
		return fmt.Errorf("remove tunnel %d: %w", id, err)
	}
	d.dropTunnel(t)
	return nil
}

// AddBridge implements kernel.Dataplane. The kernel does not look at Bridge.MTU:
// a PPP frame that does not fit makes fragments towards the LNS and is dropped
// towards the subscriber.
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
		b, peer, mine, err := d.claimBridge(spec)
		if err != nil {
			return err
		}
		if mine {
			defer b.op.Unlock()
			if err := d.build(b, peer); err != nil {
				d.dropBridge(b)
				return err
			}
			return nil
		}
		b.op.Lock()
		gone, same := b.gone, b.Bridge == spec
		b.op.Unlock()
		switch {
		case gone: // while we waited: once more
		case !same:
			return kernel.ErrConflict
		default:
			return nil
		}
	}
}

// claimBridge returns the bridge of this ID or, with mine, a new one that is in
// the map and locked, and the peer's ID of its tunnel.
func (d *Dataplane) claimBridge(spec kernel.Bridge) (b *entry, peer kernel.TunnelID, mine bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, 0, false, net.ErrClosed
	}
	if b, ok := d.bridges[spec.ID]; ok {
		return b, 0, false, nil
	}
	t, ok := d.tunnels[spec.Tunnel]
	if !ok || !t.up {
		return nil, 0, false, fmt.Errorf("%w: %d", kernel.ErrNoTunnel, spec.Tunnel)
	}
	b = &entry{Bridge: spec, last: kernel.Counters{ID: spec.ID}}
	// The kernel would notice as well, but see openPPPoE.
	if _, ok := d.taken[b.session()]; ok {
		return nil, 0, false, fmt.Errorf("PPPoE session %d of %x: %w", b.PPPoE, b.MAC, kernel.ErrConflict)
	}
	b.op.Lock()
	d.bridges[spec.ID] = b
	d.taken[b.session()] = struct{}{}
	return b, t.PeerID, true, nil
}

// dropBridge takes a bridge out of the map. Its op is held.
func (d *Dataplane) dropBridge(b *entry) {
	b.gone = true
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.bridges, b.ID)
	delete(d.taken, b.session())
}

// build makes the kernel's part of a bridge, or nothing. b.op is held.
func (d *Dataplane) build(b *entry, peer kernel.TunnelID) (err error) {
	device, leave, err := d.devices.Acquire(b.Port, b.VLANs)
	if err != nil {
		return err
	}
	var fds []int
	defer func() {
		if err != nil {
			closeAll(fds...)
			leave()
		}
	}()
	pppoe, err := openPPPoE(device, b.MAC, b.PPPoE)
	if err != nil {
		return err
	}
	fds = append(fds, pppoe)
	l2tp, err := openL2TP(&b.Bridge, peer)
	if err != nil {
		return err
	}
	fds = append(fds, l2tp)
	ppp, err := join(pppoe, l2tp)
	if err != nil {
		return err
	}
	fds = append(fds, ppp)
	number, err := d.watch.add(ppp, b.ID)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pppoe, b.l2tp, b.ppp, b.leave, b.watch, b.up = pppoe, l2tp, ppp, leave, number, true
	return nil
}

// RemoveBridge implements kernel.Dataplane. A bridge whose tunnel was removed
// before it, or whose UDP socket was closed, has its last counters still.
func (d *Dataplane) RemoveBridge(_ context.Context, id kernel.BridgeID) (kernel.Counters, error) {
	d.mu.Lock()
	b, ok := d.bridges[id]
	d.mu.Unlock()
	if !ok {
		return kernel.Counters{ID: id}, nil
	}
	b.op.Lock()
	defer b.op.Unlock()
	if b.gone {
		return kernel.Counters{ID: id}, nil
	}
	last := d.unbuild(b)
	d.dropBridge(b)
	return last, nil
}

// unbuild closes the descriptors of a bridge that is up. b.op is held.
func (d *Dataplane) unbuild(b *entry) kernel.Counters {
	d.watch.forget(b.watch)
	b.mu.Lock()
	b.up = false
	b.mu.Unlock()
	// Stop the flow, then read what went through.
	closeAll(b.ppp, b.pppoe)
	b.leave()
	last := b.count()
	closeAll(b.l2tp)
	return last
}

// count reads the counters; where the kernel has none any more, those read
// last are returned. The L2TP socket is open and b.mu or b.op held.
func (b *entry) count() kernel.Counters {
	if s, err := readStats(b.l2tp); err == nil {
		b.last = s.counters(&b.Bridge)
	}
	return b.last
}

// AppendCounters implements kernel.Dataplane, with one system call per bridge: a
// dump over netlink takes the kernel time that grows with the square of the
// number of sessions in a tunnel.
func (d *Dataplane) AppendCounters(dst []kernel.Counters) ([]kernel.Counters, error) {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return dst, fmt.Errorf("read counters: %w", net.ErrClosed)
	}
	all := make([]*entry, 0, len(d.bridges))
	for _, b := range d.bridges {
		all = append(all, b)
	}
	d.mu.Unlock()

	for _, b := range all {
		b.mu.Lock()
		if b.up {
			dst = append(dst, b.count())
		}
		b.mu.Unlock()
	}
	return dst, nil
}

// Reset implements kernel.Dataplane: it removes all that d has made, and what
// Config.Devices says. Nothing else of a process that is dead can be left,
// because the kernel's tunnels and sessions end with their descriptors; those of
// other processes are not touched.
func (d *Dataplane) Reset(ctx context.Context) error {
	if err := errors.Join(d.removeAll(ctx), d.devices.Reset()); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	return nil
}

func (d *Dataplane) removeAll(ctx context.Context) error {
	d.mu.Lock()
	bridges := make(chan kernel.BridgeID, len(d.bridges))
	for id := range d.bridges {
		bridges <- id
	}
	tunnels := make([]kernel.TunnelID, 0, len(d.tunnels))
	for id := range d.tunnels {
		tunnels = append(tunnels, id)
	}
	d.mu.Unlock()
	close(bridges)

	var group sync.WaitGroup
	for range min(len(bridges), 64) { // each waits in the kernel most of its time
		group.Go(func() {
			for id := range bridges {
				_, _ = d.RemoveBridge(ctx, id) // never fails
			}
		})
	}
	group.Wait()
	var errs []error
	for _, id := range tunnels {
		errs = append(errs, d.RemoveTunnel(ctx, id))
	}
	return errors.Join(errs...)
}

// Close implements kernel.Dataplane. It removes all bridges and tunnels; the
// tunnels' sockets stay open.
func (d *Dataplane) Close() error {
	d.mu.Lock()
	closed := d.closed
	d.closed = true
	d.mu.Unlock()
	if closed {
		return nil
	}
	err := d.removeAll(context.Background())
	return errors.Join(err, d.watch.close(), d.devices.Close())
}

// closeAll closes descriptors. Closing one of these reports nothing of use.
func closeAll(fds ...int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
