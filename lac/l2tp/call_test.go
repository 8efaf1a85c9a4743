package l2tp

import "testing"

var callGoldens = []struct {
	name    string
	header  Header
	message Message
	hide    *Hiding
	octets  string
}{
	{
		name:   "ICRQ",
		header: Header{TunnelID: 7, Ns: 2, Nr: 1},
		message: &ICRQ{
			SessionID: 0x2222, Serial: 100, HasBearer: true, PhysicalChannel: 5, HasPhysical: true,
			Calling: []byte("c1"), Called: []byte("svc"), SubAddress: []byte("s"),
			Line: []LineAVP{
				LineID(LineCircuitID, "eth 0/1"),
				LineRate(LineActualRateUp, 2048000),
				LineNumber(LineActualDelayDown, 12),
				LineOctets(LineEncapsulation, 1, 1, 0),
				LineNumber(LineIWF, 1),
			},
		},
		octets: `
			c802 008a 0007 0000 0002 0001 // header, Session ID 0
			8008 0000 0000 000a // M Message Type ICRQ
			8008 0000 000e 2222 // M Assigned Session ID
			800a 0000 000f 00000064 // M Call Serial Number
			800a 0000 0012 00000000 // M Bearer Type
			000a 0000 0019 00000005 // Physical Channel ID
			8008 0000 0016 6331 // M Calling Number
			8009 0000 0015 737663 // M Called Number
			8007 0000 0017 73 // M Sub-Address
			000d 0de9 0001 65746820302f31 // Agent-Circuit-Id
			000e 0de9 0081 00000000001f4000 // Actual-Data-Rate-Upstream, bit/s
			000a 0de9 008e 0000000c // Actual-Interleaving-Delay-Downstream
			0009 0de9 0090 010100 // Access-Loop-Encapsulation
			000a 0de9 00fe 00000001 // IWF-Session`,
	},
	{
		name:    "ICRP",
		header:  Header{TunnelID: 7, SessionID: 0x2222, Ns: 1, Nr: 3},
		message: &ICRP{SessionID: 0x3333},
		octets: `
			c802 001c 0007 2222 0001 0003
			8008 0000 0000 000b // M Message Type ICRP
			8008 0000 000e 3333 // M Assigned Session ID`,
	},
	{
		name:   "ICCN with CHAP",
		header: Header{TunnelID: 7, SessionID: 0x3333, Ns: 3, Nr: 2},
		message: &ICCN{
			TxSpeed: 100000000, RxSpeed: 40000000, Framing: FramingSync,
			LCP: ProxyLCP{
				FirstReceived: []byte{1, 4, 5, 0xdc},
				LastSent:      []byte{1, 4, 5, 0xd4},
				LastReceived:  []byte{},
			},
			Auth: ProxyAuth{
				Type: ProxyCHAP, Name: []byte("u@r"), Challenge: []byte{0xc1, 0xc2}, ID: 7,
				Response: []byte("0123456789abcdef"),
			},
			PrivateGroup: []byte("vpn"), Sequencing: true,
		},
		octets: `
			c802 0092 0007 3333 0003 0002
			8008 0000 0000 000c // M Message Type ICCN
			800a 0000 0018 05f5e100 // M Tx Connect Speed
			800a 0000 0013 00000001 // M Framing Type
			000a 0000 001a 010405dc // Initial Received LCP CONFREQ
			000a 0000 001b 010405d4 // Last Sent LCP CONFREQ
			0006 0000 001c // Last Received LCP CONFREQ, no options
			0008 0000 001d 0002 // Proxy Authen Type CHAP
			0009 0000 001e 754072 // Proxy Authen Name
			0008 0000 001f c1c2 // Proxy Authen Challenge
			0008 0000 0020 0007 // Proxy Authen ID
			0016 0000 0021 30313233343536373839616263646566 // Proxy Authen Response
			0009 0000 0025 76706e // Private Group ID
			000a 0000 0026 02625a00 // Rx Connect Speed
			8006 0000 0027 // M Sequencing Required`,
	},
	{
		name:   "ICCN with PAP, hidden",
		header: Header{TunnelID: 7, SessionID: 0x3333, Ns: 3, Nr: 2},
		message: &ICCN{
			TxSpeed: 1, Framing: FramingSync,
			Auth: ProxyAuth{Type: ProxyPAP, Name: []byte("u"), ID: 1, Response: []byte{3}},
		},
		hide: &Hiding{Secret: []byte("secret"), Vector: octets(panicking{}, "000102030405060708090a0b0c0d0e0f")},
		octets: `
			c802 005e 0007 3333 0003 0002
			8008 0000 0000 000c // M Message Type ICCN
			800a 0000 0018 00000001 // M Tx Connect Speed
			800a 0000 0013 00000001 // M Framing Type
			0008 0000 001d 0003 // Proxy Authen Type PAP
			0007 0000 001e 75 // Proxy Authen Name
			0008 0000 0020 0001 // Proxy Authen ID
			8016 0000 0024 000102030405060708090a0b0c0d0e0f // M Random Vector
			4009 0000 0021 f27ad3 // H Proxy Authen Response`,
	},
	{
		name:    "ICCN without authentication",
		header:  Header{TunnelID: 7, SessionID: 0x3333, Ns: 3, Nr: 2},
		message: &ICCN{TxSpeed: 1, Framing: FramingSync, Auth: ProxyAuth{Type: ProxyNone}},
		octets: `
			c802 0030 0007 3333 0003 0002
			8008 0000 0000 000c // M Message Type ICCN
			800a 0000 0018 00000001 // M Tx Connect Speed
			800a 0000 0013 00000001 // M Framing Type
			0008 0000 001d 0004 // Proxy Authen Type: none`,
	},
	{
		name:   "CDN",
		header: Header{TunnelID: 7, SessionID: 0x3333, Ns: 4, Nr: 2},
		message: &CDN{
			Result: ResultCode{Code: CallAdmin}, SessionID: 0x2222, Cause: []byte{0, 16, 0},
			Disconnect: []Disconnect{{Code: 16, Protocol: 0xc223, Direction: 1, Text: []byte("no")}, {Code: 3}},
		},
		octets: `
			c802 0045 0007 3333 0004 0002
			8008 0000 0000 000e // M Message Type CDN
			8008 0000 0001 0003 // M Result Code
			8008 0000 000e 2222 // M Assigned Session ID
			8009 0000 000c 0010 00 // M Q.931 Cause Code
			000d 0000 002e // PPP Disconnect Cause Code
				0010 // Disconnect Code
				c223 // Control Protocol Number
				01 // Direction
				6e6f // Message
			000b 0000 002e 0003 0000 00 // PPP Disconnect Cause Code`,
	},
	{
		name:   "OCRQ",
		header: Header{TunnelID: 7, Ns: 4, Nr: 2},
		message: &OCRQ{
			SessionID: 0x4444, Serial: 1, MinimumBPS: 2, MaximumBPS: 3, Bearer: 2, Framing: FramingSync,
			Called: []byte("55"), SubAddress: []byte("6"),
		},
		octets: `
			c802 005d 0007 0000 0004 0002
			8008 0000 0000 0007 // M Message Type OCRQ
			8008 0000 000e 4444 // M Assigned Session ID
			800a 0000 000f 00000001 // M Call Serial Number
			800a 0000 0010 00000002 // M Minimum BPS
			800a 0000 0011 00000003 // M Maximum BPS
			800a 0000 0012 00000002 // M Bearer Type
			800a 0000 0013 00000001 // M Framing Type
			8008 0000 0015 3535 // M Called Number
			8007 0000 0017 36 // M Sub-Address`,
	},
	{
		name:    "OCRP",
		header:  Header{TunnelID: 7, SessionID: 0x4444, Ns: 4, Nr: 2},
		message: &OCRP{SessionID: 0x5555, PhysicalChannel: 9, HasPhysical: true},
		octets: `
			c802 0026 0007 4444 0004 0002
			8008 0000 0000 0008 // M Message Type OCRP
			8008 0000 000e 5555 // M Assigned Session ID
			000a 0000 0019 00000009 // Physical Channel ID`,
	},
	{
		name:    "OCCN",
		header:  Header{TunnelID: 7, SessionID: 0x4444, Ns: 4, Nr: 2},
		message: &OCCN{TxSpeed: 64000, RxSpeed: 56000, Framing: FramingAsync, Sequencing: true},
		octets: `
			c802 0038 0007 4444 0004 0002
			8008 0000 0000 0009 // M Message Type OCCN
			800a 0000 0018 0000fa00 // M Tx Connect Speed
			800a 0000 0013 00000002 // M Framing Type
			000a 0000 0026 0000dac0 // Rx Connect Speed
			8006 0000 0027 // M Sequencing Required`,
	},
	{
		name:    "WEN",
		header:  Header{TunnelID: 7, SessionID: 0x4444, Ns: 4, Nr: 2},
		message: &WEN{CRC: 1, Framing: 2, HardwareOverrun: 3, BufferOverrun: 4, Timeout: 5, Alignment: 6},
		octets: `
			c802 0034 0007 4444 0004 0002
			8008 0000 0000 000f // M Message Type WEN
			8020 0000 0022 0000 // M Call Errors
				00000001 // CRC Errors
				00000002 // Framing Errors
				00000003 // Hardware Overruns
				00000004 // Buffer Overruns
				00000005 // Time-out Errors
				00000006 // Alignment Errors`,
	},
	{
		name:    "SLI",
		header:  Header{TunnelID: 7, SessionID: 0x4444, Ns: 4, Nr: 2},
		message: &SLI{SendACCM: 0xffffffff, ReceiveACCM: 0x000a0000},
		octets: `
			c802 0024 0007 4444 0004 0002
			8008 0000 0000 0010 // M Message Type SLI
			8010 0000 0023 0000 // M ACCM
				ffffffff // Send ACCM
				000a0000 // Receive ACCM`,
	},
}

