package lab

import "testing"

func TestAtMost(t *testing.T) {
	for _, tt := range []struct {
		most, sent, received uint64
		good                 bool
	}{{0, 5, 5, true}, {1, 5, 4, true}, {1, 5, 3, false}, {9, 5, 6, false}} {
		if err := atMost(tt.most, tt.sent, tt.received); (err == nil) != tt.good {
			t.Errorf("%+v: got %v", tt, err)
		}
	}
}

func TestKilobytes(t *testing.T) {
	const text = "Name:\tlacd\nVmHWM:\t   81920 kB\nVmRSS:\t   40960 kB\nThreads:\t9\n"
	if now, most := kilobytes(text, "VmRSS:"), kilobytes(text, "VmHWM:"); now != 40<<20 || most != 80<<20 {
		t.Errorf("got %d, %d", now, most)
	}
	if n := kilobytes(text, "Threads:"); n != 0 {
		t.Errorf("got %d of what is no size", n)
	}
}
