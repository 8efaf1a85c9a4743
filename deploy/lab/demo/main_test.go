package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lacd/deploy/lab/lab"
)

// together is how many virtual machines run at once. The cases wait most of
// their time, two of them keep two processors busy.
const together = 2

// TestCases plays each case in a virtual machine of its own, after make build.
// Each expectation is a subtest. "go test -run TestCases/killed" plays one.
func TestCases(t *testing.T) {
	if os.Getenv("LACD_TEST_LAB") != "1" {
		t.Skip("boots virtual machines: set LACD_TEST_LAB=1 after make build")
	}
	bin, err := filepath.Abs("../../../bin")
	if err != nil {
		t.Fatal(err)
	}
	artifacts := os.Getenv("LACD_ARTIFACTS")
	if artifacts == "" {
		artifacts = t.TempDir()
	}
	machines := make(chan struct{}, together)
	names, _ := lab.Cases()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			machines <- struct{}{}
			defer func() { <-machines }()
			play(t, lab.Options{
				Case: name, Bin: bin, Artifacts: filepath.Join(artifacts, name), Dataplane: "auto", Out: t.Output(),
			})
		})
	}
}

// TestXDP plays the demonstration with the other data plane.
func TestXDP(t *testing.T) {
	if os.Getenv("LACD_TEST_LAB") != "1" {
		t.Skip("boots a virtual machine: set LACD_TEST_LAB=1 after make build")
	}
	bin, err := filepath.Abs("../../../bin")
	if err != nil {
		t.Fatal(err)
	}
	artifacts := os.Getenv("LACD_ARTIFACTS")
	if artifacts == "" {
		artifacts = t.TempDir()
	}
	play(t, lab.Options{Bin: bin, Artifacts: filepath.Join(artifacts, "xdp"), Dataplane: "xdp", Out: t.Output()})
}

// play plays a case and reports each of its expectations.
func play(t *testing.T, o lab.Options) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	played := lab.Drive(ctx, o)
	results, err := lab.ReadResults(o.Artifacts)
	if err != nil {
		t.Fatalf("%v; the case: %v", err, played)
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
