package script

import (
	"bytes"
	"testing"
)

func TestControl(t *testing.T) {
	want := []byte{
		0xc0, 0x21, // LCP
		1, 9, // Configure-Request, Identifier
		0, 14, // Length
		1, 4, 5, 0xd4, // MRU 1492
		5, 6, 0xca, 0xfe, 0, 1, // Magic-Number
	}
	options := append(MRU(1492), Magic(0xcafe0001)...)
	if got := Control(LCP, ConfReq, 9, options...); !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
	if got := Options(append(options, 8)); len(got) != 3 || len(got[2]) != 1 {
		t.Errorf("got % x, want two options and an octet", got)
	}
	if got := Option(options, 5); !bytes.Equal(got, []byte{0xca, 0xfe, 0, 1}) {
		t.Errorf("got % x", got)
	}
	if got := Option(options, 3); got != nil {
		t.Errorf("got % x, want none", got)
	}
}
