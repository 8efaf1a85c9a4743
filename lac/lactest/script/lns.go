package script

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

// LNS is one LNS, played by the test. Its reader decodes and checks what comes
// and acknowledges it; everything else is up to the test, unless Serve is
// called. Fields are set before the gateway is dialled.
type LNS struct {
	t   testing.TB
	cap *Capture

	Addr   netip.Addr
	Name   string // Host Name of Open and Serve
	Secret string // of Open and Serve, and of the gateway's configuration
	Window uint16 // Receive Window Size of Open and Serve; 0: no such AVP

	// Lax turns the check of what the gateway sends off.
	Lax bool

	raw     *net.IPConn // receives, with UDP headers
	dial    func(netip.AddrPort) (*net.UDPConn, error)
	control *inbox[*Message]
	data    *inbox[*DataMessage]
	done    chan struct{}

	mu      sync.Mutex // guards what follows
	ports   map[uint16]*net.UDPConn
	tunnels map[uint16]*Tunnel // by our Tunnel ID
	seen    map[string]bool    // SCCRQs
	lose    func(*Message) bool
	serve   *Service
	polite  bool
	lastID  uint16
}

const l2tpPort = 1701

// newLNS opens the sockets; it runs on a thread in the right namespace. The UDP
// sockets only send: receiving is left to a raw one, that sees UDP headers.
func newLNS(t testing.TB, addr netip.Addr, c *Capture, inside func(func() error) error) (*LNS, error) {
	l := &LNS{
		t: t, cap: c, Addr: addr, Name: "lns." + addr.String(), done: make(chan struct{}),
		control: newInbox[*Message](), data: newInbox[*DataMessage](),
		ports: map[uint16]*net.UDPConn{}, tunnels: map[uint16]*Tunnel{}, seen: map[string]bool{},
	}
	l.dial = func(a netip.AddrPort) (conn *net.UDPConn, err error) {
		err = inside(func() error {
			conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(a))
			return err
		})
		return conn, err
	}
	err := inside(func() (err error) {
		family := map[bool]string{true: "ip4:udp", false: "ip6:udp"}[addr.Is4()]
		l.raw, err = net.ListenIP(family, &net.IPAddr{IP: addr.AsSlice()})
		return err
	})
	if err != nil {
		return nil, err
	}
	_ = l.raw.SetReadBuffer(4 << 20) // what the system allows will do
	l.socket(l2tpPort)
	go l.read()
	return l, nil
}

func (l *LNS) close() {
	_ = l.raw.Close() // ends the reader
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.ports {
		_ = c.Close() // it only sent
	}
}

// socket returns the socket that sends from a port, opening it at its first use.
func (l *LNS) socket(port uint16) *net.UDPConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.ports[port]
	if c == nil {
		var err error
		if c, err = l.dial(netip.AddrPortFrom(l.Addr, port)); err != nil {
			l.t.Errorf("%s: open port %d: %v", l.Name, port, err)
			return nil
		}
		l.ports[port] = c
	}
	return c
}

// SendFrom sends octets as they are, from one of the LNS's ports.
func (l *LNS) SendFrom(port uint16, to netip.AddrPort, b []byte) {
	c := l.socket(port)
	if c == nil {
		return
	}
	l.cap.Datagram(time.Now(), netip.AddrPortFrom(l.Addr, port), to, 0, b)
	if _, err := c.WriteToUDPAddrPort(b, to); err != nil && !errors.Is(err, net.ErrClosed) {
		l.t.Errorf("%s: send: %v", l.Name, err)
	}
}

// Lose makes the network lose the control messages that f picks, nil: none any
// more. What is lost is neither acknowledged nor seen by Expect and Next, but
// is in Messages. f runs on the reader.
func (l *LNS) Lose(f func(*Message) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose = f
}

func (l *LNS) read() {
	defer close(l.done)
	buf := make([]byte, 1<<16)
	for {
		n, _, _, from, err := l.raw.ReadMsgIP(buf, nil)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		b, ok := datagramTo(l.Addr, buf[:n])
		if err != nil || !ok || len(b) < 8 {
			continue
		}
		peer, _ := netip.AddrFromSlice(from.IP)
		l.receive(peer.Unmap(), slices.Clone(b))
	}
}

// datagramTo returns what is behind the header of an IPv4 packet (RFC 791 section
// 3.1), if it is for an address: a raw socket takes those for all until it is
// bound. One of IPv6 shows no header.
func datagramTo(addr netip.Addr, b []byte) ([]byte, bool) {
	if addr.Is6() {
		return b, true
	}
	const header = 20
	if len(b) < header || netip.AddrFrom4([4]byte(b[16:header])) != addr {
		return nil, false
	}
	n := int(b[0]&0x0f) * 4
	if n < header || n > len(b) {
		return nil, false
	}
	return b[n:], true
}