// panicking lets octets be used where there is no test yet.
type panicking struct{ testing.TB }

func (panicking) Helper()        {}
func (panicking) Fatal(a ...any) { panic(a) }

func TestProxyLCP(t *testing.T) {
	p := ProxyLCP{LastSent: []byte{5, 6}}
	if got := p.Complete(); got.FirstReceived == nil || got.LastReceived == nil || len(got.LastSent) != 2 {
		t.Errorf("Complete: got %v", got)
	}
	if !p.Fits() {
		t.Error("two octets do not fit")
	}
	p.LastReceived = make([]byte, 1017)
	if !p.Fits() {
		t.Error("1017 octets do not fit")
	}
	p.LastReceived = make([]byte, 1018)
	if p.Fits() {
		t.Error("1018 octets fit")
	}
}

func TestProxyAuthFields(t *testing.T) {
	const name, challenge, id, response = 30, 31, 32, 33
	for typ, want := range map[uint16][]uint16{
		0:             nil,
		ProxyText:     {name, response},
		ProxyCHAP:     {name, challenge, id, response},
		ProxyPAP:      {name, id, response},
		ProxyNone:     nil,
		ProxyMSCHAPv1: {name, challenge, id, response},
	} {
		var e encoder
		(&ProxyAuth{Type: typ}).encode(&e)
		var got []uint16
		for rest := e.b; len(rest) > 0; {
			a, next, _ := cutAVP(rest)
			rest = next
			if a.typ != uint16(AttrProxyAuthenType) {
				got = append(got, a.typ)
			}
		}
		if len(got) != len(want) {
			t.Errorf("type %d: got %v, want %v", typ, got, want)
		}
	}
}
