package kerneltest

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"lacd/kernel"
)

// Kind says which method of a Dataplane was called.
type Kind uint8

// The operations of a Dataplane that change something.
const (
	AddTunnel Kind = 1 + iota
	RemoveTunnel
	AddBridge
	RemoveBridge
	Reset
	Close
)

// String is the name of the operation, as "add bridge".
func (k Kind) String() string {
	switch k {
	case AddTunnel:
		return "add tunnel"
	case RemoveTunnel:
		return "remove tunnel"
	case AddBridge:
		return "add bridge"
	case RemoveBridge:
		return "remove bridge"
	case Reset:
		return "reset"
	case Close:
		return "close"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Op is one operation that a Fake was asked for.
type Op struct {
	Kind   Kind
	Tunnel kernel.TunnelID // zero where there is none
	Bridge kernel.BridgeID // zero where there is none
	Err    error           // how it ended; nil while it is being intercepted
}

// String is one line for a transcript, as "add bridge 3 on tunnel 7".
func (o Op) String() string {
	var s string
	switch o.Kind {
	case AddBridge:
		s = fmt.Sprintf("%v %d on tunnel %d", o.Kind, o.Bridge, o.Tunnel)
	case RemoveBridge:
		s = fmt.Sprintf("%v %d", o.Kind, o.Bridge)
	case AddTunnel, RemoveTunnel:
		s = fmt.Sprintf("%v %d", o.Kind, o.Tunnel)
	case Reset, Close:
		s = o.Kind.String()
	}
	if o.Err != nil {
		s += ": " + o.Err.Error()
	}
	return s
}

// Fake is a Dataplane in memory. Its methods may be called from any goroutine.
type Fake struct {
	lost func(kernel.BridgeID)

	mu        sync.Mutex // guards everything below; not held while waiting
	tunnels   map[kernel.TunnelID]kernel.Tunnel
	bridges   map[kernel.BridgeID]*fakeBridge
	ops       []Op
	fail      map[Kind][]error
	delay     map[Kind]time.Duration
	intercept func(context.Context, Op) error
	closed    bool
}

type fakeBridge struct {
	kernel.Bridge
	counters kernel.Counters
	lost     bool
}

var _ kernel.Dataplane = (*Fake)(nil)

// NewFake returns an empty Fake. lost is called by Lose; it may be nil.
func NewFake(lost func(kernel.BridgeID)) *Fake {
	return &Fake{
		lost:    lost,
		tunnels: map[kernel.TunnelID]kernel.Tunnel{},
		bridges: map[kernel.BridgeID]*fakeBridge{},
		fail:    map[Kind][]error{},
		delay:   map[Kind]time.Duration{},
	}
}

// Fail makes the next operation of this kind end with err. Calls queue up: two
// of them make the next two fail.
func (f *Fake) Fail(k Kind, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail[k] = append(f.fail[k], err)
}

// Delay makes each operation of this kind take d from now on.
func (f *Fake) Delay(k Kind, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay[k] = d
}

// Intercept has fn called before each operation takes effect. It may wait, and
// the operation ends with the error that it returns. Nil removes it.
func (f *Fake) Intercept(fn func(ctx context.Context, op Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.intercept = fn
}

// Ops returns what was done so far, in the order in which it took effect.
func (f *Fake) Ops() []Op {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ops)
}

// TakeOps is Ops, and forgets them.
func (f *Fake) TakeOps() []Op {
	f.mu.Lock()
	defer f.mu.Unlock()
	ops := f.ops
	f.ops = nil
	return ops
}

// Bridges returns the bridges that exist, by ID.
func (f *Fake) Bridges() []kernel.Bridge {
	f.mu.Lock()
	defer f.mu.Unlock()
	bs := make([]kernel.Bridge, 0, len(f.bridges))
	for _, b := range f.bridges {
		bs = append(bs, b.Bridge)
	}
	slices.SortFunc(bs, func(a, b kernel.Bridge) int { return cmp.Compare(a.ID, b.ID) })
	return bs
}

// Tunnels returns the tunnels that exist, by ID.
func (f *Fake) Tunnels() []kernel.Tunnel {
	f.mu.Lock()
	defer f.mu.Unlock()
	ts := make([]kernel.Tunnel, 0, len(f.tunnels))
	for _, t := range f.tunnels {
		ts = append(ts, t)
	}
	slices.SortFunc(ts, func(a, b kernel.Tunnel) int { return cmp.Compare(a.ID, b.ID) })
	return ts
}

// SetCounters sets the counters of bridge c.ID. It reports whether it exists.
func (f *Fake) SetCounters(c kernel.Counters) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.bridges[c.ID]
	if ok {
		b.counters = c
	}
	return ok
}

// Lose reports a bridge as lost, as the kernel does when the access device goes
// away. It does nothing, and returns false, for a bridge that does not exist or
// was lost before.
func (f *Fake) Lose(id kernel.BridgeID) bool {
	f.mu.Lock()
	b, ok := f.bridges[id]
	ok = ok && !b.lost
	if ok {
		b.lost = true
	}
	f.mu.Unlock()
	if ok && f.lost != nil {
		f.lost(id)
	}
	return ok
}

// AddTunnel implements kernel.Dataplane.
func (f *Fake) AddTunnel(ctx context.Context, t kernel.Tunnel) error {
	return f.do(ctx, Op{Kind: AddTunnel, Tunnel: t.ID}, func() error {
		if f.closed {
			return net.ErrClosed
		}
		if old, ok := f.tunnels[t.ID]; ok && !sameTunnel(old, t) {
			return kernel.ErrConflict
		}
		f.tunnels[t.ID] = t
		return nil
	})
}

// sameTunnel compares tunnels by what identifies them, which their socket does
// not: it is often a new wrapper around the same descriptor.
func sameTunnel(a, b kernel.Tunnel) bool {
	return a.PeerID == b.PeerID && a.Local == b.Local && a.Peer == b.Peer
}

// RemoveTunnel implements kernel.Dataplane.
func (f *Fake) RemoveTunnel(ctx context.Context, id kernel.TunnelID) error {
	return f.do(ctx, Op{Kind: RemoveTunnel, Tunnel: id}, func() error {
		delete(f.tunnels, id)
		return nil
	})
}

// AddBridge implements kernel.Dataplane.
func (f *Fake) AddBridge(ctx context.Context, b kernel.Bridge) error {
	return f.do(ctx, Op{Kind: AddBridge, Bridge: b.ID, Tunnel: b.Tunnel}, func() error {
		if f.closed {
			return net.ErrClosed
		}
		if old, ok := f.bridges[b.ID]; ok {
			if old.Bridge != b {
				return kernel.ErrConflict
			}
			return nil
		}
		if _, ok := f.tunnels[b.Tunnel]; !ok {
			return kernel.ErrNoTunnel
		}
		for _, o := range f.bridges {
			if o.Tunnel == b.Tunnel && o.Session == b.Session ||
				o.Port == b.Port && o.VLANs == b.VLANs && o.MAC == b.MAC && o.PPPoE == b.PPPoE {
				return kernel.ErrConflict
			}
		}
		f.bridges[b.ID] = &fakeBridge{Bridge: b, counters: kernel.Counters{ID: b.ID}}
		return nil
	})
}

// RemoveBridge implements kernel.Dataplane.
func (f *Fake) RemoveBridge(ctx context.Context, id kernel.BridgeID) (kernel.Counters, error) {
	c := kernel.Counters{ID: id}
	err := f.do(ctx, Op{Kind: RemoveBridge, Bridge: id}, func() error {
		if b, ok := f.bridges[id]; ok {
			c = b.counters
			delete(f.bridges, id)
		}
		return nil
	})
	return c, err
}

// AppendCounters implements kernel.Dataplane.
func (f *Fake) AppendCounters(dst []kernel.Counters) ([]kernel.Counters, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return dst, fmt.Errorf("read counters: %w", net.ErrClosed)
	}
	for _, b := range f.bridges {
		dst = append(dst, b.counters)
	}
	return dst, nil
}

