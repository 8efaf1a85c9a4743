package wire

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var goldenLine = []byte{
	0x00, 0x00, 0x0d, 0xe9, // vendor 3561
	0x01, 0x0c, 'n', '1', ' ', 'a', 't', 'm', ' ', '3', '/', '0', ':', '1', // Agent Circuit ID
	0x02, 0x03, 0x00, 0xff, 'r', // Agent Remote ID, opaque
	0x81, 0x04, 0x00, 0x00, 0x08, 0x00, // Actual Data Rate Upstream
	0x82, 0x04, 0x00, 0x4c, 0x4b, 0x40, // Actual Data Rate Downstream
	0x83, 0x04, 0x00, 0x00, 0x00, 0x01, // Minimum Data Rate Upstream
	0x84, 0x04, 0x00, 0x00, 0x00, 0x02, // Minimum Data Rate Downstream
	0x85, 0x04, 0x00, 0x00, 0x00, 0x03, // Attainable Data Rate Upstream
	0x86, 0x04, 0x00, 0x00, 0x00, 0x04, // Attainable Data Rate Downstream
	0x87, 0x04, 0x00, 0x00, 0x00, 0x05, // Maximum Data Rate Upstream
	0x88, 0x04, 0x00, 0x00, 0x00, 0x06, // Maximum Data Rate Downstream
	0x89, 0x04, 0x00, 0x00, 0x00, 0x07, // Minimum Data Rate Upstream in low power state
	0x8a, 0x04, 0x00, 0x00, 0x00, 0x00, // Minimum Data Rate Downstream in low power state
	0x8b, 0x04, 0x00, 0x00, 0x00, 0x09, // Maximum Interleaving Delay Upstream
	0x8c, 0x04, 0x00, 0x00, 0x00, 0x0a, // Actual Interleaving Delay Upstream
	0x8d, 0x04, 0x00, 0x00, 0x00, 0x0b, // Maximum Interleaving Delay Downstream
	0x8e, 0x04, 0xff, 0xff, 0xff, 0xff, // Actual Interleaving Delay Downstream
	0x90, 0x03, 0x00, 0x01, 0x06, // Access Loop Encapsulation
	0xfe, 0x00, // IWF Session Flag
}

var wantLine = []LineAttribute{
	{Type: AgentCircuitID, Text: "n1 atm 3/0:1"},
	{Type: AgentRemoteID, Text: "\x00\xffr"},
	{Type: ActualRateUp, Number: 2048},
	{Type: ActualRateDown, Number: 5_000_000},
	{Type: MinRateUp, Number: 1},
	{Type: MinRateDown, Number: 2},
	{Type: AttainableRateUp, Number: 3},
	{Type: AttainableRateDown, Number: 4},
	{Type: MaxRateUp, Number: 5},
	{Type: MaxRateDown, Number: 6},
	{Type: LowPowerRateUp, Number: 7},
	{Type: LowPowerRateDown, Number: 0},
	{Type: MaxDelayUp, Number: 9},
	{Type: ActualDelayUp, Number: 10},
	{Type: MaxDelayDown, Number: 11},
	{Type: ActualDelayDown, Number: 0xffffffff},
	{Type: LoopEncapsulation, Loop: Loop{DataLink: 0, Encaps1: 1, Encaps2: 6}},
	{Type: IWFSession},
}

func TestLineGolden(t *testing.T) {
	l, ok := ParseLine(goldenLine)
	if !ok {
		t.Fatal("not taken for a line")
	}
	if diff := cmp.Diff(wantLine, slices.Collect(l.Attributes())); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(goldenLine, l.AppendTo(nil)); diff != "" {
		t.Errorf("AppendTo (-want +got):\n%s", diff)
	}
}

func TestLinePrefixes(t *testing.T) {
	whole := []int{4}
	for n := 4; n < len(goldenLine); {
		n += 2 + int(goldenLine[n+1])
		whole = append(whole, n)
	}
	for n := range len(goldenLine) {
		l, ok := ParseLine(goldenLine[:n])
		i := slices.Index(whole, n)
		if ok != (i >= 0) {
			t.Errorf("first %d octets: got ok %v", n, ok)
		}
		if got := len(slices.Collect(l.Attributes())); got != max(i, 0) {
			t.Errorf("first %d octets: got %d attributes, want %d", n, got, max(i, 0))
		}
	}
}

