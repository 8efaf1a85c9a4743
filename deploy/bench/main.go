package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := entry(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// entry is main without the process.
func entry(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		if f := helpers[args[0]]; f != nil {
			if err := f(ctx, args[1:]); err != nil {
				fmt.Fprintf(stderr, "bench: %v\n", err)
				return 1
			}
			return 0
		}
	}
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 2
	}
	rep, err := measure(ctx, o, stderr)
	if err == nil {
		err = rep.table(stdout)
	}
	if err == nil && o.json != "" {
		err = rep.save(o.json)
	}
	if err == nil && o.update != "" {
		err = rep.update(o.update)
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	}
	if len(rep.Errors) > 0 {
		return 1
	}
	return 0
}

// helpers are what the command starts itself for, in a namespace.
var helpers = map[string]func(ctx context.Context, args []string) error{
	"radius": func(ctx context.Context, args []string) error { return serveRADIUS(ctx, args[0]) },
	"flood":  flood,
}

type options struct {
	group  int
	quick  bool
	json   string
	update string
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.IntVar(&o.group, "group", 0, "measure this group `N` only, 1 to 5; 0: all")
	fs.BoolVar(&o.quick, "quick", false, "small numbers and few repetitions: three minutes at most")
	fs.StringVar(&o.json, "json", "", "write the figures to `FILE` too, as JSON")
	fs.StringVar(&o.update, "update", "", "put the figures into the page `FILE`, between its marks, those of the groups measured")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 || o.group < 0 || o.group > len(groups) {
		return nil, errors.New("unexpected argument; bench -help has the options")
	}
	return o, nil
}

// bench is a run.
type bench struct {
	ctx    context.Context // of the whole run
	quick  bool
	stderr io.Writer
	report *Report
	dir    string // of all that is temporary

	self, lacd, lacsim string // programs
}

// Limits of a run.
const (
	fullLimit  = 30 * time.Minute
	quickLimit = 3 * time.Minute
)

// measure runs the groups. What one of them could not measure is in the report
// and keeps none of the others from theirs.
func measure(ctx context.Context, o *options, stderr io.Writer) (rep *Report, err error) {
	limit := fullLimit
	if o.quick {
		limit = quickLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the time for the whole run, %v, is over", limit))
	defer cancel()
	b := &bench{ctx: ctx, quick: o.quick, stderr: stderr}
	b.report = &Report{
		Time: time.Now(), Commit: commit(), Machine: machine(), Quick: o.quick, Took: map[int]float64{}, Errors: map[int]string{},
	}
	if b.dir, err = os.MkdirTemp("", "lacd-bench-"); err != nil {
		return nil, err
	}
	defer closing(&err, func() error { return os.RemoveAll(b.dir) })
	if err := b.build(ctx); err != nil {
		return nil, err
	}
	measures := []func(context.Context) error{1: b.forwarding, 2: b.bridging, 3: b.setups, 4: b.failovers, 5: b.storms}
	for g, f := range measures {
		if g == 0 || o.group != 0 && o.group != g {
			continue
		}
		fmt.Fprintf(stderr, "bench: %d. %s\n", g, groups[g])
		begun := time.Now()
		if err := f(ctx); err != nil {
			b.report.fail(g, err)
		}
		b.report.Took[g] = time.Since(begun).Seconds()
		if errors.Is(context.Cause(ctx), context.Canceled) {
			return nil, errors.New("interrupted")
		}
	}
	return b.report, nil
}

// build makes the programs that are measured.
func (b *bench) build(ctx context.Context) error {
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	b.lacd, b.lacsim = filepath.Join(b.dir, "lacd"), filepath.Join(b.dir, "lacsim")
	_, err = run(ctx, "", "env", "CGO_ENABLED=0", "go", "build", "-trimpath", "-buildvcs=false", "-o", b.dir, "lacd/cmd/lacd", "lacd/cmd/lacsim")
	return err
}

// show adds figures to the report and says them at once.
func (b *bench) show(all ...Figure) {
	for _, f := range all {
		b.report.Figures = append(b.report.Figures, f)
		fmt.Fprintf(b.stderr, "bench:   %s: %s %s %s\n", f.What, number(f.Value), f.Unit, f.Goal)
	}
}

// note says something that is no figure.
func (b *bench) note(format string, args ...any) {
	fmt.Fprintf(b.stderr, "bench:   "+format+"\n", args...)
}
