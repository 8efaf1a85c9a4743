package lac

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"lacd/kernel"
)

// device is an access port that outlives its network device: where that was
// deleted, reopen looks for it again. In between nothing can be read or
// written.
type device struct {
	name string
	open func() (kernel.Port, error) // nil: once gone it stays away
	cur  atomic.Pointer[kernel.Port]
	up   atomic.Bool

	mu     sync.Mutex // guards what follows
	past   kernel.PortStats
	closed bool
}

var _ kernel.Port = (*device)(nil)

func newDevice(p kernel.Port, open func() (kernel.Port, error)) *device {
	d := &device{name: p.Name(), open: open}
	d.cur.Store(&p)
	d.up.Store(true)
	return d
}

func (d *device) port() kernel.Port { return *d.cur.Load() }

// Name implements kernel.Port.
func (d *device) Name() string { return d.name }

// MAC implements kernel.Port: the address when the port was last opened.
func (d *device) MAC() [6]byte { return d.port().MAC() }

// MTU implements kernel.Port: the MTU when the port was last opened.
func (d *device) MTU() int { return d.port().MTU() }

// ReadBatch implements kernel.Port.
func (d *device) ReadBatch(fn func(frame []byte)) error { return d.port().ReadBatch(fn) }

// WriteBatch implements kernel.Port.
func (d *device) WriteBatch(frames [][]byte) error { return d.port().WriteBatch(frames) }

// Stats implements kernel.Port: those of all devices that had the name.
func (d *device) Stats() kernel.PortStats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sum(d.past, d.port().Stats())
}

func sum(a, b kernel.PortStats) kernel.PortStats {
	return kernel.PortStats{ReceiveDrops: a.ReceiveDrops + b.ReceiveDrops, SendErrors: a.SendErrors + b.SendErrors}
}

// Close implements kernel.Port.
func (d *device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return d.port().Close()
}

// lose closes what is left of a port whose device is gone.
func (d *device) lose() {
	d.up.Store(false)
	_ = d.port().Close() // there is nothing it could still do
}

// reopen opens the port of a device that has the name now. After Close it
// returns net.ErrClosed.
func (d *device) reopen() error {
	p, err := d.open()
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errors.Join(fmt.Errorf("open access port %s: %w", d.name, net.ErrClosed), p.Close())
	}
	d.past = sum(d.past, d.port().Stats())
	d.cur.Store(&p)
	d.up.Store(true)
	return nil
}

// Waits between two attempts to open a port whose device is gone.
const (
	firstReopen = 500 * time.Millisecond
	maxReopen   = 8 * time.Second
)

// restore ends the sessions of a port whose device is gone, and waits for the
// device. It reports false when the daemon stops first, or nobody knows how to
// open the port again.
func (a *access) restore(err error) bool {
	log := a.srv.cfg.Log
	log.Warn("access port is gone", "port", a.port.Name(), "err", err, "sessions", a.sessions.Load())
	a.port.lose()
	a.admission.forget()
	for _, sh := range a.srv.shards {
		sh.box.Put(goneIn{a})
	}
	if a.port.open == nil {
		return false
	}
	since := time.Now()
	for wait := firstReopen; a.srv.pause(wait); wait = min(2*wait, maxReopen) {
		err := a.port.reopen()
		if err != nil {
			log.Debug("access port cannot be opened yet", "port", a.port.Name(), "err", err)
			continue
		}
		a.face()
		log.Info("access port is back", "port", a.port.Name(), "after", time.Since(since).Round(time.Millisecond),
			"mac", a.front.Load().mac.String(), "mtu", a.port.MTU())
		return true
	}
	return false
}
