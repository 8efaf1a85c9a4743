package ppp

import (
	"strings"
	"testing"
)

func TestReasonString(t *testing.T) {
	seen := map[string]bool{}
	for r := Reason(1); r < numReasons; r++ {
		s := r.String()
		if s == "" || strings.ContainsAny(s, " ") || seen[s] {
			t.Errorf("reason %d is %q", r, s)
		}
		seen[s] = true
	}
	if got, want := numReasons.String(), "reason 10"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Reason(0).String(), "reason 0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTerminateText(t *testing.T) {
	for r := range numReasons {
		want := r >= AuthTimeout || r == NegotiationFailed
		if got := r.terminateText() != ""; got != want {
			t.Errorf("%v: has a text: %v, want %v", r, got, want)
		}
	}
}
