package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"lacd/kernel/ethernet"
	"lacd/lac/lactest/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	if errors.Is(err, errHelp) {
		_, _ = io.WriteString(stdout, usage) // nothing is lost with it
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "lacsim: %v\nhint: lacsim -help lists the options\n", err)
		return 2
	}
	rep, err := play(ctx, o, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "lacsim: %v\n", err)
		return 1
	}
	rep.Unmet = o.unmet(rep)
	if err := show(stdout, o, rep); err != nil {
		fmt.Fprintf(stderr, "lacsim: %v\n", err)
		return 1
	}
	for _, u := range rep.Unmet {
		fmt.Fprintf(stderr, "lacsim: %s\n", u)
	}
	if len(rep.Unmet) > 0 {
		return 1
	}
	return 0
}

// play runs it all.
func play(ctx context.Context, o *options, stderr io.Writer) (*load.Report, error) {
	cfg := o.load
	if o.access != "" {
		port, err := ethernet.Listen(ethernet.Config{
			Name: o.access, All: true, Promiscuous: true, ReceiveBuffer: 64 << 20, SendBuffer: 16 << 20, Batch: 256,
		})
		if err != nil {
			return nil, err
		}
		cfg.Port = port
	}
	cfg.Ready = func() { fmt.Fprintln(stderr, "lacsim: ready") }
	if live := newProgress(stderr); live != nil && !o.json {
		cfg.Progress = live.show
		defer live.end()
	}
	return load.Run(ctx, cfg)
}

func show(w io.Writer, o *options, rep *load.Report) error {
	if o.json {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(rep)
	}
	return table(w, rep)
}
