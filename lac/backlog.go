package lac

import "time"

// backlog tells whether a port's reader is behind with PADIs: when for a while
// there were always more of them than it takes at once. Then most are refused,
// until it has caught up: else the kernel's queue would be full for good, and
// would drop whoever comes last, even those that were kept waiting before.
type backlog struct {
	padis int       // of this batch
	since time.Time // when batches began to be full; zero: the last was not
	last  time.Time // the end of the last batch
}

const (
	// fullBatch is how many PADIs a port hands over at once, where there are more.
	fullBatch = 64
	// mayLag is how long a reader may be behind.
	mayLag = 50 * time.Millisecond
	// pausesAfter is how long nothing must come for the reader to have waited,
	// rather than another process to have run.
	pausesAfter = 50 * time.Millisecond
)

// late counts a PADI, and reports whether the reader is behind.
func (b *backlog) late(now time.Time) bool {
	b.padis++
	return !b.since.IsZero() && now.Sub(b.since) >= mayLag && now.Sub(b.last) < pausesAfter
}

// read takes note of the end of a batch.
func (b *backlog) read(now time.Time) {
	switch {
	case b.padis < fullBatch:
		b.since = time.Time{}
	case b.since.IsZero() || now.Sub(b.last) >= pausesAfter:
		b.since = now
	}
	b.padis, b.last = 0, now
}
