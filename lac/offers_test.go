package lac

import "testing"

// live makes offers before each look within their life, and has some taken after
// it.
func (o *offers) live(made, taken int64) {
	for range o.recent {
		o.made.Add(made)
		o.look()
		o.taken.Add(taken)
	}
}

func TestOffers(t *testing.T) {
	var o offers
	want := func(when string, n int64) {
		t.Helper()
		if got := o.expected(); got != n {
			t.Errorf("%s: %d expected, want %d", when, got, n)
		}
	}
	o.made.Add(50)
	want("at once", 50)
	o.taken.Add(20)
	want("some taken", 30)
	for range len(o.recent) {
		o.look()
		want("within their life", 30)
	}
	o.look()
	want("after it", 0)
	o.taken.Add(5)
	want("later still", 0)
}

// TestOffersInAFlood: those who never come do not keep a place for long, and do
// so again when others come.
func TestOffersInAFlood(t *testing.T) {
	var o offers
	o.live(10_000, 0)
	if got := o.expected(); got != 30_000 {
		t.Errorf("in the first moment of a flood: %d expected, want 30000", got)
	}
	o.live(10_000, 1)
	o.live(10_000, 1)
	if got := o.expected(); got > 1000 {
		t.Errorf("later: %d expected, want next to none", got)
	}
	o.live(1000, 1000)
	o.live(1000, 1000)
	o.live(1000, 1000)
	o.made.Add(1000)
	if got := o.expected(); got < 900 {
		t.Errorf("when all come: %d of 1000 expected", got)
	}
	o.live(10_000, 0)
	o.live(0, 0)
	for range 50 {
		o.live(1, 1)
	}
	o.made.Add(1000)
	if got := o.expected(); got < 900 {
		t.Errorf("after 15 quiet seconds: %d of 1000 expected", got)
	}
}
