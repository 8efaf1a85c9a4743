package mailbox

import (
	"slices"
	"sync"
	"testing"
)

func TestTakeReturnsEverythingInOrder(t *testing.T) {
	m := New[int]()
	m.Put(1, 2)
	m.Put(3)
	<-m.Wake()
	got := m.Take(nil)
	if len(got) != 3 || got[0] != 1 || got[1] != 2 || got[2] != 3 {
		t.Fatalf("Take = %v, want [1 2 3]", got)
	}
	select {
	case <-m.Wake():
		t.Fatal("woken with nothing to take")
	default:
	}
}

func TestPutAfterClose(t *testing.T) {
	m := New[int]()
	m.Put(1)
	m.Close()
	if m.Put(2) {
		t.Error("Put after Close = true, want false")
	}
	if got := m.Take(nil); len(got) != 1 {
		t.Errorf("Take after Close = %v, want what was put before", got)
	}
	if !m.Closed() {
		t.Error("Closed = false after Close")
	}
}

func TestNoWakeIsLost(t *testing.T) {
	const senders, each = 8, 1000
	m := New[int]()
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for i := range each {
				m.Put(i)
			}
		})
	}
	var spare []int
	for n := 0; n < senders*each; {
		<-m.Wake()
		items := m.Take(spare)
		n += len(items)
		spare = items
	}
	wg.Wait()
}

func TestOffer(t *testing.T) {
	m := New[int]()
	if n := m.Offer(3, 1, 2); n != 2 {
		t.Errorf("%d of 2 taken into an empty mailbox of 3", n)
	}
	if n := m.Offer(3, 3, 4); n != 1 {
		t.Errorf("%d of 2 taken where 1 fits", n)
	}
	m.Put(5) // is not limited
	if n := m.Offer(3, 6); n != 0 {
		t.Errorf("%d taken beyond the limit", n)
	}
	if got := m.Take(nil); !slices.Equal(got, []int{1, 2, 3, 5}) {
		t.Errorf("got %v", got)
	}
	<-m.Wake()
	m.Offer(3)
	select {
	case <-m.Wake():
		t.Error("woken for nothing")
	default:
	}
	m.Close()
	if n := m.Offer(3, 7); n != 0 || m.Len() != 0 {
		t.Errorf("%d taken after Close", n)
	}
}
