package conformance

import (
	"fmt"
	"testing"
)

func TestCases(t *testing.T) {
	if len(Cases) != 60 {
		t.Fatalf("got %d cases, want 60", len(Cases))
	}
	for i, c := range Cases {
		if want := fmt.Sprintf("T%02d", i+1); c.ID != want || c.Shows == "" {
			t.Errorf("case %d: got %+v, want %s and what it shows", i+1, c, want)
		}
	}
}
