package conformance

import (
	"slices"
	"testing"

	"lacd/lac/lactest/script"
)

// What script checks of every control message is not repeated here: 0xc802,
// Length, Message Type first, AVPs that belong, their M, H and length.
func TestT01_SCCRQ(t *testing.T) {
	rig := start(t, script.Config{L2TP: `window = 64`})
	rig.Client().Dial("joe@acme.example", "secret")

	rq := rig.LNS(0).Expect(script.SCCRQ)
	if rq.Tunnel != 0 || rq.Session != 0 || rq.Ns != 0 || rq.Nr != 0 {
		t.Errorf("got %v, want all of the header 0", rq)
	}
	if rq.To.Port() != 1701 || rq.Checksum == 0 {
		t.Errorf("got port %d and UDP checksum %#04x, want 1701 and one", rq.To.Port(), rq.Checksum)
	}
	for _, want := range []script.AVP{
		script.Bytes(2, 1, 0),      // Protocol Version 1.0
		script.Text(7, "lac.test"), // Host Name
		script.U16(10, 64),         // Receive Window Size
	} {
		if got := rq.Value(want.Type); !slices.Equal(got, want.Value) {
			t.Errorf("AVP %d: got % x, want % x", want.Type, got, want.Value)
		}
	}
	if rq.U32(3)&1 == 0 {
		t.Errorf("Framing Capabilities %#x: want synchronous", rq.U32(3))
	}
	if rq.U16(9) == 0 {
		t.Error("Assigned Tunnel ID is 0")
	}
	if n := len(rig.LNS(0).Of(script.SCCRQ)); n != 1 {
		t.Errorf("got %d SCCRQs, want 1", n)
	}
}
