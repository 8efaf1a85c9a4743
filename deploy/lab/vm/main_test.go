package vm

import (
	"os"
	"testing"
)

// TestMain lets the test binary be its own guest init.
func TestMain(m *testing.M) {
	Guest()
	os.Exit(m.Run())
}

// needQEMU skips tests that boot a machine, unless they were asked for.
func needQEMU(t *testing.T) {
	t.Helper()
	if os.Getenv("LACD_TEST_LAB") != "1" {
		t.Skip("boots a virtual machine: set LACD_TEST_LAB=1")
	}
}
