package spool

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB, cfg Config) (*Spool, []string) {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = quiet
	}
	s, records, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range records {
		all = append(all, r.Account+" "+string(r.Data))
	}
	return s, all
}

func closed(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestSpoolKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	s, got := open(t, Config{Dir: dir})
	if got != nil {
		t.Errorf("got %q in a new spool", got)
	}
	s.Put("acme", []byte("one"))
	two := s.Put("acme", []byte("two"))
	s.Put("other", []byte("three"))
	s.Done(two)
	closed(t, s)
	s, got = open(t, Config{Dir: dir})
	if d := cmp.Diff([]string{"acme one", "other three"}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if st := s.Stats(); st.Records != 2 || st.Octets == 0 {
		t.Errorf("got %+v, want two records", st)
	}
	s.Done(1)
	s.Done(3)
	closed(t, s)
	s, got = open(t, Config{Dir: dir})
	if got != nil {
		t.Errorf("got %q, want nothing left", got)
	}
	if id := s.Put("acme", nil); id <= 3 {
		t.Errorf("got ID %d a second time", id)
	}
	closed(t, s)
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if i, err := e.Info(); err != nil || i.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v; want it for lacd alone", e.Name(), i.Mode(), err)
		}
	}
}

func TestSpoolLocked(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, Config{Dir: dir})
	if _, _, err := Open(Config{Dir: dir, Log: quiet}); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want %v", err, ErrLocked)
	}
	closed(t, s)
	s, _ = open(t, Config{Dir: dir})
	closed(t, s)
}

func TestSpoolUnusable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(Config{Dir: filepath.Join(file, "spool"), Log: quiet}); err == nil {
		t.Error("a directory below a file: got no error")
	}
}

// A spool whose last segment was cut anywhere, as by a crash, has what was whole
// before the cut, and works on.
func TestSpoolTorn(t *testing.T) {
	tail, ends := sample(4)
	for cut := range len(tail) + 1 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "0000000000000001.seg"), tail[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		var want []string
		for i, end := range ends {
			if end <= cut {
				want = append(want, fmt.Sprintf("acme record %d", i+1))
			}
		}
		var log bytes.Buffer
		s, got := open(t, Config{Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("cut at %d: -want +got:\n%s", cut, d)
		}
		s.Put("acme", []byte("after"))
		torn := cut > 0 && !slices.Contains(ends, cut)
		if st := s.Stats(); (st.Strange > 0) != torn || strings.Contains(log.String(), "torn=true") != torn {
			t.Errorf("cut at %d: got %+v, log %q", cut, st, log.String())
		}
		closed(t, s)
		s, got = open(t, Config{Dir: dir})
		if d := cmp.Diff(append(want, "acme after"), got); d != "" {
			t.Errorf("cut at %d, a run later: -want +got:\n%s", cut, d)
		}
		closed(t, s)
	}
}

func segments(t testing.TB, dir string) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// A record that nobody takes does not keep the others on disk.
func TestSpoolRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s, _ := open(t, Config{Dir: dir, Segment: 1000, Gather: time.Millisecond})
		s.Put("acme", []byte("stuck"))
		for range 500 {
			id := s.Put("acme", bytes.Repeat([]byte("x"), 100))
			time.Sleep(time.Second)
			synctest.Wait()
			s.Done(id)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if st, n := s.Stats(), segments(t, dir); st.Octets > 4000 || n > 4 || st.Records != 1 {
			t.Errorf("got %+v in %d segments, want little more than the one record", st, n)
		}
		closed(t, s)
		s, got := open(t, Config{Dir: dir})
		if d := cmp.Diff([]string{"acme stuck"}, got); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		closed(t, s)
	})
}

// What does not fit is not kept, and what is there stays.
func TestSpoolBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s, _ := open(t, Config{Dir: dir, Most: 500})
		for i := range 20 {
			s.Put("acme", fmt.Appendf(nil, "%02d %s", i, strings.Repeat("x", 74)))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if st := s.Stats(); st.Records != 5 || st.Refused != 15 || st.Octets > 500 {
			t.Errorf("got %+v, want the 5 oldest of 20", st)
		}
		closed(t, s)
		s, got := open(t, Config{Dir: dir})
		if len(got) != 5 || !strings.HasPrefix(got[0], "acme 00 ") || !strings.HasPrefix(got[4], "acme 04 ") {
			t.Errorf("got %q, want the 5 oldest", got)
		}
		closed(t, s)
	})
}

// A disk that takes nothing is asked again, and what came meanwhile is kept.
func TestSpoolDiskError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "spool")
		s, _ := open(t, Config{Dir: dir, Segment: 1}) // each batch begins a segment
		s.Put("acme", []byte("zero"))
		time.Sleep(time.Second)
		synctest.Wait()
		if err := os.Rename(dir, dir+".away"); err != nil {
			t.Fatal(err)
		}
		s.Put("acme", []byte("one"))
		time.Sleep(time.Second)
		gone := s.Put("acme", []byte("gone"))
		s.Put("acme", []byte("two"))
		synctest.Wait()
		if st := s.Stats(); st.Failures != 1 || st.Waiting != 3 || st.Records != 1 {
			t.Errorf("got %+v, want one failure and three waiting", st)
		}
		s.Done(gone)
		if err := os.Rename(dir+".away", dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(retryAfter)
		synctest.Wait()
		if st := s.Stats(); st.Failures != 1 || st.Waiting != 0 || st.Records != 3 {
			t.Errorf("got %+v, want all written", st)
		}
		closed(t, s)
		s, got := open(t, Config{Dir: dir})
		if d := cmp.Diff([]string{"acme zero", "acme one", "acme two"}, got); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		closed(t, s)
	})
}

func BenchmarkSpool(b *testing.B) {
	s, _ := open(b, Config{Dir: b.TempDir()})
	data := bytes.Repeat([]byte("x"), 350)
	b.ReportAllocs()
	for b.Loop() {
		s.Put("acme", data)
		if s.Stats().Waiting > 10_000 { // what a queue would hold back
			for s.Stats().Waiting > 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}
	closed(b, s)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
