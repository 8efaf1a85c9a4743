package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// ErrLocked is returned by Open when another process has the spool.
var ErrLocked = errors.New("another process has it")

// Config is where a spool is and how large it may get. Zero is the default given
// with each field.
type Config struct {
	Dir     string
	Most    int64         // octets on disk; 0: 256 MiB. What does not fit is not kept
	Segment int64         // octets of a segment; 0: 4 MiB
	Gather  time.Duration // how long what is put waits for company; 0: 10 ms
	Log     *slog.Logger  // nil: slog.Default
}

// Record is what was put and is not done.
type Record struct {
	ID      uint64
	Account string
	Data    []byte
}

// Stats is a snapshot. Counters only grow.
type Stats struct {
	Records  int    // on disk now
	Octets   int64  // on disk now, what is done included
	Waiting  int    // not written yet
	Written  uint64 // entries
	Syncs    uint64
	Failures uint64 // of writes; they are tried again
	Refused  uint64 // records that did not fit
	Strange  uint64 // octets found that are of no entry
}

// Spool is an open spool. Its methods are safe for any goroutine.
type Spool struct {
	cfg  Config
	lock *os.File
	wake chan struct{}
	stop chan struct{} // closed by Close
	end  chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex // guards what follows; never held during I/O
	last    uint64
	puts    []Record
	waiting map[uint64]int // by ID: where it is in puts
	dones   []uint64
	behind  int // records that run has taken and not written
	closed  bool
	stats   Stats

	files files // owned by run
}

// Open opens the spool, and returns the records in it, the oldest first. What
// cannot be read is logged, counted and left out.
func Open(cfg Config) (*Spool, []Record, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Most == 0 {
		cfg.Most = 256 << 20
	}
	if cfg.Segment == 0 {
		cfg.Segment = 4 << 20
	}
	if cfg.Gather == 0 {
		cfg.Gather = 10 * time.Millisecond
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("open accounting spool: %w", err)
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("open accounting spool %s: %w", cfg.Dir, err)
	}
	s := &Spool{
		cfg: cfg, lock: lock, wake: make(chan struct{}, 1), stop: make(chan struct{}), end: make(chan struct{}), waiting: map[uint64]int{},
		files: files{dir: cfg.Dir, live: map[uint64]place{}},
	}
	records, err := s.load()
	if err == nil {
		err = s.files.begin()
	}
	if err != nil {
		_ = lock.Close() // nothing was written to it
		return nil, nil, fmt.Errorf("open accounting spool %s: %w", cfg.Dir, err)
	}
	s.publish(0)
	go s.run()
	return s, records, nil
}

// lockDir takes the lock of a directory, which the end of the process gives up.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written to it
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, err
	}
	return f, nil
}

// load reads all segments.
func (s *Spool) load() ([]Record, error) {
	records, strange, err := s.files.load(func(name string, octets int, torn bool, err error) {
		s.cfg.Log.Warn("accounting spool: not everything can be read", "segment", name, "octets", octets, "torn", torn, "err", err)
	})
	if err != nil {
		return nil, err
	}
	s.stats.Strange = uint64(strange)
	s.last = s.files.lastID
	slices.SortFunc(records, func(a, b Record) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return records, nil
}

// Put keeps a record and returns its ID, which is never 0. data must not be
// modified afterwards. After Close nothing is kept.
func (s *Spool) Put(account string, data []byte) uint64 {
	s.mu.Lock()
	s.last++
	id := s.last
	if !s.closed {
		s.waiting[id] = len(s.puts)
		s.puts = append(s.puts, Record{id, account[:min(len(account), 255)], data})
	}
	s.mu.Unlock()
	s.notify()
	return id
}

// Done says that nothing more is to be done about a record.
func (s *Spool) Done(id uint64) {
	s.mu.Lock()
	if i, ok := s.waiting[id]; ok {
		s.puts[i].ID = 0 // it was never written
		delete(s.waiting, id)
		s.mu.Unlock()
		return
	}
	if !s.closed {
		s.dones = append(s.dones, id)
	}
	s.mu.Unlock()
	s.notify()
}

func (s *Spool) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Stats returns the counters.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Waiting = len(s.waiting) + s.behind
	return st
}

// Close writes what waits, and gives the spool up. It is called once.
func (s *Spool) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	close(s.stop)
	<-s.end
	return s.lock.Close()
}
