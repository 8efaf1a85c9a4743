package xdp

import (
	"strings"
	"testing"

	"lacd/kernel/kerneltest"
)

func TestUnfit(t *testing.T) {
	r := newRig(t, options{})
	name := r.access[0].ours.Name
	for _, tt := range []struct {
		name string
		mtu  int
		tags int
		want string // "": nothing but what all pairs have against them
	}{
		{"untagged", 1500, 0, ""},
		{"tagged", 1500, 1, ""},
		{"QinQ", 1500, 2, "MTU would have to be 1504"},
		{"QinQ with room", 1504, 2, ""},
	} {
		r.access[0].ours.SetMTU(t, tt.mtu)
		err := Unfit(Config{Ports: []Port{{Name: name, Tags: tt.tags}}})
		if err == nil || !strings.Contains(err.Error(), "pair of virtual devices") || strings.Contains(err.Error(), "MTU") != (tt.want != "") ||
			!strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	if err := Unfit(Config{Ports: []Port{{Name: "nowhere0"}}}); err == nil {
		t.Error("a port that is not there is fit")
	}
}

func TestProbe(t *testing.T) {
	kerneltest.NeedRoot(t)
	for _, p := range Probe() {
		if p.Err != nil {
			t.Error(p)
		}
	}
}
