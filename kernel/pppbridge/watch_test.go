package pppbridge

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// pipe returns a descriptor that is hung up when the other one is closed.
func pipe(t *testing.T) (read, write int) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	return fds[0], fds[1]
}

func TestWatch(t *testing.T) {
	lost := make(chan kernel.BridgeID, 10)
	w, err := newWatch(func(id kernel.BridgeID) { lost <- id })
	if err != nil {
		t.Fatal(err)
	}
	want := func(id kernel.BridgeID) {
		t.Helper()
		select {
		case got := <-lost:
			if got != id {
				t.Errorf("lost %#x, want %#x", got, id)
			}
		case <-time.After(patience):
			t.Errorf("%#x was not lost", id)
		}
	}

	const first, second, third = kernel.BridgeID(0xffff_ffff_0000_0001), kernel.BridgeID(2), kernel.BridgeID(3)
	r1, w1 := pipe(t)
	r2, w2 := pipe(t)
	r3, w3 := pipe(t)
	if _, err := w.add(r1, first); err != nil {
		t.Fatal(err)
	}
	number, err := w.add(r2, second)
	if err != nil {
		t.Fatal(err)
	}
	closeAll(w1)
	want(first)
	w.forget(number)
	closeAll(w2) // forgotten: nothing is reported
	closeAll(w3) // hung up before it is watched
	if _, err := w.add(r3, third); err != nil {
		t.Fatal(err)
	}
	want(third)
	if _, err := w.add(-1, 4); err == nil {
		t.Error("watched a descriptor that is not there")
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
	select {
	case id := <-lost:
		t.Errorf("lost %#x as well", id)
	default:
	}
	if n := len(w.ids); n != 0 {
		t.Errorf("%d bridges are remembered", n)
	}
	closeAll(r1, r2, r3)
}

func TestWatchMany(t *testing.T) {
	const n = 300 // more than one wait returns
	lost := make(chan kernel.BridgeID, n)
	w, err := newWatch(func(id kernel.BridgeID) { lost <- id })
	if err != nil {
		t.Fatal(err)
	}
	var reads, writes []int
	for i := range n {
		r, wr := pipe(t)
		reads, writes = append(reads, r), append(writes, wr)
		if _, err := w.add(r, kernel.BridgeID(i)); err != nil {
			t.Fatal(err)
		}
	}
	closeAll(writes...)
	seen := map[kernel.BridgeID]bool{}
	for len(seen) < n {
		select {
		case id := <-lost:
			if seen[id] {
				t.Errorf("bridge %d was lost twice", id)
			}
			seen[id] = true
		case <-time.After(patience):
			t.Fatalf("%d of %d were lost", len(seen), n)
		}
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
	closeAll(reads...)
}
