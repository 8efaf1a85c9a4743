package lac

import "testing"

// A fifo that is never empty holds those that wait, and not those that have.
func TestFIFO(t *testing.T) {
	var q fifo[*int]
	const wait, all = 100, 100_000
	for i := range all {
		q.push(&i)
		if i < wait {
			continue
		}
		if v, ok := q.head(); !ok || *v != i-wait {
			t.Fatalf("%d: out of turn", i)
		}
		q.pop()
	}
	if q.len() != wait || cap(q.list) > 8*wait {
		t.Errorf("%d wait, with room for %d, want %d", q.len(), cap(q.list), wait)
	}
	kept := 0
	for _, v := range q.list[:cap(q.list)] {
		if v != nil {
			kept++
		}
	}
	if kept != wait {
		t.Errorf("%d are kept alive, want %d", kept, wait)
	}
	for range wait {
		q.pop()
	}
	if v, ok := q.head(); ok {
		t.Errorf("got %d of an empty one", *v)
	}
}
