package lab

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// programs returns where the programs are and where artifacts go. It skips the
// test where it was not asked for.
func programs(t *testing.T) (bin, artifacts string) {
	t.Helper()
	if os.Getenv("LACD_TEST_LAB") != "1" {
		t.Skip("plays with the programs: set LACD_TEST_LAB=1 after make build")
	}
	bin, err := filepath.Abs("../../../bin")
	if err != nil {
		t.Fatal(err)
	}
	if artifacts = os.Getenv("LACD_ARTIFACTS"); artifacts == "" {
		artifacts = t.TempDir()
	}
	return bin, artifacts
}

// TestScenario plays the demo in a virtual machine. Each expectation is a subtest.
func TestScenario(t *testing.T) {
	bin, dir := programs(t)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	played := Drive(ctx, Options{Bin: bin, Artifacts: dir, Dataplane: "auto", Out: t.Output()})
	resultsOf(t, dir, played)
}

// resultsOf makes a subtest of each expectation of a run that was played.
func resultsOf(t *testing.T, dir string, played error) {
	t.Helper()
	results, err := ReadResults(dir)
	if err != nil {
		t.Fatalf("%v; the scenario: %v", err, played)
	}
	for _, r := range results {
		t.Run(r.Name, func(t *testing.T) {
			if r.Failed != "" {
				t.Error(r.Failed)
			}
		})
	}
	if played != nil {
		t.Error(played)
	}
}

func TestRunRefusesOtherMachines(t *testing.T) {
	if err := Run(t.Context(), Options{Out: io.Discard, Artifacts: t.TempDir()}); err == nil {
		t.Error("want an error")
	}
}

// newLab is a Lab that has started nothing.
func newLab(t *testing.T) (*Lab, *strings.Builder) {
	t.Helper()
	var out strings.Builder
	l := &Lab{
		report: &report{out: &out, begin: time.Now()}, scene: demoScene(), dir: t.TempDir(), artifacts: t.TempDir(),
		dataplane: "auto",
	}
	t.Cleanup(l.killAll)
	return l, &out
}
