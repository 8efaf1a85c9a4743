package tunnel

import (
	"testing"
	"time"

	"lacd/lac/l2tp"
)

func TestSessionIDs(t *testing.T) {
	const hold = 31 * time.Second
	s := newSessionIDs(hold)
	r := &random{}
	seen := map[l2tp.SessionID]bool{}
	for range 1<<16 - 1 {
		id, ok := s.take(epoch, r)
		if !ok || id == 0 || seen[id] {
			t.Fatalf("id %d: %v, seen %v", id, ok, seen[id])
		}
		seen[id] = true
	}
	if id, ok := s.take(epoch, r); ok {
		t.Fatalf("got %d of none", id)
	}
	s.release(epoch, 77)
	s.release(epoch.Add(time.Second), 78)
	if id, ok := s.take(epoch.Add(hold-1), r); ok {
		t.Fatalf("got %d before its time", id)
	}
	if id, ok := s.take(epoch.Add(hold), r); !ok || id != 77 {
		t.Fatalf("got %d, %v", id, ok)
	}
	if id, ok := s.take(epoch.Add(hold), r); ok {
		t.Fatalf("got %d before its time", id)
	}
	s.put(99)
	if id, ok := s.take(epoch.Add(hold), r); !ok || id != 99 {
		t.Fatalf("got %d, %v", id, ok)
	}
}

func TestFIFO(t *testing.T) {
	var f fifo[int]
	if _, ok := f.head(); ok {
		t.Error("empty has a head")
	}
	for n := range 100 {
		f.push(n)
	}
	for n := range 100 {
		if v, ok := f.head(); !ok || v != n {
			t.Fatalf("got %d, %v, want %d", v, ok, n)
		}
		f.pop()
	}
	if _, ok := f.head(); ok {
		t.Error("empty has a head")
	}
}

func BenchmarkSessionIDs(b *testing.B) {
	s := newSessionIDs(0)
	r := &random{}
	for range 65000 {
		s.take(epoch, r)
	}
	b.ReportAllocs()
	for b.Loop() {
		id, _ := s.take(epoch, r)
		s.put(id)
	}
}
