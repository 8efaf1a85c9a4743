// Package murmur writes debug lines about single packets. Whoever sends the
// packets must not be able to fill a disk with them, so there are only so many
// lines in a second; the others are counted in the next one that is written.
package murmur

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// PerSecond is how many lines are written in a second, and at once.
const PerSecond = 100

// Log is safe for any goroutine and takes no lock.
type Log struct {
	to     *slog.Logger
	even   atomic.Int64 // when all lines so far would be over, had they come evenly
	unsaid atomic.Uint64
}

// New returns a Log that writes to a logger.
func New(to *slog.Logger) *Log { return &Log{to: to} }

// Debug writes a line as slog.Logger.Debug does, or counts it.
func (l *Log) Debug(msg string, args ...any) {
	if !l.to.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	if !l.may(time.Now().UnixNano()) {
		l.unsaid.Add(1)
		return
	}
	if n := l.unsaid.Swap(0); n > 0 {
		args = append(args, "unsaid", n)
	}
	l.to.Debug(msg, args...)
}

func (l *Log) may(now int64) bool {
	const step = int64(time.Second) / PerSecond
	for {
		even := l.even.Load()
		next := max(even, now) + step
		if next > now+int64(time.Second) {
			return false
		}
		if l.even.CompareAndSwap(even, next) {
			return true
		}
	}
}
