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

// forwarding measures group 1 by the benchmark of the data plane xdp, which has the
// other ways of a frame beside it.
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
		f, err := forwardFigure(&all[i])
		if err != nil {
			return err
		}
		b.show(f)
	}
	return nil
}

// paths are the names of what is measured; a goal is for those of the data plane.
var paths = map[string]struct {
	what       string
	goal, many bool // many: it has sessions
}{
	"up":           {"xdp up", true, true},
	"down":         {"xdp down", true, true},
	"ip":           {"kernel IP forwarding", false, false},
	"generic-up":   {"generic XDP up", false, true},
	"generic-down": {"generic XDP down", false, true},
	"user-up":      {"a process up, AF_PACKET to UDP", false, true},
}

// forwardFigure is the line of a result.
func forwardFigure(r *result) (Figure, error) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.name, "Forward/"), "/")
	path, ok := paths[name]
	if !ok {
		return Figure{}, fmt.Errorf("benchmark %s: unknown path", r.name)
	}
	what := path.what
	if path.many {
		what += fmt.Sprintf(", %s sessions", r.part("sessions"))
	}
	tags := map[string]string{"0": "untagged", "2": "QinQ"}[r.part("tags")]
	what += fmt.Sprintf(", %s octets, %s", r.part("octets"), tags)
	var goal *Goal
	switch {
	case path.goal && r.part("sessions") == "1":
		goal = atMost(wantOne)
	case path.goal:
		goal = atMost(wantMany)
	}
	f := sample{r.of["x-bare"]}.figure(1, what, "× the limit", goal)
	f.Least, f.Most, f.Runs = r.of["x-bare-least"], r.of["x-bare-most"], r.runs
	f.Note = fmt.Sprintf("(%s ns)", number(r.of["ns/pkt"]))
	return f, nil
}
