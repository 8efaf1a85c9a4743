package pppbridge

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// Protocols of AF_PPPOX (linux/if_pppox.h).
const (
	protoPPPoE = 0 // PX_PROTO_OE
	protoL2TP  = 1 // PX_PROTO_OL2TP
)

// Options of PPPoL2TP sockets (linux/socket.h, linux/if_pppol2tp.h).
const (
	solPPPoL2TP   = 273
	optionSendSeq = 3
	optionLNSMode = 4
)

const devPPP = "/dev/ppp"

// openPPPoE makes the socket of one PPPoE session. It has a PPP channel from
// then on. It must not be called for a session that has a socket: the kernel
// refuses the second one, but finds sessions by their name when a socket is
// closed, so that closing the refused one would stop the first.
func openPPPoE(device string, mac [6]byte, session uint16) (int, error) {
	fd, err := unix.Socket(unix.AF_PPPOX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protoPPPoE)
	if err != nil {
		return -1, fmt.Errorf("open PPPoE socket: %w", notSupported(err))
	}
	err = unix.Connect(fd, &unix.SockaddrPPPoE{SID: session, Remote: mac[:], Dev: device})
	if err == nil {
		return fd, nil
	}
	_ = unix.Close(fd) // not connected
	if errors.Is(err, unix.EALREADY) {
		err = fmt.Errorf("%w: %w", kernel.ErrConflict, err)
	}
	return -1, fmt.Errorf("connect PPPoE session %d of %x on %s: %w", session, mac, device, err)
}

// addressL2TP is struct sockaddr_pppol2tp, packed. The socket and the addresses
// in it are for making a tunnel and not looked at when that exists, so this form
// does for tunnels over IPv6 as well.
func addressL2TP(b *kernel.Bridge, peer kernel.TunnelID) [38]byte {
	var a [38]byte
	ne := binary.NativeEndian
	ne.PutUint16(a[0:], unix.AF_PPPOX)
	ne.PutUint32(a[2:], protoL2TP)
	ne.PutUint32(a[6:], 0)             // process
	ne.PutUint32(a[10:], ^uint32(0))   // socket: none
	ne.PutUint16(a[14:], unix.AF_INET) // of an empty struct sockaddr_in
	ne.PutUint16(a[30:], uint16(b.Tunnel))
	ne.PutUint16(a[32:], b.Session)
	ne.PutUint16(a[34:], uint16(peer))
	ne.PutUint16(a[36:], b.PeerSession)
	return a
}

// openL2TP makes the socket of one L2TP session in a tunnel that exists. It has
// a PPP channel from then on.
func openL2TP(b *kernel.Bridge, peer kernel.TunnelID) (int, error) {
	fd, err := unix.Socket(unix.AF_PPPOX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, protoL2TP)
	if err != nil {
		return -1, fmt.Errorf("open L2TP socket: %w", notSupported(err))
	}
	if err := connectL2TP(fd, b, peer); err != nil {
		_ = unix.Close(fd) // of no use
		return -1, fmt.Errorf("connect L2TP session %d in tunnel %d: %w", b.Session, b.Tunnel, err)
	}
	return fd, nil
}

func connectL2TP(fd int, b *kernel.Bridge, peer kernel.TunnelID) error {
	addr := addressL2TP(b, peer)
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd),
		uintptr(unsafe.Pointer(&addr)), unsafe.Sizeof(addr))
	switch {
	case errno == unix.EEXIST, errno == unix.EALREADY:
		return fmt.Errorf("%w: %w", kernel.ErrConflict, errno)
	case errno == unix.ENOENT: // it went away with its UDP socket
		return fmt.Errorf("%w: %w", kernel.ErrNoTunnel, errno)
	case errno != 0:
		return errno
	}
	if !b.Sequencing {
		return nil
	}
	// After Sequencing Required "sequence numbers MUST be present at all times"
	// (RFC 2661 section 5.4). What the kernel calls LNS mode keeps it from
	// following the LNS when that leaves them out.
	for _, option := range []int{optionLNSMode, optionSendSeq} {
		if err := unix.SetsockoptInt(fd, solPPPoL2TP, option, 1); err != nil {
			return fmt.Errorf("turn sequence numbers on: %w", err)
		}
	}
	return nil
}

