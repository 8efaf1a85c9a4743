package radius

import (
	"testing"

	"lacd/policy"
)

func TestGrantRates(t *testing.T) {
	for _, tt := range []struct {
		name, attributes string
		want             policy.Rates
	}{
		{"none", "1b 06 00000e10", policy.Rates{}},
		{"as such", "c5 06 000f4240 ff 06 00f42400", policy.Rates{Tx: 16_000_000, Rx: 1_000_000}},
		{"one", "ff 06 00f42400", policy.Rates{Tx: 16_000_000}},
		{"of the vendor", "1a 0c 00000211 c5 06 000f4240 1a 0c 00000211 ff 06 00f42400", policy.Rates{Tx: 16_000_000, Rx: 1_000_000}},
		{"in one attribute", "1a 12 00000211 c5 06 000f4240 ff 06 00f42400", policy.Rates{Tx: 16_000_000, Rx: 1_000_000}},
		{"the last counts", "ff 06 00000001 ff 06 00f42400", policy.Rates{Tx: 16_000_000}},
		{"of another vendor", "1a 0c 00000009 ff 06 00f42400", policy.Rates{}},
		{"32 bits", "ff 06 ffffffff", policy.Rates{Tx: 1<<32 - 1}},
		{"somebody else's 255", "ff 05 000001", policy.Rates{}},
		{"sub-attribute too long", "1a 0c 00000211 ff 07 00f42400", policy.Rates{}},
		{"sub-attribute without length", "1a 08 00000211 ff 00", policy.Rates{}},
		{"vendor alone", "1a 05 000002", policy.Rates{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := Grant(accept(t, tt.attributes), secret, request)
			if err != nil {
				t.Fatal(err)
			}
			if g.Rates != tt.want {
				t.Errorf("got %+v, want %+v", g.Rates, tt.want)
			}
		})
	}
}
