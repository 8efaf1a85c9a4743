package lab

import "testing"

func TestHelperRefuses(t *testing.T) {
	for _, args := range [][]string{
		{"nonesuch"},
		{"serve"},
		{"transfer", "127.0.0.1:1", "many", "upwards"},
		{"padt", "lo", "nobody", "1"},
	} {
		if err := Helper(t.Context(), args); err == nil {
			t.Errorf("%q: want an error", args)
		}
	}
}
