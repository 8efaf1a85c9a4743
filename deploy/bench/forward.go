package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Goals of forwarding, beside a bare redirect.
const (
	wantOne  = 1.5 // with one session
	wantMany = 2.0 // with 64 thousand
)

// forwarding measures group 1 by the benchmark of the data plane xdp.
func (b *bench) forwarding(ctx context.Context) error {
	test := filepath.Join(b.dir, "xdp.test")
	if _, err := run(ctx, "", "go", "test", "-c", "-o", test, "lacd/kernel/xdp"); err != nil {
		return err
	}
	which, times := "Forward", "5x"
	if b.quick {
		which, times = "Forward/.*/.*/tags=0/octets=64", "1x"
	}
	out, err := run(ctx, "", "env", "LACD_TEST_ROOT=1", test, "-test.run", "^$", "-test.bench", which, "-test.benchtime", times)
	if err != nil {
		return fmt.Errorf("%w: %s", err, lastLines(out, 5))
	}
	all, err := parseBench(out)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("the benchmark of xdp says nothing")
	}
	var limit sample
	for i := range all {
		limit.add(all[i].of["bare-ns/pkt"])
	}
	b.show(limit.figure(1, "a bare redirect, the limit", "ns", nil))
	for i := range all {
		b.show(forwardFigure(&all[i]))
	}
	return nil
}

// forwardFigure is the line of a result.
func forwardFigure(r *result) Figure {
	dir, _, _ := strings.Cut(strings.TrimPrefix(r.name, "Forward/"), "/")
	tags := map[string]string{"0": "untagged", "2": "QinQ"}[r.part("tags")]
	goal := atMost(wantMany)
	if r.part("sessions") == "1" {
		goal = atMost(wantOne)
	}
	what := fmt.Sprintf("xdp %s, %s sessions, %s octets, %s", dir, r.part("sessions"), r.part("octets"), tags)
	f := sample{r.of["x-bare"]}.figure(1, what, "× the limit", goal)
	f.Least, f.Most, f.Runs = r.of["x-bare-least"], r.of["x-bare-most"], r.runs
	f.Note = fmt.Sprintf("(%s ns)", number(r.of["ns/pkt"]))
	return f
}
