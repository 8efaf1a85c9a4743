package file

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/policy"
	"lacd/policy/number"
	"lacd/pppoe/wire"
)

func TestCallInfoArrives(t *testing.T) {
	f, err := parseFake("lacd.hcl", `
access "eth1" {}
radius "rad1" {
  auth   = "203.0.113.1"
  secret = "0123456789abcdef"
}
retailer "acme" {
  realms = ["acme.example"]
  radius = ["rad1"]
  mtu    = 1600
  calling_number     = "{node} {port}:{svlan}.{cvlan}"
  called_number      = ""
  sub_address        = "{remote_id|mac}"
  calling_station_id = "{circuit_id}"
  called_station_id  = "{{fixed}}"
  physical_channel   = false
  speed    = ["radius", "line", "static"]
  tx_speed = 100000000
  rx_speed = 40000000
  access_line_attributes = ["circuit_id", "actual_rate_up", "iwf"]
  lns "lns1" {
    address    = "192.0.2.1"
    sequencing = true
  }
}
retailer "globex" {
  realms      = ["globex.example"]
  access_line = false
  lns "lns1" { address = "192.0.2.1" }
}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := policy.CallInfo{
		Calling: number.Must("{node} {port}:{svlan}.{cvlan}"), Called: number.Must(""),
		SubAddress: number.Must("{remote_id|mac}"), CallingStation: number.Must("{circuit_id}"),
		CalledStation: number.Must("{{fixed}}"), NoPhysicalChannel: true,
		Speed:   []policy.SpeedSource{policy.SpeedRADIUS, policy.SpeedLine, policy.SpeedStatic},
		TxSpeed: 100e6, RxSpeed: 40e6,
		Line: []wire.LineType{wire.AgentCircuitID, wire.ActualRateUp, wire.IWFSession},
	}
	if diff := cmp.Diff(want, f.Policy.Retailers[0].Call); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(policy.CallInfo{NoLine: true}, f.Policy.Retailers[1].Call); diff != "" {
		t.Errorf("second retailer, -want +got:\n%s", diff)
	}
	if acme, globex := f.Policy.Retailers[0].LNS[0], f.Policy.Retailers[1].LNS[0]; !acme.Sequencing || globex.Sequencing {
		t.Errorf("sequencing %v and %v, want it for the first LNS alone", acme.Sequencing, globex.Sequencing)
	}
}

// Every attribute a line can have has a name, and no two have the same.
func TestLineNames(t *testing.T) {
	named := map[wire.LineType]string{}
	for name, kind := range lineNames {
		if other, ok := named[kind]; ok {
			t.Errorf("%q and %q are both attribute %#x", name, other, uint8(kind))
		}
		named[kind] = name
	}
	for i := range 256 {
		if kind := wire.LineType(i); (kind.Kind() != wire.LineUnknown) != (named[kind] != "") {
			t.Errorf("attribute %#x is called %q", i, named[kind])
		}
	}
}
