package lab

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestProc(t *testing.T) {
	l, _ := newLab(t)
	p, err := l.start("talker", "", "sh", "-c", "echo hello; exec sleep 100")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.await(t.Context(), "hello", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if p.ended() {
		t.Error("it has ended")
	}
	if err := p.await(t.Context(), "good bye", 2*tick); err == nil {
		t.Error("awaiting what is not said: want an error")
	}
	if err := p.stop(10 * time.Second); err != nil || !p.ended() {
		t.Errorf("stop: %v", err)
	}
	if err := p.await(t.Context(), "good bye", time.Minute); err == nil || !strings.Contains(err.Error(), "hello") {
		t.Errorf("awaiting a dead process: got %v, want its last words", err)
	}
	if log, err := os.ReadFile(filepath.Join(l.artifacts, "talker.log")); err != nil || string(log) != "hello\n" {
		t.Errorf("log: got %q, %v", log, err)
	}
}

func TestProcStubborn(t *testing.T) {
	l, _ := newLab(t)
	p, err := l.start("stubborn", "", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.await(t.Context(), "ready", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := p.stop(2 * tick); err == nil || !p.ended() {
		t.Errorf("got %v, want it killed and an error", err)
	}
}

func TestUntil(t *testing.T) {
	n := 0
	if err := until(t.Context(), time.Minute, func() error {
		if n++; n < 3 {
			return errors.New("not yet")
		}
		return nil
	}); err != nil || n != 3 {
		t.Errorf("got %v after %d calls", err, n)
	}
	stop := errors.New("never")
	if err := until(t.Context(), time.Minute, func() error { return final(stop) }); !errors.Is(err, stop) {
		t.Errorf("got %v, want %v at once", err, stop)
	}
	if err := until(t.Context(), tick, func() error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want %v after the limit", err, stop)
	}
}

func TestRunProgram(t *testing.T) {
	l, _ := newLab(t)
	if out, err := l.run(t.Context(), "", "echo", "a"); err != nil || out != "a\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if _, err := l.run(t.Context(), "", "sh", "-c", "echo why >&2; exit 1"); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("got %v, want what it said", err)
	}
}

func TestInNetns(t *testing.T) {
	if got := strings.Join(inNetns("s1", []string{"ping", "x"}), " "); got != "ip netns exec s1 ping x" {
		t.Errorf("got %q", got)
	}
}
