package script

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestAVP(t *testing.T) {
	for _, tc := range []struct {
		avp  AVP
		want string
	}{
		{U16(14, 7), "8008 0000 000e 0007"},
		{U32(24, 9), "800a 0000 0018 00000009"},
		{Text(7, "lns"), "8009 0000 0007 6c6e73"},
		{U32(25, 1), "000a 0000 0019 00000001"}, // Physical Channel ID: not mandatory
		{U16(14, 7).With(false, 9), "0008 0009 000e 0007"},
		{AVP{M: true, Reserved: 5, Type: 14, Value: []byte{0, 7}}, "9408 0000 000e 0007"},
		{AVP{Type: 14, Length: 3}, "0003 0000 000e"},
		{Result(2, 8, "no"), "800c 0000 0001 0002 0008 6e6f"},
		{Result(1), "8008 0000 0001 0001"},
		{Raw(1, 2, 3), "010203"},
	} {
		want, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(tc.want), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		if got := tc.avp.append(nil); !bytes.Equal(got, want) {
			t.Errorf("%v: got % x, want % x", tc.avp, got, want)
		}
	}
}

func TestHide(t *testing.T) {
	vector := []byte("0123456789abcdef")
	for _, n := range []int{0, 1, 14, 15, 30, 200} {
		value := bytes.Repeat([]byte{0xa5}, n)
		a := Bytes(33, value...).Hide("secret", vector, n%5)
		if !a.H || len(a.Value) != 2+n+n%5 || n > 4 && bytes.Contains(a.Value, value) {
			t.Errorf("%d octets: got %v", n, a)
		}
		if got, err := a.Reveal("secret", vector); err != nil || !bytes.Equal(got, value) {
			t.Errorf("%d octets: got % x, %v", n, got, err)
		}
	}
	// Two blocks, computed elsewhere.
	a := Bytes(33, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19).Hide("secret", vector, 0)
	if got, want := hex.EncodeToString(a.Value), "edcce7df2ccb88ec85e75b4ecc4ed3817535b8bf6f04"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := a.Reveal("other", vector); err == nil {
		t.Error("a wrong secret reveals something of a fitting length")
	}
}
