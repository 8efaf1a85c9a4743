package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const withSecretFile = `
access "eth1" {}
retailer "acme" {
  realms = ["acme.example"]
  lns "lns1" {
    address     = "192.0.2.1"
    secret_file = "acme.secret"
  }
}
`

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
}

func TestLoadSecretFile(t *testing.T) {
	const good = "0123456789abcdef"
	tests := []struct {
		name, text string
		mode       fs.FileMode
		want       string // in the error; empty: none
	}{
		{"owner only", good + "\n", 0o600, ""},
		{"read only", good, 0o400, ""},
		{"group", good, 0o640, "acme.secret: can be read by others than its owner (mode 0640)\n  hint: chmod 600 "},
		{"world", good, 0o604, "(mode 0604)"},
		{"long", strings.Repeat("x", 256) + "\n", 0o600, "secret_file is longer than 255 octets"},
		{"longest", strings.Repeat("x", 255) + "\r\n", 0o600, ""},
		{"empty", "\r\n", 0o600, "acme.secret is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "acme.secret"), tt.text, tt.mode)
			path := filepath.Join(dir, "lacd.hcl")
			write(t, path, withSecretFile, 0o644)
			f, err := Load(path)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got, want := string(f.Policy.Retailers[0].LNS[0].Secret), strings.TrimRight(tt.text, "\r\n"); got != want {
					t.Errorf("got secret %q, want %q", got, want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestLoadSecretFileKinds(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lacd.hcl")
	write(t, path, withSecretFile, 0o644)
	_, err := Load(path)
	if want := path + ":7: secret_file " + dir + "/acme.secret: no such file or directory"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
	if err := os.Mkdir(filepath.Join(dir, "acme.secret"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = Load(path)
	if want := "acme.secret: is not a file"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestLoadExposedSecret(t *testing.T) {
	src := strings.Replace(withSecretFile, `secret_file = "acme.secret"`, `secret = "0123456789abcdef"`, 1) + "core { mtu = 1600 }\n"
	path := filepath.Join(t.TempDir(), "lacd.hcl")
	for mode, want := range map[fs.FileMode]int{0o600: 0, 0o640: 0, 0o644: 1} {
		write(t, path, src, mode)
		f, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Warnings) != want {
			t.Errorf("mode %v: got warnings %q, want %d", mode, f.Warnings, want)
		}
	}
}

func TestLoadMissing(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "lacd.hcl"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "read configuration: ") {
		t.Errorf("got error %v, want one that says what was read", err)
	}
}
