package lac

import (
	"testing"
	"time"
)

func TestBacklog(t *testing.T) {
	var b backlog
	now := time.Unix(1_700_000_000, 0)
	// batch takes PADIs at a time after the last batch and returns how many met a
	// reader that was behind.
	batch := func(after time.Duration, n int) (late int) {
		now = now.Add(after)
		for range n {
			if b.late(now) {
				late++
			}
		}
		b.read(now)
		return late
	}
	for i, step := range []struct {
		after   time.Duration
		n, want int
	}{
		{0, fullBatch, 0},
		{mayLag - 1, fullBatch, 0},
		{1, fullBatch, fullBatch},
		{time.Millisecond, fullBatch - 1, fullBatch - 1}, // the last ones
		{time.Millisecond, fullBatch, 0},
		{mayLag / 2, fullBatch, 0},
		{mayLag / 2, fullBatch, fullBatch},
		{pausesAfter, fullBatch, 0}, // it has waited
		{mayLag - 1, fullBatch, 0},
		{1, 1, 1},
		{time.Hour, 1, 0},
	} {
		if got := batch(step.after, step.n); got != step.want {
			t.Errorf("step %d: %d PADIs late, want %d", i, got, step.want)
		}
	}
}
