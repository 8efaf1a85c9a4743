package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/policy/number"
	"lacd/pppoe/wire"
)

func TestNumbers(t *testing.T) {
	withLine := number.Values{CircuitID: "eth 0/1", RemoteID: "r7", MAC: "02:00:00:00:00:07", Service: "internet", User: "u@x"}
	without := number.Values{MAC: "02:00:00:00:00:07"}
	none := number.Must("")
	for _, tt := range []struct {
		name string
		c    CallInfo
		v    number.Values
		want Numbers
	}{
		{"default", CallInfo{}, withLine, Numbers{Calling: "eth 0/1", Called: "internet", CallingStation: "eth 0/1", CalledStation: "internet"}},
		{"default without a line", CallInfo{}, without, Numbers{Calling: without.MAC, CallingStation: without.MAC}},
		{
			"RADIUS is told what the LNS is told",
			CallInfo{Calling: number.Must("{remote_id}"), Called: number.Must("0800"), SubAddress: number.Must("{user}")},
			withLine,
			Numbers{Calling: "r7", Called: "0800", SubAddress: "u@x", CallingStation: "r7", CalledStation: "0800"},
		},
		{"suppressed", CallInfo{Calling: none, Called: none, SubAddress: none}, withLine, Numbers{}},
		{
			"suppressed for the LNS alone",
			CallInfo{Calling: none, Called: none, CallingStation: DefaultCalling, CalledStation: DefaultCalled},
			withLine,
			Numbers{CallingStation: "eth 0/1", CalledStation: "internet"},
		},
		{
			"suppressed for RADIUS alone",
			CallInfo{CallingStation: none, CalledStation: none},
			withLine,
			Numbers{Calling: "eth 0/1", Called: "internet"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.NASPortType = 15
			if diff := cmp.Diff(tt.want, tt.c.Numbers(&tt.v)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestNASPort(t *testing.T) {
	untagged := number.Values{Access: "eth1", NASPort: 65543, Node: "lac1"}
	tagged := number.Values{Access: "eth1:100", SVLAN: 100}
	stacked := number.Values{Access: "eth1:100.7", SVLAN: 100, CVLAN: 7}
	for _, tt := range []struct {
		name string
		c    CallInfo
		v    number.Values
		id   string
		kind uint32
	}{
		{"default", CallInfo{}, stacked, "eth1:100.7", 15},
		{"virtual", CallInfo{PortType: PortVirtual}, tagged, "eth1:100", 5},
		{"PPPoE", CallInfo{PortType: PortPPPoE}, untagged, "eth1", 32},
		{"PPPoE on a VLAN", CallInfo{PortType: PortPPPoE}, tagged, "eth1:100", 33},
		{"PPPoE on two", CallInfo{PortType: PortPPPoE}, stacked, "eth1:100.7", 34},
		{"template", CallInfo{NASPortID: number.Must("{node}/{nas_port}")}, untagged, "lac1/65543", 15},
		{"none", CallInfo{NASPortID: number.Must("")}, untagged, "", 15},
	} {
		if n := tt.c.Numbers(&tt.v); n.NASPortID != tt.id || n.NASPortType != tt.kind {
			t.Errorf("%s: got %q and type %d, want %q and %d", tt.name, n.NASPortID, n.NASPortType, tt.id, tt.kind)
		}
	}
}

func TestTellsLine(t *testing.T) {
	some := CallInfo{Line: []wire.LineType{wire.AgentCircuitID, wire.ActualRateDown}}
	for _, tt := range []struct {
		name string
		c    CallInfo
		t    wire.LineType
		want bool
	}{
		{"default", CallInfo{}, wire.AgentRemoteID, true},
		{"off", CallInfo{NoLine: true}, wire.AgentRemoteID, false},
		{"off and listed", CallInfo{NoLine: true, Line: some.Line}, wire.AgentCircuitID, false},
		{"listed", some, wire.ActualRateDown, true},
		{"not listed", some, wire.ActualRateUp, false},
	} {
		if got := tt.c.TellsLine(tt.t); got != tt.want {
			t.Errorf("%s: attribute %#x told %v, want %v", tt.name, uint8(tt.t), got, tt.want)
		}
	}
}
