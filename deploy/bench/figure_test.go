package main

import (
	"math"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		of   sample
		want float64
	}{
		{sample{3}, 3}, {sample{3, 1}, 2}, {sample{9, 1, 2}, 2}, {sample{4, 1, 3, 100}, 3.5},
	} {
		before := append(sample{}, tt.of...)
		if got := tt.of.median(); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.of, got, tt.want)
		}
		for i := range before {
			if tt.of[i] != before[i] {
				t.Errorf("the sample %v was changed to %v", before, tt.of)
			}
		}
	}
	if got := (sample{}).median(); !math.IsNaN(got) {
		t.Errorf("of nothing: %v", got)
	}
}

func TestFigure(t *testing.T) {
	f := sample{5, 1, 3}.figure(3, "x", "µs", atMost(3))
	if f.Value != 3 || f.Least != 1 || f.Most != 5 || f.Runs != 3 || !f.Goal.Met {
		t.Errorf("%+v, goal %+v", f, *f.Goal)
	}
	for _, tt := range []struct {
		goal *Goal
		of   float64
		want string
	}{
		{atMost(150), 150, "≤ 150 met"},
		{atMost(1.5), 1.51, "≤ 1.50 not met"},
		{atLeast(4000), 4000, "≥ 4000 met"},
		{atLeast(4000), 3999, "≥ 4000 not met"},
		{nil, 1, ""},
	} {
		if got := (sample{tt.of}).figure(1, "", "", tt.goal).Goal.String(); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.of, got, tt.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 64000: "64000"} {
		if got := number(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}