func TestParseLine(t *testing.T) {
	id := func(t LineType, n int) []byte {
		return append([]byte{byte(t), byte(n)}, strings.Repeat("x", n)...)
	}
	rate := func(v byte) []byte { return []byte{0x81, 4, 0, 0, 0, v} }
	tests := []struct {
		name string
		subs []byte
		want []LineAttribute
		bad  bool
	}{
		{name: "no sub-tags"},
		{name: "one octet", subs: id(AgentCircuitID, 1), want: []LineAttribute{{Type: AgentCircuitID, Text: "x"}}},
		{name: "63 octets", subs: id(AgentRemoteID, 63), want: []LineAttribute{{Type: AgentRemoteID, Text: strings.Repeat("x", 63)}}},
		{name: "empty ids", subs: append(id(AgentCircuitID, 0), id(AgentRemoteID, 0)...)},
		{
			name: "64 octets, the rest kept",
			subs: slices.Concat(id(AgentCircuitID, 64), id(AgentRemoteID, 255), rate(7)),
			want: []LineAttribute{{Type: ActualRateUp, Number: 7}},
		},
		{name: "rate of 3 octets", subs: []byte{0x81, 3, 0, 0, 1}},
		{name: "rate of 8 octets", subs: []byte{0x81, 8, 0, 0, 0, 0, 0, 0, 0, 1}},
		{name: "delay of no octets", subs: []byte{0x8b, 0}},
		{name: "loop of 4 octets", subs: []byte{0x90, 4, 0, 0, 0, 0}},
		{name: "IWF with a value", subs: []byte{0xfe, 1, 1}},
		{
			name: "unknown in between",
			subs: slices.Concat([]byte{0x80, 1, 0xff, 0x8f, 0}, rate(7), []byte{0x00, 0}),
			want: []LineAttribute{{Type: ActualRateUp, Number: 7}},
		},
		{name: "repeated", subs: append(rate(7), rate(8)...), want: []LineAttribute{{Type: ActualRateUp, Number: 8}}},
		{name: "overrun", subs: append(rate(7), 0x82, 5, 0, 0, 0, 1), bad: true},
		{name: "lengths with headers, as in RADIUS", subs: []byte{0x81, 6, 0, 0, 0, 7}, bad: true},
		{name: "type alone", subs: []byte{0x81}, bad: true},
	}
	for _, tt := range tests {
		l, ok := ParseLine(append([]byte{0, 0, 0x0d, 0xe9}, tt.subs...))
		if ok == tt.bad {
			t.Errorf("%s: got ok %v", tt.name, ok)
		}
		if diff := cmp.Diff(tt.want, slices.Collect(l.Attributes())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestParseLineVendor(t *testing.T) {
	for _, v := range [][]byte{nil, {0, 0, 0x0d}, {0, 0, 0, 9, 1, 1, 'x'}, {1, 0, 0x0d, 0xe9, 1, 1, 'x'}} {
		if l, ok := ParseLine(v); ok {
			t.Errorf("%x: got %+v, want not ok", v, l)
		}
	}
}

func TestLineNumber(t *testing.T) {
	var l Line
	for _, typ := range []LineType{0, AgentCircuitID, AgentRemoteID, 0x80, 0x8f, LoopEncapsulation, IWFSession} {
		l.SetNumber(typ, 1)
		if v, ok := l.Number(typ); v != 0 || ok {
			t.Errorf("Number(%#x): got %d, %v, want none", typ, v, ok)
		}
	}
	l.SetNumber(ActualDelayDown, 0)
	if v, ok := l.Number(ActualDelayDown); v != 0 || !ok {
		t.Errorf("got %d, %v, want 0, true", v, ok)
	}
	if _, ok := l.Number(ActualRateUp); ok {
		t.Error("a rate that was never set is there")
	}
}

func TestLineKind(t *testing.T) {
	want := map[LineType]LineKind{
		1: LineText, 2: LineText, 0x90: LineLoop, 0xfe: LineFlag,
		0x8b: LineDelay, 0x8c: LineDelay, 0x8d: LineDelay, 0x8e: LineDelay,
	}
	for t := ActualRateUp; t <= LowPowerRateDown; t++ {
		want[t] = LineRate
	}
	for i := range 256 {
		if got := LineType(i).Kind(); got != want[LineType(i)] {
			t.Errorf("%#x: got kind %d, want %d", i, got, want[LineType(i)])
		}
	}
}

func TestLineAttributesStop(t *testing.T) {
	l, _ := ParseLine(goldenLine)
	for n := range len(wantLine) {
		var got []LineAttribute
		for a := range l.Attributes() {
			if got = append(got, a); len(got) > n {
				break
			}
		}
		if diff := cmp.Diff(wantLine[:n+1], got); diff != "" {
			t.Errorf("first %d (-want +got):\n%s", n+1, diff)
		}
	}
}

func TestLineAppendLongID(t *testing.T) {
	l := Line{CircuitID: strings.Repeat("x", 64), IWF: true}
	if got, want := l.AppendTo(nil), []byte{0, 0, 0x0d, 0xe9, 0xfe, 0}; !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestLineEqual(t *testing.T) {
	a, _ := ParseLine(goldenLine)
	b := a
	if !cmp.Equal(&a, &b) {
		t.Error("a copy is not equal")
	}
	if b.SetNumber(MinRateUp, 77); cmp.Equal(&a, &b) {
		t.Error("different rates are equal")
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add(goldenLine)
	f.Add([]byte{0, 0, 0x0d, 0xe9, 0x81, 6, 0, 0, 0, 7})
	f.Add([]byte{0, 0, 0x0d, 0xe9, 1, 64, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		first, ok := ParseLine(b)
		if !ok {
			if first != (Line{}) {
				t.Fatalf("not ok, but got %+v", first)
			}
			return
		}
		again, ok := ParseLine(first.AppendTo(nil))
		if !ok || again != first {
			t.Fatalf("not stable: got %+v, %v, want %+v", again, ok, first)
		}
	})
}

func BenchmarkParseLine(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ParseLine(goldenLine); !ok {
			b.Fatal("not ok")
		}
	}
}
