package script

import (
	"slices"
	"sync"
	"time"
)

// inbox is what one actor received: a reader puts, the test takes. Nothing is
// ever forgotten, so that a case can look back.
type inbox[T any] struct {
	mu      sync.Mutex // guards what follows
	items   []T
	taken   int
	changed chan struct{} // closed by the next put
}

func newInbox[T any]() *inbox[T] { return &inbox[T]{changed: make(chan struct{})} }

func (in *inbox[T]) put(v T) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.items = append(in.items, v)
	close(in.changed)
	in.changed = make(chan struct{})
}

// take returns the next item that was not taken yet, and false at the deadline.
func (in *inbox[T]) take(deadline time.Time) (v T, ok bool) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	for {
		in.mu.Lock()
		if in.taken < len(in.items) {
			v = in.items[in.taken]
			in.taken++
			in.mu.Unlock()
			return v, true
		}
		changed := in.changed
		in.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			return v, false
		}
	}
}

// all returns everything there ever was.
func (in *inbox[T]) all() []T {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.items)
}

// skip takes everything that is there.
func (in *inbox[T]) skip() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.taken = len(in.items)
}

// note keeps an item that take must not return.
func (in *inbox[T]) note(v T) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.items = slices.Insert(in.items, in.taken, v)
	in.taken++
}
