package radius

import (
	"testing"
	"time"
)

// RFC 5080 section 2.2.1: IRT 2 s doubles, each time within a tenth of the
// previous value, and stays within a tenth of MRT.
func TestSchedule(t *testing.T) {
	s := source{seed: [32]byte{7}}
	rt := s.firstTimeout(2 * time.Second)
	within(t, rt, 2*time.Second, 200*time.Millisecond)
	for range 10 {
		prev := rt
		rt = s.nextTimeout(prev, 16*time.Second)
		if want := 2 * prev; want+prev/10 < 16*time.Second {
			within(t, rt, want, prev/10)
		} else if rt > 17600*time.Millisecond {
			t.Errorf("got %v, want at most 17.6s", rt)
		}
	}
	within(t, rt, 16*time.Second, 1600*time.Millisecond)
	within(t, s.nextTimeout(100*time.Second, 0), 200*time.Second, 10*time.Second)
}

func within(t *testing.T, got, want, tolerance time.Duration) {
	t.Helper()
	if got < want-tolerance || got > want+tolerance {
		t.Errorf("got %v, want %v within %v", got, want, tolerance)
	}
}
