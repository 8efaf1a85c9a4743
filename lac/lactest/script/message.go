package script

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Message is an L2TP control message as received.
type Message struct {
	At       time.Time
	From, To netip.AddrPort
	Checksum uint16 // of UDP, as the kernel saw it
	Raw      []byte // UDP payload

	Flags, Length, Tunnel, Session, Ns, Nr uint16

	Type   uint16 // ZLB if there are no AVPs
	AVPs   []AVP
	Repeat bool // not new: its Ns was received before
}

// ParseMessage decodes a control message of the gateway. The error tells what
// RFC 2661 forbids about it; the message is decoded as far as possible.
func ParseMessage(b []byte) (*Message, error) {
	m := &Message{Raw: b}
	if len(b) < 12 {
		return m, fmt.Errorf("%d octets are no control message", len(b))
	}
	m.Flags, m.Length = be.Uint16(b), be.Uint16(b[2:])
	m.Tunnel, m.Session, m.Ns, m.Nr = be.Uint16(b[4:]), be.Uint16(b[6:]), be.Uint16(b[8:]), be.Uint16(b[10:])
	switch {
	case m.Flags != 0xc802:
		return m, fmt.Errorf("first octets are %#04x, want 0xc802", m.Flags)
	case int(m.Length) != len(b):
		return m, fmt.Errorf("the Length field is %d, the datagram has %d", m.Length, len(b))
	}
	for p := b[12:]; len(p) > 0; {
		if len(p) < 6 {
			return m, fmt.Errorf("%d octets are left after the last AVP", len(p))
		}
		head := be.Uint16(p)
		a := AVP{
			M: head&0x8000 != 0, H: head&0x4000 != 0, Reserved: byte(head >> 10 & 15), Length: head & 0x3ff,
			Vendor: be.Uint16(p[2:]), Type: be.Uint16(p[4:]),
		}
		if n := int(a.Length); n < 6 || n > len(p) {
			return m, fmt.Errorf("AVP %d has Length %d of %d octets", a.Type, n, len(p))
		}
		a.Value, p = p[6:a.Length], p[a.Length:]
		m.AVPs = append(m.AVPs, a)
	}
	if len(m.AVPs) > 0 {
		if v := m.AVPs[0]; v.Vendor != 0 || v.Type != 0 || len(v.Value) != 2 {
			return m, fmt.Errorf("first AVP is not Message Type: %v", v)
		}
		m.Type = be.Uint16(m.AVPs[0].Value)
	}
	return m, m.check()
}

// Find returns the first AVP of the IETF with the number, nil if there is none.
func (m *Message) Find(t uint16) *AVP {
	if i := slices.IndexFunc(m.AVPs, func(a AVP) bool { return a.Vendor == 0 && a.Type == t }); i >= 0 {
		return &m.AVPs[i]
	}
	return nil
}

// Has reports whether an AVP is there.
func (m *Message) Has(t uint16) bool { return m.Find(t) != nil }

// Value returns the value of an AVP, nil if it is not there.
func (m *Message) Value(t uint16) []byte {
	if a := m.Find(t); a != nil {
		return a.Value
	}
	return nil
}

// U16 returns a two-octet value, 0 if it is not there.
func (m *Message) U16(t uint16) uint16 {
	if v := m.Value(t); len(v) >= 2 {
		return be.Uint16(v)
	}
	return 0
}

// U32 returns a four-octet value, 0 if it is not there.
func (m *Message) U32(t uint16) uint32 {
	if v := m.Value(t); len(v) >= 4 {
		return be.Uint32(v)
	}
	return 0
}

// Result returns what AVP 1 says.
func (m *Message) Result() (result, code uint16, text string) {
	v := m.Value(1)
	if len(v) >= 4 {
		code, text = be.Uint16(v[2:]), string(v[4:])
	}
	return m.U16(1), code, text
}

var messageNames = map[uint16]string{
	ZLB: "ZLB", SCCRQ: "SCCRQ", SCCRP: "SCCRP", SCCCN: "SCCCN", StopCCN: "StopCCN", HELLO: "HELLO",
	OCRQ: "OCRQ", OCRP: "OCRP", OCCN: "OCCN", ICRQ: "ICRQ", ICRP: "ICRP", ICCN: "ICCN", CDN: "CDN", WEN: "WEN", SLI: "SLI",
}

