package spool

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a crash leaves between writing records anew and removing their segment
// is each of them once.
func TestFilesTwice(t *testing.T) {
	dir := t.TempDir()
	b, _ := sample(2)
	again := appendEntry(append([]byte(nil), b...), &entry{kind: done, id: 1})
	for name, b := range map[string][]byte{"0000000000000001.seg": b, "0000000000000002.seg": again, "notes.seg": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, got := open(t, Config{Dir: dir})
	if d := cmp.Diff([]string{"acme record 2"}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	s.Done(2)
	closed(t, s)
	s, got = open(t, Config{Dir: dir})
	if got != nil {
		t.Errorf("got %q, want nothing", got)
	}
	closed(t, s)
}

// What is called like a segment and is none is in nobody's way.
func TestFilesNoSegment(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "0000000000000001.seg"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, got := open(t, Config{Dir: dir})
	if got != nil {
		t.Errorf("got %q, want nothing", got)
	}
	s.Put("acme", []byte("record"))
	closed(t, s)
	s, got = open(t, Config{Dir: dir})
	if d := cmp.Diff([]string{"acme record"}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	closed(t, s)
}
