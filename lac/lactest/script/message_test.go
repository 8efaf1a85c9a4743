package script

import (
	"bytes"
	"strings"
	"testing"
)

func TestMessage(t *testing.T) {
	b := Packet(5, 6, 7, 8, U16(0, CDN), Result(2, 6, "x"), U16(14, 9))
	want := []byte{
		0xc8, 0x02, // T, L, S, version 2
		0, 39, // Length
		0, 5, 0, 6, // Tunnel ID, Session ID
		0, 7, 0, 8, // Ns, Nr
		0x80, 8, 0, 0, 0, 0, 0, 14, // Message Type: CDN
		0x80, 11, 0, 0, 0, 1, 0, 2, 0, 6, 'x', // Result Code
		0x80, 8, 0, 0, 0, 14, 0, 9, // Assigned Session ID
	}
	if !bytes.Equal(b, want) {
		t.Fatalf("got  % x\nwant % x", b, want)
	}
	m, err := ParseMessage(b)
	if err != nil || m.Type != CDN || m.Tunnel != 5 || m.Session != 6 || m.Ns != 7 || m.Nr != 8 || m.U16(14) != 9 {
		t.Errorf("got %v, %v", m, err)
	}
	if r, e, text := m.Result(); r != 2 || e != 6 || text != "x" {
		t.Errorf("got %d/%d %q, want 2/6 x", r, e, text)
	}
	if m, err := ParseMessage(Packet(1, 0, 2, 3)); err != nil || m.Type != ZLB {
		t.Errorf("ZLB: got %v, %v", m, err)
	}
}

func TestMessageRules(t *testing.T) {
	sccrq := func(more ...AVP) []byte {
		return Packet(0, 0, 0, 0, append([]AVP{U16(0, SCCRQ), Bytes(2, 1, 0), U32(3, 3), Text(7, "x"), U16(9, 1)}, more...)...)
	}
	if _, err := ParseMessage(sccrq(Text(8, "vendor"), U16(1, 1).With(false, 9))); err != nil {
		t.Errorf("a good SCCRQ: %v", err)
	}
	flags := sccrq()
	flags[0] |= 1
	for name, tc := range map[string]struct {
		b    []byte
		want string
	}{
		"flags":      {flags, "0xc902"},
		"length":     {append(sccrq(), 0), "Length"},
		"missing":    {Packet(0, 0, 0, 0, U16(0, SCCRQ)), "without AVP 2"},
		"first":      {Packet(0, 0, 0, 0, Text(7, "x"), U16(0, SCCRQ)), "first AVP"},
		"twice":      {sccrq(U16(9, 2)), "twice"},
		"stranger":   {sccrq(U16(14, 2)), "does not belong"},
		"M":          {sccrq(Text(8, "x").With(true, 0)), "M bit"},
		"vendor M":   {sccrq(Text(8, "x").With(true, 9)), "M bit"},
		"fixed":      {sccrq(Bytes(10, 1)), "octets"},
		"reserved":   {sccrq(AVP{Reserved: 1, Type: 8}), "reserved"},
		"hidden":     {sccrq(Text(8, "x").Hide("s", nil, 0)), "Random Vector"},
		"not hidden": {sccrq(Bytes(36, make([]byte, 16)...), U16(10, 4).Hide("s", nil, 0)), "must not be hidden"},
		"vector":     {sccrq(Bytes(36, 1, 2, 3)), "Random Vector of 3"},
		"LNS":        {Packet(1, 1, 0, 0, U16(0, SCCRP)), "SCCRP without"},
		"nobody":     {Packet(1, 1, 0, 0, U16(0, OCRQ)), "no business"},
		"AVP length": {sccrq(AVP{Type: 8, Length: 5}), "Length 5"},
		"rest":       {sccrq(Raw(0, 8, 0)), "are left"},
	} {
		if _, err := ParseMessage(tc.b); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
}

func TestData(t *testing.T) {
	for _, d := range []DataMessage{
		{Flags: 0x0002, Tunnel: 1, Session: 2, Frame: []byte{0xff, 3, 0xc0, 0x21}},
		{Flags: 0x4002, Tunnel: 1, Session: 2, Frame: []byte{0xc0, 0x21}},
		{Flags: 0x0802, Tunnel: 1, Session: 2, Ns: 3, Nr: 4, Frame: []byte{1}},
		{Flags: 0x4b02, Tunnel: 1, Session: 2, Ns: 3, Offset: 2, Pad: []byte{9, 9}, Frame: []byte{1}},
	} {
		b := d.Append(nil)
		got, err := ParseData(b)
		if err != nil || got.Tunnel != 1 || got.Session != 2 || got.Ns != d.Ns || got.Nr != d.Nr || !bytes.Equal(got.Frame, d.Frame) {
			t.Errorf("%04x: got %v, %v", d.Flags, got, err)
		}
	}
	for _, b := range [][]byte{{}, {0}, {0xc8, 2}, {0, 3, 0, 1, 0, 1}, {0x40, 2, 0, 99, 0, 1, 0, 1}, {2, 2, 0, 1, 0, 1, 0, 9, 1}} {
		if d, err := ParseData(b); err == nil {
			t.Errorf("% x: got %v and no error", b, d)
		}
	}
}
