package listener

import (
	"fmt"
	"net"
	"net/netip"
)

// Listen binds a UDP socket. The address is a particular one: an answer must
// come from where the request was sent to.
func Listen(at netip.AddrPort) (Socket, error) {
	network := "udp6"
	if at.Addr().Unmap().Is4() {
		network = "udp4"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("open CoA listener: %w", err)
	}
	return udp{c}, nil
}

// udp is a real socket.
type udp struct{ c *net.UDPConn }

// ReadFrom implements Socket.
func (u udp) ReadFrom(b []byte) (int, netip.AddrPort, error) { return u.c.ReadFromUDPAddrPort(b) }

// WriteTo implements Socket.
func (u udp) WriteTo(b []byte, to netip.AddrPort) error {
	_, err := u.c.WriteToUDPAddrPort(b, to)
	return err
}

// Close implements Socket.
func (u udp) Close() error { return u.c.Close() }
