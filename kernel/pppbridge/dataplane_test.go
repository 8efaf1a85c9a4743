package pppbridge

import (
	"testing"

	"lacd/kernel/kerneltest"
)

func TestConformance(t *testing.T) {
	for _, v := range []struct {
		name string
		six  bool
	}{{"IPv4", false}, {"IPv6", true}} {
		t.Run(v.name, func(t *testing.T) {
			kerneltest.TestDataplane(t, func(t *testing.T) *kerneltest.Rig {
				return newRig(t, v.six).suite()
			})
		})
	}
}
