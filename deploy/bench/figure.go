package main

import (
	"fmt"
	"math"
	"slices"
)

// Figure is one line of the table.
type Figure struct {
	Group int     `json:"group"`
	What  string  `json:"what"`
	Value float64 `json:"value"` // the median
	Unit  string  `json:"unit"`
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
	Runs  int     `json:"runs"`
	Goal  *Goal   `json:"goal,omitempty"`
	Note  string  `json:"note,omitempty"`
}

// Goal is a bound of a figure.
type Goal struct {
	Bound float64 `json:"bound"`
	Least bool    `json:"least"` // the bound is the least that will do, not the most
	Met   bool    `json:"met"`
}

func atLeast(bound float64) *Goal { return &Goal{Bound: bound, Least: true} }
func atMost(bound float64) *Goal  { return &Goal{Bound: bound} }

func (g *Goal) meets(v float64) bool {
	if g.Least {
		return v >= g.Bound
	}
	return v <= g.Bound
}

func (g *Goal) String() string {
	if g == nil {
		return ""
	}
	sign := "≤"
	if g.Least {
		sign = "≥"
	}
	verdict := "not met"
	if g.Met {
		verdict = "met"
	}
	return fmt.Sprintf("%s %s %s", sign, number(g.Bound), verdict)
}

// sample is what several runs said of one thing.
type sample []float64

func (s *sample) add(v float64) { *s = append(*s, v) }

func (s sample) median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	c := slices.Sorted(slices.Values(s))
	if n := len(c); n%2 == 0 {
		return (c[n/2-1] + c[n/2]) / 2
	}
	return c[len(c)/2]
}

// figure returns the line that the sample makes.
func (s sample) figure(group int, what, unit string, goal *Goal) Figure {
	f := Figure{Group: group, What: what, Unit: unit, Value: s.median(), Runs: len(s), Goal: goal}
	if len(s) > 0 {
		f.Least, f.Most = slices.Min(s), slices.Max(s)
	}
	if goal != nil {
		goal.Met = goal.meets(f.Value)
	}
	return f
}

// number writes as many digits as say something.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
