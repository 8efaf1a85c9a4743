package xdp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// Config describes a Dataplane.
type Config struct {
	Ports []Port       // access devices
	Core  []string     // devices towards the LNSes
	Peers []netip.Addr // LNSes: devices that the routes to them lead to
	Mode  Mode
	// Lost is called, from one goroutine, when a bridge stopped working because
	// its access device is gone or has another address. It is called once, maybe
	// before AddBridge returns, and must not wait. The bridge is still to be
	// removed.
	Lost func(kernel.BridgeID)
	Log  *slog.Logger // nil: no log
}

// Mode is how the program runs.
type Mode int

const (
	// Any is Native where all devices can, and Generic elsewhere. Pairs of
	// virtual devices count as those that cannot: a far end that is not readied
	// for it loses what is redirected to it, and does not tell.
	Any     Mode = iota
	Native       // in the drivers
	Generic      // in the network stack
)

// Port is an access device.
type Port struct {
	Name string
	Tags int // VLAN tags of its frames, at most
}

// Dataplane implements kernel.Dataplane and kernel.Receiver.
type Dataplane struct {
	log    *slog.Logger
	lost   func(kernel.BridgeID)
	tables *tables
	ports  map[string]*port
	native bool
	packet int // sends frames that user space makes
	watch  *watch
	slow   *slowPath

	detached atomic.Uint64

	op      sync.Mutex // held while devices and next hops are looked at and changed
	devices map[int]*device

	mu      sync.Mutex // guards what follows and the entries of the tables
	closed  bool
	tunnels map[kernel.TunnelID]*tunnel
	bridges map[kernel.BridgeID]*bridge
	last    uint32 // generation given
}

var (
	_ kernel.Dataplane   = (*Dataplane)(nil)
	_ kernel.Receiver    = (*Dataplane)(nil)
	_ kernel.BulkRemover = (*Dataplane)(nil)
)

// tunnel is a tunnel that exists. Its fields but Tunnel are guarded by op, and
// written with mu held too.
type tunnel struct {
	kernel.Tunnel
	hop     forwardHop // in force if there is no reason
	reason  string     // why frames do not leave by the hop; empty: they do
	changed time.Time
}

// New returns a Dataplane for the network namespace of the process, whose
// program runs on the devices of cfg. Its error is kernel.ErrNotSupported,
// wrapped, where the kernel lacks something; see Probe.
func New(cfg Config) (_ *Dataplane, err error) {
	if err := kernel.Missing(Probe()); err != nil {
		return nil, fmt.Errorf("forward in XDP: %w", err)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	d := &Dataplane{
		log: cfg.Log, lost: cfg.Lost, ports: map[string]*port{}, packet: -1, devices: map[int]*device{},
		tunnels: map[kernel.TunnelID]*tunnel{}, bridges: map[kernel.BridgeID]*bridge{},
	}
	defer func() {
		if err != nil {
			_ = d.Close() // the first error is the one to tell
		}
	}()
	if d.tables, err = newTables(len(cfg.Ports)); err != nil {
		return nil, err
	}
	for i, p := range cfg.Ports {
		d.ports[p.Name] = &port{Port: p, number: uint32(i)}
	}
	if d.packet, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return nil, fmt.Errorf("open a packet socket: %w", err)
	}
	if d.slow, err = newSlowPath(d); err != nil {
		return nil, err
	}
	if d.watch, err = newWatch(d.pass); err != nil {
		return nil, err
	}
	if err := d.attachAll(cfg); err != nil {
		return nil, err
	}
	return d, nil
}

// Mode is how the program runs: "native" in the drivers, or "generic" in the
// network stack.
func (d *Dataplane) Mode() string {
	if d.native {
		return "native"
	}
	return "generic"
}

// AddTunnel implements kernel.Dataplane.
func (d *Dataplane) AddTunnel(ctx context.Context, spec kernel.Tunnel) error {
	if err := d.addTunnel(ctx, spec); err != nil {
		return fmt.Errorf("add tunnel %d to %v: %w", spec.ID, spec.Peer, err)
	}
	return nil
}

func (d *Dataplane) addTunnel(ctx context.Context, spec kernel.Tunnel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.op.Lock()
	defer d.op.Unlock()
	t, err := d.claimTunnel(spec)
	if t == nil || err != nil {
		return err
	}
	d.resolveAll([]*tunnel{t})
	return nil
}

