package vlan

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"lacd/kernel"
)

// Config describes Devices. Its zero value is useful.
type Config struct {
	// Ports are the access devices that Reset cleans. None: all.
	Ports []string
	// Idle is how long a device stays that nobody uses; 0: 10 s.
	Idle time.Duration
}

// Devices keeps VLAN devices. Its methods are for any goroutine, and may sleep
// in the kernel.
type Devices struct {
	ports []string
	idle  time.Duration
	links links

	wake chan struct{} // a device became idle, or Close
	done chan struct{} // closed when sweep has ended

	mu      sync.Mutex // guards what follows; not held while in the kernel
	devices map[key]*device
	closed  bool
}

// key is what a device is for.
type key struct {
	port  string
	vlans [2]kernel.VLAN
}

// device is a VLAN device that exists, or is being made or removed.
type device struct {
	key
	owner   *Devices
	outer   *device // which it stands on and uses; nil: on the port
	release func()

	op     sync.Mutex // held while the kernel's device is made or removed; taken before that of outer
	link   link       // guarded by op; zero: there is none
	parent int        // guarded by op: index of what link stands on

	users int       // guarded by Devices.mu
	since time.Time // guarded by Devices.mu: when the last user left
}

// New returns Devices for the network namespace of the process. Close ends it.
func New(cfg Config) (*Devices, error) {
	r, err := newRtnetlink()
	if err != nil {
		return nil, fmt.Errorf("open VLAN devices: %w", err)
	}
	return start(cfg, r), nil
}

func start(cfg Config, l links) *Devices {
	if cfg.Idle == 0 {
		cfg.Idle = 10 * time.Second
	}
	d := &Devices{
		ports: cfg.Ports, idle: cfg.Idle, links: l, devices: map[key]*device{},
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go d.sweep()
	return d
}

// Acquire returns the name of the device on which frames of a port with these
// tags are seen without them, and what is to be called, once, when it is no
// longer needed. For no tags that is the port itself.
func (d *Devices) Acquire(port string, vlans [2]kernel.VLAN) (name string, release func(), err error) {
	if vlans == [2]kernel.VLAN{} {
		return port, func() {}, nil
	}
	if err := check(vlans); err != nil {
		return "", nil, fmt.Errorf("VLAN device on %s: %w", port, err)
	}
	dev := d.use(key{port, vlans})
	if dev == nil {
		return "", nil, fmt.Errorf("VLAN device on %s: %w", port, net.ErrClosed)
	}
	l, err := dev.ensure()
	if err != nil {
		dev.release()
		return "", nil, fmt.Errorf("VLAN device on %s: %w", port, err)
	}
	return l.name, dev.release, nil
}

// use returns the device for k, with one user more; nil after Close.
func (d *Devices) use(k key) *device {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	return d.take(k)
}

// take is use with the lock held.
func (d *Devices) take(k key) *device {
	dev := d.devices[k]
	if dev == nil {
		dev = &device{key: k, owner: d}
		dev.release = dev.leave
		if k.vlans[1] != (kernel.VLAN{}) {
			dev.outer = d.take(key{k.port, [2]kernel.VLAN{k.vlans[0]}})
		}
		d.devices[k] = dev
	}
	dev.users++
	return dev
}

// leave takes one user off.
func (dev *device) leave() {
	d := dev.owner
	d.mu.Lock()
	dev.users--
	idle := dev.users == 0
	if idle {
		dev.since = time.Now()
	}
	d.mu.Unlock()
	if idle {
		d.signal()
	}
}

func (d *Devices) signal() {
	select {
	case d.wake <- struct{}{}:
	default: // sweep is due to look
	}
}

// ensure returns the kernel's device, and makes it if it is not there, or not
// there any more: the port may have been deleted and come back.
func (dev *device) ensure() (link, error) {
	dev.op.Lock()
	defer dev.op.Unlock()
	d := dev.owner
	if d.ended() { // Close takes op of each device after it has said so
		return link{}, net.ErrClosed
	}
	root := d.links.index(dev.port)
	parent, tag := root, dev.vlans[0]
	if dev.outer != nil {
		l, err := dev.outer.ensure()
		if err != nil {
			return link{}, err
		}
		parent, tag = l.index, dev.vlans[1]
	}
	switch {
	case root == 0:
		return link{}, kernel.ErrGone
	case dev.link.index != 0 && dev.parent == parent && d.links.index(dev.link.name) == dev.link.index:
		return dev.link, nil
	}
	dev.link = link{}
	name := nameOf(root, dev.vlans)
	l, err := d.links.add(parent, tag, name)
	if err != nil {
		return link{}, fmt.Errorf("make %s: %w", name, err)
	}
	dev.link, dev.parent = l, parent
	return l, nil
}

func (d *Devices) ended() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// sweep removes idle devices until Close.
func (d *Devices) sweep() {
	defer close(d.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-d.wake:
		case <-timer.C:
		}
		old, next, closed := d.unused(time.Now().Add(-d.idle))
		if closed {
			return
		}
		for _, dev := range old {
			_ = dev.remove() // it is tried again
		}
		wait := time.Hour
		if len(old) > 0 {
			wait = d.idle // what was below them is idle now, or could not be removed
		}
		if !next.IsZero() {
			wait = min(wait, max(0, time.Until(next.Add(d.idle))))
		}
		timer.Reset(wait)
	}
}