// attach opens /dev/ppp on the channel of a PPPoX socket.
func attach(socket int) (fd int, channel uint32, err error) {
	channel, err = unix.IoctlGetUint32(socket, unix.PPPIOCGCHAN)
	if err != nil {
		return -1, 0, os.NewSyscallError("PPPIOCGCHAN", err)
	}
	fd, err = unix.Open(devPPP, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, 0, fmt.Errorf("open %s: %w", devPPP, notSupported(err))
	}
	if err := unix.IoctlSetPointerInt(fd, unix.PPPIOCATTCHAN, int(channel)); err != nil {
		_ = unix.Close(fd) // nothing is attached
		return -1, 0, os.NewSyscallError("PPPIOCATTCHAN", err)
	}
	return fd, channel, nil
}

// join bridges the channels of two sockets, in both directions. The descriptor
// that it returns is the first channel's; closing it leaves the bridge alone.
func join(first, second int) (int, error) {
	fd, _, err := attach(first)
	if err != nil {
		return -1, err
	}
	other, channel, err := attach(second)
	if err == nil {
		err = bridge(fd, channel)
		_ = unix.Close(other) // it was needed for nothing but to exist
	}
	if err != nil {
		_ = unix.Close(fd) // not bridged
		return -1, err
	}
	return fd, nil
}

func bridge(fd int, channel uint32) error {
	err := unix.IoctlSetPointerInt(fd, unix.PPPIOCBRIDGECHAN, int(channel))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EINVAL):
		err = fmt.Errorf("%w (before Linux 5.11?): %w", kernel.ErrNotSupported, err)
	case errors.Is(err, unix.EALREADY):
		err = fmt.Errorf("%w: %w", kernel.ErrConflict, err)
	}
	return os.NewSyscallError("PPPIOCBRIDGECHAN", err)
}

// stats is struct pppol2tp_ioc_stats (linux/ppp-ioctl.h).
type stats struct {
	tunnel, session uint16
	flags           uint32
	txPackets       uint64
	txBytes         uint64
	txErrors        uint64
	rxPackets       uint64
	rxBytes         uint64
	rxSeqDiscards   uint64
	rxOutOfSequence uint64
	rxErrors        uint64
}

func readStats(l2tp int) (stats, error) {
	var s stats
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l2tp),
		unix.PPPIOCGL2TPSTATS, uintptr(unsafe.Pointer(&s)))
	if errno != 0 {
		return s, os.NewSyscallError("PPPIOCGL2TPSTATS", errno)
	}
	return s, nil
}

// Octets before the PPP protocol field that the kernel counts.
const (
	headerOctets  = 6 + 2 // flags, tunnel, session; FF 03
	orderedOctets = 4     // Ns, Nr
)

func (s *stats) counters(b *kernel.Bridge) kernel.Counters {
	each := uint64(headerOctets)
	if b.Sequencing {
		each += orderedOctets
	}
	return kernel.Counters{
		ID:          b.ID,
		UpPackets:   s.txPackets,
		UpOctets:    less(s.txBytes, s.txPackets*each),
		DownPackets: s.rxPackets,
		DownOctets:  less(s.rxBytes, s.rxPackets*each),
	}
}

// less subtracts, but not below zero: the kernel counts packets and octets one
// after the other, and a message may have less around it than was assumed.
func less(a, b uint64) uint64 {
	if a < b {
		return 0
	}
	return a - b
}

// notSupported marks the errors by which a kernel says that it has no such
// socket or device.
func notSupported(err error) error {
	for _, absent := range []error{
		unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT, unix.ESOCKTNOSUPPORT, unix.ENOENT, unix.ENODEV, unix.ENXIO,
	} {
		if errors.Is(err, absent) {
			return fmt.Errorf("%w: %w", kernel.ErrNotSupported, err)
		}
	}
	return err
}
