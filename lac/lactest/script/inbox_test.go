package script

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestInbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox[int]()
		start := time.Now()
		if v, ok := in.take(start.Add(time.Second)); ok || time.Since(start) != time.Second {
			t.Errorf("got %d, %v after %v, want nothing after 1s", v, ok, time.Since(start))
		}
		go func() {
			time.Sleep(time.Minute)
			in.put(1)
			in.put(2)
		}()
		if v, ok := in.take(time.Now().Add(time.Hour)); !ok || v != 1 || time.Since(start) != time.Second+time.Minute {
			t.Errorf("got %d, %v after %v", v, ok, time.Since(start))
		}
		in.note(9) // kept, not to be taken
		synctest.Wait()
		if v, ok := in.take(time.Now()); !ok || v != 2 {
			t.Errorf("got %d, %v, want 2", v, ok)
		}
		in.put(3)
		in.skip()
		if v, ok := in.take(time.Now()); ok {
			t.Errorf("got %d after skip", v)
		}
		if got := in.all(); !slices.Equal(got, []int{1, 9, 2, 3}) && !slices.Equal(got, []int{1, 2, 9, 3}) {
			t.Errorf("got %v", got)
		}
	})
}
