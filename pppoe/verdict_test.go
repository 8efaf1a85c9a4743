package pppoe

import "testing"

func TestVerdictString(t *testing.T) {
	seen := map[string]bool{}
	for i := range NumVerdicts {
		s := Verdict(i).String()
		if s == "" || seen[s] || (s == "unknown") != (i == 0) {
			t.Errorf("verdict %d: got %q", i, s)
		}
		seen[s] = true
	}
	if got := Verdict(NumVerdicts).String(); got != "unknown" {
		t.Errorf("got %q, want unknown", got)
	}
	if got := BadCookie.String(); got != "bad-cookie" {
		t.Errorf("got %q, want bad-cookie", got)
	}
}