// receive takes a UDP datagram with its header.
func (l *LNS) receive(peer netip.Addr, b []byte) {
	now := time.Now()
	from := netip.AddrPortFrom(peer, be.Uint16(b))
	to := netip.AddrPortFrom(l.Addr, be.Uint16(b[2:]))
	sum, b := be.Uint16(b[6:]), b[8:]
	l.cap.Datagram(now, from, to, sum, b)
	if len(b) > 0 && b[0]&0x80 == 0 {
		d, err := ParseData(b)
		d.At, d.From, d.To = now, from, to
		if err != nil {
			l.t.Errorf("%s: data message: %v: % x", l.Name, err, b)
		}
		l.data.put(d)
		return
	}
	m, err := ParseMessage(b)
	m.At, m.From, m.To, m.Checksum = now, from, to, sum
	if err != nil && !l.Lax {
		l.t.Errorf("%s: %v: %v: % x", l.Name, err, m, b)
	}
	l.process(m)
}

// process notes and answers a control message.
func (l *LNS) process(m *Message) {
	l.mu.Lock()
	lost := l.lose != nil && l.lose(m)
	t := l.tunnels[m.Tunnel]
	var reply [][]byte
	switch {
	case lost:
	case t != nil:
		reply = t.process(m)
	case m.Type == SCCRQ:
		key := fmt.Sprint(m.From, m.U16(9))
		m.Repeat = l.seen[key]
		l.seen[key] = true
	}
	if l.polite && t == nil && m.Type != ZLB && m.Has(9) {
		reply = append(reply, Packet(m.U16(9), 0, m.Nr, m.Ns+1))
	}
	serve := l.serve
	l.mu.Unlock()

	for _, b := range reply {
		l.SendFrom(m.To.Port(), m.From, b)
	}
	if !lost && serve != nil && !m.Repeat {
		serve.handle(l, t, m)
	}
	if lost {
		m.Repeat = true
		l.control.note(m)
		return
	}
	l.control.put(m)
}

// Next returns the next control message, ZLBs and repetitions too, and nil if
// none comes within d.
func (l *LNS) Next(d time.Duration) *Message {
	m, _ := l.control.take(time.Now().Add(d))
	return m
}

// fresh returns the next new message that is no ZLB.
func (l *LNS) fresh(deadline time.Time) *Message {
	for {
		if m, ok := l.control.take(deadline); !ok || !m.Repeat && m.Type != ZLB {
			return m
		}
	}
}

// Expect returns the next control message and fails if it is of another type.
// ZLBs and repetitions are passed over.
func (l *LNS) Expect(t uint16) *Message {
	l.t.Helper()
	m := l.fresh(time.Now().Add(Patience))
	if m == nil || m.Type != t {
		l.t.Fatalf("%s: got %v, want %s", l.Name, m, name(t))
	}
	return m
}

// Await passes over control messages until one of the type comes within d; a
// repetition counts too.
func (l *LNS) Await(t uint16, d time.Duration) *Message {
	l.t.Helper()
	for deadline := time.Now().Add(d); ; {
		m, ok := l.control.take(deadline)
		if !ok {
			l.t.Fatalf("%s: within %v there was no %s", l.Name, d, name(t))
		}
		if m.Type == t {
			return m
		}
	}
}

// Silent fails if a new control message comes within d, ZLBs aside.
func (l *LNS) Silent(d time.Duration) {
	l.t.Helper()
	if m := l.fresh(time.Now().Add(d)); m != nil {
		l.t.Errorf("%s: got %v, want silence", l.Name, m)
	}
}

// ExpectData returns the next data message.
func (l *LNS) ExpectData() *DataMessage {
	l.t.Helper()
	d, ok := l.data.take(time.Now().Add(Patience))
	if !ok {
		l.t.Fatalf("%s: got nothing, want a data message", l.Name)
	}
	return d
}

// NoData fails if a data message comes within d.
func (l *LNS) NoData(d time.Duration) {
	l.t.Helper()
	if m, ok := l.data.take(time.Now().Add(d)); ok {
		l.t.Errorf("%s: got %v, want no data", l.Name, m)
	}
}

// Skip forgets the control messages that have come so far; Messages has them.
func (l *LNS) Skip() { l.control.skip() }

// Messages returns all control messages that came, lost ones too, in order.
func (l *LNS) Messages() []*Message {
	all := l.control.all()
	slices.SortStableFunc(all, func(a, b *Message) int { return a.At.Compare(b.At) })
	return all
}

// Of returns all control messages of a type that came, repetitions too.
func (l *LNS) Of(t uint16) []*Message {
	return slices.DeleteFunc(l.Messages(), func(m *Message) bool { return m.Type != t })
}

// DataMessages returns all data messages that came.
func (l *LNS) DataMessages() []*DataMessage { return l.data.all() }

// beginPolite makes the LNS acknowledge everything, so that the gateway can
// end without waiting.
func (l *LNS) beginPolite() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.polite, l.lose = true, nil
	for _, t := range l.tunnels {
		t.hold = false
	}
}
