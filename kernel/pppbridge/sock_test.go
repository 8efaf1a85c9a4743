package pppbridge

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"lacd/kernel"
)

func TestAddressL2TP(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the octets below are little-endian")
	}
	b := &kernel.Bridge{Tunnel: 0x0102, Session: 0x0304, PeerSession: 0x0708}
	want := []byte{
		0x18, 0x00, // sa_family AF_PPPOX
		0x01, 0x00, 0x00, 0x00, // sa_protocol PX_PROTO_OL2TP
		0x00, 0x00, 0x00, 0x00, // pid
		0xff, 0xff, 0xff, 0xff, // fd
		0x02, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // addr
		0x02, 0x01, // s_tunnel
		0x04, 0x03, // s_session
		0x06, 0x05, // d_tunnel
		0x08, 0x07, // d_session
	}
	got := addressL2TP(b, 0x0506)
	if diff := cmp.Diff(want, got[:]); diff != "" {
		t.Errorf("sockaddr_pppol2tp (-want +got):\n%s", diff)
	}
}

func TestStatsLayout(t *testing.T) {
	// The size is part of the ioctl's number (asm-generic/ioctl.h).
	const sizeShift, sizeMask = 16, 1<<14 - 1
	if got, want := unsafe.Sizeof(stats{}), uintptr(unix.PPPIOCGL2TPSTATS>>sizeShift&sizeMask); got != want {
		t.Errorf("got %d octets, want %d", got, want)
	}
}

func TestStatsCounters(t *testing.T) {
	s := stats{txPackets: 2, txBytes: 2*8 + 100, rxPackets: 3, rxBytes: 3*8 + 150}
	for _, tt := range []struct {
		name  string
		stats stats
		seq   bool
		want  kernel.Counters
	}{
		{"nothing", stats{}, false, kernel.Counters{ID: 7}},
		{"plain", s, false, kernel.Counters{ID: 7, UpPackets: 2, UpOctets: 100, DownPackets: 3, DownOctets: 150}},
		{"numbered", s, true, kernel.Counters{ID: 7, UpPackets: 2, UpOctets: 92, DownPackets: 3, DownOctets: 138}},
		{"shorter than assumed", stats{rxPackets: 9, rxBytes: 60}, false, kernel.Counters{ID: 7, DownPackets: 9}},
	} {
		got := tt.stats.counters(&kernel.Bridge{ID: 7, Sequencing: tt.seq})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestNotSupported(t *testing.T) {
	for errno, want := range map[unix.Errno]bool{
		unix.EAFNOSUPPORT: true, unix.EPROTONOSUPPORT: true, unix.ENOENT: true, unix.ENXIO: true,
		unix.EPERM: false, unix.ENOMEM: false, unix.EMFILE: false,
	} {
		err := notSupported(fmt.Errorf("open: %w", errno))
		if got := errors.Is(err, kernel.ErrNotSupported); got != want || !errors.Is(err, errno) {
			t.Errorf("%v: got %v, want ErrNotSupported %v", errno, err, want)
		}
	}
}

func TestNewWithoutPPP(t *testing.T) {
	missing := kernel.Missing(Probe())
	if missing == nil {
		t.Skip("this kernel has all that is needed")
	}
	if _, err := New(Config{}); !errors.Is(err, kernel.ErrNotSupported) && errors.Is(missing, kernel.ErrNotSupported) {
		t.Errorf("got %v, want ErrNotSupported", err)
	}
}
