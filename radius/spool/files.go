package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// files are the segments of a spool. One goroutine owns them.
type files struct {
	dir      string
	segments []*segment // the oldest first; the last one is written to
	active   *os.File
	live     map[uint64]place
	octets   int64 // of all segments
	used     int64 // of live records
	lastID   uint64
}

type segment struct {
	number uint64
	octets int64
	live   int // records
}

// place is where a live record is.
type place struct {
	seg    *segment
	octets int
}

const suffix = ".seg"

func (f *files) path(g *segment) string {
	return filepath.Join(f.dir, fmt.Sprintf("%016x%s", g.number, suffix))
}

// load reads all segments. tell is called for each that is not whole.
func (f *files) load(tell func(name string, octets int, torn bool, err error)) (records []Record, strange int, err error) {
	names, err := f.names()
	if err != nil {
		return nil, 0, err
	}
	finished := map[uint64]bool{}
	found := map[uint64]Record{}
	for _, name := range names {
		var g segment
		if _, err := fmt.Sscanf(name, "%016x"+suffix, &g.number); err != nil {
			continue // not ours
		}
		b, err := os.ReadFile(filepath.Join(f.dir, name))
		if err != nil {
			// It is kept out of the way, for people.
			tell(name, 0, false, errors.Join(err, os.Rename(filepath.Join(f.dir, name), filepath.Join(f.dir, name+".bad"))))
			continue
		}
		g.octets = int64(len(b))
		f.octets += g.octets
		f.segments = append(f.segments, &g)
		n, torn := scan(b, func(e entry, n int) {
			f.lastID = max(f.lastID, e.id)
			if e.kind == done {
				finished[e.id] = true
				return
			}
			f.add(&g, e.id, n)
			found[e.id] = Record{e.id, e.account, e.data}
		})
		if n > 0 {
			strange += n
			tell(name, n, torn, nil)
		}
	}
	for id, r := range found {
		if finished[id] {
			f.drop(id)
			continue
		}
		records = append(records, r)
	}
	return records, strange, nil
}

// names returns the names of the segments, in order.
func (f *files) names() ([]string, error) {
	all, err := os.ReadDir(f.dir) // sorted
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range all {
		if strings.HasSuffix(e.Name(), suffix) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// add notes that a record is in a segment, and in no other.
func (f *files) add(g *segment, id uint64, octets int) {
	f.drop(id)
	f.live[id] = place{g, octets}
	g.live++
	f.used += int64(octets)
}

// drop notes that a record is live no more, if it was.
func (f *files) drop(id uint64) {
	p, ok := f.live[id]
	if !ok {
		return
	}
	delete(f.live, id)
	p.seg.live--
	f.used -= int64(p.octets)
}

// begin begins a segment. An old one is never written to again: its tail may
// be torn.
func (f *files) begin() error {
	if err := f.closeActive(); err != nil {
		return err
	}
	g := &segment{number: 1}
	if n := len(f.segments); n > 0 {
		g.number = f.segments[n-1].number + 1
	}
	file, err := os.OpenFile(f.path(g), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	for errors.Is(err, fs.ErrExist) { // something that is no segment
		g.number++
		file, err = os.OpenFile(f.path(g), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return err
	}
	f.active = file
	f.segments = append(f.segments, g)
	return f.syncDir()
}

func (f *files) closeActive() error {
	if f.active == nil {
		return nil
	}
	err := f.active.Close()
	f.active = nil
	return err
}

// syncDir makes the names in the directory last.
func (f *files) syncDir() error {
	d, err := os.Open(f.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// write appends octets to the active segment and makes them last. After an error
// the segment ends where it ended before.
func (f *files) write(b []byte) error {
	if f.active == nil {
		if err := f.begin(); err != nil {
			return err
		}
	}
	g := f.segments[len(f.segments)-1]
	_, err := f.active.WriteAt(b, g.octets)
	if err == nil {
		err = f.active.Sync()
	}
	if err != nil {
		// What cannot be cut off either is passed over when it is read, and
		// overwritten before that.
		return errors.Join(err, f.active.Truncate(g.octets))
	}
	g.octets += int64(len(b))
	f.octets += int64(len(b))
	return nil
}

// tidy removes the oldest segments while no record in them is live. What says
// that a record is done is never in an older segment than the record.
func (f *files) tidy() error {
	for len(f.segments) > 1 && f.segments[0].live == 0 {
		g := f.segments[0]
		if err := os.Remove(f.path(g)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		f.octets -= g.octets
		f.segments = f.segments[1:]
	}
	return nil
}

// renew writes the live records of the oldest segment anew, so that it can go.
func (f *files) renew() error {
	g := f.segments[0]
	b, err := os.ReadFile(f.path(g))
	if err != nil {
		return err
	}
	var again []byte
	moved := map[uint64]int{}
	scan(b, func(e entry, n int) {
		if p, ok := f.live[e.id]; ok && e.kind == put && p.seg == g {
			again = appendEntry(again, &e)
			moved[e.id] = n
		}
	})
	if err := f.write(again); err != nil {
		return err
	}
	to := f.segments[len(f.segments)-1]
	for id, n := range moved {
		f.add(to, id, n)
	}
	if g.live > 0 { // what could not be read again is lost
		for id, p := range f.live {
			if p.seg == g {
				f.drop(id)
			}
		}
	}
	return f.tidy()
}
