package pppbridge

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"lacd/kernel/kerneltest"
)

// strangers are sockets of a host beside the LNS, that has its address as well.
func (r *rig) strangers(t *testing.T, at ...netip.AddrPort) (conns []*net.UDPConn) {
	t.Helper()
	ns := kerneltest.NewNetns(t)
	theirs := kerneltest.Device{Netns: ns, Name: "beside1"}
	kerneltest.Veth(t, kerneltest.Device{Name: "beside0"}, theirs)
	for _, a := range at {
		theirs.AddAddr(t, a.Addr().String()+"/24")
	}
	ns.Do(t, func() error {
		for _, a := range at {
			conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(a))
			if err != nil {
				return err
			}
			conns = append(conns, conn)
			t.Cleanup(func() { _ = conn.Close() }) // it only sent
		}
		return nil
	})
	return conns
}

// sniffer sees the IPv4 packets that leave by a device.
type sniffer int

func sniff(t *testing.T, device string) sniffer {
	t.Helper()
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(be.Uint16([]byte{0x00, 0x03}))<<8) // ETH_P_ALL
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) }) // only read from
	err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: 0x0300, Ifindex: ifi.Index})
	if err == nil {
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: int64(patience / time.Second)})
	}
	if err != nil {
		t.Fatal(err)
	}
	return sniffer(fd)
}

// packets returns the next n packets that left with UDP in them.
func (s sniffer) packets(t *testing.T, n int) [][]byte {
	t.Helper()
	var packets [][]byte
	for len(packets) < n {
		buf := make([]byte, 2048)
		n, from, err := unix.Recvfrom(int(s), buf, 0)
		if err != nil {
			t.Fatal(os.NewSyscallError("recvfrom", err))
		}
		ll, ok := from.(*unix.SockaddrLinklayer)
		if ok && ll.Pkttype == unix.PACKET_OUTGOING && n > 20 && buf[0] == 0x45 && buf[9] == unix.IPPROTO_UDP {
			packets = append(packets, buf[:n])
		}
	}
	return packets
}

// checksum adds up a UDP datagram and its pseudo header: 0xffff if it is right.
func checksum(ip, udp []byte) uint16 {
	b := slices.Concat(ip[12:20], []byte{0, unix.IPPROTO_UDP}, udp[4:6], udp)
	if len(b)%2 == 1 {
		b = append(b, 0)
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

// noChecksumOffload makes the kernel put checksums into packets: a pair of
// virtual devices leaves them out.
func noChecksumOffload(t *testing.T, device string) {
	t.Helper()
	const stxcsum = 0x17 // ETHTOOL_STXCSUM
	value := struct{ cmd, data uint32 }{stxcsum, 0}
	var ifr struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}
	copy(ifr.name[:], device)
	ifr.data = unsafe.Pointer(&value)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&ifr))); errno != 0 {
		t.Fatal(fmt.Errorf("turn checksum offload off: %w", errno))
	}
}
