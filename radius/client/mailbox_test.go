package client

import "testing"

func TestMailboxBoundsDatagrams(t *testing.T) {
	m := mailbox{wake: make(chan struct{}, 1)}
	for range maxDatagrams + 5 {
		m.putDatagram(item{kind: datagram})
	}
	m.put(item{kind: flush})
	items, open := m.take(nil)
	if len(items) != maxDatagrams+1 || !open || m.overrun.Load() != 5 {
		t.Errorf("got %d items, %d dropped, want %d and 5", len(items), m.overrun.Load(), maxDatagrams+1)
	}
	m.putDatagram(item{kind: datagram})
	if items, _ = m.take(items[:0]); len(items) != 1 {
		t.Errorf("got %d items after the mailbox was emptied, want 1", len(items))
	}
	m.close()
	if m.put(item{}) {
		t.Error("a closed mailbox took an item")
	}
	if _, open := m.take(nil); open {
		t.Error("a closed mailbox says it is open")
	}
}
