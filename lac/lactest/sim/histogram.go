package sim

import (
	"math/bits"
	"time"
)

// A Histogram counts durations in buckets whose width is less than a hundredth
// of their value. It has the same size however many it counts.
type Histogram struct {
	counts [buckets]uint32
	n      uint64
	max    time.Duration
}

const (
	fineBits = 7 // buckets of an octave, as a power of two
	fine     = 1 << fineBits
	octaves  = 40 - fineBits // the last begins at 2^39 µs, half a week
	buckets  = (octaves + 1) * fine
)

// bucketOf counts in microseconds: the first octave's worth one by one.
func bucketOf(d time.Duration) int {
	us := uint64(max(0, d.Microseconds()))
	if us < fine {
		return int(us)
	}
	shift := bits.Len64(us) - fineBits - 1
	return min(shift*fine+int(us>>shift), buckets-1)
}

// upper returns the longest duration of a bucket.
func upper(bucket int) time.Duration {
	shift := max(0, bucket/fine-1)
	us := (uint64(bucket-shift*fine)+1)<<shift - 1
	return time.Duration(us) * time.Microsecond
}

// Add counts a duration.
func (h *Histogram) Add(d time.Duration) {
	h.counts[bucketOf(d)]++
	h.n++
	h.max = max(h.max, d)
}

// Count returns how many were counted.
func (h *Histogram) Count() uint64 { return h.n }

// Max returns the longest, exactly.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile returns a duration that the fraction q of all does not exceed; zero
// if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	want := uint64(q*float64(h.n) + 0.999999)
	var sum uint64
	for i, c := range h.counts {
		if sum += uint64(c); c > 0 && sum >= want {
			return min(upper(i), h.max)
		}
	}
	return 0
}
