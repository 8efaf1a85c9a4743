package main

import (
	"os"
	"path/filepath"
	"testing"

	"lacd/policy/file"
)

// What lacd is started with is what it takes.
func TestConfigurations(t *testing.T) {
	var all []string
	for i := range authorities {
		all = append(all, authorities[i].config())
	}
	all = append(all, defaultTimers.config(), fastTimers.config())
	for _, text := range all {
		path := filepath.Join(t.TempDir(), "lacd.hcl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := file.Load(path); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}