// claimTunnel enters a tunnel into the tables, without a next hop. It returns
// nil if the tunnel was there.
func (d *Dataplane) claimTunnel(spec kernel.Tunnel) (*tunnel, error) {
	spec.Local, spec.Peer = unmap(spec.Local), unmap(spec.Peer)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, net.ErrClosed
	}
	if t, ok := d.tunnels[spec.ID]; ok {
		if t.PeerID != spec.PeerID || t.Local != spec.Local || t.Peer != spec.Peer || t.DSCP != spec.DSCP {
			return nil, kernel.ErrConflict
		}
		return nil, nil
	}
	if spec.Local.Addr().Is4() != spec.Peer.Addr().Is4() || !spec.Peer.IsValid() {
		return nil, errors.New("no addresses of one family")
	}
	t := &tunnel{Tunnel: spec, reason: "not looked at yet"}
	d.tunnels[spec.ID] = t
	e := &d.tables.tunnels[spec.ID]
	e.Peer = swap(uint16(spec.PeerID))
	e.LocalPort, e.PeerPort = swap(spec.Local.Port()), swap(spec.Peer.Port())
	e.Tos, e.Ttl = spec.DSCP<<2, 64
	e.Local, e.PeerAddress = words(spec.Local.Addr()), words(spec.Peer.Addr())
	e.Checksum = constantPart(spec.Local.Addr(), spec.Peer.Addr(), e.Tos, e.Ttl)
	store(&e.State, active|family(spec.Peer.Addr()))
	return t, nil
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

func family(a netip.Addr) uint32 {
	if a.Is4() {
		return 0
	}
	return sixth
}

// RemoveTunnel implements kernel.Dataplane.
func (d *Dataplane) RemoveTunnel(_ context.Context, id kernel.TunnelID) error {
	d.op.Lock()
	defer d.op.Unlock()
	d.mu.Lock()
	_, ok := d.tunnels[id]
	if ok && !d.closed {
		delete(d.tunnels, id)
		store(&d.tables.tunnels[id].State, 0)
		for _, b := range d.bridges {
			if b.Tunnel == id {
				d.stop(b) // another tunnel of this ID is none of theirs
			}
		}
	}
	d.mu.Unlock()
	if !ok {
		return nil
	}
	// No frame is under way when the ID is given to another tunnel.
	if err := d.tables.grace.wait(); err != nil {
		return fmt.Errorf("remove tunnel %d: %w", id, err)
	}
	return nil
}

// Reset implements kernel.Dataplane: it removes all bridges and tunnels. Nothing
// of a process that is dead can be left, because the program leaves its devices
// with the process that attached it.
func (d *Dataplane) Reset(ctx context.Context) error {
	if err := d.removeAll(ctx); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	return nil
}

func (d *Dataplane) removeAll(ctx context.Context) error {
	d.mu.Lock()
	bridges := make([]kernel.BridgeID, 0, len(d.bridges))
	for id := range d.bridges {
		bridges = append(bridges, id)
	}
	tunnels := make([]kernel.TunnelID, 0, len(d.tunnels))
	for id := range d.tunnels {
		tunnels = append(tunnels, id)
	}
	d.mu.Unlock()
	_, err := d.RemoveBridges(ctx, bridges)
	errs := []error{err}
	for _, id := range tunnels {
		errs = append(errs, d.RemoveTunnel(ctx, id))
	}
	return errors.Join(errs...)
}

// Close implements kernel.Dataplane. It takes the program off the devices and
// removes all bridges and tunnels; the tunnels' sockets stay open.
func (d *Dataplane) Close() error {
	d.mu.Lock()
	closed := d.closed
	d.closed = true
	d.mu.Unlock()
	if closed {
		return nil
	}
	var errs []error
	if d.watch != nil {
		d.watch.close()
	}
	errs = append(errs, d.detachAll())
	if d.slow != nil {
		errs = append(errs, d.slow.close())
	}
	if d.tables != nil {
		d.mu.Lock() // nobody reads counters any more
		d.bridges, d.tunnels = map[kernel.BridgeID]*bridge{}, map[kernel.TunnelID]*tunnel{}
		d.mu.Unlock()
		errs = append(errs, d.tables.close())
	}
	if d.packet >= 0 {
		errs = append(errs, unix.Close(d.packet))
	}
	return errors.Join(errs...)
}
