package tunnel

import (
	"math/bits"
	"time"

	"lacd/lac/l2tp"
)

// sessionIDs deals session IDs: unpredictable (RFC 2661 section 9.1), never
// zero, and not again before hold has passed since the last use, as the peer
// may still send to the old call (section 5.7).
type sessionIDs struct {
	hold time.Duration
	used [1 << 16 / 64]uint64
	free int
	late fifo[heldID]
}

type heldID struct {
	id l2tp.SessionID
	at time.Time // when it may be used again
}

func newSessionIDs(hold time.Duration) *sessionIDs {
	s := &sessionIDs{hold: hold, free: 1<<16 - 1}
	s.used[0] = 1
	return s
}

// take returns an ID near the given random start.
func (s *sessionIDs) take(now time.Time, r *random) (l2tp.SessionID, bool) {
	for h, ok := s.late.head(); ok && !h.at.After(now); h, ok = s.late.head() {
		s.late.pop()
		s.put(h.id)
	}
	if s.free == 0 {
		return 0, false
	}
	start := r.uint16()
	word := int(start / 64)
	// Within the first word only bits from start on; then whole words, and in
	// the end the first word again.
	free := ^s.used[word] &^ (1<<(start%64) - 1)
	for free == 0 {
		word = (word + 1) % len(s.used)
		free = ^s.used[word]
	}
	bit := bits.TrailingZeros64(free)
	s.used[word] |= 1 << bit
	s.free--
	return l2tp.SessionID(word*64 + bit), true
}

// put makes an ID available at once.
func (s *sessionIDs) put(id l2tp.SessionID) {
	s.used[id/64] &^= 1 << (id % 64)
	s.free++
}

// release makes an ID available after the hold time.
func (s *sessionIDs) release(now time.Time, id l2tp.SessionID) {
	s.late.push(heldID{id, now.Add(s.hold)})
}

// A fifo is a queue in a slice.
type fifo[T any] struct{ items []T }

func (f *fifo[T]) push(v T) { f.items = append(f.items, v) }

func (f *fifo[T]) head() (v T, ok bool) {
	if len(f.items) == 0 {
		return v, false
	}
	return f.items[0], true
}

func (f *fifo[T]) pop() {
	var zero T
	f.items[0] = zero
	f.items = f.items[1:]
}
