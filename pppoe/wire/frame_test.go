package wire

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	host = MAC{0x02, 0x00, 0x5e, 0x00, 0x53, 0x01}
	ac   = MAC{0x02, 0x00, 0x5e, 0x00, 0x53, 0xac}
)

// golden are frames octet by octet, and what they mean.
var golden = []struct {
	name  string
	bytes []byte
	frame Frame
}{
	{
		"PADI of RFC 2516 appendix B",
		pad([]byte{
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // DESTINATION_ADDR
			0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // SOURCE_ADDR
			0x88, 0x63, // ETHER_TYPE
			0x11,       // VER, TYPE
			0x09,       // CODE
			0x00, 0x00, // SESSION_ID
			0x00, 0x04, // LENGTH
			0x01, 0x01, 0x00, 0x00, // TAG_TYPE, TAG_LENGTH
		}),
		Frame{
			Dst: Broadcast, Src: host, EtherType: Discovery, Code: PADI,
			Payload: []byte{0x01, 0x01, 0x00, 0x00},
		},
	},
	{
		"PADT with one VLAN tag",
		pad([]byte{
			0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // DESTINATION_ADDR
			0x02, 0x00, 0x5e, 0x00, 0x53, 0xac, // SOURCE_ADDR
			0x81, 0x00, // TPID
			0x0f, 0xfe, // VID
			0x88, 0x63, // ETHER_TYPE
			0x11,       // VER, TYPE
			0xa7,       // CODE
			0x12, 0x34, // SESSION_ID
			0x00, 0x00, // LENGTH
		}),
		Frame{
			Dst: host, Src: ac, VLANs: VLANs{{CTag, 4094}}, EtherType: Discovery, Code: PADT,
			SessionID: 0x1234, Payload: []byte{},
		},
	},
	{
		"LCP Configure-Request in two VLANs",
		pad([]byte{
			0x02, 0x00, 0x5e, 0x00, 0x53, 0xac, // DESTINATION_ADDR
			0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // SOURCE_ADDR
			0x88, 0xa8, // TPID, S-TAG
			0x00, 0x64, // VID
			0x81, 0x00, // TPID, C-TAG
			0x00, 0xc8, // VID
			0x88, 0x64, // ETHER_TYPE
			0x11,       // VER, TYPE
			0x00,       // CODE
			0xff, 0xfe, // SESSION_ID
			0x00, 0x06, // LENGTH
			0xc0, 0x21, // PPP protocol
			0x01, 0x01, 0x00, 0x04, // Configure-Request, Identifier, Length
		}),
		Frame{
			Dst: ac, Src: host, VLANs: VLANs{{STag, 100}, {CTag, 200}}, EtherType: SessionData,
			SessionID: 0xfffe, Payload: []byte{0xc0, 0x21, 0x01, 0x01, 0x00, 0x04},
		},
	},
}

func pad(b []byte) []byte { return append(b, make([]byte, 60-len(b))...) }

