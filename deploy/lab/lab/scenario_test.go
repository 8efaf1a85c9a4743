package lab

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestGood(t *testing.T) {
	l, _ := newLab(t)
	got := usersOf(l.good())
	want := []string{"alice@alpha.example", "bob@alpha.example", "carol@beta.example", "dave@beta.example", "erin@alpha.example"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKeep(t *testing.T) {
	l, _ := newLab(t)
	for _, name := range []string{"core.pcap", "lns1-pppd.log", "raddb/detail", "raddb/users"} {
		path := filepath.Join(l.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.keep(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"core.pcap": true, "lns1-pppd.log": true, "detail": true, "users": false} {
		if _, err := os.Stat(filepath.Join(l.artifacts, name)); (err == nil) != want {
			t.Errorf("%s: kept %v, want %v", name, err == nil, want)
		}
	}
}
