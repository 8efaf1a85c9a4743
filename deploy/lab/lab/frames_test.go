package lab

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestPADT(t *testing.T) {
	to, from := "\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x01\x0a"
	want := "020000000001" + "02000000010a" + "8863" + "11" + "a7" + "1234" + "0000" + strings.Repeat("00", 40)
	if got := hex.EncodeToString(padt(to, from, 0x1234)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSendPADTErrors(t *testing.T) {
	for _, args := range [][3]string{
		{"lo", testMAC, "65536"},
		{"lo", "02:00", "1"},
		{"no-such-device", testMAC, "1"},
	} {
		if err := sendPADT(args[0], args[1], args[2]); err == nil {
			t.Errorf("%q: want an error", args)
		}
	}
}
