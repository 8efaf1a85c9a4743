package murmur

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		l := New(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
		for range 10_000 {
			l.Debug("dropped", "what", "x")
		}
		if n := strings.Count(out.String(), "\n"); n != PerSecond {
			t.Errorf("%d lines of 10000 at once, want %d", n, PerSecond)
		}
		out.Reset()
		time.Sleep(time.Second)
		l.Debug("dropped", "what", "x")
		l.Debug("dropped", "what", "x")
		if got := out.String(); strings.Count(got, "\n") != 2 || strings.Count(got, "unsaid=9900") != 1 {
			t.Errorf("a second later:\n%s\nwant two lines, the first with those unsaid", got)
		}
	})
}

func TestSilentAboveDebug(t *testing.T) {
	var out strings.Builder
	l := New(slog.New(slog.NewTextHandler(&out, nil)))
	l.Debug("dropped")
	if out.Len() != 0 || l.unsaid.Load() != 0 {
		t.Errorf("wrote %q, counted %d: want nothing", &out, l.unsaid.Load())
	}
}

func BenchmarkDisabled(b *testing.B) {
	l := New(slog.New(slog.DiscardHandler))
	b.ReportAllocs()
	for b.Loop() {
		l.Debug("dropped", "what", "x")
	}
}
