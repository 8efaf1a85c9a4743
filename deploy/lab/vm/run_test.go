package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// boot runs a shell script in a machine of its own.
func bootScript(t *testing.T, script string, change func(*Config)) (res Result, stdout, stderr string) {
	t.Helper()
	needQEMU(t)
	k, err := FetchKernel(t.Context(), CacheDir(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cfg := Config{
		Command: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LACD_X=y"},
		Kernel: k, Stdout: &out, Stderr: &errs, Timeout: time.Minute,
	}
	if change != nil {
		change(&cfg)
	}
	if res, err = Run(t.Context(), cfg); err != nil {
		t.Fatalf("%v\n%s", err, res.Console)
	}
	return res, out.String(), errs.String()
}

func TestRun(t *testing.T) {
	shared := t.TempDir()
	// The background process must not keep the machine alive.
	const script = `pwd; echo "$LACD_X"; id -u; echo oops >&2; sleep 1000 & exec 3<>/dev/ppp
		test -d /sys/module/ppp_generic && modprobe l2tp_ppp && ip -o addr show dev lo | grep -o 127.0.0.1/8
		echo kept >$0/kept; echo lost >/lost; exit 7`
	res, stdout, stderr := bootScript(t, script, func(c *Config) {
		c.Command = append(c.Command, shared)
		c.Writable = []string{shared}
		c.Dir = "/usr/share"
	})
	if res.Exit != 7 || res.TimedOut || len(res.Trouble) > 0 {
		t.Errorf("got %+v, want exit status 7", res)
	}
	if want := "/usr/share\ny\n0\n127.0.0.1/8\n"; stdout != want {
		t.Errorf("stdout: got %q, want %q", stdout, want)
	}
	if want := "oops\n"; stderr != want {
		t.Errorf("stderr: got %q, want %q", stderr, want)
	}
	if text, err := os.ReadFile(shared + "/kept"); err != nil || string(text) != "kept\n" {
		t.Errorf("the shared file: got %q, %v", text, err)
	}
	if _, err := os.Stat("/lost"); err == nil {
		t.Error("the guest wrote to the host")
	}
}

func TestRunTimeout(t *testing.T) {
	res, _, _ := bootScript(t, "exec sleep 1000", func(c *Config) { c.Timeout = time.Second })
	if !res.TimedOut || res.Exit != 128+3 {
		t.Errorf("got exit status %d, timed out %v, want SIGQUIT after a timeout", res.Exit, res.TimedOut)
	}
}

func TestRunTrouble(t *testing.T) {
	res, _, _ := bootScript(t, "echo '<3>BUG: made up' >/dev/kmsg", nil)
	if len(res.Trouble) != 1 || !strings.Contains(res.Trouble[0], "BUG: made up") {
		t.Errorf("got %q, want the complaint", res.Trouble)
	}
}

func TestRunNotFound(t *testing.T) {
	needQEMU(t)
	k, err := FetchKernel(t.Context(), CacheDir(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(t.Context(), Config{Command: []string{"nonesuch"}, Kernel: k, Stdout: os.Stdout, Stderr: os.Stderr})
	if err == nil {
		t.Errorf("got %+v, want an error", res)
	}
}

func TestJob(t *testing.T) {
	if _, err := (&Config{}).job(); err == nil {
		t.Error("no command: want an error")
	}
	c := Config{Command: []string{"true"}, Writable: []string{"/a/../b"}}
	j, err := c.job()
	wd, wdErr := os.Getwd()
	if err != nil || wdErr != nil || j.Dir != wd || !slices.Equal(j.Writable, []string{"/b"}) {
		t.Errorf("got %+v, %v", j, err)
	}
}

func TestResultRead(t *testing.T) {
	var r Result
	if err := r.read(`{"Exit":3,"TimedOut":true}`, "", nil); err != nil || r.Exit != 3 || !r.TimedOut {
		t.Errorf("got %+v, %v", r, err)
	}
	if err := r.read(`{"Error":"mount"}`, "", nil); err == nil {
		t.Error("a guest's error: want it")
	}
	if err := r.read(`{"Error":"clock","Broken":true}`, "", nil); !errors.Is(err, ErrNoStart) {
		t.Errorf("a broken machine: got %v, want ErrNoStart", err)
	}
	for _, status := range []string{"", `{"Started":true}`} {
		if err := r.read(status, "noise", nil); !errors.Is(err, ErrNoResult) {
			t.Errorf("%q: got %v, want ErrNoResult", status, err)
		}
	}
}

// Only a machine that hung before its command is followed by another one.
func TestUntilStarted(t *testing.T) {
	hung := fmt.Errorf("run the VM: %w", ErrNoStart)
	for _, tt := range []struct {
		name string
		errs []error
		want int // boots
	}{
		{"starts", []error{nil}, 1},
		{"hangs once", []error{hung, nil}, 2},
		{"always hangs", []error{hung, hung, hung, nil}, 3},
		{"dies with its command", []error{ErrNoResult, nil}, 1},
		{"hangs in its command", []error{context.DeadlineExceeded, nil}, 1},
	} {
		n := 0
		res, err := untilStarted(func() (Result, error) {
			n++
			return Result{}, tt.errs[n-1]
		})
		if n != tt.want || len(res.Failed) != n-1 || !errors.Is(err, tt.errs[n-1]) {
			t.Errorf("%s: %d machines, %v before, %v, want %d", tt.name, n, res.Failed, err, tt.want)
		}
	}
}

// Each report is waited for only so long.
func TestProgress(t *testing.T) {
	for _, tt := range []struct {
		name    string
		timeout time.Duration
		reports string
		after   time.Duration
		want    error
	}{
		{"hangs in its boot", time.Minute, "", bootLimit, ErrNoStart},
		{"half a line is none", time.Minute, `{"Started"`, bootLimit, ErrNoStart},
		{"the command hangs", time.Minute, "{}\n", time.Minute + stopGrace, context.DeadlineExceeded},
		{"hangs at its end", 0, "{}\n{}\n", endLimit, errNoEnd},
		{"the command may take as long as it likes", 0, "{}\n", 24 * time.Hour, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			p := newProgress(tt.timeout, cancel)
			defer p.stop()
			for _, b := range []byte(tt.reports) {
				if _, err := p.Write([]byte{b}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(tt.after - time.Nanosecond)
			if synctest.Wait(); ctx.Err() != nil {
				t.Errorf("%s: ended early: %v", tt.name, context.Cause(ctx))
			}
			time.Sleep(1 * time.Nanosecond)
			if synctest.Wait(); !errors.Is(context.Cause(ctx), tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, context.Cause(ctx), tt.want)
			}
		})
	}
}

// A machine that counts is one processor, in step with its instructions.
func TestCount(t *testing.T) {
	c := Config{Command: []string{"true"}, Count: true, CPUs: 2}
	j, err := c.job()
	if err != nil {
		t.Fatal(err)
	}
	counting := strings.Join(qemuArgs(c, j, "initrd"), " ")
	for _, want := range []string{"-accel tcg,thread=single", "-icount shift=0,sleep=off", "-cpu qemu64", "-smp 1 "} {
		if !strings.Contains(counting, want) {
			t.Errorf("there is no %q in %s", want, counting)
		}
	}
	if usual := strings.Join(qemuArgs(Config{}, job{CPUs: 2}, "initrd"), " "); strings.Contains(usual, "icount") || !strings.Contains(usual, "-smp 2 ") {
		t.Errorf("the usual one: %s", usual)
	}
}
