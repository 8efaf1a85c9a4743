package sim

import (
	"testing"
	"time"
)

// Every duration is in a bucket that ends less than a hundredth above it.
func TestHistogramBuckets(t *testing.T) {
	for us := int64(0); us < 1<<38; us += us/77 + 1 {
		d := time.Duration(us) * time.Microsecond
		u := upper(bucketOf(d))
		if u < d || u > d+d/100 {
			t.Fatalf("%v is in the bucket up to %v", d, u)
		}
	}
	if bucketOf(-time.Second) != 0 || bucketOf(1<<62) != buckets-1 {
		t.Error("what is out of range is not in the end buckets")
	}
}

func TestHistogramQuantiles(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("a quantile of nothing")
	}
	for i := 1; i <= 100; i++ {
		h.Add(time.Duration(i) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 50, 0.95: 95, 0.99: 99, 1: 100} {
		if got := h.Quantile(q); got != want*time.Microsecond {
			t.Errorf("quantile %v: got %v, want %d µs", q, got, want)
		}
	}
	h.Add(time.Hour)
	if h.Max() != time.Hour || h.Quantile(1) != time.Hour || h.Count() != 101 {
		t.Errorf("max %v, quantile 1 %v, count %d", h.Max(), h.Quantile(1), h.Count())
	}
}
