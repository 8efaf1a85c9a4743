package vlan

import (
	"errors"
	"net"
	"testing"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

// The probe says yes, or that the kernel cannot; and it leaves nothing behind.
func TestProbe(t *testing.T) {
	kerneltest.NeedRoot(t)
	for _, p := range Probe() {
		t.Log(p)
		if p.Err != nil && !errors.Is(p.Err, kernel.ErrNotSupported) {
			t.Errorf("%s: got %v, want ErrNotSupported", p.Feature, p.Err)
		}
	}
	if _, err := net.InterfaceByName("lacd-probe"); err == nil {
		t.Error("a device is left")
	}
}
