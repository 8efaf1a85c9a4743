package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs beside this one and dies with it.
type process struct {
	name string
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
	err  error         // valid then
}

// stopWithin is the longest a program may take to end after SIGTERM.
const stopWithin = 30 * time.Second

// start starts a program; it ends with ctx. It is in a process group of its own,
// so that Ctrl-C reaches it through this program alone.
func start(ctx context.Context, name string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, cmd: cmd, gone: make(chan struct{})}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true
	started := make(chan error)
	go func() {
		// The death signal is of this thread, which has to stay therefore.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.gone)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) }) // stop waits for it
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// stop ends the program and waits for it. One that does not end in time is
// killed, which is an error.
func (p *process) stop() error {
	if p.ended() {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended this moment
	select {
	case <-p.gone:
		return nil
	case <-time.After(stopWithin):
		_ = p.cmd.Process.Kill() // likewise
		<-p.gone
		return fmt.Errorf("%s was still running %v after SIGTERM", p.name, stopWithin)
	}
}

// run runs a program to its end and returns what it printed.
func run(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.Command(args[0], args[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if stdin != "" {
		cmd.Stdin = strings.NewReader(stdin)
	}
	p, err := start(ctx, args[0], cmd)
	if err != nil {
		return "", err
	}
	<-p.gone
	if ctx.Err() != nil {
		return out.String(), context.Cause(ctx)
	}
	if p.err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", strings.Join(args, " "), p.err, lastLines(errs.String()+out.String(), 12))
	}
	return out.String(), nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// until looks every few milliseconds whether something has come true.
func until(ctx context.Context, limit time.Duration, f func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not happen within %v", limit))
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if ok, err := f(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// pause waits, or says why it could not.
func pause(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil { // it would be either's turn if there is nothing to wait for
		return context.Cause(ctx)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// closing adds the error of closing something to that of what was done with it.
func closing(err *error, f func() error) { *err = errors.Join(*err, f()) }
