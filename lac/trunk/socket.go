package trunk

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Network opens the sockets of tunnels.
type Network interface {
	// Dial returns a socket from local to peer. An invalid local address lets
	// the kernel choose; port 0 asks for any.
	Dial(local, peer netip.AddrPort) (Socket, error)
}

// Socket is the UDP socket of one tunnel, connected to its peer.
type Socket interface {
	Read(b []byte) (int, error) // net.ErrClosed, wrapped, after Close
	Write(b []byte) (int, error)
	Local() netip.AddrPort
	Raw() syscall.RawConn // nil when there is no descriptor behind it
	Close() error
}

// UDP is the Network of the running host.
type UDP struct{}

// Dial implements Network. Tunnels share the local port, so the socket is
// bound with SO_REUSEADDR and connected: the kernel tells peers apart.
func (UDP) Dial(local, peer netip.AddrPort) (Socket, error) {
	d := net.Dialer{
		LocalAddr: &net.UDPAddr{IP: local.Addr().AsSlice(), Port: int(local.Port())},
		Control:   reuseAddress,
	}
	c, err := d.DialContext(context.Background(), "udp", peer.String())
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	u := c.(*net.UDPConn)
	// A storm of calls is acknowledged in bursts; best effort.
	_ = u.SetReadBuffer(4 << 20)
	return udpSocket{u}, nil
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

type udpSocket struct{ *net.UDPConn }

func (s udpSocket) Local() netip.AddrPort { return s.LocalAddr().(*net.UDPAddr).AddrPort() }

func (s udpSocket) Raw() syscall.RawConn {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil // only after Close
	}
	return raw
}
