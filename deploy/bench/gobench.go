package main

import (
	"fmt"
	"strconv"
	"strings"
)

// result is a line of a Go benchmark.
type result struct {
	name string
	runs int
	of   map[string]float64 // unit → value
}

// parseBench reads what a test binary prints. Lines that are no results are
// skipped.
func parseBench(text string) (all []result, err error) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		r := result{name: strings.TrimPrefix(words[0], "Benchmark"), of: map[string]float64{}}
		if i := strings.LastIndexByte(r.name, '-'); i >= 0 {
			r.name = r.name[:i] // GOMAXPROCS
		}
		if r.runs, err = strconv.Atoi(words[1]); err != nil {
			continue // a name that a test wrote
		}
		for i := 2; i+1 < len(words); i += 2 {
			if r.of[words[i+1]], err = strconv.ParseFloat(words[i], 64); err != nil {
				return nil, fmt.Errorf("benchmark %s: %w", r.name, err)
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// part returns the value of a "name=value" in the name of a benchmark.
func (r *result) part(name string) string {
	for p := range strings.SplitSeq(r.name, "/") {
		if v, ok := strings.CutPrefix(p, name+"="); ok {
			return v
		}
	}
	return ""
}

// sampleOf is what all results of a name say in a unit.
func sampleOf(all []result, name, unit string) (s sample) {
	for i := range all {
		if v, ok := all[i].of[unit]; ok && all[i].name == name {
			s.add(v)
		}
	}
	return s
}
