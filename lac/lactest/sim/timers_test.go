package sim

import (
	"slices"
	"testing"
	"time"
)

// A heap of deadlines gives them in order, whatever was changed before.
func TestTimers(t *testing.T) {
	var h timers
	const n = 200
	h.grow(n)
	x := uint64(7)
	random := func(below uint64) uint64 {
		x = x*6364136223846793005 + 1442695040888963407
		return x >> 33 % below
	}
	want := map[int32]instant{}
	for range 5000 {
		i, at := int32(random(n)), instant(random(1000))
		h.set(i, at)
		if want[i] = at; at == 0 {
			delete(want, i)
		}
		var first instant
		for _, at := range want {
			first = sooner(first, at)
		}
		if h.next() != first {
			t.Fatalf("next is %d, want %d", h.next(), first)
		}
	}
	var order []instant
	for left := len(want); left > 0; left-- {
		at := h.next()
		i, ok := h.pop(1000)
		if !ok || want[i] != at {
			t.Fatalf("popped %d at %d, want %d", i, at, want[i])
		}
		order = append(order, at)
	}
	if _, ok := h.pop(1000); ok || h.next() != 0 {
		t.Error("something is left")
	}
	if !slices.IsSorted(order) {
		t.Error("out of order")
	}
}

func TestTimersNotDue(t *testing.T) {
	var h timers
	h.grow(1)
	h.set(0, 10)
	if _, ok := h.pop(9); ok {
		t.Error("popped before it was due")
	}
}

func TestInstant(t *testing.T) {
	now := time.Unix(1_700_000_000, 5)
	if got := instantOf(now).time(); !got.Equal(now) {
		t.Errorf("got %v, want %v", got, now)
	}
	if !instant(0).time().IsZero() || instant(0).due(1) {
		t.Error("zero is not never")
	}
}
