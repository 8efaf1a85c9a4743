package load

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"lacd/lac/lactest/sim"
)

// lnsLoop runs an LNS on a socket.
type lnsLoop struct {
	sock  Socket
	crowd *crowdLoop // is told of calls; nil: it is elsewhere

	mu     sync.Mutex // guards what follows: the loop and onlookers
	lns    *sim.LNS
	drops  uint64 // of the socket
	closed bool
}

// lookAround is the longest that an LNS waits for a datagram.
const lookAround = 50 * time.Millisecond

// serve is the loop. It returns nil after close.
func (l *lnsLoop) serve() error {
	for {
		l.mu.Lock()
		l.drops = l.sock.Drops()
		now := time.Now()
		if d := l.lns.Deadline(); !d.IsZero() && !now.Before(d) {
			l.lns.Advance(now)
		}
		err := l.flush(now)
		if l.lns.Dead() {
			l.close()
		}
		until := now.Add(lookAround)
		if d := l.lns.Deadline(); !d.IsZero() && d.Before(until) {
			until = d
			if soon := now.Add(rest); d.Before(soon) {
				until = soon
			}
		}
		closed := l.closed
		l.mu.Unlock()
		if err == nil && !closed {
			err = l.sock.ReadBatch(until, l.receive)
		}
		switch {
		case closed, errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
	}
}

func (l *lnsLoop) receive(from netip.AddrPort, b []byte) {
	l.mu.Lock()
	l.lns.Receive(time.Now(), from, b)
	l.mu.Unlock()
}

// flush sends what the LNS has to say. l.mu is held.
func (l *lnsLoop) flush(now time.Time) error {
	if ups := l.lns.TakeConnected(); len(ups) > 0 && l.crowd != nil {
		l.crowd.connected(now, ups)
	}
	if out := l.lns.Take(); len(out) > 0 && !l.closed {
		return l.sock.WriteBatch(out)
	}
	return nil
}

// close closes the socket. l.mu is held.
func (l *lnsLoop) close() {
	if !l.closed {
		l.closed = true
		_ = l.sock.Close() // the loop ends in any case
	}
}

// do lets f use the LNS.
func (l *lnsLoop) do(f func(l *sim.LNS)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.lns)
	return l.flush(time.Now())
}
