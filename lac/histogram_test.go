package lac

import (
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var a, b histogram
	if q := a.quantile(0.5); q != 0 {
		t.Errorf("median of nothing is %v, want 0", q)
	}
	for range 90 {
		a.observe(4 * time.Millisecond)
	}
	for range 9 {
		b.observe(80 * time.Millisecond)
	}
	b.observe(time.Minute)
	a.add(&b)
	if n := a.count(); n != 100 {
		t.Errorf("count %d, want 100", n)
	}
	if a.most() != time.Minute || time.Duration(a.sum.Load()) != 90*4*time.Millisecond+9*80*time.Millisecond+time.Minute {
		t.Errorf("sum %v, max %v", a.sum.Load(), a.most())
	}
	for _, tc := range []struct {
		q        float64
		from, to time.Duration // bounds of the bucket it must be in
	}{
		{0.5, 2500 * time.Microsecond, 5 * time.Millisecond},
		{0.9, 2500 * time.Microsecond, 5 * time.Millisecond},
		{0.95, 50 * time.Millisecond, 100 * time.Millisecond},
		{1, 30 * time.Second, time.Minute},
	} {
		if got := a.quantile(tc.q); got < tc.from || got > tc.to {
			t.Errorf("quantile %v is %v, want it from %v to %v", tc.q, got, tc.from, tc.to)
		}
	}
}

// A quantile is never beyond what was seen, wide as its bucket may be.
func TestHistogramQuantileIsBounded(t *testing.T) {
	var h histogram
	h.observe(11 * time.Second)
	if got := h.quantile(0.95); got > 11*time.Second || got < 10*time.Second {
		t.Errorf("got %v, want at most the 11s that were seen", got)
	}
	var first histogram
	first.observe(bounds[0])
	if first.counts[0].Load() != 1 {
		t.Error("a bound is not part of its bucket")
	}
}