// unused returns the devices that have had no user since before, and when the
// first of the others became unused; zero: all others are in use.
func (d *Devices) unused(before time.Time) (old []*device, next time.Time, closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, dev := range d.devices {
		switch {
		case dev.users > 0:
		case !dev.since.After(before):
			old = append(old, dev)
		case next.IsZero() || dev.since.Before(next):
			next = dev.since
		}
	}
	return old, next, d.closed
}

// remove removes the kernel's device, unless somebody uses it again.
func (dev *device) remove() error {
	d := dev.owner
	dev.op.Lock()
	defer dev.op.Unlock()
	d.mu.Lock()
	used := dev.users > 0
	d.mu.Unlock()
	if used {
		return nil
	}
	// Who takes it now waits for op, and makes it anew.
	var err error
	if dev.link.ours {
		err = d.links.remove(dev.link.index)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		dev.since = time.Now()
		return fmt.Errorf("remove VLAN device %s: %w", dev.link.name, err)
	}
	dev.link = link{}
	if dev.users > 0 {
		return nil
	}
	delete(d.devices, dev.key)
	if dev.outer != nil {
		if dev.outer.users--; dev.outer.users == 0 {
			dev.outer.since = time.Now()
		}
	}
	return nil
}

// Reset removes the devices that nobody uses, and those that a run that was
// killed has left.
func (d *Devices) Reset() error {
	var errs []error
	for {
		old, _, _ := d.unused(time.Now())
		if len(old) == 0 || len(errs) > 0 {
			break
		}
		errs = append(errs, each(old, (*device).remove)...)
	}
	left, err := d.links.leftovers(d.ports)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	known := map[int]bool{}
	for _, dev := range d.all() {
		dev.op.Lock()
		known[dev.link.index] = true
		dev.op.Unlock()
	}
	errs = append(errs, each(left, func(index int) error {
		if known[index] {
			return nil
		}
		return d.links.remove(index)
	})...)
	return errors.Join(errs...)
}

func (d *Devices) all() []*device {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.devices))
}

// Close removes all devices, used or not; after it Acquire returns
// net.ErrClosed, wrapped.
func (d *Devices) Close() error {
	d.mu.Lock()
	closed := d.closed
	d.closed = true
	d.mu.Unlock()
	if closed {
		return nil
	}
	all := d.all()
	// The lowest first: those above them go with them.
	slices.SortStableFunc(all, func(a, b *device) int { return cmp.Compare(a.vlans[1].ID, b.vlans[1].ID) })
	d.signal()
	<-d.done
	errs := each(all, func(dev *device) error {
		dev.op.Lock()
		defer dev.op.Unlock()
		if !dev.link.ours {
			return nil
		}
		index := dev.link.index
		dev.link = link{}
		return d.links.remove(index)
	})
	return errors.Join(append(errs, d.links.close())...)
}

// atOnce is how many devices are removed in parallel: each waits in the kernel
// for most of its time.
const atOnce = 16

// each calls f for all, and returns the errors.
func each[T any](all []T, f func(T) error) []error {
	work := make(chan T, len(all))
	for _, v := range all {
		work <- v
	}
	close(work)
	var mu sync.Mutex // guards errs
	var errs []error
	var group sync.WaitGroup
	for range min(len(all), atOnce) {
		group.Go(func() {
			for v := range work {
				if err := f(v); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	return errs
}
