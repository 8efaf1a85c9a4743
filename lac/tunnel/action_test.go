package tunnel

import "testing"

func TestReasonNames(t *testing.T) {
	seen := map[string]bool{}
	for r := range Reason(9) {
		got := r.String()
		if (got == "unknown") != (r < Closed || r > Yielded) {
			t.Errorf("%d: got %q", r, got)
		}
		if seen[got] && got != "unknown" {
			t.Errorf("%q is used twice", got)
		}
		seen[got] = true
	}
}
