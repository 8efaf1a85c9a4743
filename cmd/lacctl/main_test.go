package main

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lacctl": main})
}

// Each script finds an admin socket at $WORK/admin.sock, one of a daemon with
// nothing to show at $WORK/empty.sock, and one nobody listens on any more at
// $WORK/stale.sock. "status N COMMAND" runs a command that must exit with N.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			e.Defer(startFake(t, filepath.Join(e.WorkDir, "admin.sock"), false))
			e.Defer(startFake(t, filepath.Join(e.WorkDir, "empty.sock"), true))
			e.Defer(serveFake(t, filepath.Join(e.WorkDir, "refusing.sock"), http.HandlerFunc(refuseReload)))
			if err := leaveStale(filepath.Join(e.WorkDir, "stale.sock")); err != nil {
				return err
			}
			e.Setenv("LACD_SOCKET", filepath.Join(e.WorkDir, "admin.sock"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": exitStatus},
	})
}

// exitStatus checks the exit status, which exec only tells apart from zero.
func exitStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(*exec.ExitError) //nolint:errorlint // testscript returns it bare
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("got exit status %d, want %d", got, want)
	}
}

func TestDoubleDash(t *testing.T) {
	tests := []struct{ in, want []string }{
		{[]string{"-json", "show", "-socket", "/x"}, []string{"--json", "show", "--socket", "/x"}},
		{[]string{"--json", "-socket=/x", "-h", "-"}, []string{"--json", "--socket=/x", "-h", "-"}},
		{[]string{"disconnect", "--", "-json"}, []string{"disconnect", "--", "-json"}},
		{nil, []string{}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, doubleDash(tt.in)); diff != "" {
			t.Errorf("%q, -want +got:\n%s", tt.in, diff)
		}
	}
}

// The default is what lacd's configuration has by default.
func TestDefaultSocket(t *testing.T) {
	src, err := os.ReadFile("../../configs/lacd.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte(`admin_socket = "` + defaultSocket + `"`); !bytes.Contains(src, want) {
		t.Errorf("lacd.hcl does not say %s", want)
	}
}
