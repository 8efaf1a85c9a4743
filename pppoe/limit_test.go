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

func TestLimits(t *testing.T) {
	cfg := config()
	cfg.Limits = Limits{PADI: 8, PADIPerHost: 5, PADR: 3}
	r := New(cfg, key)
	send := func(f wire.Frame) Verdict {
		_, _, v := r.Receive(epoch, &f, nil)
		return v
	}
	i := padi(tag(wire.ServiceName, ""))
	count := map[Verdict]int{}
	for range 10 {
		count[send(i)]++
	}
	if count[Answered] != 5 || count[HostRate] != 5 {
		t.Errorf("one host: got %v, want 5 answered, 5 over its rate", count)
	}
	i.Src = other
	clear(count)
	for range 4 {
		count[send(i)]++
	}
	if count[Answered] != 3 || count[PortRate] != 1 {
		t.Errorf("another host: got %v, want 3 answered, 1 over the port's rate", count)
	}
	// Requests are counted apart.
	cookie := wire.Tag{Type: wire.ACCookie, Value: r.cookie.issue(epoch, &i)}
	q := padr(tag(wire.ServiceName, ""), cookie)
	q.Src = other
	clear(count)
	for range 5 {
		count[send(q)]++
	}
	if count[Requested] != 3 || count[PortRate] != 2 {
		t.Errorf("PADR: got %v, want 3 requested, 2 over the port's rate", count)
	}
	i.VLANs[0].ID = 4000
	q.Dst = other
	if v := send(q); v != Ignored {
		t.Errorf("PADR to somebody else: got %v, want ignored before it is counted", v)
	}
}

func TestLimitedPADIAllocates(t *testing.T) {
	cfg := config()
	cfg.Limits = Limits{PADI: 100, PADR: 100, PADIPerHost: 10, PADRPerHost: 10}
	cfg.Tagging = []Tagging{{}, {TPID: wire.STag, Outer: Range{1, 4094}, Inner: Range{1, 4094}}}
	r := New(cfg, key)
	f := padi(tag(wire.ServiceName, ""))
	buf := make([]byte, 0, 1600)
	now, i := epoch, uint32(0)
	if n := testing.AllocsPerRun(1000, func() {
		i++
		now = now.Add(time.Millisecond)
		binary.BigEndian.PutUint32(f.Src[2:], i)
		r.Receive(now, &f, buf[:0])
	}); n != 0 {
		t.Errorf("%v allocations for a PADI", n)
	}
}
