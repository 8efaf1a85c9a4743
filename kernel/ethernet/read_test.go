package ethernet

import (
	"errors"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"lacd/kernel"
)

// read reads batches until n frames came, and returns copies.
func read(t testing.TB, p *Port, n int) [][]byte {
	t.Helper()
	defer time.AfterFunc(10*time.Second, func() {
		t.Errorf("got too few frames, want %d; %s: %+v", n, p.Name(), p.Stats())
		_ = p.Close() // ends ReadBatch
	}).Stop()
	var got [][]byte
	for len(got) < n {
		if err := p.ReadBatch(func(f []byte) { got = append(got, slices.Clone(f)) }); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// address puts the port's and the far end's address in front of the rest.
func address(to [6]byte, from [6]byte, rest ...string) []byte {
	return slices.Concat(to[:], from[:], frame(rest...), make([]byte, 40))
}

func TestReadBatch(t *testing.T) {
	w := newWire(t, Config{})
	us, them, all := w.port.MAC(), w.far.MAC(), [6]byte(frame(broadcast))
	const (
		padi = "8863 11 09 0000 0000"
		lcp  = "8864 11 00 0007 0006 c021 01010004"
		ipv4 = "8864 11 00 0007 0006 0021 45000000"
	)
	passed := [][]byte{
		address(us, them, lcp),
		address(us, them, "8100 e064", lcp), // priority 7
		address(us, them, "88a8 00c8 8100 0064", lcp),
		address(us, them, "8100 00c8 8100 0064", lcp),
		address(us, them, "9100 00c8 8100 0064", lcp),
		address(us, them, "8100 0000", lcp), // priority tag
	}
	dropped := [][]byte{
		address(us, them, ipv4),
		address(us, them, "8100 0064", ipv4),
		address(them, us, lcp),
		address(us, them, "0800 45000000"),
	}
	last := address(us, them, "8863 11 a7 0007 0000")
	padis := [][]byte{address(all, them, padi), address(all, them, "8100 0064", padi)}
	for _, batch := range [][][]byte{padis, passed, dropped, {last}} {
		if err := w.far.WriteBatch(batch); err != nil {
			t.Fatal(err)
		}
	}
	want := slices.Concat(passed, [][]byte{last}, padis) // broadcasts come last
	if diff := cmp.Diff(want, read(t, w.port, len(want))); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
}

func TestOwnFramesAreNotRead(t *testing.T) {
	w := newWire(t, Config{})
	us, them := w.port.MAC(), w.far.MAC()
	all := [6]byte(frame(broadcast))
	if err := w.port.WriteBatch([][]byte{address(all, us, "8863 11 07 0000 0000")}); err != nil {
		t.Fatal(err)
	}
	want := address(us, them, "8863 11 19 0000 0000")
	if err := w.far.WriteBatch([][]byte{want}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{want}, read(t, w.port, 1)); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
}

func TestFullFrame(t *testing.T) {
	w := newWire(t, Config{Batch: 2})
	us, them := w.port.MAC(), w.far.MAC()
	var want [][]byte
	for i := range 5 {
		f := slices.Concat(us[:], them[:], frame("8100 0064 8864 11 00 0007 05da c021"), make([]byte, 1492))
		f[len(f)-1] = byte(i)
		want = append(want, f)
	}
	if err := w.far.WriteBatch(want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read(t, w.port, 5)); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
}

func TestTruncatedFrame(t *testing.T) {
	w := newWire(t, Config{})
	w.near.SetMTU(t, 9000)
	w.other.SetMTU(t, 9000)
	us, them := w.port.MAC(), w.far.MAC()
	long := slices.Concat(us[:], them[:], frame("8864 11 00 0007 1770 c021"), make([]byte, 6000))
	short := address(us, them, "8863 11 a7 0007 0000")
	if err := w.far.WriteBatch([][]byte{long, short}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{short}, read(t, w.port, 1)); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
	if got := w.port.Stats().ReceiveDrops; got != 1 {
		t.Errorf("ReceiveDrops: got %d, want 1", got)
	}
}

func TestDeviceDown(t *testing.T) {
	w := newWire(t, Config{})
	us, them := w.port.MAC(), w.far.MAC()
	padt := address(us, them, "8863 11 a7 0007 0000")
	got := make(chan error)
	go func() {
		got <- w.port.ReadBatch(func(f []byte) {
			if !slices.Equal(f, padt) {
				t.Errorf("got % x, want % x", f, padt)
			}
		})
	}()
	w.near.SetUp(t, false)
	w.near.SetUp(t, true)
	w.near.WaitReady(t)
	w.other.WaitReady(t)
	if err := w.far.WriteBatch([][]byte{padt}); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("ReadBatch: %v", err)
	}
}

func TestDeviceGone(t *testing.T) {
	w := newWire(t, Config{})
	got := make(chan error)
	go func() { got <- w.port.ReadBatch(func([]byte) {}) }()
	w.near.SetUp(t, false) // what the reader is told
	w.near.Delete(t)       // what it is not told
	start := time.Now()
	if err := <-got; !errors.Is(err, kernel.ErrGone) {
		t.Errorf("ReadBatch: got %v, want ErrGone", err)
	}
	if d := time.Since(start); d > 3*downCheck {
		t.Errorf("took %v, want about %v", d, downCheck)
	}
}

func TestReadBatchAllocations(t *testing.T) {
	w := newWire(t, Config{})
	us, them := w.port.MAC(), w.far.MAC()
	batch := [][]byte{
		address(us, them, "8863 11 a7 0007 0000"),
		address(us, them, "8100 0064 8864 11 00 0007 0006 c021 01010004"),
	}
	frames := 0
	count := func([]byte) { frames++ }
	allocs := testing.AllocsPerRun(100, func() {
		if err := w.far.WriteBatch(batch); err != nil {
			t.Fatal(err)
		}
		for frames = 0; frames < len(batch); {
			if err := w.port.ReadBatch(count); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("got %v allocations for a batch written and read, want none", allocs)
	}
}

func BenchmarkReadBatch(b *testing.B) {
	w := newWire(b, Config{})
	us, them := w.port.MAC(), w.far.MAC()
	batch := make([][]byte, 64)
	for i := range batch {
		batch[i] = address(us, them, "8100 0064 8864 11 00 0007 0006 c021 01010004")
	}
	frames := 0
	count := func([]byte) { frames++ }
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		if err := w.far.WriteBatch(batch); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		for frames = 0; frames < len(batch); {
			if err := w.port.ReadBatch(count); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/frame")
}

func TestLayout(t *testing.T) {
	if got := unsafe.Sizeof(auxdata{}); got != 20 { // linux/if_packet.h
		t.Errorf("struct tpacket_auxdata: got %d octets, want 20", got)
	}
}
