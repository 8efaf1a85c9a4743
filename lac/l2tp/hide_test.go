package l2tp

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"testing"
)

// The expected values were computed with a separate program from the formulas
// of RFC 2661 section 4.3.
func TestHiding(t *testing.T) {
	h := Hiding{Secret: []byte("secret"), Vector: octets(t, "000102030405060708090a0b0c0d0e0f")}
	tests := []struct {
		length int
		want   string // 200: MD5 of it
	}{
		{0, "f27b"},
		{1, "f27ad3"},
		{14, "f275d3e5a478c2a23a1effa3be36d370"},
		{15, "f274d3e5a478c2a23a1effa3be36d370f8"},
		{30, "f265d3e5a478c2a23a1effa3be36d3701e5c8bf420d055c2e055646fcbdddc2b"},
		{200, "705c5555aeb61968c38509abd659fe1c"},
	}
	for _, tt := range tests {
		value := make([]byte, tt.length)
		for i := range value {
			value[i] = byte(i*7 + 3)
		}
		b := AppendHiddenAVP(nil, false, 33, value, 0, h)
		a, _, ok := cutAVP(b)
		if !ok || !a.hidden() || a.mandatory() {
			t.Fatalf("length %d: got %x", tt.length, b)
		}
		got := hex.EncodeToString(a.value)
		if tt.length == 200 {
			sum := md5.Sum(a.value)
			got = hex.EncodeToString(sum[:])
		}
		if got != tt.want {
			t.Errorf("length %d: got %s, want %s", tt.length, got, tt.want)
		}
		var c cipher
		if clear, ok := c.reveal(a.value, 33, h); !ok || !bytes.Equal(clear, value) {
			t.Errorf("length %d: revealed %x, %v", tt.length, clear, ok)
		}
	}
}

func TestHidingWithPadding(t *testing.T) {
	h := Hiding{Secret: []byte("secret"), Vector: octets(t, "000102030405060708090a0b0c0d0e0f")}
	b := AppendHiddenAVP([]byte{0xee}, true, 9, []byte{0x12, 0x34}, 12, h)
	want := octets(t, "ee c016 0000 0009 be6a0ff3dfe444d9cd76415abc1af578")
	if !bytes.Equal(b, want) {
		t.Fatalf("got %x, want %x", b, want)
	}
	var c cipher
	if clear, ok := c.reveal(b[7:], 9, h); !ok || !bytes.Equal(clear, []byte{0x12, 0x34}) {
		t.Errorf("revealed %x, %v", clear, ok)
	}
	if b := AppendHiddenAVP(nil, true, 9, make([]byte, 1015), 99, h); len(b) != 1023 {
		t.Errorf("padding beyond what an AVP can carry: %d octets", len(b))
	}
	if b := AppendHiddenAVP(nil, true, 9, make([]byte, 1500), 0, h); len(b) != 1023 {
		t.Errorf("value beyond what an AVP can carry: %d octets", len(b))
	}
}

func TestRevealRefuses(t *testing.T) {
	h := Hiding{Secret: []byte("secret"), Vector: []byte("v")}
	var c cipher
	for n := range 2 {
		if _, ok := c.reveal(make([]byte, n), 9, h); ok {
			t.Errorf("%d octets revealed", n)
		}
	}
	for _, length := range []string{"0005", "ffff"} {
		claims := octets(t, length+"00000000")
		c.apply(claims, 9, h, false)
		if v, ok := c.reveal(claims, 9, h); ok {
			t.Errorf("an original length of 0x%s in 4 octets revealed %x", length, v)
		}
	}
}

func TestChallengeResponse(t *testing.T) {
	challenge := octets(t, "000102030405060708090a0b0c0d0e0f")
	tests := []struct {
		typ       MessageType
		challenge []byte
		want      string
	}{
		{TypeSCCRP, challenge, "dd4186e2196f00124a9d588f02701259"},
		{TypeSCCCN, []byte("x"), "8a515f5cbc1ec6668e281fceb631d0b4"},
	}
	for _, tt := range tests {
		got := ChallengeResponse(tt.typ, []byte("secret"), tt.challenge)
		if hex.EncodeToString(got[:]) != tt.want {
			t.Errorf("%v: got %x, want %s", tt.typ, got, tt.want)
		}
	}
}
