package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"lacd/kernel/kerneltest"
)

func TestMain(m *testing.M) { kerneltest.Main(m) }

func TestRun(t *testing.T) {
	if out, err := run(t.Context(), "words", "cat"); err != nil || out != "words" {
		t.Errorf("got %q, %v", out, err)
	}
	if _, err := run(t.Context(), "", "false"); err == nil {
		t.Error("no error")
	}
	if _, err := run(t.Context(), "", "/no/such/program"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// A program ends with the context, and no sooner.
func TestStartEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := start(ctx, "sleep", exec.Command("sleep", "infinity"))
	if err != nil {
		t.Fatal(err)
	}
	if p.ended() {
		t.Error("it has ended")
	}
	cancel()
	<-p.gone
	if got := p.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(); got != syscall.SIGTERM {
		t.Errorf("by %v", got)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

func TestUntil(t *testing.T) {
	n := 0
	if err := until(t.Context(), time.Hour, func() (bool, error) { n++; return n == 3, nil }); err != nil || n != 3 {
		t.Errorf("%d times, %v", n, err)
	}
	no := errors.New("no")
	if err := until(t.Context(), time.Hour, func() (bool, error) { return false, no }); !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	if err := until(t.Context(), time.Nanosecond, func() (bool, error) { return false, nil }); err == nil {
		t.Error("it happened")
	}
}
