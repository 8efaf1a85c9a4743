package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"lacd/kernel/kerneltest"
	"lacd/pppoe/wire"
)

func TestFloodHosts(t *testing.T) {
	seen := map[wire.MAC]bool{}
	h := newHosts(16)
	for _, n := range []int{16, 3, 16} {
		frames := h.next(n)
		if len(frames) != n {
			t.Errorf("%d frames, want %d", len(frames), n)
		}
		for _, b := range frames {
			f, err := wire.ParseFrame(b)
			if err != nil {
				t.Fatal(err)
			}
			if f.Code != wire.PADI || f.Dst != wire.Broadcast || f.SessionID != 0 {
				t.Fatalf("%+v", f)
			}
			seen[f.Src] = true
		}
	}
	if len(seen) != 35 {
		t.Errorf("%d hosts, want 35", len(seen))
	}
}

func TestFloodPace(t *testing.T) {
	p := pace{rate: 100_000}
	for _, step := range []struct {
		now  time.Duration
		want int
	}{
		{0, 0},
		{time.Millisecond, 100},
		{1004 * time.Microsecond, 0},
		{2 * time.Millisecond, 100},
		{12 * time.Millisecond, 1000},
		{time.Second, 2000},
		{time.Second + time.Millisecond, 100},
	} {
		if got := p.take(step.now); got != step.want {
			t.Errorf("after %v: %d due, want %d", step.now, got, step.want)
		}
	}
}

// The flood tells what it has sent as soon as it is told to end.
func TestFlood(t *testing.T) {
	kerneltest.NeedRoot(t)
	ns := kerneltest.NewNetns(t)
	kerneltest.Veth(t, kerneltest.Device{Netns: ns, Name: "near0"}, kerneltest.Device{Netns: ns, Name: "far0"})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var out strings.Builder
	ns.Do(t, func() error { return floodTo(ctx, &out, []string{"near0", "1000"}) })
	var sent int
	var seconds float64
	if _, err := fmt.Sscan(out.String(), &sent, &seconds); err != nil || sent == 0 || seconds <= 0 || float64(sent) > seconds*1000+1 {
		t.Errorf("%q: %d PADIs in %v s, %v", out.String(), sent, seconds, err)
	}
}

func TestFloodArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"acc1", "x"}, {"acc1", "0"}, {"no such device", "1"}} {
		if err := flood(t.Context(), args); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
