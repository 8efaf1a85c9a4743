package ethernet

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestLayout(t *testing.T) {
	if got := unsafe.Sizeof(auxdata{}); got != 20 { // linux/if_packet.h
		t.Errorf("struct tpacket_auxdata: got %d octets, want 20", got)
	}
	// The kernel pads struct mmsghdr to the alignment of struct msghdr.
	align := unsafe.Alignof(unix.Msghdr{})
	want := (unsafe.Sizeof(unix.Msghdr{}) + 4 + align - 1) &^ (align - 1)
	if got := unsafe.Sizeof(mmsghdr{}); got != want {
		t.Errorf("struct mmsghdr: got %d octets, want %d", got, want)
	}
}

func TestMmsgError(t *testing.T) {
	hdrs := make([]mmsghdr, 1)
	for name, call := range map[string]func(uintptr, []mmsghdr) (int, unix.Errno){
		"recvmmsg": recvmmsg, "sendmmsg": sendmmsg,
	} {
		if _, errno := call(^uintptr(0), hdrs); errno != unix.EBADF {
			t.Errorf("%s: got %v, want EBADF", name, errno)
		}
	}
}
