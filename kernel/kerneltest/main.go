package kerneltest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Main is a TestMain that runs the tests and then fails when goroutines or file
// descriptors are left over:
//
//	func TestMain(m *testing.M) { kerneltest.Main(m) }
func Main(m *testing.M) {
	prime()
	before := Descriptors()
	code := m.Run()
	if code == 0 {
		if err := leaks(before); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// prime makes the runtime open what it keeps open: its network poller.
func prime() {
	if r, w, err := os.Pipe(); err == nil {
		_, _ = r.Close(), w.Close() // nothing was written
	}
}

func leaks(before []string) error {
	if err := goleak.Find(); err != nil {
		return fmt.Errorf("goroutines left behind: %w", err)
	}
	// The kernel closes some descriptors on another thread's behalf: a locked
	// thread that ends does so after its goroutine.
	var left []string
	for range 20 {
		if left = subtract(Descriptors(), before); len(left) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("file descriptors left behind: %s", strings.Join(left, ", "))
}

// Descriptors returns what each open file descriptor of the process refers to,
// as "3 -> socket:[4711]".
func Descriptors() []string {
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var fds []string
	for _, e := range entries {
		// The descriptor that ReadDir itself used is closed by now.
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			fds = append(fds, e.Name()+" -> "+target)
		}
	}
	return fds
}

func subtract(all, known []string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return slices.Contains(known, s) })
}
