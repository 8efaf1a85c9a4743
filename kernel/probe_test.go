package kernel

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

func TestMissing(t *testing.T) {
	probes := []Probe{
		{Feature: "PPPoE sockets"},
		{Feature: "L2TP sockets", Err: fmt.Errorf("%w: %w", ErrNotSupported, syscall.EPROTONOSUPPORT)},
	}
	err := Missing(probes)
	if !errors.Is(err, ErrNotSupported) || !errors.Is(err, syscall.EPROTONOSUPPORT) {
		t.Errorf("got %v, want ErrNotSupported and EPROTONOSUPPORT", err)
	}
	if got := Missing(probes[:1]); got != nil {
		t.Errorf("got %v, want nil", got)
	}
	for _, tt := range []struct {
		probe Probe
		want  string
	}{
		{probes[0], "PPPoE sockets: yes"},
		{probes[1], "L2TP sockets: not supported by this kernel: protocol not supported"},
	} {
		if got := tt.probe.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
