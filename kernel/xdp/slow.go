package xdp

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// slowPath carries frames that the program cannot: up through the tunnel's own
// socket, for which the kernel finds the neighbour, makes fragments and encrypts,
// and down what only the kernel could put together or decrypt. It is bounded by
// the ring that the program writes to, and by the caller of Receive.
type slowPath struct {
	plane *Dataplane
	ring  *ringbuf.Reader
	wg    sync.WaitGroup

	sent, delivered atomic.Uint64 // frames, up and down
	refused         atomic.Uint64 // that a socket or device did not take
}

func newSlowPath(d *Dataplane) (*slowPath, error) {
	r, err := ringbuf.NewReader(d.tables.shared[forwardMapRing])
	if err != nil {
		return nil, fmt.Errorf("open the ring: %w", err)
	}
	s := &slowPath{plane: d, ring: r}
	s.wg.Go(s.run)
	return s, nil
}

func (s *slowPath) close() error {
	err := s.ring.Close()
	s.wg.Wait()
	return err
}

func (s *slowPath) run() {
	var r ringbuf.Record
	var msg []byte
	for {
		err := s.ring.ReadInto(&r)
		if errors.Is(err, os.ErrClosed) {
			return
		}
		if err != nil {
			continue // of one record
		}
		msg = s.up(r.RawSample, msg[:0])
	}
}

// record is what the program writes to the ring, before the frame.
const (
	recordLen = 16
	l2tpData  = 0x0002 // a data message of version 2 (RFC 2661 section 3.1)

	flagLength   = 0x4000
	flagSequence = 0x0800
	flagOffset   = 0x0200
)

// up sends the frame of a record to the LNS. It returns the buffer it used.
func (s *slowPath) up(r, msg []byte) []byte {
	if len(r) < recordLen {
		return msg
	}
	at, generation, ns := native.Uint32(r), native.Uint32(r[4:]), native.Uint32(r[8:])
	numbered, n := native.Uint16(r[12:]) != 0, int(native.Uint16(r[14:]))
	if r = r[recordLen:]; n > len(r) {
		return msg
	}
	d := s.plane
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || at >= uint32(len(d.tables.ups)) {
		return msg
	}
	// The session may have ended since, and its place be another's.
	e := &d.tables.ups[at]
	if e.Generation != generation || load(&e.State)&active == 0 {
		return msg
	}
	t := d.tunnels[kernel.TunnelID(e.Tunnel)]
	if t == nil || t.Socket == nil {
		return msg
	}
	flags := uint16(l2tpData)
	if numbered {
		flags |= flagSequence
	}
	msg = be.AppendUint16(be.AppendUint16(msg, flags), uint16(t.PeerID))
	msg = native.AppendUint16(msg, e.Session)
	if numbered {
		msg = be.AppendUint16(be.AppendUint16(msg, uint16(ns)), 0)
	}
	msg = append(append(msg, 0xff, 0x03), r[:n]...)
	if err := send(t, msg); err != nil {
		s.refused.Add(1)
	} else {
		s.sent.Add(1)
	}
	return msg
}

// send writes to the tunnel's socket, and does not wait for it.
func send(t *tunnel, msg []byte) error {
	var err error
	cerr := t.Socket.Control(func(fd uintptr) {
		err = unix.Send(int(fd), msg, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.ECONNREFUSED) { // of an earlier message
			err = unix.Send(int(fd), msg, unix.MSG_DONTWAIT)
		}
	})
	return errors.Join(cerr, err)
}

