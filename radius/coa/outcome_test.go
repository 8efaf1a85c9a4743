package coa_test

import (
	"testing"

	"lacd/radius/coa"
)

// Every outcome has a label of its own.
func TestOutcomeNames(t *testing.T) {
	seen := map[string]bool{}
	for o := coa.Outcome(1); o < coa.NumOutcomes; o++ {
		name := o.String()
		if name == "" || name == "unknown" || seen[name] {
			t.Errorf("outcome %d is called %q", o, name)
		}
		seen[name] = true
	}
	if got := coa.NAKResources.String(); got != "nak-506" {
		t.Errorf("got %q, want nak-506", got)
	}
	if got := coa.NumOutcomes.String(); got != "unknown" {
		t.Errorf("got %q, want unknown", got)
	}
}
