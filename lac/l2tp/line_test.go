package l2tp

import (
	"strings"
	"testing"
)

func TestLineValid(t *testing.T) {
	tests := []struct {
		name string
		line LineAVP
		want bool
	}{
		{"id of 1", LineID(LineCircuitID, "x"), false},
		{"id of 2", LineID(LineCircuitID, "xx"), true},
		{"id of 63", LineID(LineRemoteID, strings.Repeat("x", 63)), true},
		{"id of 64", LineID(LineRemoteID, strings.Repeat("x", 64)), false},
		{"rate", LineRate(LineMinLowPowerRateDown, 1<<33), true},
		{"rate of 4 octets", LineNumber(LineActualRateUp, 1), false},
		{"delay", LineNumber(LineMaxDelayUp, 1), true},
		{"encapsulation", LineOctets(LineEncapsulation, 1, 2, 3), true},
		{"encapsulation of 2", LineOctets(LineEncapsulation, 1, 2), false},
		{"line type", LineOctets(LineANCPType, 5, 0, 0, 0), true},
		{"unknown", LineNumber(143, 1), false},
	}
	for _, tt := range tests {
		if got := tt.line.Valid(); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestLineNotSent(t *testing.T) {
	m := &ICRQ{SessionID: 1, Line: []LineAVP{LineID(LineCircuitID, strings.Repeat("x", 64)), LineNumber(LineIWF, 1)}}
	b := AppendMessage(nil, Header{TunnelID: 1}, m, nil)
	var p Parser
	got, err := p.Parse(b[ControlHeaderLen:])
	if err != nil {
		t.Fatal(err)
	}
	if line := got.(*ICRQ).Line; len(line) != 1 || line[0].Type != LineIWF {
		t.Errorf("got %v", line)
	}
}
