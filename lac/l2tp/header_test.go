package l2tp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// octets joins hexadecimal fields, one per line with a name after "//".
func octets(t testing.TB, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		field, _, _ := strings.Cut(line, "//")
		for word := range strings.FieldsSeq(field) {
			digits.WriteString(word)
		}
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var headers = []struct {
	name    string
	golden  string
	header  Header
	payload string
	append  bool // AppendTo makes the same octets
}{
	{
		name: "control",
		golden: `
			c802 // T L S, Ver 2
			000e // Length
			0007 // Tunnel ID
			0009 // Session ID
			0001 // Ns
			0002 // Nr
			aabb`,
		header:  Header{Control: true, Sequenced: true, TunnelID: 7, SessionID: 9, Ns: 1, Nr: 2},
		payload: "aabb", append: true,
	},
	{
		name: "zero-length body",
		golden: `
			c802 // T L S, Ver 2
			000c // Length
			0007 // Tunnel ID
			0000 // Session ID
			ffff // Ns
			0000 // Nr`,
		header: Header{Control: true, Sequenced: true, TunnelID: 7, Ns: 65535}, append: true,
	},
	{
		name: "reserved bits and priority of a control message are ignored",
		golden: `
			fdf2 // all reserved bits, P
			000c 0007 0000 0001 0002`,
		header: Header{Control: true, Sequenced: true, TunnelID: 7, Ns: 1, Nr: 2},
	},
	{
		name: "octets beyond Length",
		golden: `
			c802
			000d // Length
			0007 0000 0001 0002
			aabbcc`,
		header:  Header{Control: true, Sequenced: true, TunnelID: 7, Ns: 1, Nr: 2},
		payload: "aa",
	},
	{
		name: "data",
		golden: `
			0002 // Ver 2
			0007 // Tunnel ID
			0009 // Session ID
			ff03c021`,
		header:  Header{TunnelID: 7, SessionID: 9},
		payload: "ff03c021", append: true,
	},
	{
		name: "data with priority and sequence numbers",
		golden: `
			0902 // S P, Ver 2
			0007 // Tunnel ID
			0009 // Session ID
			0003 // Ns
			0000 // Nr, reserved
			c021`,
		header:  Header{Sequenced: true, Priority: true, TunnelID: 7, SessionID: 9, Ns: 3},
		payload: "c021", append: true,
	},
	{
		name: "data with length and padding behind",
		golden: `
			4002 // L, Ver 2
			000a // Length
			0007 0009
			c021 eeee`,
		header:  Header{TunnelID: 7, SessionID: 9},
		payload: "c021",
	},
	{
		name: "data with everything",
		golden: `
			4a02 // L S O, Ver 2
			0014 // Length
			0007 0009
			0003 // Ns
			5555 // Nr, random
			0004 // Offset Size
			01020304 // Offset pad
			c021`,
		header:  Header{Sequenced: true, TunnelID: 7, SessionID: 9, Ns: 3},
		payload: "c021",
	},
	{
		name: "data with an offset of 0",
		golden: `
			0202 // O, Ver 2
			0007 0009
			0000 // Offset Size
			c021`,
		header:  Header{TunnelID: 7, SessionID: 9},
		payload: "c021",
	},
}

func TestHeader(t *testing.T) {
	for _, tt := range headers {
		t.Run(tt.name, func(t *testing.T) {
			b := octets(t, tt.golden)
			h, payload, err := ParseHeader(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.header, h); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if got := hex.EncodeToString(payload); got != tt.payload {
				t.Errorf("payload: got %s, want %s", got, tt.payload)
			}
			if got := IsControl(b); got != tt.header.Control {
				t.Errorf("IsControl: got %v", got)
			}
			if got, ok := PeekTunnelID(b); !ok || got != tt.header.TunnelID {
				t.Errorf("PeekTunnelID: got %v, %v", got, ok)
			}
			if !tt.append {
				return
			}
			if got := append(h.AppendTo(nil, len(payload)), payload...); !bytes.Equal(got, b) {
				t.Errorf("AppendTo: got %x, want %x", got, b)
			}
		})
	}
}

func TestHeaderPrefixesFail(t *testing.T) {
	for _, tt := range headers {
		b := octets(t, tt.golden)
		h, payload, _ := ParseHeader(b)
		whole := len(b) - len(payload) // a data message may end anywhere behind its header
		if h.Control || b[0]&0x40 != 0 {
			whole = int(be.Uint16(b[2:]))
		}
		for n := range whole {
			if _, _, err := ParseHeader(b[:n]); err == nil {
				t.Errorf("%s: no error with %d of %d octets", tt.name, n, len(b))
			}
		}
	}
}

func TestHeaderRefused(t *testing.T) {
	tests := []struct {
		name, octets string
		want         error
	}{
		{"version 0", "c800 000c 0007 0000 0000 0000", ErrVersion},
		{"version 1", "c801 000c 0007 0000 0000 0000", ErrVersion},
		{"version 3", "c803 000c 0007 0000 0000 0000", ErrVersion},
		{"control without length", "8802 0007 0000 0000 0000 0000", ErrFlags},
		{"control without sequence numbers", "c002 000c 0007 0000 0000 0000", ErrFlags},
		{"control with offset", "ca02 000e 0007 0000 0000 0000 0000", ErrFlags},
		{"control length below 12", "c802 000b 0007 0000 0000 0000", ErrLength},
		{"control length beyond", "c802 000d 0007 0000 0000 0000", ErrLength},
		{"data length below 4", "4002 0003 0007 0009", ErrLength},
		{"data length ends the header", "4802 0008 0007 0009 0000 0000", ErrShort},
		{"data length beyond", "4002 0009 0007 0009", ErrLength},
		{"offset beyond", "0202 0007 0009 0003 0000", ErrShort},
		{"empty", "", ErrShort},
	}
	for _, tt := range tests {
		if _, _, err := ParseHeader(octets(t, tt.octets)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestPeekTunnelIDShort(t *testing.T) {
	for _, s := range []string{"", "0002", "000200", "c802000c", "c802000c00", "0001 0007 0009"} {
		if id, ok := PeekTunnelID(octets(t, s)); ok {
			t.Errorf("%q: got %d", s, id)
		}
	}
}

func TestStamp(t *testing.T) {
	b := AppendZLB(nil, Header{})
	Stamp(b, 7, 65535, 3)
	h, _, err := ParseHeader(b)
	want := Header{Control: true, Sequenced: true, TunnelID: 7, Ns: 65535, Nr: 3}
	if diff := cmp.Diff(want, h); err != nil || diff != "" {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}

func TestData(t *testing.T) {
	lcp := []byte{0xc0, 0x21, 1, 1, 0, 4}
	b := AppendData(nil, Header{TunnelID: 7, SessionID: 9}, lcp)
	want := octets(t, "0002 0007 0009 ff03 c021 01010004")
	if !bytes.Equal(b, want) {
		t.Errorf("got %x, want %x", b, want)
	}
	_, payload, err := ParseHeader(b)
	if err != nil || !bytes.Equal(Frame(payload), lcp) {
		t.Errorf("got %x, %v", Frame(payload), err)
	}
	if got := Frame(lcp); !bytes.Equal(got, lcp) {
		t.Errorf("without address and control: got %x", got)
	}
	if got := Frame(nil); got != nil {
		t.Errorf("empty: got %x", got)
	}
}

// FuzzPeek holds that what is looked at before a datagram is parsed agrees with
// the parser: a datagram must not be routed to one tunnel and read by another.
func FuzzPeek(f *testing.F) {
	for _, s := range []string{
		"c802 000c 0007 0000 0000 0000", "0002 0007 0009 c021", "4a02 0014 0007 0009 0003 5555 0004 01020304 c021",
		"c802 0014 0000 0000 0000 0000 8008 0000 0000 0001", "c803 000c 0007 0000 0000 0000", "4002 0008 0007", "80",
	} {
		f.Add(octets(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		id, peeked := PeekTunnelID(b)
		h, payload, err := ParseHeader(b)
		if err != nil {
			return
		}
		if !peeked || id != h.TunnelID || IsControl(b) != h.Control {
			t.Fatalf("peeked tunnel %d, %v, control %v; parsed %+v", id, peeked, IsControl(b), h)
		}
		if !h.Control {
			if n := len(payload) - len(Frame(payload)); n != 0 && n != 2 {
				t.Fatalf("%d octets before the frame", n)
			}
			return
		}
		var p Parser
		typ, ok := PeekMessageType(payload)
		m, err := p.Parse(bytes.Clone(payload))
		if err == nil && (!ok || m.Type() != typ) {
			t.Fatalf("peeked %v, %v, parsed %v", typ, ok, m.Type())
		}
	})
}
