package main

import (
	"testing"

	"lacd/pppoe/wire"
)

func TestPADIs(t *testing.T) {
	seen := map[wire.MAC]bool{}
	for _, b := range padis(padis(nil, 0, 300), 300, 300) {
		f, err := wire.ParseFrame(b)
		if err != nil {
			t.Fatal(err)
		}
		if f.Code != wire.PADI || f.Dst != wire.Broadcast || f.SessionID != 0 {
			t.Fatalf("%+v", f)
		}
		seen[f.Src] = true
	}
	if len(seen) != 600 {
		t.Errorf("%d hosts", len(seen))
	}
}

func TestFloodArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"acc1", "x", "1s"}, {"acc1", "1", "x"}, {"no such device", "1", "1s"}} {
		if err := flood(t.Context(), args); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
