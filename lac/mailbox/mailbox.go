// Package mailbox is the way into a loop that owns state: senders never
// block, the owner takes everything that is there at once.
package mailbox

import "sync"

// Mailbox is a queue with many senders and one owner. What is put is bounded by
// construction: its users have at most one request outstanding per session
// and subsystem. What comes from the network is offered.
type Mailbox[T any] struct {
	wake chan struct{}

	mu     sync.Mutex // guards the fields below; held for an append or a swap only
	items  []T
	closed bool
}

// New returns an empty mailbox.
func New[T any]() *Mailbox[T] {
	return &Mailbox[T]{wake: make(chan struct{}, 1)}
}

// Put adds items. It reports false, and keeps nothing, after Close.
func (m *Mailbox[T]) Put(items ...T) bool {
	if len(items) == 0 {
		return true
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	first := len(m.items) == 0
	m.items = append(m.items, items...)
	m.mu.Unlock()
	if first {
		m.signal()
	}
	return true
}

// Offer adds as many of the items as keep the mailbox within limit, and returns
// how many that were. It never crowds out what is put.
func (m *Mailbox[T]) Offer(limit int, items ...T) (taken int) {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return 0
	}
	first := len(m.items) == 0
	taken = max(0, min(len(items), limit-len(m.items)))
	m.items = append(m.items, items[:taken]...)
	m.mu.Unlock()
	if first && taken > 0 {
		m.signal()
	}
	return taken
}

func (m *Mailbox[T]) signal() {
	select {
	case m.wake <- struct{}{}:
	default: // the owner is already due to look
	}
}

// Wake is readable when there may be something to take, or after Close.
func (m *Mailbox[T]) Wake() <-chan struct{} { return m.wake }

// Take returns all items and leaves spare, emptied, in their place. Only the
// owner calls it.
func (m *Mailbox[T]) Take(spare []T) []T {
	clear(spare)
	m.mu.Lock()
	items := m.items
	m.items = spare[:0]
	m.mu.Unlock()
	return items
}

// Len returns how many items wait.
func (m *Mailbox[T]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.items)
}

// Close makes further Puts fail and wakes the owner. Items already there stay.
func (m *Mailbox[T]) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.signal()
}

// Closed reports whether Close was called.
func (m *Mailbox[T]) Closed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}
