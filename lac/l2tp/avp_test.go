package l2tp

import (
	"bytes"
	"testing"
)

func TestCutAVP(t *testing.T) {
	tests := []struct {
		name, octets string
		rest         int
		ok           bool
	}{
		{"no value", "8006 0000 0027", 0, true},
		{"value and rest", "8008 0000 000e 0102 ff", 1, true},
		{"all reserved bits", "bc08 0000 000e 0102", 0, true},
		{"length 0", "8000 0000 000e 0102", 0, false},
		{"length 5", "8005 0000 000e 0102", 0, false},
		{"overrun", "8009 0000 000e 0102", 0, false},
		{"short header", "8006 0000 00", 0, false},
		{"empty", "", 0, false},
	}
	for _, tt := range tests {
		_, rest, ok := cutAVP(octets(t, tt.octets))
		if ok != tt.ok || len(rest) != tt.rest {
			t.Errorf("%s: got %v with %d octets left", tt.name, ok, len(rest))
		}
	}
}

func TestAppendAVPCuts(t *testing.T) {
	b := AppendAVP(nil, true, 9, 1, make([]byte, 2000))
	a, rest, ok := cutAVP(b)
	if !ok || len(rest) != 0 || len(a.value) != 1017 || a.vendor != 9 || !a.mandatory() {
		t.Errorf("got %d octets of value, %d left, %v", len(a.value), len(rest), ok)
	}
}

func TestOptional(t *testing.T) {
	var e encoder
	e.optional(AttrPrivateGroupID, nil)
	if len(e.b) != 0 {
		t.Errorf("nil: got %x", e.b)
	}
	e.optional(AttrPrivateGroupID, []byte{})
	if want := octets(t, "0006 0000 0025"); !bytes.Equal(e.b, want) {
		t.Errorf("empty: got %x, want %x", e.b, want)
	}
}

func TestSecretTooLongToHide(t *testing.T) {
	e := encoder{hide: &Hiding{Secret: []byte("s"), Vector: make([]byte, 16)}}
	e.secret(AttrProxyAuthenResponse, make([]byte, 1016))
	a, _, ok := cutAVP(e.b)
	if !ok || a.hidden() || len(a.value) != 1016 {
		t.Errorf("got hidden %v, %d octets", a.hidden(), len(a.value))
	}
}
