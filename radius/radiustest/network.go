package radiustest

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Network connects clients to servers in memory. It is a Dialer of package
// radius/client.
type Network struct {
	mu      sync.Mutex // guards what follows
	servers map[netip.AddrPort]*Server
	port    int
	open    int
	most    int
	refuse  error
}

// NewNetwork returns a network without servers.
func NewNetwork() *Network { return &Network{servers: make(map[netip.AddrPort]*Server), port: 49151} }

// Add puts a server at an address.
func (n *Network) Add(addr string, s *Server) netip.AddrPort {
	a := netip.MustParseAddrPort(addr)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.servers[a] = s
	return a
}

// Refuse makes Dial fail with err; nil: work again.
func (n *Network) Refuse(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refuse = err
}

// Sockets returns how many connections are open, and the most there were.
func (n *Network) Sockets() (open, most int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open, n.most
}

// Dial opens a connection with a source port of its own. Where there is no
// server, nothing answers.
func (n *Network) Dial(server netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != nil {
		return nil, n.refuse
	}
	n.port++
	n.open++
	n.most = max(n.most, n.open)
	return &conn{
		network: n,
		server:  n.servers[server],
		remote:  net.UDPAddrFromAddrPort(server),
		local:   &net.UDPAddr{IP: net.IPv4(192, 0, 2, 200), Port: n.port},
		inbox:   make(chan []byte, 4096),
		closed:  make(chan struct{}),
	}, nil
}

func (n *Network) gone() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open--
}

// conn is one client socket. A full inbox loses datagrams, as UDP does.
type conn struct {
	network       *Network
	server        *Server
	local, remote *net.UDPAddr
	inbox         chan []byte
	once          sync.Once
	closed        chan struct{}
}

// Read implements net.Conn: one datagram.
func (c *conn) Read(b []byte) (int, error) {
	select {
	case d := <-c.inbox:
		return copy(b, d), nil
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

// Write implements net.Conn: one datagram.
func (c *conn) Write(b []byte) (int, error) {
	select {
	case <-c.closed:
		return 0, net.ErrClosed
	default:
	}
	if c.server == nil {
		return len(b), nil
	}
	replies, delay := c.server.Handle(c.local.String(), b)
	for _, r := range replies {
		if delay > 0 {
			time.AfterFunc(delay, func() { c.deliver(r) })
		} else {
			c.deliver(r)
		}
	}
	return len(b), nil
}

func (c *conn) deliver(b []byte) {
	select {
	case c.inbox <- b:
	default:
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.network.gone()
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// Deadlines are not needed by the client.

func (c *conn) SetDeadline(time.Time) error      { return errDeadline }
func (c *conn) SetReadDeadline(time.Time) error  { return errDeadline }
func (c *conn) SetWriteDeadline(time.Time) error { return errDeadline }

var errDeadline = fmt.Errorf("radiustest: deadlines are not supported")
