package spool

import (
	"slices"
	"time"
)

// retryAfter is the pause after a failed write: a full disk is not freed by
// asking.
const retryAfter = 5 * time.Second

// run owns the files until the spool is closed.
func (s *Spool) run() {
	defer close(s.end)
	wake := s.wake
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var puts []Record // taken, not written
	var dones []uint64
	for open := true; open; {
		select {
		case <-wake:
			timer.Reset(s.cfg.Gather)
			wake = nil
			continue
		case <-timer.C:
		case <-s.stop:
			open = false
		}
		puts, dones = s.take(puts, dones)
		if err := s.write(puts, dones); err != nil {
			s.failed(err)
			timer.Reset(retryAfter)
			wake = nil
		} else {
			puts, dones = puts[:0], dones[:0]
			wake = s.wake
		}
		s.publish(len(puts))
	}
	_ = s.files.closeActive() // everything was synced
}

// take adds what has come to what could not be written before.
func (s *Spool) take(puts []Record, dones []uint64) ([]Record, []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.puts {
		if r.ID != 0 {
			puts = append(puts, r)
		}
	}
	dones = append(dones, s.dones...)
	s.puts, s.dones = nil, nil
	clear(s.waiting)
	if len(dones) > 0 && len(puts) > 0 {
		finished := make(map[uint64]bool, len(dones))
		for _, id := range dones {
			finished[id] = true
		}
		puts = slices.DeleteFunc(puts, func(r Record) bool { return finished[r.ID] })
	}
	return puts, dones
}

// write writes a batch with one sync.
func (s *Spool) write(puts []Record, dones []uint64) error {
	f := &s.files
	if n := len(f.segments); n > 0 && f.segments[n-1].octets >= s.cfg.Segment {
		if err := f.begin(); err != nil {
			return err
		}
	}
	var b []byte
	for _, id := range dones {
		if _, ok := f.live[id]; ok {
			b = appendEntry(b, &entry{kind: done, id: id})
		}
	}
	sizes := make([]int, 0, len(puts))
	var refused uint64
	for _, r := range puts {
		start := len(b)
		b = appendEntry(b, &entry{kind: put, id: r.ID, account: r.Account, data: r.Data})
		if f.octets+int64(len(b)) > s.cfg.Most || len(b)-start > headLen+maxBody {
			b = b[:start]
			refused++
		}
		sizes = append(sizes, len(b)-start)
	}
	if len(b) > 0 {
		if err := f.write(b); err != nil {
			return err
		}
		s.count(uint64(len(puts)+len(dones))-refused, refused)
	} else {
		s.count(0, refused)
	}
	for _, id := range dones {
		f.drop(id)
	}
	for i, r := range puts {
		if sizes[i] > 0 {
			f.add(f.segments[len(f.segments)-1], r.ID, sizes[i])
		}
	}
	return s.shrink()
}

// shrink frees what no record needs. It is done at once where nothing is live,
// else when more is dead than alive.
func (s *Spool) shrink() error {
	f := &s.files
	if len(f.live) == 0 && f.octets >= s.cfg.Segment/4 && len(f.segments) > 0 {
		if err := f.begin(); err != nil {
			return err
		}
	}
	if err := f.tidy(); err != nil {
		return err
	}
	if len(f.segments) > 1 && f.octets > 2*f.used+2*s.cfg.Segment {
		return f.renew()
	}
	return nil
}

func (s *Spool) count(written, refused uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Written += written
	s.stats.Refused += refused
	if written > 0 {
		s.stats.Syncs++
	}
}

func (s *Spool) failed(err error) {
	s.mu.Lock()
	s.stats.Failures++
	s.mu.Unlock()
	// At most one line in retryAfter.
	s.cfg.Log.Error("accounting spool cannot be written: records are in memory alone", "dir", s.cfg.Dir, "err", err)
}

// publish makes the state of the files known, and how many records are taken
// and in none.
func (s *Spool) publish(behind int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind = behind
	s.stats.Records, s.stats.Octets = len(s.files.live), s.files.octets
}
