package main

import "testing"

func TestBridgeFigures(t *testing.T) {
	r := result{"Forward/down/octets=1400", 1, map[string]float64{"ip-ns/pkt": 2000, "ns/pkt": 2500, "x-ip": 1.25}}
	all := bridgeFigures(&r)
	for i, want := range []Figure{
		{What: "down, 1400 octets: IP forwarding", Value: 2000, Unit: "instructions"},
		{What: "down, 1400 octets: pppbridge", Value: 2500, Unit: "instructions"},
		{What: "down, 1400 octets: pppbridge", Value: 1.25, Unit: "× IP forwarding"},
	} {
		if got := all[i]; got.What != want.What || got.Value != want.Value || got.Unit != want.Unit || got.Group != 2 {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
