package ethernet

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
)

func TestWriteBatchOrder(t *testing.T) {
	w := newWire(t, Config{Batch: 8})
	us, them := w.port.MAC(), w.far.MAC()
	var batch [][]byte
	for i := range 20 {
		f := address(them, us, "8863 11 07 0000 0000")
		f[len(f)-1] = byte(i)
		batch = append(batch, f)
	}
	if err := w.port.WriteBatch(batch); err != nil {
		t.Fatal(err)
	}
	for i, f := range read(t, w.far, len(batch)) {
		if !bytes.Equal(f, batch[i]) {
			t.Errorf("frame %d: got % x, want % x", i, f, batch[i])
		}
	}
}

func TestWriteBatchRefused(t *testing.T) {
	w := newWire(t, Config{})
	us, them := w.port.MAC(), w.far.MAC()
	good := address(them, us, "8863 11 07 0000 0000")
	long := append(bytes.Clone(good), make([]byte, 1600)...)
	batch := [][]byte{long, good, nil, good[:10], good, long}
	if err := w.port.WriteBatch(batch); err != nil {
		t.Fatal(err)
	}
	if got := read(t, w.far, 2); len(got) != 2 {
		t.Errorf("got %d frames, want 2", len(got))
	}
	if got := w.port.Stats().SendErrors; got != 4 {
		t.Errorf("SendErrors: got %d, want 4", got)
	}
	w.near.SetUp(t, false)
	if err := w.port.WriteBatch([][]byte{good, good}); err != nil {
		t.Errorf("device down: %v", err)
	}
	if got := w.port.Stats().SendErrors; got != 6 {
		t.Errorf("device down: SendErrors: got %d, want 6", got)
	}
}

func TestWriteBatchConcurrent(t *testing.T) {
	w := newWire(t, Config{})
	us, them := w.port.MAC(), w.far.MAC()
	f := address(them, us, "8863 11 07 0000 0000")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 25 {
				if err := w.port.WriteBatch([][]byte{f, f}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := len(read(t, w.far, 200)); got != 200 {
		t.Errorf("got %d frames, want 200", got)
	}
}

func BenchmarkWriteBatch(b *testing.B) {
	w := newWire(b, Config{})
	us, them := w.port.MAC(), w.far.MAC()
	batch := make([][]byte, 64)
	for i := range batch {
		batch[i] = address(them, us, "0800 45000000") // the far end's filter drops it
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.port.WriteBatch(batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/frame")
}

// BenchmarkFilter is what a frame that the filter drops costs the kernel: the
// difference between the two.
func BenchmarkFilter(b *testing.B) {
	for _, listening := range []bool{false, true} {
		b.Run(fmt.Sprintf("listening=%v", listening), func(b *testing.B) {
			w := newWire(b, Config{})
			batch := make([][]byte, 64)
			for i := range batch {
				batch[i] = address(w.port.MAC(), w.far.MAC(), "8864 11 00 0007 0006 0021 45000000")
			}
			if !listening {
				if err := w.port.Close(); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if err := w.far.WriteBatch(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/frame")
		})
	}
}