// Reset implements kernel.Dataplane.
func (f *Fake) Reset(ctx context.Context) error {
	return f.do(ctx, Op{Kind: Reset}, func() error {
		clear(f.bridges)
		clear(f.tunnels)
		return nil
	})
}

// Close implements kernel.Dataplane.
func (f *Fake) Close() error {
	return f.do(context.Background(), Op{Kind: Close}, func() error {
		clear(f.bridges)
		clear(f.tunnels)
		f.closed = true
		return nil
	})
}

// do runs one operation: wait, intercept, fail or take effect, record.
func (f *Fake) do(ctx context.Context, op Op, effect func() error) error {
	f.mu.Lock()
	delay, intercept := f.delay[op.Kind], f.intercept
	var err error
	if q := f.fail[op.Kind]; len(q) > 0 {
		err, f.fail[op.Kind] = q[0], q[1:]
	}
	f.mu.Unlock()

	if werr := wait(ctx, delay); err == nil {
		err = werr
	}
	if err == nil && intercept != nil {
		err = intercept(ctx, op)
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		err = effect()
	}
	op.Err = err
	f.ops = append(f.ops, op)
	if err != nil {
		return fmt.Errorf("%v: %w", Op{Kind: op.Kind, Tunnel: op.Tunnel, Bridge: op.Bridge}, err)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
