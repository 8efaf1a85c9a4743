package lac

import (
	"sync/atomic"
	"time"
)

// bounds are the upper bounds of a histogram's buckets, for anything from an
// answer on the same host to the last repetition of a request.
var bounds = [...]time.Duration{
	500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
	25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// histogram counts durations in fixed buckets. The zero value is empty. One
// goroutine writes; any may read, and sees each number as it is at that moment.
type histogram struct {
	counts [len(bounds) + 1]atomic.Uint64 // the last one is for what is beyond all bounds
	sum    atomic.Int64
	max    atomic.Int64
}

func (h *histogram) observe(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
	h.atLeast(int64(d))
}

func (h *histogram) atLeast(d int64) {
	if d > h.max.Load() {
		h.max.Store(d)
	}
}

func (h *histogram) add(o *histogram) {
	for i := range o.counts {
		h.counts[i].Add(o.counts[i].Load())
	}
	h.sum.Add(o.sum.Load())
	h.atLeast(o.max.Load())
}

func (h *histogram) most() time.Duration { return time.Duration(h.max.Load()) }

func (h *histogram) count() (n uint64) {
	for i := range h.counts {
		n += h.counts[i].Load()
	}
	return n
}

// quantile estimates the duration that a share q of all does not exceed, as if
// those in a bucket were spread evenly. It is never more than the maximum.
func (h *histogram) quantile(q float64) time.Duration {
	rank := q * float64(h.count())
	var below float64
	for i := range h.counts {
		c := h.counts[i].Load()
		if c == 0 || below+float64(c) < rank {
			below += float64(c)
			continue
		}
		var from time.Duration
		if i > 0 {
			from = bounds[i-1]
		}
		to := h.most()
		if i < len(bounds) {
			to = min(bounds[i], h.most())
		}
		return from + time.Duration(float64(to-from)*(rank-below)/float64(c))
	}
	return h.most()
}