func TestFrameGolden(t *testing.T) {
	for _, tt := range golden {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseFrame(tt.bytes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.frame, got); diff != "" {
				t.Errorf("ParseFrame (-want +got):\n%s", diff)
			}
			// Behind other octets, since padding counts from the frame's start.
			b := tt.frame.AppendTo([]byte("before"))
			if diff := cmp.Diff(append([]byte("before"), tt.bytes...), b); diff != "" {
				t.Errorf("AppendTo (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFramePrefixes(t *testing.T) {
	for _, tt := range golden {
		end := ethernetLen + vlanLen*tt.frame.VLANs.Len() + headerLen + len(tt.frame.Payload)
		for n := range end {
			if f, err := ParseFrame(tt.bytes[:n]); err == nil {
				t.Errorf("%s: first %d octets: got %+v, want an error", tt.name, n, f)
			}
		}
		// Without padding the frame is short for Ethernet, but whole.
		if _, err := ParseFrame(tt.bytes[:end]); err != nil {
			t.Errorf("%s without padding: got %v", tt.name, err)
		}
	}
}

func TestFrameAliasesInput(t *testing.T) {
	b := slices.Clone(golden[0].bytes)
	f, err := ParseFrame(b)
	if err != nil {
		t.Fatal(err)
	}
	b[20] = 0x77
	if f.Payload[0] != 0x77 {
		t.Error("payload does not alias the input")
	}
	// Appending to the payload must not reach into the padding.
	_ = append(f.Payload, 0x55)
	if b[24] != 0 {
		t.Error("append to the payload wrote into the frame")
	}
}

func TestFramePriority(t *testing.T) {
	plain := golden[0].bytes
	tag := func(tpid, tci uint16) []byte { return be.AppendUint16(be.AppendUint16(nil, tpid), tci) }
	tests := []struct {
		name string
		tags []byte
		want VLANs
	}{
		{"priority and DEI bits", tag(CTag, 0xf000|100), VLANs{{CTag, 100}}},
		{"priority tag", tag(CTag, 0xe000), VLANs{}},
		{"priority tag outside", slices.Concat(tag(STag, 0xe000), tag(CTag, 7)), VLANs{{CTag, 7}}},
		{"priority tag inside", slices.Concat(tag(STag, 7), tag(CTag, 0)), VLANs{{STag, 7}}},
		{"legacy service tag", slices.Concat(tag(LegacySTag, 7), tag(LegacySTag, 8)), VLANs{{LegacySTag, 7}, {LegacySTag, 8}}},
		{"three tags, one of priority", slices.Concat(tag(CTag, 0), tag(STag, 7), tag(CTag, 8)), VLANs{{STag, 7}, {CTag, 8}}},
	}
	for _, tt := range tests {
		f, err := ParseFrame(slices.Insert(slices.Clone(plain), 12, tt.tags...))
		if err != nil || f.VLANs != tt.want {
			t.Errorf("%s: got %v, %v, want %v", tt.name, f.VLANs, err, tt.want)
		}
	}
}

func TestFrameErrors(t *testing.T) {
	padi := golden[0].bytes
	with := func(b []byte, at int, v ...byte) []byte {
		b = slices.Clone(b)
		copy(b[at:], v)
		return b
	}
	tests := []struct {
		name  string
		bytes []byte
		want  error
	}{
		{"empty", nil, ErrShort},
		{"ARP", with(padi, 12, 0x08, 0x06), ErrNotPPPoE},
		{"VLAN tag before IPv4", with(padi, 12, 0x81, 0x00, 0x00, 0x64, 0x08, 0x00), ErrNotPPPoE},
		{"VLAN tag cut off", with(padi, 12, 0x81, 0x00)[:17], ErrShort},
		{"three VLAN tags", slices.Insert(slices.Clone(padi), 12, bytes.Repeat([]byte{0x81, 0x00, 0x00, 0x64}, 3)...), ErrNotPPPoE},
		{"VER 2", with(padi, 14, 0x21), ErrVersion},
		{"TYPE 2", with(padi, 14, 0x12), ErrVersion},
		{"LENGTH beyond the frame", with(padi, 18, 0x00, 41), ErrLength},
		{"LENGTH far beyond the frame", with(padi, 18, 0xff, 0xff), ErrLength},
		{"CODE in session frame", with(padi, 12, 0x88, 0x64), ErrCode},
	}
	for _, tt := range tests {
		if f, err := ParseFrame(tt.bytes); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %+v, %v, want %v", tt.name, f, err, tt.want)
		}
	}
	if f, err := ParseFrame(with(padi, 18, 0x00, 40)); err != nil || len(f.Payload) != 40 {
		t.Errorf("LENGTH up to the end: got %d octets, %v", len(f.Payload), err)
	}
}

func TestCodeString(t *testing.T) {
	for c, want := range map[Code]string{
		Data: "Data", PADO: "PADO", PADI: "PADI", PADR: "PADR", PADS: "PADS", PADT: "PADT",
		0x0a: "code 0x0a", 0xd3: "code 0xd3",
	} {
		if got := c.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	for _, tt := range golden {
		f.Add(tt.bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := ParseFrame(b)
		if err != nil {
			return
		}
		again, err := ParseFrame(first.AppendTo(nil))
		if err != nil {
			t.Fatalf("parsing what was appended: %v", err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("not stable (-first +again):\n%s", diff)
		}
	})
}

func TestFrameAllocs(t *testing.T) {
	buf := make([]byte, 0, 128)
	b := golden[2].bytes
	n := testing.AllocsPerRun(100, func() {
		f, err := ParseFrame(b)
		if err != nil {
			t.Fatal(err)
		}
		buf = f.AppendTo(buf[:0])
	})
	if n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func BenchmarkParseFrame(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseFrame(golden[2].bytes); err != nil {
			b.Fatal(err)
		}
	}
}
