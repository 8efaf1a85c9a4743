package capture

import (
	"slices"
	"strings"
	"testing"
)

// cdnMessage is a CDN that agrees with the table.
func cdnMessage() []AVP {
	return []AVP{
		{Mandatory: true, Length: 8, Type: 0, Value: []byte{0, cdn}},
		{Mandatory: true, Length: 8, Type: 1, Value: []byte{0, 3}},
		{Mandatory: true, Length: 8, Type: 14, Value: []byte{0, 9}},
		{Length: 11, Type: 46, Value: make([]byte, 5)},
	}
}

func TestCheck(t *testing.T) {
	random := AVP{Mandatory: true, Length: 14, Type: 36, Value: make([]byte, 8)}
	hidden := AVP{Mandatory: true, Hidden: true, Length: 10, Type: 14, Value: make([]byte, 4)}
	for _, tt := range []struct {
		name   string
		change func([]AVP) []AVP
		want   string // part of the only problem; "" for none
	}{
		{"good", func(a []AVP) []AVP { return a }, ""},
		{"hidden", func(a []AVP) []AVP { return slices.Concat(a[:2], []AVP{random, hidden}) }, ""},
		{"hidden without vector", func(a []AVP) []AVP { return slices.Concat(a[:2], []AVP{hidden}) }, "no Random Vector"},
		{"hidden and too short", func(a []AVP) []AVP {
			h := hidden
			h.Length, h.Value = 8, h.Value[:2]
			return slices.Concat(a[:2], []AVP{random, h})
		}, "length 8"},
		{"must not be hidden", func(a []AVP) []AVP {
			a[1].Hidden, a[1].Length, a[1].Value = true, 10, make([]byte, 4)
			return slices.Concat(a[:1], []AVP{random}, a[1:])
		}, "must not be hidden"},
		{"M bit missing", func(a []AVP) []AVP { a[2].Mandatory = false; return a }, "M bit false"},
		{"M bit too much", func(a []AVP) []AVP { a[3].Mandatory = true; return a }, "M bit true"},
		{"short", func(a []AVP) []AVP { a[2].Length, a[2].Value = 7, a[2].Value[:1]; return a }, "length 7, want 8 to 8"},
		{"length does not match", func(a []AVP) []AVP { a[3].Length = 12; return a }, "with a value of 5 octets"},
		{"foreign", func(a []AVP) []AVP {
			return append(a, AVP{Mandatory: true, Length: 10, Type: 24, Value: make([]byte, 4)})
		}, "no place"},
		{"unknown", func(a []AVP) []AVP { a[3].Type = 999; return a }, "not in the table"},
		{"unknown vendor", func(a []AVP) []AVP { a[3].Vendor = 9; return a }, "not in the table"},
		{"repeated", func(a []AVP) []AVP { return append(a, a[1]) }, "repeated"},
		{"missing", func(a []AVP) []AVP { return append(a[:1], a[2:]...) }, "AVP 1, Result Code, is missing"},
		{"Message Type not first", func(a []AVP) []AVP { return a[1:] }, "first AVP"},
		{"message of an LNS", func(a []AVP) []AVP { a[0].Value = []byte{0, 7}; return a }, "none of a LAC's"},
	} {
		got := Check([]Message{{Frame: 3, AVPs: tt.change(cdnMessage())}})
		switch {
		case tt.want == "" && len(got) > 0:
			t.Errorf("%s: got %q, want nothing", tt.name, got)
		case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want) || !strings.HasPrefix(got[0], "frame 3: ")):
			t.Errorf("%s: got %q, want one with %q", tt.name, got, tt.want)
		}
	}
}

func TestAccessLine(t *testing.T) {
	for _, tt := range []struct {
		typ  uint16
		n    int
		want bool
	}{{1, 2, true}, {1, 1, false}, {2, 63, true}, {2, 64, false}, {129, 8, true}, {138, 4, false}, {141, 4, true}, {144, 3, true}, {254, 4, true}} {
		r, ok := ruleOf(3561, tt.typ)
		if !ok {
			t.Errorf("attribute %d is not known", tt.typ)
			continue
		}
		got := r.check(AVP{Length: 6 + tt.n, Value: make([]byte, tt.n)}, icrq)
		if (len(got) == 0) != tt.want {
			t.Errorf("attribute %d with %d octets: got %q", tt.typ, tt.n, got)
		}
	}
}
