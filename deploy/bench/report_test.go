package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func someReport() *Report {
	r := &Report{Time: time.Unix(0, 0).UTC(), Took: 61.2, Commit: "abc", Machine: "a machine", Figures: []Figure{
		sample{2, 1, 3}.figure(3, "a set-up", "µs", atMost(1)),
		sample{7}.figure(1, "a frame", "ns", nil),
	}}
	r.fail(2, errors.Join(errors.New("no kernel"), errors.New("no QEMU")))
	return r
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	if err := someReport().table(&b); err != nil {
		t.Fatal(err)
	}
	const want = `
1. forwarding
           median   least to most  runs  goal
  a frame  7.00 ns                 1

3. set-up
            median   least to most  runs  goal
  a set-up  2.00 µs  1.00 to 3.00   3     ≤ 1.00 not met

not measured: 2. pppbridge, instructions in a virtual machine: no kernel; no QEMU
`
	got := ""
	for line := range strings.Lines(b.String()) {
		got += strings.TrimRight(line, " \n") + "\n"
	}
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte("before\n"+beginMark+"\nold\n"+endMark+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := someReport().update(path); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{
		"before\n" + beginMark, endMark + "\nafter\n", "1970-01-01, commit abc, a machine, 1m1s.",
		"| a set-up | 2.00 µs | 1.00 to 3.00 | 3 | ≤ 1.00 not met |", "Not measured: 2. ",
	} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, text)
		}
	}
	if strings.Contains(text, "old") {
		t.Error("what was there is still there")
	}
}

// A page without marks is left alone.
func TestUpdateWithoutMarks(t *testing.T) {
	for _, page := range []string{"", "x", beginMark, endMark + beginMark} {
		if _, err := splice([]byte(page), "text"); err == nil {
			t.Errorf("%q: no error", page)
		}
	}
}

func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	if err := someReport().save(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) != 2 || r.Figures[0].Goal == nil || r.Figures[0].Goal.Met || len(r.Errors) != 1 {
		t.Errorf("%+v", r)
	}
}

// The page that the figures are written into has the place for them.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := splice(page, ""); err != nil {
		t.Error(err)
	}
}
