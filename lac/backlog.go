package lac

import (
	"time"

	"lacd/kernel"
)

// backlog tells whether a port's reader is behind with frames of a kind: when for
// a while there were always more of them than it takes at once.
//
// While it is with PADIs, most are refused, until it has caught up: else the
// kernel's queue would be full for good, and would drop whoever comes last, even
// those that were kept waiting before. While it is with the others, subscribers
// have the time that their words wait to be read; see silent.go.
type backlog struct {
	frames int       // of this batch
	since  time.Time // when batches began to be full; zero: the last was not
	last   time.Time // the end of the last batch
}

const (
	// fullBatch is how many frames of a kind a port hands over at once, where there are more.
	fullBatch = kernel.PortBatch
	// mayLag is how long a reader may be behind.
	mayLag = 50 * time.Millisecond
	// pausesAfter is how long nothing must come for the reader to have waited,
	// rather than another process to have run.
	pausesAfter = 50 * time.Millisecond
)

// late counts a frame, and reports whether the reader is behind.
func (b *backlog) late(now time.Time) bool {
	b.frames++
	return !b.since.IsZero() && now.Sub(b.since) >= mayLag && now.Sub(b.last) < pausesAfter
}

// read takes note of the end of a batch.
func (b *backlog) read(now time.Time) {
	switch {
	case b.frames < fullBatch:
		b.since = time.Time{}
	case b.since.IsZero() || now.Sub(b.last) >= pausesAfter:
		b.since = now
	}
	b.frames, b.last = 0, now
}