// Receive implements kernel.Receiver.
func (d *Dataplane) Receive(id kernel.TunnelID, msg []byte) bool {
	session, numbered, ppp, ok := parseData(id, msg)
	if !ok {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.tunnels[id] == nil {
		return false
	}
	at, ok := d.session(id, session)
	if !ok {
		return false
	}
	e := &d.tables.downs[at]
	if load(&e.State)&active == 0 {
		return false
	}
	if numbers := uint32(octet(numbered)); load(&e.Numbers) != numbers {
		store(&e.Numbers, numbers)
		store(&d.tables.ups[e.Up].Numbered, numbers)
	}
	if err := d.deliver(e, ppp); err != nil {
		d.slow.refused.Add(1)
		return true
	}
	d.slow.delivered.Add(1)
	atomic.AddUint64(&e.Packets, 1)
	atomic.AddUint64(&e.Octets, uint64(len(ppp)))
	return true
}

// deliver sends a PPP frame to the subscriber. mu is held.
func (d *Dataplane) deliver(e *forwardDown, ppp []byte) error {
	if len(ppp) > int(load(&e.Most)) {
		return unix.EMSGSIZE
	}
	var index uint32
	if err := d.tables.shared[forwardMapDevices].Lookup(e.Device, &index); err != nil {
		return err
	}
	f := make([]byte, 0, 28+len(ppp))
	for _, w := range e.Addresses {
		f = native.AppendUint32(f, w)
	}
	for _, w := range e.Vlans[:e.Tags] {
		f = native.AppendUint32(f, w)
	}
	f = append(f, 0x88, 0x64, 0x11, 0)
	f = native.AppendUint16(f, e.Session)
	f = append(be.AppendUint16(f, uint16(len(ppp))), ppp...)
	return unix.Sendto(d.packet, f, unix.MSG_DONTWAIT, &unix.SockaddrLinklayer{Ifindex: int(index), Halen: 6})
}

// parseData takes a data message apart (RFC 2661 section 3.1).
func parseData(id kernel.TunnelID, msg []byte) (session uint16, numbered bool, ppp []byte, ok bool) {
	if len(msg) < 6 {
		return 0, false, nil, false
	}
	flags := be.Uint16(msg)
	if flags&0x800f != l2tpData {
		return 0, false, nil, false
	}
	rest := msg[2:]
	cut := func(n int) bool {
		if n > len(rest) {
			return false
		}
		rest = rest[n:]
		return true
	}
	if flags&flagLength != 0 && !cut(2) || len(rest) < 4 || be.Uint16(rest) != uint16(id) {
		return 0, false, nil, false
	}
	session = be.Uint16(rest[2:])
	rest = rest[4:]
	if numbered = flags&flagSequence != 0; numbered && !cut(4) {
		return 0, false, nil, false
	}
	if flags&flagOffset != 0 && (len(rest) < 2 || !cut(2+int(be.Uint16(rest)))) {
		return 0, false, nil, false
	}
	if len(rest) >= 2 && rest[0] == 0xff && rest[1] == 0x03 {
		rest = rest[2:]
	}
	return session, numbered, rest, len(rest) > 0
}

// Stats counts frames of sessions that went through user space, and those that
// did not get through, and what else an operator should see.
type Stats struct {
	SlowUp, SlowDown uint64

	Crowded uint64 // no room on the way to user space
	Long    uint64 // longer than the access device takes
	Device  uint64 // the device was gone
	Room    uint64 // a driver left no room for the header
	Refused uint64 // by the socket or device that user space sends to

	Detached uint64 // times that somebody else took the program off a device

	Direct, Indirect int // tunnels there are now, forwarded in XDP and in user space
}

// Stats returns what was counted since New.
func (d *Dataplane) Stats() (Stats, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return Stats{}, os.ErrClosed
	}
	n, err := d.tables.drops()
	s := Stats{
		SlowUp: d.slow.sent.Load(), SlowDown: d.slow.delivered.Load(),
		Crowded: n[0], Long: n[1], Device: n[2], Room: n[3], Refused: d.slow.refused.Load(),
		Detached: d.detached.Load(),
	}
	for _, t := range d.tunnels {
		if t.reason == "" {
			s.Direct++
		} else {
			s.Indirect++
		}
	}
	return s, err
}
