package l2tp

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// goldens has every message with every AVP that is encoded for it; call_test.go
// adds those of calls.
var goldens = []struct {
	name    string
	header  Header
	message Message
	hide    *Hiding
	octets  string
}{
	{
		name: "SCCRQ",
		message: &SCCRQ{
			Setup: Setup{
				Framing: FramingSync | FramingAsync, Bearer: 3, Firmware: 0x0104,
				HostName: []byte("lac"), VendorName: []byte("lacd"), TunnelID: 0x1234, Window: 512,
				Challenge: []byte{0xca, 0xfe},
			},
			TieBreaker: []byte{1, 2, 3, 4, 5, 6, 7, 8},
		},
		octets: `
			c802 0071 0000 0000 0000 0000 // header, Tunnel ID 0
			8008 0000 0000 0001 // M Message Type SCCRQ
			8008 0000 0002 0100 // M Protocol Version 1.0
			800a 0000 0003 00000003 // M Framing Capabilities
			800a 0000 0004 00000003 // M Bearer Capabilities
			0008 0000 0006 0104 // Firmware Revision
			8009 0000 0007 6c6163 // M Host Name
			000a 0000 0008 6c616364 // Vendor Name
			8008 0000 0009 1234 // M Assigned Tunnel ID
			8008 0000 000a 0200 // M Receive Window Size
			8008 0000 000b cafe // M Challenge
			000e 0000 0005 0102030405060708 // Tie Breaker`,
	},
	{
		name:   "SCCRQ with the least",
		header: Header{},
		message: &SCCRQ{
			Setup: Setup{Framing: FramingSync, HostName: []byte("l"), TunnelID: 1},
		},
		octets: `
			c802 0035 0000 0000 0000 0000
			8008 0000 0000 0001 // M Message Type SCCRQ
			8008 0000 0002 0100 // M Protocol Version
			800a 0000 0003 00000001 // M Framing Capabilities
			8007 0000 0007 6c // M Host Name
			8008 0000 0009 0001 // M Assigned Tunnel ID`,
	},
	{
		name:   "SCCRP",
		header: Header{TunnelID: 0x1234, Nr: 1},
		message: &SCCRP{
			Setup: Setup{
				Framing: FramingSync, HostName: []byte("lns"), TunnelID: 0x4321, Window: 4,
				Challenge: []byte{0xbe},
			},
			Response: []byte("0123456789abcdef"),
		},
		octets: `
			c802 005c 1234 0000 0000 0001
			8008 0000 0000 0002 // M Message Type SCCRP
			8008 0000 0002 0100 // M Protocol Version
			800a 0000 0003 00000001 // M Framing Capabilities
			8009 0000 0007 6c6e73 // M Host Name
			8008 0000 0009 4321 // M Assigned Tunnel ID
			8008 0000 000a 0004 // M Receive Window Size
			8007 0000 000b be // M Challenge
			8016 0000 000d 30313233343536373839616263646566 // M Challenge Response`,
	},
	{
		name:    "SCCCN",
		header:  Header{TunnelID: 0x4321, Ns: 1, Nr: 1},
		message: &SCCCN{Response: []byte("0123456789abcdef")},
		octets: `
			c802 002a 4321 0000 0001 0001
			8008 0000 0000 0003 // M Message Type SCCCN
			8016 0000 000d 30313233343536373839616263646566 // M Challenge Response`,
	},
	{
		name:    "SCCCN without authentication",
		header:  Header{TunnelID: 0x4321, Ns: 1, Nr: 1},
		message: &SCCCN{},
		octets: `
			c802 0014 4321 0000 0001 0001
			8008 0000 0000 0003 // M Message Type SCCCN`,
	},
	{
		name:    "StopCCN",
		header:  Header{TunnelID: 0x4321, Ns: 2, Nr: 1},
		message: &StopCCN{Result: ResultCode{Code: StopError, Error: ErrorUnknownAVP, Text: []byte("AVP 99")}, TunnelID: 0x1234},
		octets: `
			c802 002c 4321 0000 0002 0001
			8008 0000 0000 0004 // M Message Type StopCCN
			8010 0000 0001 // M Result Code
				0002 // Result Code
				0008 // Error Code
				415650203939 // Error Message
			8008 0000 0009 1234 // M Assigned Tunnel ID`,
	},
	{
		name:    "StopCCN with a result only",
		header:  Header{TunnelID: 0x4321, Ns: 2, Nr: 1},
		message: &StopCCN{Result: ResultCode{Code: StopShutdown}, TunnelID: 0x1234},
		octets: `
			c802 0024 4321 0000 0002 0001
			8008 0000 0000 0004 // M Message Type StopCCN
			8008 0000 0001 0006 // M Result Code
			8008 0000 0009 1234 // M Assigned Tunnel ID`,
	},
	{
		name:    "HELLO",
		header:  Header{TunnelID: 0x4321, Ns: 9, Nr: 8},
		message: &HELLO{},
		octets: `
			c802 0014 4321 0000 0009 0008
			8008 0000 0000 0006 // M Message Type HELLO`,
	},
}

