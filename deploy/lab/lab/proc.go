package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// tick and slowTick are how soon a condition that nobody announces is looked at
// again, at first and after a while.
const (
	tick     = 50 * time.Millisecond
	slowTick = 300 * time.Millisecond
)

// Proc is a long-running program of the lab. Its output is kept in memory and in
// NAME.log.
type Proc struct {
	name string
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed when it has ended; err is set before
	err  error

	mu  sync.Mutex // guards out: exec's copier writes, the scenario reads
	out bytes.Buffer
}

// Write takes the program's output.
func (p *Proc) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out.Write(b)
	return p.log.Write(b)
}

func (p *Proc) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// inNetns is the command line that runs args in a network namespace. ip(8) execs
// the program, so that signals reach it.
func inNetns(ns string, args []string) []string {
	if ns == "" {
		return args
	}
	return append([]string{"ip", "netns", "exec", ns}, args...)
}

// start starts a program in a namespace. What is started under a name again gets
// a number.
func (l *Lab) start(name, ns string, args ...string) (*Proc, error) {
	n := 1
	for _, p := range l.procs {
		if p.name == name || strings.HasPrefix(p.name, name+"-again") {
			n++
		}
	}
	if n > 1 {
		name = fmt.Sprintf("%s-again%d", name, n)
	}
	log, err := os.Create(filepath.Join(l.artifacts, name+".log"))
	if err != nil {
		return nil, err
	}
	args = inNetns(ns, args)
	p := &Proc{name: name, cmd: exec.Command(args[0], args[1:]...), log: log, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.WaitDelay = 2 * time.Second // children may hold the output open
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), log.Close())
	}
	go func() {
		p.err = errors.Join(p.cmd.Wait(), log.Close())
		close(p.done)
	}()
	l.procs = append(l.procs, p)
	return p, nil
}

func (p *Proc) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// await waits until the output holds text.
func (p *Proc) await(ctx context.Context, text string, limit time.Duration) error {
	return p.awaitCount(ctx, text, 1, limit)
}

// awaitCount waits until the output holds text n times.
func (p *Proc) awaitCount(ctx context.Context, text string, n int, limit time.Duration) error {
	err := until(ctx, limit, func() error {
		if strings.Count(p.output(), text) >= n {
			return nil
		}
		if p.ended() {
			return final(errors.New("it ended"))
		}
		return fmt.Errorf("it has not said %q %d times", text, n)
	})
	if err != nil {
		return fmt.Errorf("%w\n%w", err, p.lastWords())
	}
	return nil
}

// lastWords describes a program that did not do what it should.
func (p *Proc) lastWords() error {
	state := "still runs"
	if p.ended() {
		state = p.cmd.ProcessState.String()
	}
	return fmt.Errorf("%s (%s) said last:\n%s", p.name, state, lastLines(p.output(), 8))
}

// stop sends SIGTERM and waits for the end; past the limit the program is
// killed, which is an error.
func (p *Proc) stop(limit time.Duration) error {
	if p.ended() {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	return p.awaitEnd(limit)
}

func (p *Proc) awaitEnd(limit time.Duration) error {
	select {
	case <-p.done:
		return nil
	case <-time.After(limit):
		_ = p.cmd.Process.Kill() // it may have ended this moment
		<-p.done
		return fmt.Errorf("%s was still running after %v", p.name, limit)
	}
}

// finalError ends until's waiting.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

func final(err error) error { return finalError{err} }

// until calls f until it returns nil, at most for limit, and returns what it said
// last.
func until(ctx context.Context, limit time.Duration, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for wait := tick; ; wait = min(wait*5/4, slowTick) {
		err := f()
		if err == nil {
			return nil
		}
		if stop, ok := errors.AsType[finalError](err); ok {
			return stop.error
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %v: %w", limit, err)
		case <-time.After(wait):
		}
	}
}

// run runs a program in a namespace to its end and returns what it printed.
func (l *Lab) run(ctx context.Context, ns string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	args = inNetns(ns, args)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, lastLines(string(out), 8))
	}
	return string(out), nil
}

// linesWith returns the lines that hold one of the words.
func linesWith(text string, words ...string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) }) {
			b.WriteString(line)
		}
	}
	return b.String()
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
