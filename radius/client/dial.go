package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// Dialer opens sockets to servers. The connection carries one datagram per
// Write and Read; to a server with TLS it is a stream.
type Dialer interface {
	Dial(server netip.AddrPort) (net.Conn, error)
}

// peer is how a server is reached.
type peer struct {
	addr  netip.AddrPort
	local netip.Addr  // invalid: the kernel chooses
	tls   *tls.Config // nil: UDP
}

// dialUDP opens a socket, connected: it only receives from its server.
func (c *Client) dialUDP(p *peer) (net.Conn, error) {
	if c.dial != nil {
		return c.dial.Dial(p.addr)
	}
	var from *net.UDPAddr
	if p.local.IsValid() {
		from = net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.local, 0))
	}
	k, err := net.DialUDP("udp", from, net.UDPAddrFromAddrPort(p.addr))
	if err != nil {
		return nil, err // not a nil *net.UDPConn, which is no nil Conn
	}
	d, err := newDatagrams(k)
	if err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return d, nil
}

// dialTLS connects to a server and shakes hands with it.
func (c *Client) dialTLS(ctx context.Context, p *peer) (*tls.Conn, error) {
	raw, err := c.dialTCP(ctx, p)
	if err != nil {
		return nil, err
	}
	k := tls.Client(raw, p.tls)
	if err := k.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error is the one to tell
		return nil, fmt.Errorf("TLS to %s: %w", p.addr, err)
	}
	return k, nil
}

func (c *Client) dialTCP(ctx context.Context, p *peer) (net.Conn, error) {
	if c.dial != nil {
		return c.dial.Dial(p.addr)
	}
	var d net.Dialer
	if p.local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(p.local, 0))
	}
	return d.DialContext(ctx, "tcp", p.addr.String())
}
