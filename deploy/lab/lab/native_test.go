package lab

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestNative plays the demonstration and its cases in namespaces, after make
// build. Each expectation is a subtest. "go test -run TestNative/churn" plays one.
func TestNative(t *testing.T) {
	bin, artifacts := programs(t)
	for _, n := range natives {
		name := n.name
		if name == "" {
			name = "demo"
		}
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(artifacts, "native-"+name)
			played := Native(t.Context(), Options{Case: n.name, Bin: bin, Artifacts: dir, Out: t.Output()})
			if errors.Is(played, ErrNotHere) && os.Getenv("LACD_TEST_ROOT") != "1" {
				t.Skip(played)
			}
			resultsOf(t, dir, played)
		})
	}
}

func TestNativeUnknownCase(t *testing.T) {
	err := Native(t.Context(), Options{Case: "nonsense", Out: io.Discard, Artifacts: t.TempDir()})
	if err == nil || errors.Is(err, ErrNotHere) {
		t.Errorf("got %v", err)
	}
}

func TestNativeCases(t *testing.T) {
	names, about := NativeCases()
	if len(names) != len(natives)-1 || len(about) != len(names) {
		t.Fatalf("got %q, %q", names, about)
	}
	for i, name := range names {
		if name == "" || about[i] == "" {
			t.Errorf("%q is about %q", name, about[i])
		}
	}
}
