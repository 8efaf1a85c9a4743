package radius

import (
	"testing"

	"lacd/pppoe/wire"
)

func lineBytes(t *testing.T, l *wire.Line, accounting bool) []byte {
	t.Helper()
	var b Builder
	b.Line(l, accounting)
	attrs, err := b.Attributes()
	if err != nil {
		t.Fatal(err)
	}
	return attrs
}

func TestLineAccounting(t *testing.T) {
	equalBytes(t, lineBytes(t, sampleLine(), true), unhex(`
		1a 0e 00000de9 01 08 64736c616d31   # Agent-Circuit-Id
		1a 0b 00000de9 02 05 637065         # Agent-Remote-Id
		1a 0c 00000de9 81 06 000fa000       # Actual-Data-Rate-Upstream, bit/s
		1a 0c 00000de9 82 06 ffffffff       # Actual-Data-Rate-Downstream, saturated
		1a 0c 00000de9 83 06 0007d000       # Minimum-Data-Rate-Upstream
		1a 0c 00000de9 8c 06 00000009       # Actual-Interleaving-Delay-Upstream, ms
		1a 0b 00000de9 90 05 000106         # Access-Loop-Encapsulation
		1a 08 00000de9 fe 02                # IWF-Session
	`))
}

// The table of RFC 4679 section 4.
func TestLineInAccess(t *testing.T) {
	for n := range 256 {
		want := n == 1 || n == 2 || n == 129 || n == 130 || n == 144 || n == 254
		if wire.LineType(n).Kind() == wire.LineUnknown {
			continue
		}
		if got := inAccess(wire.LineType(n)); got != want {
			t.Errorf("attribute %d in Access-Request: got %v, want %v", n, got, want)
		}
	}
}

func TestLineNil(t *testing.T) {
	if got := lineBytes(t, nil, true); len(got) != 0 {
		t.Errorf("got %x, want nothing", got)
	}
}
