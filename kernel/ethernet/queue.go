package ethernet

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

// queue is a socket at which frames of a device wait, and its reader.
type queue struct {
	conn   *packet.Conn
	raw    syscall.RawConn
	reader *reader
}

// openQueue opens a socket that receives what of the device's frames the filter
// passes.
func openQueue(ifi *net.Interface, cfg Config, of part) (_ *queue, err error) {
	code, err := assemble([macLen]byte(ifi.HardwareAddr), of)
	if err != nil {
		return nil, err
	}
	q := &queue{reader: newReader(cfg.Batch, ifi.MTU)}
	// Bound to no protocol the socket receives nothing until it is set up.
	if q.conn, err = packet.Listen(ifi, packet.Raw, 0, &packet.Config{Filter: code}); err != nil {
		return nil, err
	}
	if q.raw, err = q.conn.SyscallConn(); err == nil {
		cerr := q.raw.Control(func(fd uintptr) { err = bind(int(fd), ifi.Index, cfg) })
		err = errors.Join(cerr, err)
	}
	if err != nil {
		_ = q.conn.Close() // nothing was done with it
		return nil, err
	}
	return q, nil
}

// take receives what is there without waiting.
func (q *queue) take() error { return q.raw.Control(q.reader.recv) }

// queues are those of a port, in the order in which they are looked at. That of
// the broadcasts is the last and has a buffer of its own, so that a flood of
// PADIs neither fills the one of sessions and PADRs nor is looked at before them.
type queues struct {
	all  []*queue
	poll *os.File // an epoll instance that is ready when any of them is
	wait syscall.RawConn
	look func(fd uintptr) bool
	err  error // of the last look
}

func openQueues(ifi *net.Interface, cfg Config) (_ *queues, err error) {
	qs := &queues{}
	defer func() {
		if err != nil {
			_ = qs.close() // nothing was done with them
		}
	}()
	parts := []part{addressed, broadcasts}
	if cfg.All {
		parts = []part{everything}
	}
	for _, of := range parts {
		q, err := openQueue(ifi, cfg, of)
		if err != nil {
			return nil, err
		}
		qs.all = append(qs.all, q)
	}
	if err := qs.watch(); err != nil {
		return nil, err
	}
	qs.look = qs.receive // once: a method value is allocated
	return qs, nil
}

// watch makes the epoll instance. The runtime's poller watches that in turn: one
// goroutine waits for several sockets, and is not a thread meanwhile.
func (qs *queues) watch() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd) // nothing was done with it
		return os.NewSyscallError("fcntl", err)
	}
	qs.poll = os.NewFile(uintptr(fd), "epoll")
	for _, q := range qs.all {
		cerr := q.raw.Control(func(s uintptr) {
			err = unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, int(s), &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s)})
		})
		if err := errors.Join(cerr, err); err != nil {
			return fmt.Errorf("epoll_ctl: %w", err)
		}
	}
	qs.wait, err = qs.poll.SyscallConn()
	return err
}

// receive is what the poller runs until it returns true: there is something.
func (qs *queues) receive(uintptr) (any bool) {
	qs.err = nil
	for _, q := range qs.all {
		if err := q.take(); err != nil {
			qs.err = err
			return true
		}
		any = any || q.reader.errno != unix.EAGAIN
	}
	return any
}

// drops returns how many frames the kernel has dropped since it was last asked.
func (qs *queues) drops() (n uint64) {
	for _, q := range qs.all {
		if s, err := q.conn.Stats(); err == nil {
			n += uint64(s.Drops)
		}
	}
	return n
}

func (qs *queues) close() error {
	var errs []error
	if qs.poll != nil {
		errs = append(errs, qs.poll.Close())
	}
	for _, q := range qs.all {
		errs = append(errs, q.conn.Close())
	}
	return errors.Join(errs...)
}
