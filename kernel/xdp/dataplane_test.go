package xdp

import (
	"testing"

	"lacd/kernel/kerneltest"
)

func TestDataplane(t *testing.T) {
	for _, mode := range []struct {
		name string
		mode Mode
	}{{"native", Native}, {"generic", Generic}} {
		t.Run(mode.name, func(t *testing.T) {
			kerneltest.TestDataplane(t, func(t *testing.T) *kerneltest.Rig {
				return newRig(t, options{mode: mode.mode}).suite()
			})
		})
	}
}
