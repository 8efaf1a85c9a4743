// Package mmsg moves many datagrams or frames with one system call: recvmmsg(2)
// and sendmmsg(2).
//
// The calls never wait, so that Go's scheduler is not told of them: from a thread
// in a system call for more than 20 µs, which a batch takes, it takes the right
// to run Go code, and the thread has to queue for it afterwards. Where there is
// something to wait for, the network poller does it (syscall.RawConn).
package mmsg

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Hdr is struct mmsghdr.
type Hdr struct {
	Hdr unix.Msghdr
	Len uint32 // octets received or sent
}

// Recv receives into hdrs, which are not empty, and returns how many messages
// that were.
func Recv(fd uintptr, hdrs []Hdr) (int, unix.Errno) { return call(unix.SYS_RECVMMSG, fd, hdrs) }

// Send sends hdrs, which are not empty, and returns how many were sent. The
// kernel stops at one that it refuses, and says why when that one comes first.
func Send(fd uintptr, hdrs []Hdr) (int, unix.Errno) { return call(unix.SYS_SENDMMSG, fd, hdrs) }

func call(trap, fd uintptr, hdrs []Hdr) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(hdrs))),
			uintptr(len(hdrs)), unix.MSG_DONTWAIT, 0, 0)
		switch {
		case errno == 0:
			return int(n), 0
		case errno != unix.EINTR:
			return 0, errno
		}
	}
}

// newHdrs returns headers of messages in one piece each.
func newHdrs(n int) ([]Hdr, []unix.Iovec) {
	hdrs, iovs := make([]Hdr, n), make([]unix.Iovec, n)
	for i := range hdrs {
		hdrs[i].Hdr.Iov = &iovs[i]
		hdrs[i].Hdr.SetIovlen(1)
	}
	return hdrs, iovs
}
