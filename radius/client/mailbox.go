package client

import (
	"sync"
	"sync/atomic"

	"lacd/radius"
	"lacd/radius/acct"
)

// kind is what an item asks of the loop.
type kind uint8

const (
	authenticate kind = 1 + iota
	account
	datagram
	broken
	flush
	stats
)

// item is one message to the loop.
type item struct {
	kind   kind
	ref    uint64
	access *radius.Access
	record *acct.Record
	half   *half
	socket radius.SocketID
	server int // of a connection that broke
	data   []byte
	err    error
	done   chan struct{}
	stats  chan Stats
}

// maxDatagrams bounds what readers may have posted and the loop not taken.
const maxDatagrams = 8192

// mailbox is the loop's inbox: a slice that is swapped out whole, and a wake
// channel of one slot. put never blocks.
type mailbox struct {
	wake    chan struct{}
	overrun atomic.Uint64

	mu        sync.Mutex // guards what follows; held for a few instructions
	items     []item
	datagrams int
	closed    bool
}

// put posts an item; false: the mailbox is closed.
func (m *mailbox) put(it item) bool {
	m.mu.Lock()
	ok := !m.closed
	if ok {
		m.items = append(m.items, it)
	}
	m.mu.Unlock()
	if ok {
		m.notify()
	}
	return ok
}

// putDatagram posts network input, or drops and counts it.
func (m *mailbox) putDatagram(it item) {
	m.mu.Lock()
	ok := !m.closed && m.datagrams < maxDatagrams
	if ok {
		m.datagrams++
		m.items = append(m.items, it)
	}
	m.mu.Unlock()
	if !ok {
		m.overrun.Add(1)
		return
	}
	m.notify()
}

// take returns what was posted and leaves spare behind to be filled next. open
// is false when nothing will follow.
func (m *mailbox) take(spare []item) (items []item, open bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	items, m.items = m.items, spare
	m.datagrams = 0
	return items, !m.closed
}

func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.notify()
}

func (m *mailbox) notify() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}
