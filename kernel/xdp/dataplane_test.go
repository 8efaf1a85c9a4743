package xdp

import (
	"os"
	"testing"

	"lacd/kernel/kerneltest"
)

// modes are those that a test is worth being run in: the emulated machine is
// slow, and shows that the program does on its kernel what it does here.
func modes() map[string]Mode {
	all := map[string]Mode{"native": Native, "generic": Generic}
	if os.Getenv("LACD_TEST_VM") == "1" {
		delete(all, "generic")
	}
	return all
}

func TestDataplane(t *testing.T) {
	for name, mode := range modes() {
		t.Run(name, func(t *testing.T) {
			kerneltest.TestDataplane(t, func(t *testing.T) *kerneltest.Rig {
				return newRig(t, options{mode: mode}).suite()
			})
		})
	}
}
