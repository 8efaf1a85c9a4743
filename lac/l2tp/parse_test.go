package l2tp

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	goodSCCRP = `8008 0000 0000 0002  8008 0000 0002 0100  800a 0000 0003 00000003  8009 0000 0007 6c6e73  8008 0000 0009 4321 `
	goodICRP  = `8008 0000 0000 000b  8008 0000 000e 3333 `
	goodICCN  = `8008 0000 0000 000c  800a 0000 0018 00000001  800a 0000 0013 00000001 `
	goodICRQ  = `8008 0000 0000 000a  8008 0000 000e 2222  800a 0000 000f 00000064 `
	goodHELLO = `8008 0000 0000 0006 `
	goodCDN   = `8008 0000 0000 000e  8008 0000 0001 0003  8008 0000 000e 2222 `
	vector    = `8016 0000 0024 000102030405060708090a0b0c0d0e0f `
	hidden9   = `c016 0000 0009 be6a0ff3dfe444d9cd76415abc1af578 ` // 0x1234 with 12 octets of padding
)

var refused = []struct {
	name    string
	octets  string
	secret  string
	code    uint16
	err     uint16
	text    string
	session bool
}{
	{"AVP length 5", goodHELLO + "8005 0000 0063", "", 2, 2, "shorter", false},
	{"AVP length 0", goodHELLO + "8000 0000 0063", "", 2, 2, "shorter", false},
	{"AVP overrun", goodICRP + "0008 0000 0063 00", "", 2, 2, "longer", true},
	{"first AVP broken", "8004 0000 0000 0006", "", 2, 2, "shorter", false},
	{"Message Type second", "8008 0000 0009 0001" + goodHELLO, "", 2, 3, "first AVP", false},
	{"Message Type of a vendor", "8008 0009 0000 0006", "", 2, 3, "first AVP", false},
	{"Message Type of 1 octet", "8007 0000 0000 06", "", 2, 2, "Message Type", false},
	{"Message Type hidden", "c008 0000 0000 0006", "", 2, 3, "hidden", false},
	{"Message Type with a reserved bit", "8408 0000 0000 0006", "", 2, 3, "reserved", false},
	{"unknown mandatory message type", "8008 0000 0000 0063", "", 2, 8, "message type 99", false},
	{"unknown mandatory AVP of a tunnel", goodSCCRP + "8008 0000 03e7 0000", "", 2, 8, "AVP 999", false},
	{"unknown mandatory AVP of a call", goodICRP + "8008 0000 03e7 0000", "", 2, 8, "AVP 999", true},
	{"unknown mandatory AVP of a vendor", goodICRP + "8008 0009 000e 0000", "", 2, 8, "AVP 14 of vendor 9", true},
	{"Tunnel Recovery (RFC 4951)", goodSCCRP + "800c 0000 004d 000000010002", "", 2, 8, "AVP 77", false},
	{"reserved bit in a known mandatory AVP", goodICRP + "a008 0000 000e 0001", "", 2, 8, "AVP 14", true},
	{"unknown mandatory line AVP", goodICRQ + "8008 0de9 0003 0000", "", 2, 8, "of vendor 3561", true},
	{"mandatory AVP too short", goodICRP + "8007 0000 000e 00", "", 2, 2, "AVP 14", true},
	{"mandatory AVP too long", goodICCN + "800b 0000 0013 0000000100", "", 2, 2, "AVP 19", true},
	{"Result Code of 3 octets", "8008 0000 0000 0004 8009 0000 0001 000200", "", 2, 2, "AVP 1 ", false},
	{"mandatory line AVP too short", goodICRQ + "8007 0de9 0001 41", "", 2, 2, "line AVP 1", true},
	{"Assigned Tunnel ID 0", strings.Replace(goodSCCRP, "4321", "0000", 1), "", 2, 3, "AVP 9", false},
	{"Assigned Session ID 0", strings.Replace(goodICRP, "3333", "0000", 1), "", 2, 3, "AVP 14", true},
	{"Assigned Session ID 0, not mandatory", "8008 0000 0000 000b 0008 0000 000e 0000", "", 2, 3, "AVP 14", true},
	{"Receive Window Size 0", goodSCCRP + "8008 0000 000a 0000", "", 2, 3, "AVP 10", false},
	{"Host Name empty", goodSCCRP + "8006 0000 0007", "", 2, 2, "AVP 7", false},
	{"protocol version 0.1", strings.Replace(goodSCCRP, "0002 0100", "0002 0001", 1), "", 5, 0x0100, "version 0.1", false},
	{"without Protocol Version", strings.Replace(goodSCCRP, "8008 0000 0002 0100", "", 1), "", 2, 3, "missing AVP 2", false},
	{"without Framing Capabilities", strings.Replace(goodSCCRP, "800a 0000 0003 00000003", "", 1), "", 2, 3, "missing AVP 3", false},
	{"without Host Name", strings.Replace(goodSCCRP, "8009 0000 0007 6c6e73", "", 1), "", 2, 3, "missing AVP 7", false},
	{"without Assigned Tunnel ID", strings.Replace(goodSCCRP, "8008 0000 0009 4321", "", 1), "", 2, 3, "missing AVP 9", false},
	{"without Assigned Session ID", "8008 0000 0000 000b", "", 2, 3, "missing AVP 14", true},
	{"without Tx Connect Speed", "8008 0000 0000 000c 800a 0000 0013 00000001", "", 2, 3, "missing AVP 24", true},
	{"CDN without Result Code", "8008 0000 0000 000e 8008 0000 000e 2222 000b 0000 002e 0003000000", "", 2, 3, "missing AVP 1 ", true},
	{"hidden without a secret", goodSCCRP + vector + hidden9, "", 2, 3, "no secret", false},
	{"hidden without Random Vector", goodSCCRP + hidden9, "secret", 2, 3, "no Random Vector", false},
	{"Random Vector behind the hidden", goodSCCRP + hidden9 + vector, "secret", 2, 3, "no Random Vector", false},
	{"hidden with the wrong secret", goodSCCRP + vector + hidden9, "other", 2, 2, "hidden AVP 9", false},
	{"hidden of 1 octet", goodSCCRP + vector + "c007 0000 0009 00", "secret", 2, 2, "hidden AVP 9", false},
	{"hidden Host Name", goodSCCRP + vector + "c009 0000 0007 6c6e73", "secret", 2, 3, "hidden AVP 7", false},
}

