package main

import "testing"

func TestForwardFigure(t *testing.T) {
	for _, tt := range []struct {
		name, what string
		met        bool
	}{
		{"Forward/up/sessions=1/tags=2/octets=64", "xdp up, 1 sessions, 64 octets, QinQ", false},
		{"Forward/down/sessions=65534/tags=0/octets=512", "xdp down, 65534 sessions, 512 octets, untagged", true},
	} {
		f := forwardFigure(&result{tt.name, 5, map[string]float64{"x-bare": 1.7, "x-bare-least": 1.6, "x-bare-most": 1.9, "ns/pkt": 120}})
		if f.What != tt.what || f.Goal.Met != tt.met || f.Least != 1.6 || f.Most != 1.9 || f.Runs != 5 || f.Note != "(120 ns)" {
			t.Errorf("got %+v, goal %v", f, f.Goal)
		}
	}
}
