package mmsg

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"
)

// pair returns two connected sockets, each the other's peer.
func pair(t testing.TB) (a, b *net.UDPConn) {
	t.Helper()
	first, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	at := first.LocalAddr().(*net.UDPAddr)
	b, err = net.DialUDP("udp", nil, at)
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Close() // its port is free for one that is connected
	a, err = net.DialUDP("udp", at, b.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*net.UDPConn{a, b} {
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

func raw(t testing.TB, c *net.UDPConn) syscall.RawConn {
	t.Helper()
	r, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What is more than a batch goes in several, and what the kernel refuses keeps
// none of the others.
func TestWriteAndRead(t *testing.T) {
	a, b := pair(t)
	w, r := NewWriter(raw(t, a), 8), NewReader(raw(t, b), 4, 100)
	const refused = 10
	var ds [][]byte
	for i := range 20 {
		ds = append(ds, fmt.Append(nil, "datagram ", i))
	}
	ds[refused] = make([]byte, 1<<16)
	ds[12] = nil
	ds[13] = bytes.Repeat([]byte("long"), 26)
	var calls []int
	for rest := ds; len(rest) > 0; {
		n, err := w.WriteBatch(rest)
		calls = append(calls, n)
		if rest = rest[n:]; err != nil {
			if !errors.Is(err, syscall.EMSGSIZE) || len(rest) != len(ds)-refused {
				t.Fatalf("got %v with %d datagrams left", err, len(rest))
			}
			rest = rest[1:]
		}
	}
	if want := []int{8, 2, 0, 8, 1}; !slices.Equal(calls, want) {
		t.Errorf("sent %v, want %v", calls, want)
	}
	want := slices.Delete(slices.Clone(ds), refused, refused+1)
	want[12] = want[12][:100] // cut
	var got [][]byte
	for len(got) < len(want) {
		if err := r.ReadBatch(func(b []byte) { got = append(got, slices.Clone(b)) }); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n, err := w.WriteBatch(nil); n != 0 || err != nil {
		t.Errorf("nothing to send: got %d, %v", n, err)
	}
}

// short is a BatchWriter that sends two at a time and refuses the empty.
type short struct{ sent []string }

func (s *short) WriteBatch(ds [][]byte) (int, error) {
	for i, d := range ds[:min(2, len(ds))] {
		if len(d) == 0 {
			return i, errors.New("empty")
		}
		s.sent = append(s.sent, string(d))
	}
	return min(2, len(ds)), nil
}

// What is refused, the last included, keeps none of the others, and nothing is
// kept afterwards.
func TestWriteAll(t *testing.T) {
	for _, refused := range []func(error){nil, func(error) {}} {
		n := 0
		if refused != nil {
			refused = func(error) { n++ }
		}
		ds := [][]byte{{}, []byte("1"), []byte("2"), {}, {}, []byte("3"), {}}
		var w short
		WriteAll(&w, ds, refused)
		if want := []string{"1", "2", "3"}; !slices.Equal(w.sent, want) {
			t.Errorf("sent %q, want %q", w.sent, want)
		}
		if refused != nil && n != 4 {
			t.Errorf("told of %d, want 4", n)
		}
		for i, d := range ds {
			if d != nil {
				t.Errorf("datagram %d is kept", i)
			}
		}
	}
}

// A reader waits without a thread, and hears that the peer is not there any more,
// or the socket.
func TestReadError(t *testing.T) {
	a, b := pair(t)
	w, r := NewWriter(raw(t, a), 8), NewReader(raw(t, a), 8, 100)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteBatch([][]byte{[]byte("to nobody")}); err != nil {
		t.Fatal(err)
	}
	none := func(b []byte) { t.Errorf("got %q from nobody", b) }
	if err := r.ReadBatch(none); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
	time.AfterFunc(time.Millisecond, func() { _ = a.Close() })
	if err := r.ReadBatch(none); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if _, err := w.WriteBatch([][]byte{nil}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// A batch of a few short datagrams, one way.
func BenchmarkWriteAndRead(b *testing.B) {
	from, to := pair(b)
	w, r := NewWriter(raw(b, from), 8), NewReader(raw(b, to), 8, 2048)
	ds := slices.Repeat([][]byte{make([]byte, 100)}, 8)
	b.ReportAllocs()
	for b.Loop() {
		if n, err := w.WriteBatch(ds); n != len(ds) || err != nil {
			b.Fatal(n, err)
		}
		for n := 0; n < len(ds); {
			if err := r.ReadBatch(func([]byte) { n++ }); err != nil {
				b.Fatal(err)
			}
		}
	}
}
