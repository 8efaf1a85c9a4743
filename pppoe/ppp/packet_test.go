package ppp

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goldenRequest is a Configure-Request for MRU 1492, CHAP with MD5 and a magic
// number.
var goldenRequest = []byte{
	0xc0, 0x21, // Protocol: LCP
	0x01,       // Code: Configure-Request
	0x07,       // Identifier
	0x00, 0x13, // Length
	0x01, 0x04, 0x05, 0xd4, // Maximum-Receive-Unit: 1492
	0x03, 0x05, 0xc2, 0x23, 0x05, // Authentication-Protocol: CHAP, MD5
	0x05, 0x06, 0x0a, 0x0b, 0x0c, 0x0d, // Magic-Number
}

func TestPacketGolden(t *testing.T) {
	want := Packet{LCP, ConfigureRequest, 7, goldenRequest[6:]}
	got, err := ParsePacket(goldenRequest)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ParsePacket (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(goldenRequest, got.AppendTo(nil)); diff != "" {
		t.Errorf("AppendTo (-want +got):\n%s", diff)
	}
	var o []byte
	o = appendOption16(o, OptMRU, 1492)
	o = appendAuthOption(o, CHAP)
	o = appendOption32(o, OptMagic, 0x0a0b0c0d)
	if diff := cmp.Diff(goldenRequest[6:], o); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}

func TestPacketPrefixes(t *testing.T) {
	for n := range goldenRequest {
		if p, err := ParsePacket(goldenRequest[:n]); err == nil {
			t.Errorf("prefix of %d octets: got %v, want an error", n, p)
		}
	}
}

func TestPacketErrors(t *testing.T) {
	tests := []struct {
		name  string
		frame []byte
		want  error
	}{
		{"empty", nil, ErrShort},
		{"compressed protocol", []byte{0x21, 1, 1, 0, 4, 0}, ErrProtocol},
		{"even protocol", []byte{0xc0, 0x22, 1, 1, 0, 4}, ErrProtocol},
		{"length below header", []byte{0xc0, 0x21, 1, 1, 0, 3}, ErrLength},
		{"length beyond frame", []byte{0xc0, 0x21, 1, 1, 0, 5}, ErrLength},
	}
	for _, tt := range tests {
		if _, err := ParsePacket(tt.frame); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestPacketPadding(t *testing.T) {
	p, err := ParsePacket([]byte{0xc0, 0x21, 6, 9, 0, 4, 0xee, 0xee})
	if err != nil || len(p.Data) != 0 {
		t.Errorf("got %v, %v, want no data", p, err)
	}
}

func TestAppendTerminateRequest(t *testing.T) {
	want := []byte{
		0xc0, 0x21, // Protocol
		0x05,       // Code
		0x2a,       // Identifier
		0x00, 0x07, // Length
		'b', 'y', 'e', // Data
	}
	if diff := cmp.Diff(want, AppendTerminateRequest(nil, 42, "bye")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIsEarly(t *testing.T) {
	tests := []struct {
		frame []byte
		want  bool
	}{
		{nil, false},
		{[]byte{0x80}, false},
		{[]byte{0x80, 0x21}, true}, // IPCP
		{[]byte{0x80, 0x57}, true}, // IPv6CP
		{[]byte{0x80, 0xfd}, true}, // CCP
		{[]byte{0x00, 0x21}, true}, // IP
		{[]byte{0x00, 0x3d}, true}, // MP
		{[]byte{0xc0, 0x21}, false},
		{[]byte{0xc0, 0x23}, false},
		{[]byte{0xc2, 0x23}, false},
		{[]byte{0xc0, 0x25}, false}, // LQR
		{[]byte{0x80, 0x31}, false}, // to be answered with a Protocol-Reject
	}
	for _, tt := range tests {
		if got := IsEarly(tt.frame); got != tt.want {
			t.Errorf("IsEarly(%x) = %v, want %v", tt.frame, got, tt.want)
		}
	}
}

func TestProtocolString(t *testing.T) {
	for p, want := range map[Protocol]string{LCP: "LCP", CHAP: "CHAP", 0x8031: "0x8031", 0x0001: "0x0001"} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func BenchmarkPacket(b *testing.B) {
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		p, err := ParsePacket(goldenRequest)
		if err != nil || !validOptions(p.Data) {
			b.Fatal(err)
		}
		buf = p.AppendTo(buf[:0])
	}
}

func FuzzPacket(f *testing.F) {
	f.Add(goldenRequest)
	f.Add([]byte{0xc0, 0x21, 6, 9, 0, 4, 0xee})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePacket(b)
		if err != nil {
			return
		}
		q, err := ParsePacket(p.AppendTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, q); diff != "" {
			t.Errorf("not stable (-first +second):\n%s", diff)
		}
	})
}
