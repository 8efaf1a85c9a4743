package ppp

import (
	"strings"
	"testing"
	"unicode"
)

func TestDescribe(t *testing.T) {
	tests := []struct {
		frame string
		want  string
	}{
		{"", "malformed "},
		{"\xc0", "malformed c0"},
		{"\xc0\x21\x01\x02", "LCP malformed 0102"},
		{"\xc0\x21\x01\x02\x00\x09", "LCP malformed 01020009"},
		{string(goldenRequest), "LCP Configure-Request id=7 mru=1492 auth=CHAP-MD5 magic=0x0a0b0c0d"},
		{"\xc0\x21\x04\x01\x00\x11\x02\x06\x00\x00\x00\x00\x07\x02\x2a\x03\x01\x01\x02", "LCP Configure-Reject id=1 accm=0x00000000 pfc opt42=0x01 opt1"},
		{"\xc0\x21\x01\x01\x00\x06\x01\x09", "LCP Configure-Request id=1 malformed"},
		{"\xc0\x21\x01\x01\x00\x09\x03\x05\xc1\x23\x01", "LCP Configure-Request id=1 opt3=0xc12301"},
		{"\xc0\x21\x05\x02\x00\x08b\n\"e", `LCP Terminate-Request id=2 text="b\n\"e"`},
		{"\xc0\x21\x06\x02\x00\x04", "LCP Terminate-Ack id=2"},
		{"\xc0\x21\x08\x02\x00\x08\x80\x21\x01\x02", "LCP Protocol-Reject id=2 protocol=IPCP data=0x0102"},
		{"\xc0\x21\x0c\x02\x00\x0b\x00\x00\x00\x01CPE", `LCP Identification id=2 magic=0x00000001 text="CPE"`},
		{"\xc0\x21\x0d\x02\x00\x05\x01", "LCP Time-Remaining id=2 data=0x01"},
		{"\xc0\x21\x63\x02\x00\x04", "LCP code-99 id=2"},
		{"\xc0\x23\x01\x03\x00\x0c\x03joe\x03sec", `PAP Authenticate-Request id=3 name="joe"`},
		{"\xc0\x23\x01\x03\x00\x08\x03joe", "PAP Authenticate-Request id=3 malformed"},
		{"\xc0\x23\x02\x03\x00\x04", "PAP Authenticate-Ack id=3"},
		{"\xc0\x23\x03\x03\x00\x07\x02no", `PAP Authenticate-Nak id=3 text="no"`},
		{"\xc0\x23\x03\x03\x00\x06\x09n", "PAP Authenticate-Nak id=3 malformed"},
		{"\xc0\x23\x07\x03\x00\x04", "PAP code-7 id=3"},
		{"\xc2\x23\x01\x03\x00\x0a\x02\xca\xfelac", `CHAP Challenge id=3 value=0xcafe name="lac"`},
		{"\xc2\x23\x02\x03\x00\x0a\x02\xca\xfejoe", `CHAP Response id=3 name="joe"`},
		{"\xc2\x23\x02\x03\x00\x05\x02", "CHAP Response id=3 malformed"},
		{"\xc2\x23\x03\x03\x00\x04", "CHAP Success id=3"},
		{"\xc2\x23\x04\x03\x00\x06no", `CHAP Failure id=3 text="no"`},
		{"\x80\x21\x01\x01\x00\x04", "IPCP 4 octets"},
		{"\x80\x31", "0x8031 0 octets"},
	}
	for _, tt := range tests {
		if got := Describe([]byte(tt.frame)); got != tt.want {
			t.Errorf("%x:\ngot  %s\nwant %s", tt.frame, got, tt.want)
		}
	}
}

func TestDescribeKeepsSecrets(t *testing.T) {
	data := PAPRequest{[]byte("joe"), []byte("sesame")}.AppendTo(nil)
	frame := Packet{PAP, AuthenticateRequest, 1, data}.AppendTo(nil)
	for n := range frame {
		if s := Describe(frame[:n+1]); strings.Contains(s, "sesame") || strings.Contains(s, "736573") {
			t.Errorf("%d octets: %s", n+1, s)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add(goldenRequest)
	f.Add([]byte("\xc0\x23\x01\x03\x00\x0c\x03joe\x03sec"))
	f.Add([]byte("\xc2\x23\x01\x03\x00\x0a\x02\xca\xfelac"))
	f.Add([]byte("\xc0\x21\x08\x02\x00\x08\x80\x21\x01\x02"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Describe(b)
		if s == "" {
			t.Error("nothing said")
		}
		for _, r := range s {
			if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
				t.Fatalf("unprintable %q in %q", r, s)
			}
		}
	})
}
