package lab

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestReport(t *testing.T) {
	l, out := newLab(t)
	if !l.check(nil, "%d and %d", 1, 2) || l.check(errors.New("too\nbad"), "three") {
		t.Error("check must return whether it held")
	}
	want := "  ok      1 and 2\n  FAILED  three: too\n          bad\n"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := l.failures(); got != 1 {
		t.Errorf("%d failures, want 1", got)
	}
	if err := l.save(l.artifacts + "/" + resultsFile); err != nil {
		t.Fatal(err)
	}
	got, err := ReadResults(l.artifacts)
	if err != nil {
		t.Fatal(err)
	}
	expect := []Result{{Name: "1 and 2"}, {Name: "three", Failed: "too\nbad"}}
	if diff := cmp.Diff(expect, got, cmpopts.IgnoreFields(Result{}, "At")); diff != "" {
		t.Error(diff)
	}
}

func TestShow(t *testing.T) {
	l, out := newLab(t)
	l.show("a\nb\n")
	if got := out.String(); got != "    a\n    b\n" {
		t.Errorf("got %q", got)
	}
}

func TestSameSet(t *testing.T) {
	if err := sameSet([]string{"b", "a"}, []string{"a", "b"}); err != nil {
		t.Error(err)
	}
	err := sameSet([]string{"a", "d", "b", "d"}, []string{"a", "a", "c", "d"})
	if err == nil || !strings.HasSuffix(err.Error(), `missing ["a" "c"], too many ["b" "d"]`) {
		t.Errorf("got %v", err)
	}
}
