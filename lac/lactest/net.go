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
	mu    sync.Mutex // guards what follows
	hosts map[netip.AddrPort]*LNS
	ports uint16
	dials int
}

// NewNet returns a network without hosts.
func NewNet() *Net { return &Net{hosts: map[netip.AddrPort]*LNS{}} }

// Dials returns how many sockets were opened.
func (n *Net) Dials() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

// Dial implements trunk.Network. A host that does not exist is silent.
func (n *Net) Dial(local, peer netip.AddrPort) (trunk.Socket, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dials++
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), local.Port())
	}
	if local.Port() == 0 {
		n.ports++
		local = netip.AddrPortFrom(local.Addr(), 40000+n.ports)
	}
	s := &socket{local: local, peer: n.hosts[peer]}
	s.ready = sync.NewCond(&s.mu)
	return s, nil
}

// socket is the LAC's end of a path to one LNS.
type socket struct {
	local netip.AddrPort
	peer  *LNS

	mu     sync.Mutex // guards what follows
	ready  *sync.Cond
	queue  [][]byte
	closed bool
}

const maxQueue = 1 << 16

func (s *socket) deliver(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed && len(s.queue) < maxQueue {
		s.queue = append(s.queue, b)
		s.ready.Signal()
	}
}

// Read implements trunk.Socket.
func (s *socket) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && !s.closed {
		s.ready.Wait()
	}
	if s.closed {
		return 0, fmt.Errorf("read: %w", net.ErrClosed)
	}
	n := copy(b, s.queue[0])
	s.queue[0] = nil
	s.queue = s.queue[1:]
	return n, nil
}

// Write implements trunk.Socket.
func (s *socket) Write(b []byte) (int, error) {
	if s.peer != nil {
		s.peer.deliver(s, b)
	}
	return len(b), nil
}

// Local implements trunk.Socket.
func (s *socket) Local() netip.AddrPort { return s.local }

// Raw implements trunk.Socket.
func (s *socket) Raw() syscall.RawConn { return nil }

// Close implements trunk.Socket.
func (s *socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("closed twice")
	}
	s.closed = true
	s.ready.Broadcast()
	return nil
}
