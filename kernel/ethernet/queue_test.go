package ethernet

import (
	"slices"
	"testing"
)

// TestBroadcastsHaveTheirQueue: broadcasts beyond what the kernel queues cost
// nobody else his place, and whoever is addressed is read first.
func TestBroadcastsHaveTheirQueue(t *testing.T) {
	const broadcasts = 900
	w := newWire(t, Config{ReceiveBuffer: 64 << 10})
	us, them, all := w.port.MAC(), w.far.MAC(), [6]byte(frame(broadcast))
	padi := address(all, them, "8863 11 09 0000 0000")
	if err := w.far.WriteBatch(slices.Repeat([][]byte{padi}, broadcasts)); err != nil {
		t.Fatal(err)
	}
	padr := address(us, them, "8863 11 19 0000 0000")
	if err := w.far.WriteBatch([][]byte{padr}); err != nil {
		t.Fatal(err)
	}
	got := read(t, w.port, 2)
	if !slices.Equal(got[0], padr) || !slices.Equal(got[1], padi) {
		t.Errorf("% x, % x: want the PADR and then a PADI", got[0][:20], got[1][:20])
	}
	for n := len(got) - 1; ; {
		drops := int(w.port.Stats().ReceiveDrops)
		if n+drops == broadcasts && drops > 0 {
			break
		}
		if n+drops >= broadcasts {
			t.Fatalf("%d of %d PADIs read, %d dropped", n, broadcasts, drops)
		}
		n += len(read(t, w.port, 1))
	}
}

// TestEachQueueWakes: a reader that waits is woken by either kind, every time.
func TestEachQueueWakes(t *testing.T) {
	w := newWire(t, Config{})
	us, them, all := w.port.MAC(), w.far.MAC(), [6]byte(frame(broadcast))
	kinds := [][]byte{address(all, them, "8863 11 09 0000 0000"), address(us, them, "8863 11 19 0000 0000")}
	got := make(chan []byte)
	const rounds = 200
	go func() {
		defer close(got)
		for n := 0; n < rounds; {
			if err := w.port.ReadBatch(func(f []byte) { got <- slices.Clone(f); n++ }); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for i := range rounds {
		want := kinds[i/2%2]
		if err := w.far.WriteBatch([][]byte{want}); err != nil {
			t.Fatal(err)
		}
		if f := <-got; !slices.Equal(f, want) {
			t.Fatalf("round %d: got % x", i, f)
		}
	}
}
