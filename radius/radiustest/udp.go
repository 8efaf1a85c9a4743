package radiustest

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// Listen serves s on a UDP socket of the loopback until the test ends.
func (s *Server) Listen(tb testing.TB) netip.AddrPort {
	tb.Helper()
	return s.ListenAt(tb, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
}

// ListenAt is Listen with an address.
func (s *Server) ListenAt(tb testing.TB, at netip.Addr) netip.AddrPort {
	tb.Helper()
	pc, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	tb.Cleanup(func() {
		_ = pc.Close() // ends the goroutine
		<-done
	})
	go func() {
		defer close(done)
		s.Serve(pc)
	}()
	return pc.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Serve answers datagrams until the socket is closed.
func (s *Server) Serve(pc *net.UDPConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := pc.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		replies, delay := s.Handle(from.String(), buf[:n])
		for _, r := range replies {
			if delay > 0 {
				time.AfterFunc(delay, func() { _, _ = pc.WriteToUDPAddrPort(r, from) })
				continue
			}
			_, _ = pc.WriteToUDPAddrPort(r, from) // lost, as datagrams may be
		}
	}
}
