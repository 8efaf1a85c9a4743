package lactest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"lacd/lac/trunk"
)

// Net is a core network in memory. It implements trunk.Network.
type Net struct {
	mu        sync.Mutex // guards what follows
	hosts     map[netip.AddrPort]*LNS
	sockets   map[*socket]bool
	listeners map[netip.AddrPort]*listener
	ports     uint16
	dials     int
}

// NewNet returns a network without hosts.
func NewNet() *Net {
	return &Net{
		hosts: map[netip.AddrPort]*LNS{}, sockets: map[*socket]bool{}, listeners: map[netip.AddrPort]*listener{},
	}
}

// Dials returns how many sockets were opened.
func (n *Net) Dials() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

// Open returns the addresses of the sockets that are open, as "local peer".
func (n *Net) Open() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []string
	for s := range n.sockets {
		all = append(all, s.local.String()+" "+s.at.String())
	}
	return all
}

// DSCPs returns the markings of the sockets that are open, in no order.
func (n *Net) DSCPs() []uint8 {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []uint8
	for s := range n.sockets {
		all = append(all, s.dscp)
	}
	return all
}

func (n *Net) host(at netip.AddrPort) *LNS {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hosts[at]
}

// own is the LAC's address towards peers of a family where it names none.
func own(peer netip.Addr) netip.Addr {
	if peer.Is4() {
		return netip.MustParseAddr("192.0.2.1")
	}
	return netip.MustParseAddr("2001:db8::1")
}

// Dial implements trunk.Network. A host that does not exist is silent.
func (n *Net) Dial(local, peer netip.AddrPort) (trunk.Socket, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dials++
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(own(peer.Addr()), local.Port())
	}
	if local.Addr().Is4() != peer.Addr().Is4() {
		return nil, fmt.Errorf("dial from %v to %v: address families differ", local, peer)
	}
	if local.Port() == 0 {
		n.ports++
		local = netip.AddrPortFrom(local.Addr(), 40000+n.ports)
	}
	s := &socket{net: n, local: local, at: peer, peer: n.hosts[peer]}
	s.ready = sync.NewCond(&s.mu)
	n.sockets[s] = true
	return s, nil
}

// Bind implements trunk.Network.
func (n *Net) Bind(local netip.AddrPort) (trunk.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[local] != nil {
		return nil, fmt.Errorf("bind %v: there is a listener", local)
	}
	l := &listener{net: n, local: local}
	l.ready = sync.NewCond(&l.mu)
	n.listeners[local] = l
	return l, nil
}

// Inject sends a datagram to the LAC, as the kernel would: to the socket that
// is connected to the sender, or else to a listener.
func (n *Net) Inject(from, to netip.AddrPort, b []byte) {
	n.mu.Lock()
	var sock *socket
	for s := range n.sockets {
		if s.local == to && s.at == from {
			sock = s
		}
	}
	l := n.listeners[to]
	if l == nil {
		any := netip.IPv6Unspecified()
		if to.Addr().Is4() {
			any = netip.IPv4Unspecified()
		}
		l = n.listeners[netip.AddrPortFrom(any, to.Port())]
	}
	n.mu.Unlock()
	switch {
	case sock != nil:
		sock.deliver(parcel{b, from})
	case l != nil:
		l.deliver(parcel{b, from})
	}
}

const maxQueue = 1 << 16

// parcel is a datagram and its sender.
type parcel struct {
	b    []byte
	from netip.AddrPort
}

// inbox is the receive queue of a socket.
type inbox struct {
	mu     sync.Mutex // guards what follows
	ready  *sync.Cond
	queue  []parcel
	closed bool
}

func (q *inbox) deliver(p parcel) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed && len(q.queue) < maxQueue {
		q.queue = append(q.queue, p)
		q.ready.Signal()
	}
}

// take waits for a parcel.
func (q *inbox) take() (parcel, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.queue) == 0 && !q.closed {
		q.ready.Wait()
	}
	if q.closed {
		return parcel{}, fmt.Errorf("read: %w", net.ErrClosed)
	}
	p := q.queue[0]
	q.queue[0] = parcel{}
	q.queue = q.queue[1:]
	return p, nil
}

func (q *inbox) close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errors.New("closed twice")
	}
	q.closed = true
	q.ready.Broadcast()
	return nil
}

// socket is the LAC's end of a path to one LNS.
type socket struct {
	inbox
	net   *Net
	local netip.AddrPort
	at    netip.AddrPort // guarded by net.mu, as is peer while it changes
	peer  *LNS
	dscp  uint8 // guarded by net.mu
}

// ReadBatch implements trunk.Socket. There is one datagram in a batch.
func (s *socket) ReadBatch(fn func(b []byte)) error {
	p, err := s.take()
	if err == nil {
		fn(p.b)
	}
	return err
}

// WriteBatch implements trunk.Socket. The tunnel's loop is the only writer, and
// the only one to connect.
func (s *socket) WriteBatch(ds [][]byte) (int, error) {
	if s.peer != nil {
		for _, d := range ds {
			s.peer.deliver(s, d)
		}
	}
	return len(ds), nil
}

// Connect implements trunk.Socket.
func (s *socket) Connect(peer netip.AddrPort) error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	s.at, s.peer = peer, s.net.hosts[peer]
	return nil
}

// Mark implements trunk.Socket.
func (s *socket) Mark(dscp uint8) error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	s.dscp = dscp
	return nil
}

// Local implements trunk.Socket.
func (s *socket) Local() netip.AddrPort { return s.local }

// Raw implements trunk.Socket.
func (s *socket) Raw() syscall.RawConn { return nil }

// Close implements trunk.Socket.
func (s *socket) Close() error {
	s.net.mu.Lock()
	delete(s.net.sockets, s)
	s.net.mu.Unlock()
	return s.close()
}

// listener is a socket of the LAC without a peer.
type listener struct {
	inbox
	net   *Net
	local netip.AddrPort
}

// ReadFrom implements trunk.Listener.
func (l *listener) ReadFrom(b []byte) (int, netip.AddrPort, error) {
	p, err := l.take()
	return copy(b, p.b), p.from, err
}

// WriteTo implements trunk.Listener.
func (l *listener) WriteTo(b []byte, to netip.AddrPort) error {
	if h := l.net.host(to); h != nil {
		h.overhear(b)
	}
	return nil
}

// Close implements trunk.Listener.
func (l *listener) Close() error {
	l.net.mu.Lock()
	delete(l.net.listeners, l.local)
	l.net.mu.Unlock()
	return l.close()
}
