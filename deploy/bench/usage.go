package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used.
type usage struct {
	cpu  time.Duration
	rss  int64 // octets
	peak int64 // the most that rss was
}

// usageOf reads it from /proc.
func usageOf(pid int) (usage, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return usage{}, err
	}
	u := usage{rss: kilobytes(string(status), "VmRSS"), peak: kilobytes(string(status), "VmHWM")}
	threads, err := filepath.Glob(filepath.Join(dir, "task", "*", "schedstat"))
	if err != nil {
		return usage{}, err
	}
	for _, t := range threads {
		text, err := os.ReadFile(t)
		if err != nil {
			continue // a thread that has ended: the runtime keeps its own
		}
		ran, err := ranFor(string(text))
		if err != nil {
			return usage{}, fmt.Errorf("%s: %w", t, err)
		}
		u.cpu += ran
	}
	return u, nil
}

// ranFor reads the first figure of schedstat: nanoseconds on a processor.
func ranFor(text string) (time.Duration, error) {
	first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	n, err := strconv.ParseInt(first, 10, 64)
	return time.Duration(n), err
}

// kilobytes finds a line of /proc/PID/status and returns octets; 0: there is
// none.
func kilobytes(status, name string) int64 {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}
