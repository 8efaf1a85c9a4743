package kerneltest

import (
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"lacd/kernel"
)

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := NewPipe(PipeEnd{Name: "a", MAC: [6]byte{2, 1}}, PipeEnd{Name: "b", MTU: 100, Queue: 2})
		if a.Name() != "a" || a.MAC() != [6]byte{2, 1} || a.MTU() != 1500 || b.MTU() != 100 {
			t.Errorf("got %q %x %d %d", a.Name(), a.MAC(), a.MTU(), b.MTU())
		}
		got := make(chan []byte)
		go func() {
			var kept []byte
			err := b.ReadBatch(func(f []byte) { got <- slices.Clone(f); kept = f })
			if err != nil || kept[0] != 0xdb {
				t.Errorf("got %v; a frame that was kept begins with %#x, want 0xdb", err, kept[0])
			}
		}()
		synctest.Wait() // the reader waits for a frame
		frame := make([]byte, 60)
		frame[59] = 7
		if err := a.WriteBatch([][]byte{frame}); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(frame, <-got); diff != "" {
			t.Errorf("frame (-want +got):\n%s", diff)
		}
		synctest.Wait()
		// Four frames are one too short and three for a queue of two.
		if err := a.WriteBatch([][]byte{frame, frame[:13], frame, frame}); err != nil {
			t.Error(err)
		}
		if got := a.Stats(); got != (kernel.PortStats{SendErrors: 1}) {
			t.Errorf("sender: got %+v", got)
		}
		if got := b.Stats(); got != (kernel.PortStats{ReceiveDrops: 1}) {
			t.Errorf("receiver: got %+v", got)
		}
	})
}

func TestPipeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := NewPipe(PipeEnd{}, PipeEnd{})
		read := make(chan error)
		go func() { read <- b.ReadBatch(func([]byte) {}) }()
		synctest.Wait()
		for range 2 {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := <-read; !errors.Is(err, net.ErrClosed) {
			t.Errorf("ReadBatch: got %v, want net.ErrClosed", err)
		}
		frame := make([]byte, 60)
		if err := b.WriteBatch([][]byte{frame}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("WriteBatch: got %v, want net.ErrClosed", err)
		}
		if err := a.WriteBatch([][]byte{frame}); err != nil {
			t.Errorf("write to a closed far end: %v", err)
		}
	})
}

func TestPipeDelete(t *testing.T) {
	a, b := NewPipe(PipeEnd{Name: "a"}, PipeEnd{Name: "b"})
	read := make(chan error)
	go func() { read <- a.ReadBatch(func([]byte) {}) }()
	a.Delete()
	if err := <-read; !errors.Is(err, kernel.ErrGone) {
		t.Errorf("ReadBatch: got %v, want ErrGone", err)
	}
	frame := make([]byte, 60)
	if err := a.WriteBatch([][]byte{frame}); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("WriteBatch: got %v, want ErrGone", err)
	}
	if err := b.WriteBatch([][]byte{frame}); err != nil {
		t.Errorf("the far end cannot write: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if err := a.ReadBatch(func([]byte) {}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: got %v, want net.ErrClosed", err)
	}
}
