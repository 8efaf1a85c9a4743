package tunnel

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/l2tp"
)

func TestIncomingTranscripts(t *testing.T) {
	transcripts(t, "incoming-*.txt", newConnScene)
}

// TestCallArrivesWhole checks that what the LAC says of a call is what the LNS
// hears, the password hidden on its way.
func TestCallArrivesWhole(t *testing.T) {
	p := newPipe(t, pipeConfig{secret: "s3cret"})
	p.open()
	call := Call{
		Calling: "line 7", Called: "svc", SubAddress: "3", PhysicalChannel: 9, HasPhysicalChannel: true,
		Line: []l2tp.LineAVP{l2tp.LineID(l2tp.LineCircuitID, "eth 1/2"), l2tp.LineRate(l2tp.LineActualRateUp, 1e9)},
	}
	connect := Connect{
		TxSpeed: 100e6, RxSpeed: 40e6, PrivateGroup: "vpn", Sequencing: true,
		ProxyLCP:  &l2tp.ProxyLCP{FirstReceived: []byte{1, 4, 5, 0xdc}, LastSent: []byte{3, 4, 0xc0, 0x23}, LastReceived: []byte{}},
		ProxyAuth: &l2tp.ProxyAuth{Type: l2tp.ProxyPAP, Name: []byte("u@r"), ID: 3, Response: []byte("password")},
	}
	p.lac.connect = connect
	id, err := p.lac.c.PlaceCall(p.now, call)
	if err != nil {
		t.Fatal(err)
	}
	p.run(time.Second)
	peer := p.lac.answered[id]
	if diff := cmp.Diff(call, p.lns.requested[peer]); diff != "" {
		t.Errorf("call (-want +got):\n%s", diff)
	}
	connect.ProxyLCP.LastReceived = nil // empty arrives as nil
	if diff := cmp.Diff(connect, p.lns.connected[peer]); diff != "" {
		t.Errorf("connect (-want +got):\n%s", diff)
	}
	if p.saw("password") {
		t.Error("the password was sent in clear")
	}
}
