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
	r := &Report{Time: time.Unix(0, 0).UTC(), Commit: "abc", Machine: "a machine", Took: map[int]float64{1: 1, 2: 2, 3: 61.2}, Errors: map[int]string{}, Figures: []Figure{
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
1. forwarding, 1s
           median   least to most  runs  goal
  a frame  7.00 ns                 1

3. set-up, 1m1s
            median   least to most  runs  goal
  a set-up  2.00 µs  1.00 to 3.00   3     ≤ 1.00 not met

not measured: 2. pppbridge, instructions in a virtual machine: no kernel; no QEMU
`
	var got strings.Builder
	for line := range strings.Lines(b.String()) {
		got.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if got.String() != want {
		t.Errorf("got %s, want %s", got.String(), want)
	}
}

// emptyPage has the marks of groups.
func emptyPage(of ...int) (page string) {
	page = "before\n"
	for _, g := range of {
		begin, end := marks(g)
		page += begin + "\nold\n" + end + "\n"
	}
	return page + "after\n"
}

func TestUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte(emptyPage(1, 2, 3, 4)), 0o600); err != nil {
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
	const want = `before
<!-- group 1: written by bench -update -->

1970-01-01, commit abc, a machine, 1s.

| 1. forwarding | median | least to most | runs | goal |
|---|---|---|---|---|
| a frame | 7.00 ns |  | 1 |  |

<!-- end of group 1 -->
<!-- group 2: written by bench -update -->

1970-01-01, commit abc, a machine, 2s.

Not measured: no kernel; no QEMU

<!-- end of group 2 -->
<!-- group 3: written by bench -update -->

1970-01-01, commit abc, a machine, 1m1s.

| 3. set-up | median | least to most | runs | goal |
|---|---|---|---|---|
| a set-up | 2.00 µs | 1.00 to 3.00 | 3 | ≤ 1.00 not met |

<!-- end of group 3 -->
<!-- group 4: written by bench -update -->
old
<!-- end of group 4 -->
after
`
	if string(page) != want {
		t.Errorf("got %s, want %s", page, want)
	}
}

// A page without the marks is left alone.
func TestUpdateWithoutMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	begin, end := marks(3)
	for _, page := range []string{"", "x", emptyPage(1, 2, 4), emptyPage(1, 2) + begin, emptyPage(1, 2) + end + begin} {
		if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := someReport().update(path); err == nil {
			t.Errorf("%q: no error", page)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != page {
			t.Errorf("%q has become %q, %v", page, got, err)
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

// The page that the figures are written into has a place for each group.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for g := range groups {
		if page, err = splice(page, g, ""); err != nil {
			t.Error(err)
		}
	}
}
