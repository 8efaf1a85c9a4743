package radius

import (
	"testing"
	"time"
)

func TestSourceJitter(t *testing.T) {
	s := source{seed: [32]byte{1}}
	var low, high bool
	for range 1000 {
		j := s.jitter(time.Second)
		if j < -100*time.Millisecond || j > 100*time.Millisecond {
			t.Fatalf("got jitter %v of 1s, want at most a tenth", j)
		}
		low, high = low || j < -50*time.Millisecond, high || j > 50*time.Millisecond
	}
	if !low || !high {
		t.Error("the jitter does not spread")
	}
	if got := s.jitter(0); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}

func TestSourceAuthenticator(t *testing.T) {
	a, b := source{seed: [32]byte{1}}, source{seed: [32]byte{2}}
	seen := map[[16]byte]bool{}
	for range 1000 {
		seen[a.authenticator()], seen[b.authenticator()] = true, true
	}
	if len(seen) != 2000 {
		t.Errorf("got %d different authenticators, want 2000", len(seen))
	}
	a, b = source{seed: [32]byte{1}}, source{seed: [32]byte{1}}
	if a.authenticator() != b.authenticator() {
		t.Error("equal seeds give different authenticators")
	}
}
