package pppbridge

import (
	"errors"
	"testing"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

func TestProbe(t *testing.T) {
	for _, p := range Probe() {
		t.Log(p)
		if p.Err != nil && !errors.Is(p.Err, kernel.ErrNotSupported) {
			t.Logf("%s: want ErrNotSupported unless privileges are missing", p.Feature)
		}
	}
	kerneltest.NeedPPP(t, kernel.Missing(Probe()))
}
