package main

import (
	"testing"

	"lacd/lac/lactest/load"
)

func TestUnmet(t *testing.T) {
	good := load.Report{
		Clients: &load.Clients{Up: 100, Failed: 2, Lost: 1, PerSecond: 500},
		Traffic: &load.TrafficPair{Up: load.Traffic{Sent: 1000, Received: 999, Lost: 1}, Down: load.Traffic{Received: 999, Lost: 1}},
	}
	for _, tt := range []struct {
		args  []string
		unmet int
	}{
		{nil, 0},
		{[]string{"-expect-up", "100", "-expect-failed", "2", "-expect-lost", "1", "-expect-rate", "500", "-expect-traffic", "1000"}, 0},
		{[]string{"-expect-up", "101"}, 1},
		{[]string{"-expect-failed", "1"}, 1},
		{[]string{"-expect-lost", "0"}, 1},
		{[]string{"-expect-rate", "501"}, 1},
		{[]string{"-expect-traffic", "999"}, 2},
		{[]string{"-expect-up", "101", "-expect-failed", "1"}, 2},
	} {
		o, err := parse(append([]string{"-access", "eth1"}, tt.args...))
		if err != nil {
			t.Fatal(err)
		}
		if got := o.unmet(&good); len(got) != tt.unmet {
			t.Errorf("%v: unmet %q", tt.args, got)
		}
	}
}

// A run with clients that was cut short is no success, one of LNSes alone is.
func TestUnmetTimeout(t *testing.T) {
	for _, clients := range []*load.Clients{nil, {}} {
		o, err := parse([]string{"-lns", "127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		got := o.unmet(&load.Report{TimedOut: true, Clients: clients})
		if want := clients != nil; len(got) == 1 != want {
			t.Errorf("clients %v: unmet %q", want, got)
		}
	}
}

// A packet at another session is wrong however few are lost.
func TestUnmetMisdelivery(t *testing.T) {
	o, err := parse([]string{"-lns", "127.0.0.1", "-expect-traffic", "1000000"})
	if err != nil {
		t.Fatal(err)
	}
	rep := &load.Report{Traffic: &load.TrafficPair{Down: load.Traffic{Sent: 10, Received: 10, Misdelivered: 1}}}
	if got := o.unmet(rep); len(got) != 1 {
		t.Errorf("unmet %q", got)
	}
}
