package radius

import (
	"testing"
	"time"
)

// Identifiers come back in the order in which they were released, after all
// that were never used.
func TestSocketLeastRecentlyUsed(t *testing.T) {
	k := newSocket(1, 0, 250)
	if !k.unused() {
		t.Error("a new socket is in use")
	}
	now := time.Unix(1000, 0)
	attempts := make([]attempt, idsPerSocket)
	for i := range attempts {
		k.take(&attempts[i])
		if want := uint8(250 + i); attempts[i].id != want {
			t.Fatalf("got identifier %d, want %d", attempts[i].id, want)
		}
	}
	if k.idle != 0 {
		t.Errorf("got %d free identifiers, want none", k.idle)
	}
	for _, i := range []int{7, 3, 200} {
		k.release(now, &attempts[i])
		if attempts[i].socket != nil || k.slots[attempts[i].id] != nil {
			t.Errorf("attempt %d is still in the table", i)
		}
	}
	for _, i := range []int{7, 3, 200} {
		var a attempt
		k.take(&a)
		if a.id != attempts[i].id {
			t.Errorf("got identifier %d, want %d", a.id, attempts[i].id)
		}
	}
}
