package sim

import (
	"testing"
	"time"
)

// What became of numbers on their way is counted for what it is.
func TestTally(t *testing.T) {
	for name, tt := range map[string]struct {
		seqs []uint32
		want Tally
	}{
		"in order":          {[]uint32{1, 2, 3}, Tally{Received: 3}},
		"lost":              {[]uint32{1, 4}, Tally{Received: 2, Missing: 2}},
		"first lost":        {[]uint32{2, 3}, Tally{Received: 2, Missing: 1}},
		"reordered":         {[]uint32{1, 3, 2, 4}, Tally{Received: 4, Reordered: 1}},
		"duplicated":        {[]uint32{1, 2, 2, 1}, Tally{Received: 2, Duplicated: 2}},
		"reordered twice":   {[]uint32{1, 3, 2, 2}, Tally{Received: 3, Reordered: 1, Duplicated: 1}},
		"a long gap":        {[]uint32{1, 200, 199}, Tally{Received: 3, Missing: 197, Reordered: 1}},
		"as old as can be":  {[]uint32{65, 2, 2}, Tally{Received: 2, Missing: 63, Reordered: 1, Duplicated: 1}},
		"too old to tell":   {[]uint32{65, 1}, Tally{Received: 1, Missing: 64, Late: 1}},
		"all of it at once": {[]uint32{2, 1, 1, 5, 4}, Tally{Received: 4, Missing: 1, Reordered: 2, Duplicated: 1}},
	} {
		var got Tally
		var s sequence
		for _, seq := range tt.seqs {
			s.take(&got, seq, 10)
		}
		tt.want.Octets = 10 * tt.want.Received
		if got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestTallyAdd(t *testing.T) {
	one := Tally{1, 2, 3, 4, 5, 6, 7, 8}
	two := one
	two.Add(one)
	if want := (Tally{2, 4, 6, 8, 10, 12, 14, 16}); two != want {
		t.Errorf("got %+v, want %+v", two, want)
	}
}

// The rate holds over time, whatever the steps.
func TestPace(t *testing.T) {
	p := newPace(Traffic{Rate: 1000})
	begin := instantOf(time.Unix(1000, 0))
	sent := 0
	for step := range 101 {
		sent += p.due(begin.add(time.Duration(step) * 10100 * time.Microsecond))
	}
	if sent != 1011 {
		t.Errorf("%d in 1.01 seconds, want 1011, the first at once", sent)
	}
	if p.due(begin.add(time.Hour)) != burst {
		t.Error("a pause is not made up for by a burst")
	}
	if d := p.deadline(); d < p.last+tick {
		t.Error("the deadline leaves nothing to gather")
	}
}

func TestPaceOff(t *testing.T) {
	p := newPace(Traffic{})
	if p.due(1) != 0 || p.deadline() != 0 {
		t.Error("there is traffic")
	}
}
