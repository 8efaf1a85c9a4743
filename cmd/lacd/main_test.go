package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"lacd/radius/radiustest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lacd": func() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}

// Every example is accepted as it stands, beside the secret files that it names,
// and there is nothing to warn about.
func TestCheckExamples(t *testing.T) {
	paths, err := filepath.Glob("../../configs/*.hcl")
	if err != nil || len(paths) < 6 {
		t.Fatalf("got configurations %v, error %v", paths, err)
	}
	secretFile := regexp.MustCompile(`(?m)^\s*secret_file\s*=\s*"([^"]*)"`)
	for _, name := range []string{"LACD_RADSEC_SECRET", "LACD_COA_SECRET", "LACD_ACME_SECRET"} {
		t.Setenv(name, strings.Repeat("s", 32))
	}
	for _, path := range paths {
		name := filepath.Base(path)
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for _, m := range secretFile.FindAllSubmatch(src, -1) {
			if err := os.WriteFile(filepath.Join(dir, string(m[1])), bytes.Repeat([]byte("s"), 32), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		writePEM(t, dir)
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, src, 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if code := run([]string{"check", at}, &stdout, &stderr); code != 0 || stderr.Len() > 0 || !strings.Contains(stdout.String(), ": ok, ") {
			t.Errorf("%s: exit code %d, said %s%s", name, code, &stdout, &stderr)
		}
	}
}

// writePEM makes the files that RADIUS over TLS needs in the reference.
func writePEM(t *testing.T, dir string) {
	t.Helper()
	ca, cert, key := radiustest.NewAuthority(t).PEM(t, "lac1")
	for name, text := range map[string][]byte{"radsec-ca.pem": ca, "radsec-client.pem": cert, "radsec-client.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
