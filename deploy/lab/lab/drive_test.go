package lab

import (
	"os"
	"path/filepath"
	"testing"
)

func TestClean(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := clean(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"core.pcap", "x.log", resultsFile, "mine.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := clean(dir); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "mine.txt" {
		t.Errorf("left %v, %v, want mine.txt", left, err)
	}
}

func TestReadResultsMissing(t *testing.T) {
	if got, err := ReadResults(t.TempDir()); err == nil {
		t.Errorf("got %v, want an error", got)
	}
}
