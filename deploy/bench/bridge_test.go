package main

import "testing"

func TestBridgeFigures(t *testing.T) {
	var all []result
	for _, v := range []float64{2000, 2600, 2100} {
		all = append(all,
			result{"Forward/down/octets=1400", 1, map[string]float64{"ip-ns/pkt": 2000, "ns/pkt": v, "x-ip": v / 2000}},
			result{"Forward/down/octets=64", 1, map[string]float64{"ip-ns/pkt": 1000, "ns/pkt": 1000, "x-ip": 1}})
	}
	figures := bridgeFigures(all)
	if len(figures) != 6 {
		t.Fatalf("%d figures, want 6", len(figures))
	}
	for i, want := range []Figure{
		{What: "down, 1400 octets: IP forwarding", Value: 2000, Unit: "instructions", Least: 2000, Most: 2000},
		{What: "down, 1400 octets: pppbridge", Value: 2100, Unit: "instructions", Least: 2000, Most: 2600},
		{What: "down, 1400 octets: pppbridge", Value: 1.05, Unit: "× IP forwarding", Least: 1, Most: 1.3},
		{What: "down, 64 octets: IP forwarding", Value: 1000, Unit: "instructions", Least: 1000, Most: 1000},
	} {
		want.Group, want.Runs = 2, 3
		if got := figures[i]; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
