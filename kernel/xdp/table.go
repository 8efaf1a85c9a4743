package xdp

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// What the entries of the tables say; see bpf/tables.h.
const (
	active   = 1
	required = 2 // of a session
	direct   = 2 // of a tunnel
	sixth    = 4 // of a tunnel: IPv6

	place  = 0x9e37
	places = 32

	maxPorts    = 64
	maxDevices  = 256
	sessionsOf  = 1 << 16 // of a port or a tunnel
	downsOfPort = 2 * sessionsOf
)

// tables are the maps of the program, mapped into memory: entries are read and
// written as the program does it, with atomic operations on fields, and without
// a system call.
type tables struct {
	spec    *ebpf.CollectionSpec
	shared  map[string]*ebpf.Map
	ups     []forwardUp
	downs   []forwardDown
	tunnels []forwardTunnel
	mapped  [][]byte
	grace   *grace
}

// newTables makes the tables for so many access ports.
func newTables(ports int) (_ *tables, err error) {
	if ports < 1 || ports > maxPorts {
		return nil, fmt.Errorf("%d access ports: not within 1 to %d", ports, maxPorts)
	}
	t := &tables{shared: map[string]*ebpf.Map{}}
	defer func() {
		if err != nil {
			_ = t.close() // the first error is the one to tell
		}
	}()
	if t.spec, err = loadForward(); err != nil {
		return nil, err
	}
	downs := downsOfPort
	for downs < downsOfPort*ports {
		downs *= 2
	}
	t.spec.Maps[forwardMapUps].MaxEntries = uint32(sessionsOf * ports)
	t.spec.Maps[forwardMapDowns].MaxEntries = uint32(downs)
	if err := t.spec.Variables[forwardVarDownMask].Set(uint32(downs - 1)); err != nil {
		return nil, err
	}
	for _, name := range []string{forwardMapUps, forwardMapDowns, forwardMapTunnels, forwardMapDevices, forwardMapRing, forwardMapDrops} {
		m, err := ebpf.NewMap(t.spec.Maps[name])
		if err != nil {
			return nil, fmt.Errorf("make table %s: %w", name, err)
		}
		t.shared[name] = m
	}
	if t.ups, err = view[forwardUp](t, forwardMapUps); err != nil {
		return nil, err
	}
	if t.downs, err = view[forwardDown](t, forwardMapDowns); err != nil {
		return nil, err
	}
	if t.tunnels, err = view[forwardTunnel](t, forwardMapTunnels); err != nil {
		return nil, err
	}
	t.grace, err = newGrace()
	return t, err
}

// view maps a table into memory. Its entries are what bpf2go made of the
// program's own types, so there is nothing to convert.
func view[T any](t *tables, name string) ([]T, error) {
	m := t.shared[name]
	n := int(m.MaxEntries())
	var entry T
	size := n * int(unsafe.Sizeof(entry))
	if int(m.ValueSize())*n != size {
		return nil, fmt.Errorf("table %s has entries of %d octets", name, m.ValueSize())
	}
	b, err := unix.Mmap(m.FD(), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map table %s into memory: %w", name, err)
	}
	t.mapped = append(t.mapped, b)
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n), nil
}

func (t *tables) close() error {
	t.ups, t.downs, t.tunnels = nil, nil, nil
	var errs []error
	for _, b := range t.mapped {
		errs = append(errs, unix.Munmap(b))
	}
	t.mapped = nil
	for _, m := range t.shared {
		errs = append(errs, m.Close())
	}
	if t.grace != nil {
		errs = append(errs, t.grace.close())
	}
	return errors.Join(errs...)
}

// program returns an instance of the program for one device.
func (t *tables) program(port uint32, access, core bool) (*ebpf.Program, error) {
	spec := t.spec.Copy()
	for name, value := range map[string]any{forwardVarPort: port, forwardVarAccess: octet(access), forwardVarCore: octet(core)} {
		if err := spec.Variables[name].Set(value); err != nil {
			return nil, err
		}
	}
	c, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: t.shared})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.DetachProgram(forwardProgForward), nil
}

func octet(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// free returns the first free place of a session in downs.
func (t *tables) free(tunnel, session uint16) (uint32, bool) {
	mask := uint32(len(t.downs) - 1)
	at := uint32(session) + uint32(tunnel)*place
	for range places {
		if t.downs[at&mask].Key == 0 {
			return at & mask, true
		}
		at += 2*uint32(tunnel) + 1
	}
	return 0, false
}

// drops returns how many frames of sessions did not get through.
func (t *tables) drops() (sum [4]uint64, err error) {
	for i := range sum {
		var each []uint64
		if err := t.shared[forwardMapDrops].Lookup(uint32(i), &each); err != nil {
			return sum, fmt.Errorf("read drops: %w", err)
		}
		for _, n := range each {
			sum[i] += n
		}
	}
	return sum, nil
}

// grace waits until no program that was running is running any more: entries
// that had been taken out of use before are then used by nobody.
type grace struct {
	outer, inner *ebpf.Map

	turn sync.Mutex // held while waiting in the kernel
	mu   sync.Mutex // guards next
	next *period
}

type period struct {
	done chan struct{}
	err  error
}

func newGrace() (*grace, error) {
	inner := &ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1}
	m, err := ebpf.NewMap(inner)
	if err != nil {
		return nil, fmt.Errorf("make a map: %w", err)
	}
	outer, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.ArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 1, InnerMap: inner})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a map of maps: %w", err), m.Close())
	}
	return &grace{outer: outer, inner: m}, nil
}

// wait returns when a grace period has passed that began after the call. Those
// who call meanwhile share the next one.
func (g *grace) wait() error {
	g.mu.Lock()
	p, leader := g.next, false
	if p == nil {
		p, leader = &period{done: make(chan struct{})}, true
		g.next = p
	}
	g.mu.Unlock()
	if leader {
		g.turn.Lock()
		g.mu.Lock()
		g.next = nil
		g.mu.Unlock()
		// The kernel does not return from the change of a map of maps before
		// every program that may see the old one has ended.
		p.err = g.outer.Put(uint32(0), g.inner)
		g.turn.Unlock()
		close(p.done)
	}
	<-p.done
	return p.err
}

func (g *grace) close() error { return errors.Join(g.outer.Close(), g.inner.Close()) }

func load(p *uint32) uint32 { return atomic.LoadUint32(p) }

func store(p *uint32, v uint32) { atomic.StoreUint32(p, v) }
