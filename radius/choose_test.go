package radius

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// asked counts the requests sent to each server since the last call.
func (r *rig) asked(servers int) []int {
	n := make([]int, servers)
	for _, s := range r.sends {
		n[s.server]++
	}
	r.sends = nil
	return n
}

// The lowest number is asked first, wherever it is written; without numbers the
// order is that of the list.
func TestPriority(t *testing.T) {
	for _, tt := range []struct {
		priorities []int
		want       []int
	}{
		{[]int{0, 0, 0}, []int{0, 1, 2}},
		{[]int{30, 20, 10}, []int{2, 1, 0}},
		{[]int{9, 0, 0}, []int{1, 2, 0}}, // places 2 and 3
		{[]int{-1, 5, -2}, []int{2, 0, 1}},
	} {
		t.Run(fmt.Sprint(tt.priorities), func(t *testing.T) {
			var servers []Server
			for _, p := range tt.priorities {
				servers = append(servers, Server{Priority: p, Tries: 1})
			}
			r := newRig(t, ExchangeConfig{DeadAfter: 100}, servers...)
			r.ask(1)
			r.wait(10 * time.Second)
			var got []int
			for _, s := range r.sends {
				got = append(got, s.server)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// Servers of one priority share by weight. When one of them dies the others take
// its share, then the next priority, and back again.
func TestWeight(t *testing.T) {
	r := newRig(t, ExchangeConfig{Sockets: 64},
		Server{Priority: 1, Weight: 3}, Server{Priority: 2}, Server{Priority: 1})
	const n = 4000
	ref := uint64(0)
	ask := func() []int {
		for range n {
			r.ask(ref)
			ref++
		}
		sends := r.sends
		for _, s := range sends {
			r.answer(s)
		}
		return r.asked(3)
	}
	got := ask()
	if share := float64(got[0]) / n; got[1] != 0 || share < 0.72 || share > 0.78 {
		t.Errorf("got %v requests, want three quarters to the first and none to the second", got)
	}
	kill := func(i int) {
		r.x.servers[i].dead, r.x.servers[i].probe = true, r.now.Add(time.Hour)
	}
	kill(0)
	if d := cmp.Diff([]int{0, 0, n}, ask()); d != "" {
		t.Errorf("one dead: -want +got:\n%s", d)
	}
	kill(2)
	if d := cmp.Diff([]int{0, n, 0}, ask()); d != "" {
		t.Errorf("a level dead: -want +got:\n%s", d)
	}
	r.x.servers[0].dead = false
	if d := cmp.Diff([]int{n, 0, 0}, ask()); d != "" {
		t.Errorf("one back: -want +got:\n%s", d)
	}
}

// A request that its first server does not answer goes to the other one of the
// same priority before the next priority, and to each once.
func TestFailoverInsideLevel(t *testing.T) {
	r := newRig(t, ExchangeConfig{DeadAfter: 100},
		Server{Priority: 1, Tries: 1}, Server{Priority: 1, Tries: 1}, Server{Priority: 2, Tries: 1})
	for ref := range uint64(20) {
		r.ask(ref)
	}
	r.wait(30 * time.Second)
	order := map[string][]int{}
	for _, s := range r.sends {
		user := string(s.Datagram[40 : 40+int(s.Datagram[39])-2])
		order[user] = append(order[user], s.server)
	}
	first := map[int]int{}
	for user, o := range order {
		if len(o) != 3 || o[2] != 2 || o[0] == o[1] {
			t.Errorf("request %s went to %v, want both of the first level, then 2", user, o)
		}
		first[o[0]]++
	}
	if len(order) != 20 || len(first) != 2 {
		t.Errorf("%d requests began at %v, want 20 spread over 0 and 1", len(order), first)
	}
}

// The same seed makes the same choices.
func TestWeightIsDeterministic(t *testing.T) {
	run := func() (all []int) {
		r := newRig(t, ExchangeConfig{}, Server{Priority: 1}, Server{Priority: 1})
		for ref := range uint64(50) {
			r.ask(ref)
		}
		for _, s := range r.sends {
			all = append(all, s.server)
		}
		return all
	}
	if d := cmp.Diff(run(), run()); d != "" {
		t.Errorf("two runs differ:\n%s", d)
	}
}
