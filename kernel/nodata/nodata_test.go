package nodata

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"lacd/kernel"
)

func TestPlaneTellsAllOfABridge(t *testing.T) {
	var log bytes.Buffer
	p := New(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	b := kernel.Bridge{
		ID: 7, Port: "eth1", MAC: [6]byte{2, 0, 0, 0, 0, 9}, PPPoE: 3, Tunnel: 4, Session: 5, PeerSession: 6, MTU: 1492, Sequencing: true,
		VLANs: [2]kernel.VLAN{{TPID: 0x88a8, ID: 100}, {TPID: 0x8100, ID: 200}},
	}
	if err := p.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	want := `bridge=7 port=eth1 vlans="88a8:100 8100:200" mac=02:00:00:00:00:09 pppoe=3 tunnel=4 call=5 peer_call=6 mtu=1492 sequencing=true`
	if got := log.String(); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s in it", got, want)
	}
	if c, err := p.RemoveBridge(t.Context(), b.ID); err != nil || c != (kernel.Counters{}) {
		t.Errorf("got %v, %v, want no counters", c, err)
	}
}
