// Package rate limits how often something is done, for any goroutine and
// without a lock.
package rate

import (
	"sync/atomic"
	"time"
)

// Bucket is a token bucket that holds as many tokens as come in a second. It is
// kept as the time at which it will be full again, so that one word is enough.
// The zero value is full.
type Bucket struct{ fullAt atomic.Int64 } // nanoseconds

// Take uses one token, unless the bucket is empty. 0 per second: no limit. The
// time is since anything that stays the same.
func (b *Bucket) Take(now time.Duration, perSecond uint32) bool {
	if perSecond == 0 {
		return true
	}
	for {
		at := b.fullAt.Load()
		then, ok := next(at, now, perSecond)
		if !ok {
			return false
		}
		if b.fullAt.CompareAndSwap(at, then) {
			return true
		}
	}
}

// Empty reports whether Take would fail.
func (b *Bucket) Empty(now time.Duration, perSecond uint32) bool {
	if perSecond == 0 {
		return false
	}
	_, ok := next(b.fullAt.Load(), now, perSecond)
	return !ok
}

func next(fullAt int64, now time.Duration, perSecond uint32) (int64, bool) {
	step := int64(time.Second) / int64(perSecond)
	then := max(fullAt, int64(now)) + step
	return then, then-int64(now) <= step*int64(perSecond)
}
