package rate

import (
	"testing"
	"time"
)

func TestBucket(t *testing.T) {
	var b Bucket
	take := func(now time.Duration, perSecond uint32, want int) {
		t.Helper()
		n := 0
		for !b.Empty(now, perSecond) {
			if !b.Take(now, perSecond) {
				t.Fatal("Empty says there is one, Take does not")
			}
			n++
		}
		if b.Take(now, perSecond) {
			t.Error("Take from an empty bucket")
		}
		if n != want {
			t.Errorf("at %v: got %d, want %d", now, n, want)
		}
	}
	take(0, 10, 10)
	take(99*time.Millisecond, 10, 0)
	take(100*time.Millisecond, 10, 1)
	take(600*time.Millisecond, 10, 5)
	take(time.Hour, 10, 10)
	take(2*time.Hour, 1, 1)
	take(2*time.Hour+999*time.Millisecond, 1, 0)
	take(2*time.Hour+time.Second, 1, 1)
	for range 1000 {
		if b.Empty(0, 0) || !b.Take(0, 0) {
			t.Fatal("a limit without one")
		}
	}
}
