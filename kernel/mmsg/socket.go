package mmsg

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Writer sends datagrams over a connected socket. It is for one goroutine.
type Writer struct {
	raw   syscall.RawConn
	hdrs  []Hdr
	iovs  []unix.Iovec
	todo  []Hdr // part of hdrs that the next call sends
	n     int   // sent by the last call
	errno unix.Errno
	send  func(fd uintptr) bool
}

// NewWriter returns a Writer that sends so many datagrams at a time.
func NewWriter(raw syscall.RawConn, batch int) *Writer {
	w := &Writer{raw: raw}
	w.hdrs, w.iovs = newHdrs(batch)
	w.send = func(fd uintptr) bool { // once: it is allocated
		w.n, w.errno = Send(fd, w.todo)
		return w.errno != unix.EAGAIN
	}
	return w
}

// WriteBatch sends the first of ds, as many as go at once, and returns how many
// went. An error is that of the next one, and says nothing of those behind it;
// without one, one has gone at least. While the socket has no room it waits.
func (w *Writer) WriteBatch(ds [][]byte) (int, error) {
	n := min(len(ds), len(w.hdrs))
	if n == 0 {
		return 0, nil
	}
	for i, d := range ds[:n] {
		w.iovs[i].Base = unsafe.SliceData(d)
		w.iovs[i].SetLen(len(d))
	}
	defer clear(w.iovs[:n]) // keep no datagram alive
	w.todo = w.hdrs[:n]
	if err := w.raw.Write(w.send); err != nil {
		return 0, err
	}
	if w.errno != 0 {
		return 0, os.NewSyscallError("sendmmsg", w.errno)
	}
	return w.n, nil
}

// BatchWriter is a Writer, or sends as one does.
type BatchWriter interface {
	WriteBatch(ds [][]byte) (int, error)
}

// WriteAll sends all of ds, and then has ds keep none of them alive. refused,
// which may be nil, is told why the kernel refuses one; that one alone is lost.
func WriteAll(w BatchWriter, ds [][]byte, refused func(error)) {
	for rest := ds; len(rest) > 0; {
		n, err := w.WriteBatch(rest)
		if rest = rest[n:]; err == nil || len(rest) == 0 {
			continue
		}
		rest = rest[1:]
		if refused != nil {
			refused(err)
		}
	}
	clear(ds)
}

// Reader receives datagrams into one piece of memory. It is for one goroutine.
type Reader struct {
	raw   syscall.RawConn
	hdrs  []Hdr
	iovs  []unix.Iovec
	n     int // received by the last call
	errno unix.Errno
	recv  func(fd uintptr) bool
}

// NewReader returns a Reader of so many datagrams at a time, none of which is
// longer than size; longer ones are cut.
func NewReader(raw syscall.RawConn, batch, size int) *Reader {
	r := &Reader{raw: raw}
	r.hdrs, r.iovs = newHdrs(batch)
	buf := make([]byte, batch*size)
	for i := range r.iovs {
		r.iovs[i].Base = &buf[i*size]
		r.iovs[i].SetLen(size)
	}
	r.recv = func(fd uintptr) bool {
		r.n, r.errno = Recv(fd, r.hdrs)
		return r.errno != unix.EAGAIN
	}
	return r
}

// ReadBatch waits for a datagram, and calls fn for each that is there. A datagram
// is valid inside fn only.
func (r *Reader) ReadBatch(fn func(b []byte)) error {
	if err := r.raw.Read(r.recv); err != nil {
		return err
	}
	if r.errno != 0 {
		return os.NewSyscallError("recvmmsg", r.errno)
	}
	for i := range r.n {
		fn(unsafe.Slice(r.iovs[i].Base, r.hdrs[i].Len))
	}
	return nil
}
