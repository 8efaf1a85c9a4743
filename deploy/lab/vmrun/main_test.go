package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"lacd/deploy/lab/vm"
)

func TestParse(t *testing.T) {
	var stderr bytes.Buffer
	o, err := parse([]string{"-timeout", "3s", "-mem", "512", "-count", "--", "x.test", "-test.v=true", "-mem=1"}, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"x.test", "-test.v=true", "-mem=1"}; !slices.Equal(o.cfg.Command, want) {
		t.Errorf("command: got %q, want %q", o.cfg.Command, want)
	}
	if o.cfg.Timeout != 3*time.Second || o.cfg.Memory != 512 || o.cfg.CPUs != 2 || !o.cfg.Count {
		t.Errorf("got %+v", o.cfg)
	}
	if _, err := parse(nil, &stderr); err == nil {
		t.Error("no command: want an error")
	}
	if got := run(t.Context(), []string{"-h"}, &stderr, &stderr); got != 0 || !strings.Contains(stderr.String(), "-artifacts") {
		t.Errorf("-h: status %d, printed %s", got, stderr.String())
	}
	if got := run(t.Context(), []string{"-nonesuch"}, &stderr, &stderr); got != exitMachine {
		t.Errorf("a bad flag: status %d, want %d", got, exitMachine)
	}
}

func TestEnvironment(t *testing.T) {
	host := []string{"PATH=/my/bin", "LACD_TEST_VM=1", "GOMAXPROCS=1", "SECRET=x", "NAMED=y", "CI=true"}
	got := environment(host, []string{"NAMED", "SET=z"})
	for _, want := range []string{"LACD_TEST_VM=1", "GOMAXPROCS=1", "NAMED=y", "SET=z", "CI=true", "HOME=/root"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
	if slices.Contains(got, "SECRET=x") {
		t.Error("an unnamed variable was passed on")
	}
	if path := got[len(got)-1]; !strings.HasPrefix(path, "PATH=/my/bin:/usr/local/sbin") {
		t.Errorf("got %s", path)
	}
}

func TestTestOutputs(t *testing.T) {
	got := testOutputs([]string{
		"-test.v=true", "-test.coverprofile=/w/b1/cover.out", "-test.cpuprofile=/w/b1/cpu.out",
		"-test.gocoverdir=/w/cov", "-test.outputdir=/w/out", "-test.run=a/b", "-coverprofile=/x/y",
	})
	if want := []string{"/w/b1", "/w/cov", "/w/out"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestVerdict(t *testing.T) {
	o := &options{cfg: vm.Config{Command: []string{"x"}}}
	for _, tt := range []struct {
		name string
		res  vm.Result
		want int
	}{
		{"status", vm.Result{Exit: 3}, 3},
		{"timeout", vm.Result{Exit: 131, TimedOut: true}, exitTimeout},
		{"trouble", vm.Result{Console: "BUG\n", Trouble: []string{"BUG"}}, exitMachine},
	} {
		var stderr bytes.Buffer
		if got := verdict(o, tt.res, &stderr); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestTail(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"", 2, ""},
		{"a\n", 2, "a\n"},
		{"a\nb\nc\n", 2, "b\nc\n"},
		{"a\nb", 2, "a\nb\n"},
	} {
		if got := tail(tt.text, tt.n); got != tt.want {
			t.Errorf("tail(%q, %d): got %q, want %q", tt.text, tt.n, got, tt.want)
		}
	}
}
