package ethernet

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"lacd/kernel/mmsg"
)

// writer sends a batch at a time.
type writer struct {
	mu   sync.Mutex // held for a batch: guards everything below
	hdrs []mmsg.Hdr
	iovs []unix.Iovec

	todo  []mmsg.Hdr // part of hdrs that the next call sends
	n     int        // frames sent by the last call
	errno unix.Errno
	send  func(fd uintptr)
}

func newWriter(batch int) *writer {
	w := &writer{hdrs: make([]mmsg.Hdr, batch), iovs: make([]unix.Iovec, batch)}
	for i := range w.hdrs {
		w.hdrs[i].Hdr.Iov = &w.iovs[i]
		w.hdrs[i].Hdr.SetIovlen(1)
	}
	w.send = func(fd uintptr) { w.n, w.errno = mmsg.Send(fd, w.todo) }
	return w
}

// WriteBatch implements kernel.Port. It never waits: what the device, its queue
// or the socket's buffer has no room for is counted as a send error.
func (p *Port) WriteBatch(frames [][]byte) error {
	w := p.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(frames) > 0 {
		n := min(len(frames), len(w.hdrs))
		if err := p.writeChunk(frames[:n]); err != nil {
			return p.opError("write to", err)
		}
		frames = frames[n:]
	}
	return nil
}

// writeChunk sends at most a batch. The kernel stops at a frame that it refuses
// and says why when that frame comes first.
func (p *Port) writeChunk(frames [][]byte) error {
	w := p.writer
	for i, f := range frames {
		w.iovs[i].Base = unsafe.SliceData(f)
		w.iovs[i].SetLen(len(f))
	}
	defer clear(w.iovs[:len(frames)]) // keep no frame alive
	for w.todo = w.hdrs[:len(frames)]; len(w.todo) > 0; {
		if err := p.raw.Control(w.send); err != nil {
			return err
		}
		if w.errno != 0 {
			p.sendErrors.Add(1)
			w.n = 1
		}
		w.todo = w.todo[w.n:]
	}
	return nil
}
