package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"lacd/lac/lactest/sim"
)

// Socket is the UDP socket of an LNS.
type Socket interface {
	// ReadBatch calls fn for each datagram that is there, after waiting for one
	// until the deadline; when that passes it returns nil. A datagram is valid
	// inside fn only. After Close it returns net.ErrClosed, wrapped.
	ReadBatch(deadline time.Time, fn func(from netip.AddrPort, b []byte)) error
	// WriteBatch sends what it can; what is lost is lost.
	WriteBatch([]sim.Datagram) error
	// Drops returns how many datagrams found no room to wait in. It is for whom
	// ReadBatch is for.
	Drops() uint64
	Close() error
}

// batchConn is what ipv4.PacketConn and ipv6.PacketConn have in common.
type batchConn interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

// udpSocket reads and writes many datagrams with a system call. It belongs to
// one goroutine, but WriteBatch may be called by whoever holds the LNS's lock.
type udpSocket struct {
	conn  *net.UDPConn
	batch batchConn
	in    []ipv4.Message
	out   []ipv4.Message
	addrs map[netip.AddrPort]*net.UDPAddr
	drops uint64
}

const (
	batchSize   = 64
	maxDatagram = 2048
	socketQueue = 8 << 20
)

// listen opens the socket of an LNS.
func listen(at netip.AddrPort) (Socket, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("open the socket of an LNS: %w", err)
	}
	if err := setUp(conn); err != nil {
		return nil, errors.Join(fmt.Errorf("open the socket of an LNS: %w", err), conn.Close())
	}
	s := &udpSocket{
		conn: conn, in: make([]ipv4.Message, batchSize), out: make([]ipv4.Message, batchSize),
		addrs: map[netip.AddrPort]*net.UDPAddr{},
	}
	if at.Addr().Is4() {
		s.batch = ipv4.NewPacketConn(conn)
	} else {
		s.batch = ipv6.NewPacketConn(conn)
	}
	for i := range batchSize {
		s.in[i].Buffers, s.in[i].OOB = [][]byte{make([]byte, maxDatagram)}, make([]byte, dropsLen)
		s.out[i].Buffers = make([][]byte, 1)
	}
	return s, nil
}

// rxqOverflow is SO_RXQ_OVFL of socket(7), which package syscall lacks: each
// datagram comes with a control message that says how many were dropped so far.
const (
	rxqOverflow = 40
	dropsAt     = syscall.SizeofCmsghdr
	dropsLen    = dropsAt + 8 // a 32-bit number, aligned
)

// setUp makes room for the datagrams of thousands of calls at once, beyond the
// system's limit where that is permitted.
func setUp(conn *net.UDPConn) error {
	_, _ = conn.SetReadBuffer(socketQueue), conn.SetWriteBuffer(socketQueue) // best effort
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	cerr := raw.Control(func(fd uintptr) {
		for _, opt := range []int{syscall.SO_RCVBUFFORCE, syscall.SO_SNDBUFFORCE} {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, opt, socketQueue) // best effort
		}
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, rxqOverflow, 1)
	})
	return errors.Join(cerr, err)
}

// Drops implements Socket.
func (s *udpSocket) Drops() uint64 { return s.drops }

// ReadBatch implements Socket.
func (s *udpSocket) ReadBatch(deadline time.Time, fn func(from netip.AddrPort, b []byte)) error {
	if err := s.conn.SetReadDeadline(deadline); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	n, err := s.batch.ReadBatch(s.in, 0)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case errors.Is(err, net.ErrClosed):
		return fmt.Errorf("read: %w", err)
	case err != nil:
		return nil // an ICMP error of an earlier send
	}
	for i := range n {
		m := &s.in[i]
		if m.NN >= dropsAt+4 { // the only control message that is asked for
			s.drops = uint64(binary.NativeEndian.Uint32(m.OOB[dropsAt:]))
		}
		from := m.Addr.(*net.UDPAddr).AddrPort()
		fn(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), m.Buffers[0][:m.N])
	}
	return nil
}

// WriteBatch implements Socket.
func (s *udpSocket) WriteBatch(ds []sim.Datagram) error {
	for len(ds) > 0 {
		n := min(len(ds), batchSize)
		for i, d := range ds[:n] {
			addr := s.addrs[d.To]
			if addr == nil {
				addr = net.UDPAddrFromAddrPort(d.To)
				s.addrs[d.To] = addr
			}
			s.out[i].Buffers[0], s.out[i].Addr = d.Data, addr
		}
		sent, err := s.batch.WriteBatch(s.out[:n], 0)
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("write: %w", err)
		}
		if err != nil {
			sent = max(sent, 1) // the first of those left is refused
		}
		ds = ds[sent:]
	}
	return nil
}

// Close implements Socket.
func (s *udpSocket) Close() error { return s.conn.Close() }
