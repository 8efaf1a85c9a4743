package trunk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"

	"lacd/kernel/mmsg"
)

// Network opens sockets.
type Network interface {
	// Dial returns a socket from local to peer. An invalid local address lets
	// the kernel choose; port 0 asks for any.
	Dial(local, peer netip.AddrPort) (Socket, error)
	// Bind returns a socket for what no dialled socket at the local address
	// takes. An unspecified address stands for all of its family.
	Bind(local netip.AddrPort) (Listener, error)
}

// Socket is the UDP socket of one tunnel, connected to its peer.
type Socket interface {
	// ReadBatch waits for a datagram, and calls fn for each that is there; it is
	// valid inside fn only. After Close it returns net.ErrClosed, wrapped.
	ReadBatch(fn func(b []byte)) error
	// WriteBatch sends the first of the datagrams, as many as go at once, and
	// returns how many went. An error is that of the next one, and says nothing of
	// those behind it; without one, one has gone at least. Each of the two is for one goroutine.
	WriteBatch(ds [][]byte) (int, error)
	// Connect changes the peer.
	Connect(peer netip.AddrPort) error
	// Mark sets the DSCP of what is sent from now on.
	Mark(dscp uint8) error
	Local() netip.AddrPort
	Raw() syscall.RawConn // nil when there is no descriptor behind it
	Close() error
}

// Listener is a UDP socket without a peer.
type Listener interface {
	ReadFrom(b []byte) (int, netip.AddrPort, error) // net.ErrClosed, wrapped, after Close
	WriteTo(b []byte, to netip.AddrPort) error
	Close() error
}

// UDP is the Network of the running host.
type UDP struct{}

// Dial implements Network. Tunnels share the local port, so the socket is
// bound with SO_REUSEADDR and connected: the kernel tells peers apart.
func (UDP) Dial(local, peer netip.AddrPort) (Socket, error) {
	laddr := &net.UDPAddr{Port: int(local.Port())}
	if local.Addr().IsValid() {
		laddr = net.UDPAddrFromAddrPort(local)
	}
	d := net.Dialer{LocalAddr: laddr, Control: reuseAddress}
	c, err := d.DialContext(context.Background(), "udp", peer.String())
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	u := c.(*net.UDPConn)
	// A storm of calls is acknowledged in bursts; best effort.
	_ = u.SetReadBuffer(4 << 20)
	raw, err := u.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("dial: %w", err), u.Close())
	}
	s := &udpSocket{
		UDPConn: u, raw: raw, Writer: mmsg.NewWriter(raw, batchSize), Reader: mmsg.NewReader(raw, readSize, maxDatagram),
	}
	at := u.LocalAddr().(*net.UDPAddr).AddrPort()
	s.local.Store(&at)
	return s, nil
}

// Bind implements Network.
func (UDP) Bind(local netip.AddrPort) (Listener, error) {
	family := "udp6"
	if local.Addr().Is4() {
		family = "udp4"
	}
	lc := net.ListenConfig{Control: reuseAddress}
	c, err := lc.ListenPacket(context.Background(), family, local.String())
	if err != nil {
		return nil, err
	}
	u := c.(*net.UDPConn)
	// What strangers send in a burst must not crowd out an answer; best effort.
	_ = u.SetReadBuffer(4 << 20)
	return udpListener{u}, nil
}

func reuseAddress(_, _ string, c syscall.RawConn) error {
	var serr error
	err := c.Control(func(fd uintptr) {
		serr = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	})
	if err != nil {
		return err
	}
	return serr
}

// batchSize is how many datagrams are sent with one system call, readSize how
// many are received: each has room of its own.
const (
	batchSize = 64
	readSize  = 16
)

// maxDatagram is the longest control message that is read whole: there are no
// AVPs that would make a sensible one longer. One that is cut fails the check
// of its Length.
const maxDatagram = 1 << 14

type udpSocket struct {
	*net.UDPConn
	*mmsg.Writer
	*mmsg.Reader
	raw   syscall.RawConn
	local atomic.Pointer[netip.AddrPort]
}

func (s *udpSocket) Local() netip.AddrPort { return *s.local.Load() }

func (s *udpSocket) Raw() syscall.RawConn { return s.raw }

// Connect implements Socket. The kernel may choose another local address with
// the new peer, if none was asked for.
func (s *udpSocket) Connect(peer netip.AddrPort) error {
	var serr error
	var name syscall.Sockaddr
	err := s.raw.Control(func(fd uintptr) {
		if serr = syscall.Connect(int(fd), sockaddr(peer)); serr == nil {
			name, serr = syscall.Getsockname(int(fd))
		}
	})
	if err != nil {
		return err
	}
	if serr != nil {
		return fmt.Errorf("connect to %v: %w", peer, serr)
	}
	if at, ok := addrPort(name); ok {
		s.local.Store(&at)
	}
	return nil
}

// Mark implements Socket. The data messages that the kernel sends through the
// socket have its marking, too. The two low bits of the octet are ECN's
// (RFC 3168 section 5) and stay zero.
func (s *udpSocket) Mark(dscp uint8) error {
	level, option := syscall.IPPROTO_IP, syscall.IP_TOS
	if s.Local().Addr().Is6() {
		level, option = syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS
	}
	var serr error
	if err := s.raw.Control(func(fd uintptr) { serr = syscall.SetsockoptInt(int(fd), level, option, int(dscp)<<2) }); err != nil {
		return err
	}
	if serr != nil {
		return fmt.Errorf("set DSCP %d: %w", dscp, serr)
	}
	return nil
}

func sockaddr(a netip.AddrPort) syscall.Sockaddr {
	if a.Addr().Is4() {
		return &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	s := &syscall.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if i, err := net.InterfaceByName(a.Addr().Zone()); err == nil {
		s.ZoneId = uint32(i.Index)
	}
	return s
}

func addrPort(s syscall.Sockaddr) (netip.AddrPort, bool) {
	switch s := s.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port)), true
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr).Unmap(), uint16(s.Port)), true
	}
	return netip.AddrPort{}, false
}

type udpListener struct{ *net.UDPConn }

func (l udpListener) ReadFrom(b []byte) (int, netip.AddrPort, error) {
	n, from, err := l.ReadFromUDPAddrPort(b)
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}

func (l udpListener) WriteTo(b []byte, to netip.AddrPort) error {
	_, err := l.WriteToUDPAddrPort(b, to)
	return err
}
