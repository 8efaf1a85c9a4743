package main

import (
	"strconv"
	"strings"
	"testing"

	"lacd/kernel/kerneltest"
)

// A world has its cables, and nothing is left of it.
func TestWorld(t *testing.T) {
	kerneltest.NeedRoot(t)
	b := &bench{ctx: t.Context(), dir: t.TempDir()}
	w, err := b.newWorld(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t.Context(), "", inside(w.gateway, "ip", "-br", "address")...)
	if err != nil {
		t.Error(err)
	}
	for _, want := range []string{"acc0@", "core0@", gatewayAddr + "/24"} {
		if !strings.Contains(out, want) {
			t.Errorf("the gateway's side has no %s:\n%s", want, out)
		}
	}
	if err := w.close(); err != nil {
		t.Error(err)
	}
	for _, p := range []*process{w.gateway, w.other} {
		if _, err := usageOf(p.cmd.Process.Pid); err == nil {
			t.Errorf("process %s is left", strconv.Itoa(p.cmd.Process.Pid))
		}
	}
}
