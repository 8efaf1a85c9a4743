package vm

import (
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestInside(t *testing.T) {
	if Inside() {
		t.Error("this is no guest")
	}
}

func TestLookPath(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plain"), "")
	for _, tt := range []struct{ name, want string }{
		{"/bin/sh", "/bin/sh"},
		{"./x.test", "/work/x.test"},
		{"sh", "/bin/sh"},
	} {
		j := &job{Args: []string{tt.name}, Dir: "/work", Env: []string{"PATH=" + dir + ":/bin"}}
		if got, err := lookPath(j); err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	j := &job{Args: []string{"plain"}, Env: []string{"PATH=" + dir}}
	if got, err := lookPath(j); err == nil {
		t.Errorf("a file that is no program: got %q, want an error", got)
	}
}

func TestWait(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   syscall.WaitStatus
		want int
	}{
		{"exit 7", 7 << 8, 7},
		{"SIGKILL", 9, 137},
	} {
		status := make(chan syscall.WaitStatus, 1)
		status <- tt.in
		var timedOut bool
		if got := wait(status, time.Hour, 0, &timedOut); got != tt.want || timedOut {
			t.Errorf("%s: got %d, %v, want %d", tt.name, got, timedOut, tt.want)
		}
	}
}

func TestWaitTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const nobody = 1 << 30 // no such process group: the signals go nowhere
		status := make(chan syscall.WaitStatus)
		begin := time.Now()
		go func() {
			time.Sleep(time.Minute + 2*time.Second)
			status <- 3 // SIGQUIT
		}()
		var timedOut bool
		if got := wait(status, time.Minute, nobody, &timedOut); got != 131 || !timedOut {
			t.Errorf("got %d, timed out %v", got, timedOut)
		}
		if got := time.Since(begin); got != time.Minute+2*time.Second {
			t.Errorf("it took %v", got)
		}
	})
}
