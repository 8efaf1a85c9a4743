package xdp

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"

	"lacd/kernel"
)

// Probe says which of the features that this backend needs the kernel has. It
// asks once.
func Probe() []kernel.Probe { return append([]kernel.Probe(nil), probeOnce()...) }

var probeOnce = sync.OnceValue(func() []kernel.Probe {
	return []kernel.Probe{
		{Feature: "BPF maps", Err: notSupported(features.HaveMapType(ebpf.Array))},
		{Feature: "XDP device maps", Err: notSupported(features.HaveMapType(ebpf.DevMap))},
		{Feature: "BPF ring buffers", Err: notSupported(features.HaveMapType(ebpf.RingBuf))},
		{Feature: "XDP programs", Err: notSupported(features.HaveProgramType(ebpf.XDP))},
		{Feature: "XDP octet access", Err: notSupported(features.HaveProgramHelper(ebpf.XDP, asm.FnXdpLoadBytes))},
	}
})

// notSupported gives an absent feature the name that this project has for it.
func notSupported(err error) error {
	if errors.Is(err, ebpf.ErrNotSupported) {
		return fmt.Errorf("%w: %w", kernel.ErrNotSupported, err)
	}
	return err
}
