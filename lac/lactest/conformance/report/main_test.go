package main

import (
	"strings"
	"testing"

	"lacd/lac/lactest/conformance"
)

const events = `go: downloading something
{"Action":"run","Test":"TestT01_SCCRQ"}
{"Action":"output","Test":"TestT01_SCCRQ","Output":"=== RUN   TestT01_SCCRQ\n"}
{"Action":"pass","Test":"TestT01_SCCRQ","Elapsed":0.5}
{"Action":"pass","Test":"TestT02_A","Elapsed":1}
{"Action":"output","Test":"TestT02_B/sub","Output":"    got 1, want 2\n"}
{"Action":"fail","Test":"TestT02_B/sub","Elapsed":1}
{"Action":"fail","Test":"TestT02_B","Elapsed":1}
{"Action":"skip","Test":"TestT03","Elapsed":0}
{"Action":"pass","Test":"TestOther","Elapsed":0}
`

func TestReport(t *testing.T) {
	res, err := read(strings.NewReader(events))
	if err != nil {
		t.Fatal(err)
	}
	cases := conformance.Cases[:4]
	var w strings.Builder
	if res.print(&w, cases, false) {
		t.Error("a failed and a missing case: got success")
	}
	const want = `T01  pass        0.5s
T02  fail        2.0s
T03  skip        0.0s
T04  missing     0.0s
`
	var table strings.Builder
	for _, l := range strings.SplitN(w.String(), "\n", 5)[:4] {
		table.WriteString(strings.TrimRight(l[:22], " ") + "\n")
	}
	if table.String() != want {
		t.Errorf("got\n%swant\n%s", table.String(), want)
	}
	if !strings.Contains(w.String(), "\nT02:\n    got 1, want 2\n") || !strings.Contains(w.String(), "1 passed, 1 failed, 1 skipped, 1 missing") {
		t.Errorf("got\n%s", w.String())
	}
	if !res.print(&w, cases[:1], true) {
		t.Error("one case that passed: got failure")
	}
	if res.print(&w, cases[2:3], true) || !res.print(&w, cases[2:3], false) {
		t.Error("a skipped case fails where nothing may be skipped, and there alone")
	}
}

func TestCaseOf(t *testing.T) {
	for test, want := range map[string]string{
		"TestT01": "T01", "TestT01_X": "T01", "TestT45_Limit/port": "T45", "TestT99_X": "", "TestOther": "", "": "",
	} {
		if got := caseOf(test); got != want {
			t.Errorf("%q: got %q, want %q", test, got, want)
		}
	}
}