func TestMessages(t *testing.T) {
	for _, tt := range append(goldens, callGoldens...) {
		t.Run(tt.name, func(t *testing.T) {
			want := octets(t, tt.octets)
			got := AppendMessage(nil, tt.header, tt.message, tt.hide)
			if !bytes.Equal(got, want) {
				t.Fatalf("got  %x\nwant %x", got, want)
			}
			if got := AppendMessage([]byte("before"), tt.header, tt.message, tt.hide); !bytes.Equal(got[6:], want) {
				t.Errorf("appended: got %x", got)
			}
			p := Parser{}
			if tt.hide != nil {
				p.Secret = tt.hide.Secret
			}
			_, payload, err := ParseHeader(want)
			if err != nil {
				t.Fatal(err)
			}
			if typ, ok := PeekMessageType(payload); !ok || typ != tt.message.Type() {
				t.Errorf("PeekMessageType: got %v, %v", typ, ok)
			}
			m, err := p.Parse(payload)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.message, m, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMessagePrefixesFail(t *testing.T) {
	for _, tt := range append(goldens, callGoldens...) {
		b := octets(t, tt.octets)
		for n := range b {
			if _, _, err := ParseHeader(b[:n]); err == nil {
				t.Errorf("%s: no error with %d of %d octets", tt.name, n, len(b))
			}
		}
		// With a Length that agrees, a message cut within an AVP fails, and
		// one cut between two does if a required one is missing.
		var p Parser
		if tt.hide != nil {
			p.Secret = tt.hide.Secret
		}
		ends := map[int]bool{}
		for rest := b[ControlHeaderLen:]; len(rest) > 0; {
			ends[len(b)-len(rest)] = true
			_, rest, _ = cutAVP(rest)
		}
		for n := ControlHeaderLen; n < len(b); n++ {
			_, err := p.Parse(bytes.Clone(b[ControlHeaderLen:n]))
			if err == nil && !ends[n] {
				t.Errorf("%s: no error with a payload of %d octets", tt.name, n-ControlHeaderLen)
			}
		}
	}
}

// TestAttributeBits checks M and H of everything sent against the table of
// the RFC's section 4.4, written as lists.
func TestAttributeBits(t *testing.T) {
	mandatory := map[AVPType]bool{}
	for _, a := range []AVPType{0, 1, 2, 3, 4, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24, 34, 35, 36, 39} {
		mandatory[a] = true
	}
	never := map[AVPType]bool{}
	for _, a := range []AVPType{0, 1, 2, 5, 7, 10, 12, 36, 39} {
		never[a] = true
	}
	seen := map[AVPType]bool{}
	for _, tt := range append(goldens, callGoldens...) {
		b := AppendMessage(nil, tt.header, tt.message, tt.hide)
		for rest := b[ControlHeaderLen:]; len(rest) > 0; {
			a, next, ok := cutAVP(rest)
			if !ok {
				t.Fatalf("%s: bad AVP", tt.name)
			}
			rest = next
			if a.vendor != 0 {
				if a.mandatory() {
					t.Errorf("%s: M on AVP %d of vendor %d", tt.name, a.typ, a.vendor)
				}
				continue
			}
			typ := AVPType(a.typ)
			seen[typ] = true
			if a.mandatory() != mandatory[typ] {
				t.Errorf("%s: %v: M is %v", tt.name, typ, a.mandatory())
			}
			if a.hidden() && never[typ] {
				t.Errorf("%s: %v is hidden", tt.name, typ)
			}
		}
	}
	for a := range attributes {
		typ := AVPType(a)
		if attributes[a].name == "" {
			continue
		}
		if !seen[typ] {
			t.Errorf("%v is in no golden message", typ)
		}
		if attributes[a].hide == never[typ] {
			t.Errorf("%v: may be hidden is %v", typ, attributes[a].hide)
		}
	}
}
