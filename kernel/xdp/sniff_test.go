package xdp

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lacd/kernel"
	"lacd/kernel/ethernet"
)

// sniffer sees the IP packets that reach the LNS's device.
type sniffer int

func (r *rig) sniff() sniffer {
	r.t.Helper()
	fd := -1
	r.beyond.Do(r.t, func() error {
		ifi, err := net.InterfaceByName(r.core[1].Name)
		if err != nil {
			return err
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: int64(patience / time.Second)}); err != nil {
			return err
		}
		return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: swap(unix.ETH_P_ALL), Ifindex: ifi.Index})
	})
	r.t.Cleanup(func() { _ = unix.Close(fd) }) // only read from
	return sniffer(fd)
}

// next returns the next packet with UDP, or a fragment of one, to the device.
func (s sniffer) next(t *testing.T) []byte {
	t.Helper()
	for {
		buf := make([]byte, 2048)
		n, from, err := unix.Recvfrom(int(s), buf, 0)
		if err != nil {
			t.Fatal(os.NewSyscallError("recvfrom", err))
		}
		ll, ok := from.(*unix.SockaddrLinklayer)
		if !ok || ll.Pkttype != unix.PACKET_HOST || n < 20 {
			continue
		}
		four := buf[0]>>4 == 4 && buf[9] == unix.IPPROTO_UDP
		six := buf[0]>>4 == 6 && (buf[6] == unix.IPPROTO_UDP || buf[6] == unix.IPPROTO_FRAGMENT)
		if four || six {
			return buf[:n]
		}
	}
}

// checksum adds up octets: 0xffff if there is a right checksum among them.
func checksum(b []byte) uint16 {
	if len(b)%2 == 1 {
		b = append(b[:len(b):len(b)], 0)
	}
	sum := uint32(0)
	for i := 0; i < len(b); i += 2 {
		sum += uint32(be.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

// stranger is a socket of the LNS's host at another port.
func (r *rig) stranger(port uint16) (conn *net.UDPConn) {
	r.t.Helper()
	r.beyond.Do(r.t, func() (err error) {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.peer.Addr(), port)))
		return err
	})
	r.t.Cleanup(func() { _ = conn.Close() }) // it only sent
	return conn
}

// port0 is the control plane's port beside the Dataplane.
func (r *rig) port0(b kernel.Bridge) *ethernet.Port {
	r.t.Helper()
	p, err := ethernet.Listen(ethernet.Config{Name: b.Port})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = p.Close() }) // only read from
	return p
}
