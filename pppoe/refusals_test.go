package pppoe

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestRefusals(t *testing.T) {
	var r refusals
	if r.has(epoch, 1) {
		t.Error("somebody was refused before anybody was")
	}
	host := func(n uint64) uint64 { return mix(n) }
	r.add(epoch, host(1))
	end := refusalSpan
	r.add(epoch.Add(end-1), host(2))
	for _, step := range []struct {
		after      time.Duration
		host, want bool
	}{{end - 1, true, true}, {end, true, true}, {2*end - 1, true, true}, {2 * end, false, true}} {
		now := epoch.Add(step.after)
		if one, two := r.has(now, host(1)), r.has(now, host(2)); one != step.host || two != (step.after < 2*end) {
			t.Errorf("after %v: refused %v and %v", step.after, one, two)
		}
	}
}

// Spans in which nobody was looked for end as well.
func TestRefusalsAfterARest(t *testing.T) {
	for _, rest := range []time.Duration{2 * refusalSpan, time.Hour} {
		var r refusals
		r.add(epoch, mix(1))
		if r.has(epoch.Add(rest), mix(1)) {
			t.Errorf("still refused after %v", rest)
		}
	}
}

// TestRefusalsOfAFlood: as many as doc says are mistaken, and no memory is taken
// for each.
func TestRefusalsOfAFlood(t *testing.T) {
	var r refusals
	for _, tt := range []struct {
		each int // a second
		most float64
	}{{100_000, 0.025}, {250_000, 0.18}} {
		r = refusals{}
		n := uint64(0)
		r.add(epoch, mix(n))
		if allocs := testing.AllocsPerRun(1, func() {
			for range tt.each * int(refusalSpan/time.Second) / 2 {
				n++
				r.add(epoch, mix(n))
			}
		}); allocs != 0 {
			t.Errorf("%v allocations", allocs)
		}
		wrong := 0
		const looks = 100_000
		for i := range uint64(looks) {
			if r.has(epoch, mix(1<<40|i)) {
				wrong++
			}
		}
		if got := float64(wrong) / looks; got > tt.most {
			t.Errorf("%d a second: %.3f of others are taken for refused, want at most %v", tt.each, got, tt.most)
		}
	}
}

// FuzzRefusals compares with a table that forgets nothing: a host refused within
// the last span is known, one refused more than two spans ago is not, but for
// chance.
func FuzzRefusals(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint8(16))
	f.Add(uint64(2), uint16(1000), uint8(1))
	f.Add(uint64(3), uint16(50), uint8(255))
	f.Fuzz(func(t *testing.T, seed uint64, steps uint16, pace uint8) {
		random := rand.New(rand.NewPCG(seed, 0))
		var r refusals
		last := map[uint64]time.Time{}
		now := epoch
		unknown, mistaken := 0, 0
		for range steps % 2000 {
			now = now.Add(time.Duration(random.Int64N(int64(pace)*int64(refusalSpan)/64 + 1)))
			host := mix(random.Uint64N(64))
			at, was := last[host]
			got := r.has(now, host)
			switch age := now.Sub(at); {
			case was && age < refusalSpan && !got:
				t.Fatalf("a host is forgotten after %v", age)
			case !was || age >= 2*refusalSpan:
				unknown++
				if got {
					mistaken++
				}
			}
			if random.IntN(2) == 0 {
				r.add(now, host)
				last[host] = now
			}
		}
		if mistaken > 1+unknown/10 {
			t.Fatalf("%d of %d hosts are taken for refused", mistaken, unknown)
		}
	})
}
