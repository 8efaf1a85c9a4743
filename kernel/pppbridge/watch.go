package pppbridge

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// watch waits for channels to be hung up. Its goroutine is woken by the
// runtime's poller, in which the epoll descriptor itself is registered, so it
// holds no thread.
type watch struct {
	file *os.File
	fd   int // of file, valid until close
	raw  syscall.RawConn
	lost func(kernel.BridgeID)
	done chan struct{} // closed when the goroutine has ended

	mu   sync.Mutex // guards what follows
	last uint64
	ids  map[uint64]kernel.BridgeID // by the number given to the kernel
}

func newWatch(lost func(kernel.BridgeID)) (*watch, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // else os.File waits in a thread
		_ = unix.Close(fd) // unused
		return nil, os.NewSyscallError("fcntl", err)
	}
	w := &watch{
		file: os.NewFile(uintptr(fd), "epoll"),
		fd:   fd,
		lost: lost,
		done: make(chan struct{}),
		ids:  map[uint64]kernel.BridgeID{},
	}
	if w.raw, err = w.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	go w.run()
	return w, nil
}

// add reports a bridge as lost, once, when the channel of fd is hung up. It may
// do so before it returns. Closing fd ends that.
func (w *watch) add(fd int, id kernel.BridgeID) (number uint64, err error) {
	w.mu.Lock()
	w.last++
	number = w.last
	w.ids[number] = id
	w.mu.Unlock()

	// POLLHUP is reported without being asked for. The number stands in the
	// eight octets that the kernel hands back as they are.
	ev := unix.EpollEvent{Events: unix.EPOLLONESHOT, Fd: int32(uint32(number)), Pad: int32(number >> 32)}
	if err := unix.EpollCtl(w.fd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		w.forget(number)
		return 0, fmt.Errorf("watch the channel: %w", err)
	}
	return number, nil
}

// forget drops a bridge: from now on it is not reported. It is called before
// its descriptor is closed.
func (w *watch) forget(number uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.ids, number)
}

func (w *watch) take(number uint64) (kernel.BridgeID, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id, ok := w.ids[number]
	delete(w.ids, number)
	return id, ok
}

func (w *watch) run() {
	defer close(w.done)
	events := make([]unix.EpollEvent, 128)
	n := 0
	wait := func(fd uintptr) bool {
		var err error
		n, err = unix.EpollWait(int(fd), events, 0)
		return n > 0 && err == nil
	}
	for w.raw.Read(wait) == nil { // fails when the file is closed
		for _, ev := range events[:n] {
			number := uint64(uint32(ev.Pad))<<32 | uint64(uint32(ev.Fd))
			if id, ok := w.take(number); ok && w.lost != nil {
				w.lost(id)
			}
		}
	}
}

// close ends the goroutine. No lost bridge is reported after it.
func (w *watch) close() error {
	err := w.file.Close()
	<-w.done
	return err
}
