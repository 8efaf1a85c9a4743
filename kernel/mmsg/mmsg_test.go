package mmsg

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestLayout(t *testing.T) {
	// The kernel pads struct mmsghdr to the alignment of struct msghdr.
	align := unsafe.Alignof(unix.Msghdr{})
	want := (unsafe.Sizeof(unix.Msghdr{}) + 4 + align - 1) &^ (align - 1)
	if got := unsafe.Sizeof(Hdr{}); got != want {
		t.Errorf("struct mmsghdr: got %d octets, want %d", got, want)
	}
}

func TestError(t *testing.T) {
	hdrs := make([]Hdr, 1)
	for name, call := range map[string]func(uintptr, []Hdr) (int, unix.Errno){"recvmmsg": Recv, "sendmmsg": Send} {
		if n, errno := call(^uintptr(0), hdrs); n != 0 || errno != unix.EBADF {
			t.Errorf("%s: got %d, %v, want EBADF", name, n, errno)
		}
	}
}