func name(t uint16) string {
	if s, ok := messageNames[t]; ok {
		return s
	}
	return fmt.Sprintf("message %d", t)
}

func (m *Message) String() string {
	if m == nil {
		return "nothing"
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%s tid=%d sid=%d ns=%d nr=%d", name(m.Type), m.Tunnel, m.Session, m.Ns, m.Nr)
	for _, a := range m.AVPs[min(1, len(m.AVPs)):] {
		fmt.Fprintf(&s, " %v", a)
	}
	return s.String()
}

// Packet encodes a control message with every field of the header given.
func Packet(tunnel, session, ns, nr uint16, avps ...AVP) []byte {
	b := make([]byte, 12, 256)
	be.PutUint16(b, 0xc802)
	be.PutUint16(b[4:], tunnel)
	be.PutUint16(b[6:], session)
	be.PutUint16(b[8:], ns)
	be.PutUint16(b[10:], nr)
	for _, a := range avps {
		b = a.append(b)
	}
	be.PutUint16(b[2:], uint16(len(b)))
	return b
}

// DataMessage is a data message, either way. What Flags says is there is
// encoded; received ones have it decoded.
type DataMessage struct {
	At       time.Time
	From, To netip.AddrPort
	Flags    uint16 // 0x0002 is the least: version 2
	Length   uint16 // sent as computed if 0
	Tunnel   uint16
	Session  uint16
	Ns, Nr   uint16
	Offset   uint16
	Pad      []byte // Offset octets
	Frame    []byte // PPP, with FF 03 if it has them
}

// Append encodes the message.
func (d DataMessage) Append(b []byte) []byte {
	start := len(b)
	b = be.AppendUint16(b, d.Flags)
	if d.Flags&0x4000 != 0 {
		b = append(b, 0, 0)
	}
	b = be.AppendUint16(be.AppendUint16(b, d.Tunnel), d.Session)
	if d.Flags&0x0800 != 0 {
		b = be.AppendUint16(be.AppendUint16(b, d.Ns), d.Nr)
	}
	if d.Flags&0x0200 != 0 {
		b = append(be.AppendUint16(b, d.Offset), d.Pad...)
	}
	b = append(b, d.Frame...)
	if d.Flags&0x4000 != 0 {
		if d.Length == 0 {
			d.Length = uint16(len(b) - start)
		}
		be.PutUint16(b[start+2:], d.Length)
	}
	return b
}

// ParseData decodes a data message.
func ParseData(b []byte) (*DataMessage, error) {
	d := &DataMessage{}
	word := func() (v uint16) {
		if len(b) >= 2 {
			v, b = be.Uint16(b), b[2:]
		} else {
			b = nil
		}
		return v
	}
	all := len(b)
	d.Flags = word()
	if d.Flags&0x8000 != 0 || d.Flags&0x000f != 2 {
		return d, fmt.Errorf("first octets are %#04x: no data message", d.Flags)
	}
	if d.Flags&0x4000 != 0 {
		if d.Length = word(); int(d.Length) != all {
			return d, fmt.Errorf("the Length field is %d, the datagram has %d", d.Length, all)
		}
	}
	d.Tunnel, d.Session = word(), word()
	if d.Flags&0x0800 != 0 {
		d.Ns, d.Nr = word(), word()
	}
	if d.Flags&0x0200 != 0 {
		if d.Offset = word(); int(d.Offset) > len(b) {
			return d, fmt.Errorf("offset %d of %d octets", d.Offset, len(b))
		}
		d.Pad, b = b[:d.Offset], b[d.Offset:]
	}
	d.Frame = b
	return d, nil
}

func (d *DataMessage) String() string {
	if d == nil {
		return "nothing"
	}
	return fmt.Sprintf("data flags=%#04x tid=%d sid=%d [% x]", d.Flags, d.Tunnel, d.Session, d.Frame)
}
