package ethernet

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of recvmmsg(2) and sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// auxdata is struct tpacket_auxdata of packet(7).
type auxdata struct {
	status   uint32
	len      uint32
	snaplen  uint32
	mac      uint16
	net      uint16
	vlanTCI  uint16
	vlanTPID uint16
}

// Bits of auxdata.status (linux/if_packet.h).
const (
	statusVLANValid     = 1 << 4
	statusVLANTPIDValid = 1 << 6
)

// recvmmsg and sendmmsg never wait, so that Go's scheduler is not told of them:
// from a thread in a system call for more than 20 µs, which a batch takes, it
// takes the right to run Go code, and the thread has to queue for it afterwards.
// hdrs is not empty.
func recvmmsg(fd uintptr, hdrs []mmsghdr) (int, unix.Errno) {
	return mmsg(unix.SYS_RECVMMSG, fd, hdrs)
}

func sendmmsg(fd uintptr, hdrs []mmsghdr) (int, unix.Errno) {
	return mmsg(unix.SYS_SENDMMSG, fd, hdrs)
}

func mmsg(trap, fd uintptr, hdrs []mmsghdr) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(hdrs))),
			uintptr(len(hdrs)), unix.MSG_DONTWAIT, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}
