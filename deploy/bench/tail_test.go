package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Lines count once, however they arrive.
func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() }) // only read from here on
	tl, err := follow(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tl.f.Close() }) // it was only read
	const text = `{"level":"INFO","msg":"tunnel up","lns":"lns1"}
{"level":"INFO","msg":"session up","lns":"lns1"}
{"level":"INFO","msg":"session up","lns":"lns1"}
{"level":"INFO","msg":"session down","lns":"lns1","cause":"lns-hangup"}
`
	for i := range text {
		if _, err := w.WriteString(text[i : i+1]); err != nil {
			t.Fatal(err)
		}
		if i%7 == 0 {
			if err := tl.read(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tl.read(); err != nil {
		t.Fatal(err)
	}
	if tl.up != 2 || tl.down != 1 || len(tl.lines) != 1 || tl.lines[0].Msg != "tunnel up" || tl.lines[0].LNS != "lns1" {
		t.Errorf("%d up, %d down, lines %+v", tl.up, tl.down, tl.lines)
	}
	if c := tl.crashes(); c != nil {
		t.Errorf("crashes %q", c)
	}
	tl.all = true
	tl.take([]byte(`{"level":"INFO","msg":"session up"}` + "\n" + `{"level":"ERROR","msg":"oh"}` + "\npanic: no\n"))
	if got := tl.crashes(); tl.up != 3 || len(tl.lines) != 4 || len(got) != 2 || got[0] != "oh" || got[1] != "panic: no" {
		t.Errorf("%d up, %d lines, crashes %q", tl.up, len(tl.lines), got)
	}
}