func TestParseRefused(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			p := Parser{Secret: []byte(tt.secret)}
			_, err := p.Parse(octets(t, tt.octets))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Result.Code != tt.code || e.Result.Error != tt.err || !strings.Contains(e.Result.Message, tt.text) {
				t.Errorf("got %v, want %d/%d with %q", e.Result, tt.code, tt.err, tt.text)
			}
			if e.Session() != tt.session {
				t.Errorf("session: got %v", e.Session())
			}
			if !strings.HasPrefix(e.Error(), "l2tp: ") {
				t.Errorf("Error: got %q", e)
			}
		})
	}
}

func TestParseTolerated(t *testing.T) {
	icrp := &ICRP{SessionID: 0x3333}
	tests := []struct {
		name   string
		octets string
		want   Message
	}{
		{"unknown AVP", goodICRP + "0008 0000 03e7 0000", icrp},
		{"unknown AVP of a vendor", goodICRP + "0008 0009 000e 0007", icrp},
		{"unknown AVP, hidden", goodICRP + "4008 0000 03e7 0000", icrp},
		{"known AVP with a reserved bit", goodICRP + "2008 0000 000e 0007", icrp},
		{"known AVP with the wrong length", goodICRP + "0007 0000 000e 00", icrp},
		{"known AVP of another message", goodICRP + "8008 0000 000a 0000", icrp},
		{"known AVP of another message, malformed", goodICRP + "8007 0000 000a 00", icrp},
		{"Random Vector nobody needs", goodICRP + vector, icrp},
		{"line AVP in another message", goodICRP + "0008 0de9 0001 4142", icrp},
		{"Message Type not mandatory", "0008 0000 0000 000b 8008 0000 000e 3333", icrp},
		{"HELLO with nothing else", goodHELLO, &HELLO{}},
		{"Rx Connect Speed of 2 octets", goodICCN + "0008 0000 0026 0001", &ICCN{TxSpeed: 1, Framing: 1}},
		{"line id of 1 octet", goodICRQ + "0007 0de9 0001 41", &ICRQ{SessionID: 0x2222, Serial: 100, Line: []LineAVP{}}},
		{"short disconnect cause", goodCDN + "000a 0000 002e 00030000", &CDN{Result: ResultCode{Code: 3}, SessionID: 0x2222, Disconnect: []Disconnect{}}},
		{
			"disconnect cause of vendor 43", goodCDN + "000b 002b 002e 0003000001",
			&CDN{Result: ResultCode{Code: 3}, SessionID: 0x2222, Disconnect: []Disconnect{{Code: 3, Direction: 1, Text: []byte{}}}},
		},
		{
			"CSUN", "0008 0000 0000 001c 8005",
			&Unknown{Of: 28},
		},
	}
	for _, tt := range tests {
		var p Parser
		m, err := p.Parse(octets(t, tt.octets))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, m, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestParseKeepsIDs checks that the answer to a bad message can be addressed.
func TestParseKeepsIDs(t *testing.T) {
	var p Parser
	m, err := p.Parse(octets(t, "8008 0000 0000 000b 8008 0000 03e7 0000 8008 0000 000e 3333"))
	if err == nil || m.(*ICRP).SessionID != 0x3333 {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestParseHidden(t *testing.T) {
	const second = "000f0e0d0c0b0a090807060504030201"
	secret := []byte("secret")
	b := octets(t, "8008 0000 0000 000c"+vector)
	h := Hiding{secret, octets(t, "000102030405060708090a0b0c0d0e0f")}
	b = AppendHiddenAVP(b, true, uint16(AttrTxConnectSpeed), []byte{0, 0, 0, 9}, 3, h)
	name := []byte(strings.Repeat("name", 20))
	b = AppendHiddenAVP(b, false, uint16(AttrProxyAuthenName), name, 0, h)
	h.Vector = octets(t, second)
	b = append(b, octets(t, "8016 0000 0024"+second)...)
	b = AppendHiddenAVP(b, true, uint16(AttrFramingType), []byte{0, 0, 0, 1}, 0, h)
	// A hidden value that cannot be revealed does no harm if not mandatory.
	b = append(b, octets(t, "4007 0000 0025 00")...)

	p := Parser{Secret: secret}
	m, err := p.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	want := &ICCN{TxSpeed: 9, Framing: 1, Auth: ProxyAuth{Name: name}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseHiddenLine(t *testing.T) {
	secret := []byte("secret")
	b := octets(t, goodICRQ+vector)
	h := Hiding{secret, octets(t, "000102030405060708090a0b0c0d0e0f")}
	at := len(b) + 2
	b = AppendHiddenAVP(b, false, uint16(LineCircuitID), []byte("eth"), 0, h)
	be.PutUint16(b[at:], VendorADSL)
	p := Parser{Secret: secret}
	m, err := p.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if line := m.(*ICRQ).Line; len(line) != 1 || string(line[0].Value) != "eth" {
		t.Errorf("got %v", line)
	}
}

// TestParseReuse checks that nothing of one message is left in the next.
func TestParseReuse(t *testing.T) {
	var p Parser
	for _, tt := range append(goldens, callGoldens...) {
		if tt.hide != nil {
			continue
		}
		b := octets(t, tt.octets)
		if _, err := p.Parse(b[ControlHeaderLen:]); err != nil {
			t.Fatal(err)
		}
	}
	m, err := p.Parse(octets(t, goodICRQ))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&ICRQ{SessionID: 0x2222, Serial: 100}, m, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPeekMessageType(t *testing.T) {
	for _, s := range []string{"", "8008 0000 0000 00", "8008 0009 0000 0001", "8008 0000 0009 0001", "8007 0000 0000 01"} {
		if typ, ok := PeekMessageType(octets(t, s)); ok {
			t.Errorf("%q: got %v", s, typ)
		}
	}
}

// TestParseAllocates holds the budget: none, for any message, hidden AVPs
// included.
func TestParseAllocates(t *testing.T) {
	for _, tt := range append(goldens, callGoldens...) {
		b := octets(t, tt.octets)
		var p Parser
		if tt.hide != nil {
			p.Secret = tt.hide.Secret
		}
		buf := make([]byte, len(b))
		got := testing.AllocsPerRun(100, func() {
			copy(buf, b)
			_, payload, err := ParseHeader(buf)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Parse(payload); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: %v allocations", tt.name, got)
		}
	}
}

// TestParseIsBounded: a message of 64 KiB costs little more than a short one.
func TestParseIsBounded(t *testing.T) {
	secret := []byte("secret")
	hide := Hiding{Secret: secret, Vector: make([]byte, 1000)}
	repeat := func(m Message, avp []byte) []byte {
		b := AppendMessage(nil, Header{}, m, nil)[ControlHeaderLen:]
		b = AppendAVP(b, true, vendorIETF, uint16(AttrRandomVector), hide.Vector)
		for len(b)+len(avp) < 1<<16-ControlHeaderLen {
			b = append(b, avp...)
		}
		return b
	}
	p := Parser{Secret: secret}

	cause := AppendAVP(nil, false, vendorIETF, uint16(AttrDisconnectCause), []byte{0, 1, 0, 0, 0})
	m, err := p.Parse(repeat(&CDN{Result: ResultCode{Code: 1}, SessionID: 1}, cause))
	if cdn, _ := m.(*CDN); err != nil || len(cdn.Disconnect) != maxDisconnects {
		t.Errorf("CDN: %v, %v: want %d disconnect causes", m, err, maxDisconnects)
	}
	rate := LineRate(LineActualRateUp, 1)
	line := AppendAVP(nil, false, VendorADSL, uint16(rate.Type), rate.Value)
	m, err = p.Parse(repeat(&ICRQ{SessionID: 1}, line))
	if rq, _ := m.(*ICRQ); err != nil || len(rq.Line) != maxLine {
		t.Errorf("ICRQ: %v: want %d access line AVPs", err, maxLine)
	}

	hidden := AppendHiddenAVP(nil, false, uint16(AttrRxConnectSpeed), []byte{0, 0, 0, 9}, 0, hide)
	m, err = p.Parse(repeat(&ICCN{TxSpeed: 1, Framing: 1}, hidden))
	if cn, _ := m.(*ICCN); err != nil || cn.RxSpeed != 9 {
		t.Errorf("ICCN with hidden AVPs: %+v, %v", m, err)
	}
	hidden[0] |= 0x80 // mandatory: it must not be passed over
	if _, err = p.Parse(repeat(&ICCN{TxSpeed: 1, Framing: 1}, hidden)); err == nil || !strings.Contains(err.Error(), "too many hidden") {
		t.Errorf("ICCN with too many mandatory hidden AVPs: %v", err)
	}
}

func FuzzMessage(f *testing.F) {
	for _, tt := range append(goldens, callGoldens...) {
		f.Add(octets(f, tt.octets))
	}
	for _, s := range []string{
		"c802 0014 0007 0000 0000 0000 0008 0000 0000 001c", // CSUN
		"c802 0000 0007 0000 0000 0000",
		"4a02 0014 0007 0009 0003 5555 0004 01020304 c021",
	} {
		f.Add(octets(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseHeader(b)
		if err != nil || len(payload) == 0 {
			return
		}
		if !h.Control {
			Frame(payload)
			return
		}
		secret := []byte("secret")
		p := Parser{Secret: secret}
		m, err := p.Parse(payload)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Result.Code == 0 || e.Result.Message == "" {
				t.Fatalf("error says nothing: %v", err)
			}
			return
		}
		switch m := m.(type) {
		case *Unknown:
			return
		case *CDN:
			checkOutcome(t, m.Outcome())
		case *StopCCN:
			checkOutcome(t, m.Outcome())
		}
		hide := &Hiding{Secret: secret, Vector: make([]byte, 16)}
		first := AppendMessage(nil, h, m, hide)
		h2, payload, err := ParseHeader(bytes.Clone(first))
		if err != nil || h2 != h {
			t.Fatalf("appended header: %v, %v", h2, err)
		}
		again := Parser{Secret: secret}
		m2, err := again.Parse(payload)
		if err != nil {
			t.Fatalf("appended message: %v\n%x", err, first)
		}
		if second := AppendMessage(nil, h2, m2, hide); !bytes.Equal(first, second) {
			t.Fatalf("not stable:\n%x\n%x", first, second)
		}
	})
}

// checkOutcome holds what is true of any result that goes into logs.
func checkOutcome(t *testing.T, r Result) {
	t.Helper()
	if text := r.String(); !utf8.ValidString(text) || len(text) > 6000 || strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) {
		t.Fatalf("result of %d octets: %q", len(text), text)
	}
	if a, ok := r.Redirect(); ok && (!a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsMulticast()) {
		t.Fatalf("redirects to %v", a)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"ICRQ", "ICCN with CHAP", "HELLO"} {
		for _, tt := range append(goldens, callGoldens...) {
			if tt.name != name {
				continue
			}
			b.Run(name, func(b *testing.B) {
				msg := octets(b, tt.octets)
				var p Parser
				b.ReportAllocs()
				b.SetBytes(int64(len(msg)))
				for b.Loop() {
					_, payload, err := ParseHeader(msg)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := p.Parse(payload); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, tt := range callGoldens {
		if tt.name != "ICCN with CHAP" {
			continue
		}
		var buf []byte
		b.ReportAllocs()
		for b.Loop() {
			buf = AppendMessage(buf[:0], tt.header, tt.message, nil)
		}
	}
}
