package lab

import (
	"io"
	"slices"
	"testing"
	"time"
)

func TestCasesAreComplete(t *testing.T) {
	names, about := Cases()
	if len(names) != len(about) || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("names %q, about %q", names, about)
	}
	for _, s := range cases {
		if s.about == "" || s.scene == nil || s.play == nil || s.limit < time.Minute {
			t.Errorf("%s is incomplete", s.name)
		}
	}
}

func TestScriptOf(t *testing.T) {
	if s, err := scriptOf(""); err != nil || s.name != "demo" {
		t.Errorf("got %q, %v, want the demonstration", s.name, err)
	}
	if s, err := scriptOf(cases[0].name); err != nil || s.name != cases[0].name {
		t.Errorf("got %q, %v, want %q", s.name, err, cases[0].name)
	}
	if s, err := scriptOf("nonesuch"); err == nil {
		t.Errorf("got %q, want an error", s.name)
	}
	if err := Run(t.Context(), Options{Case: "nonesuch", Out: io.Discard}); err == nil {
		t.Error("Run: want an error")
	}
}
