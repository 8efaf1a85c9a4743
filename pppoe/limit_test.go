package pppoe

import (
	"encoding/binary"
	"testing"
	"time"

	"lacd/pppoe/wire"
)

// passed counts how many of n events at once pass.
func passed(n int, take func() bool) (got int) {
	for range n {
		if take() {
			got++
		}
	}
	return got
}

func TestBucket(t *testing.T) {
	now := epoch
	b := NewBucket(10)
	take := func() bool { return b.Take(now) }
	for _, step := range []struct {
		wait time.Duration
		want int
	}{
		{0, 10}, {0, 0}, {99 * time.Millisecond, 0}, {time.Millisecond, 1}, {500 * time.Millisecond, 5}, {time.Hour, 10},
	} {
		now = now.Add(step.wait)
		if got := passed(20, take); got != step.want {
			t.Errorf("after %v: %d events of 20 passed, want %d", step.wait, got, step.want)
		}
	}
	var none Bucket
	if got := passed(100, func() bool { return none.Take(now) }); got != 100 {
		t.Errorf("without a limit %d events of 100 passed", got)
	}
	one := NewBucket(1)
	if got := passed(5, func() bool { return one.Take(now) }); got != 1 {
		t.Errorf("at one a second %d events passed at once", got)
	}
}

func TestHostsAreApart(t *testing.T) {
	h := newHosts(5, 42)
	a, b, c := padi(), padi(), padi()
	b.Src = other
	c.VLANs[1].ID++
	for name, f := range map[string]*wire.Frame{"a host": &a, "another": &b, "one with other tags": &c} {
		if got := passed(10, func() bool { return h.take(epoch, f) }); got != 5 {
			t.Errorf("%s: %d frames of 10 passed, want 5", name, got)
		}
	}
}

// A flood from ever new addresses takes no memory, and does not free a host
// that is above its rate.
func TestHostsAreBounded(t *testing.T) {
	h := newHosts(5, 42)
	bad, f := padi(), padi()
	i := uint32(0)
	allocs := testing.AllocsPerRun(100_000, func() {
		i++
		binary.BigEndian.PutUint32(f.Src[2:], i)
		h.take(epoch, &f)
		h.take(epoch, &bad)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for each new host", allocs)
	}
	if len(h.sets) != 1<<setBits {
		t.Errorf("the table has %d sets", len(h.sets))
	}
	if h.take(epoch, &bad) {
		t.Error("the flood freed a host that is above its rate")
	}
}
