package main

import "testing"

func TestForwardFigure(t *testing.T) {
	for _, tt := range []struct{ name, what, goal string }{
		{"Forward/up/sessions=1/tags=2/octets=64", "xdp up, 1 sessions, 64 octets, QinQ", "≤ 1.50 not met"},
		{"Forward/down/sessions=65534/tags=0/octets=512", "xdp down, 65534 sessions, 512 octets, untagged", "≤ 2.00 met"},
		{"Forward/ip/sessions=1/tags=0/octets=512", "kernel IP forwarding, 512 octets, untagged", ""},
		{"Forward/generic-up/sessions=1/tags=0/octets=64", "generic XDP up, 1 sessions, 64 octets, untagged", ""},
		{"Forward/generic-down/sessions=65534/tags=0/octets=64", "generic XDP down, 65534 sessions, 64 octets, untagged", ""},
		{"Forward/user-up/sessions=65534/tags=0/octets=1400", "a process up, AF_PACKET to UDP, 65534 sessions, 1400 octets, untagged", ""},
	} {
		f, err := forwardFigure(&result{tt.name, 5, map[string]float64{"x-bare": 1.7, "x-bare-least": 1.6, "x-bare-most": 1.9, "ns/pkt": 120}})
		if err != nil || f.What != tt.what || f.Goal.String() != tt.goal || f.Value != 1.7 || f.Least != 1.6 || f.Most != 1.9 || f.Runs != 5 || f.Note != "(120 ns)" {
			t.Errorf("got %+v, goal %v, %v", f, f.Goal, err)
		}
	}
	if f, err := forwardFigure(&result{name: "Forward/sideways/sessions=1/tags=0/octets=64"}); err == nil {
		t.Errorf("an unknown path: got %+v", f)
	}
}
