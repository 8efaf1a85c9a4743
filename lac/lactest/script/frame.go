package script

import (
	"fmt"
	"strings"
	"time"

	"lacd/pppoe/ppp"
)

// MAC is an Ethernet address.
type MAC [6]byte

// Broadcast is where a PADI goes.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// VLAN is a VLAN tag: type, and priority with ID.
type VLAN struct{ TPID, TCI uint16 }

// PPPoE: EtherTypes and codes (RFC 2516 section 4).
const (
	Discovery = 0x8863
	Session   = 0x8864

	Data = 0x00
	PADO = 0x07
	PADI = 0x09
	PADR = 0x19
	PADS = 0x65
	PADT = 0xa7
)

// Tags (RFC 2516 appendix A, RFC 4638).
const (
	EndOfList        = 0x0000
	ServiceName      = 0x0101
	ACName           = 0x0102
	HostUniq         = 0x0103
	ACCookie         = 0x0104
	VendorSpecific   = 0x0105
	RelaySessionID   = 0x0110
	PPPMaxPayload    = 0x0120
	ServiceNameError = 0x0201
	ACSystemError    = 0x0202
	GenericError     = 0x0203
)

// Tag is a discovery tag.
type Tag struct {
	Type  uint16
	Value []byte
}

// T returns a tag with a text value.
func T(t uint16, value string) Tag { return Tag{t, []byte(value)} }

// Tags encodes tags.
func Tags(tags ...Tag) []byte {
	var b []byte
	for _, t := range tags {
		b = be.AppendUint16(b, t.Type)
		b = be.AppendUint16(b, uint16(len(t.Value)))
		b = append(b, t.Value...)
	}
	return b
}

// Frame is an Ethernet frame with PPPoE.
type Frame struct {
	At      time.Time // when it was received
	Raw     []byte    // as received, all of it
	Dst     MAC
	Src     MAC
	VLANs   []VLAN
	Type    uint16 // Discovery or Session
	VerType byte   // sent as 0x11 if 0
	Code    byte
	Session uint16
	Length  int    // LENGTH; sent as that of the payload if 0
	Payload []byte // LENGTH octets
	Repeat  bool   // received once more, the same octets
}

// Append encodes the frame, padded to the Ethernet minimum.
func (f Frame) Append(b []byte) []byte {
	start := len(b)
	b = append(append(b, f.Dst[:]...), f.Src[:]...)
	for _, v := range f.VLANs {
		b = be.AppendUint16(be.AppendUint16(b, v.TPID), v.TCI)
	}
	b = be.AppendUint16(b, f.Type)
	if f.VerType == 0 {
		f.VerType = 0x11
	}
	if f.Length == 0 {
		f.Length = len(f.Payload)
	}
	b = append(b, f.VerType, f.Code)
	b = be.AppendUint16(b, f.Session)
	b = be.AppendUint16(b, uint16(f.Length))
	b = append(b, f.Payload...)
	for len(b)-start < 60 {
		b = append(b, 0)
	}
	return b
}

// ParseFrame decodes what the gateway sent, and tells what is wrong with it.
func ParseFrame(b []byte) (*Frame, error) {
	f := &Frame{Raw: b}
	if len(b) < 14 {
		return f, fmt.Errorf("%d octets are no Ethernet frame", len(b))
	}
	copy(f.Dst[:], b)
	copy(f.Src[:], b[6:])
	t, p := be.Uint16(b[12:]), b[14:]
	for (t == 0x8100 || t == 0x88a8 || t == 0x9100) && len(p) >= 4 {
		f.VLANs = append(f.VLANs, VLAN{t, be.Uint16(p)})
		t, p = be.Uint16(p[2:]), p[4:]
	}
	if f.Type = t; t != Discovery && t != Session || len(p) < 6 {
		return f, fmt.Errorf("type %#04x and %d octets are no PPPoE", t, len(p))
	}
	f.VerType, f.Code, f.Session, f.Length = p[0], p[1], be.Uint16(p[2:]), int(be.Uint16(p[4:]))
	if p = p[6:]; f.VerType != 0x11 || f.Length > len(p) {
		return f, fmt.Errorf("VER and TYPE %#02x, LENGTH %d of %d octets", f.VerType, f.Length, len(p))
	}
	f.Payload = p[:f.Length]
	return f, nil
}

// Tags returns the tags of a discovery frame. Tags that do not fill the payload
// exactly yield one of type 0xffff at the end.
func (f *Frame) Tags() []Tag {
	var tags []Tag
	for b := f.Payload; len(b) > 0; {
		if len(b) < 4 || int(be.Uint16(b[2:])) > len(b)-4 {
			return append(tags, Tag{0xffff, b})
		}
		n := 4 + int(be.Uint16(b[2:]))
		tags = append(tags, Tag{be.Uint16(b), b[4:n]})
		b = b[n:]
	}
	return tags
}

// Tag returns the values of all tags of a type.
func (f *Frame) Tag(t uint16) [][]byte {
	var values [][]byte
	for _, tag := range f.Tags() {
		if tag.Type == t {
			values = append(values, tag.Value)
		}
	}
	return values
}

// Protocol returns the PPP protocol field of a session frame, 0 if there is none.
func (f *Frame) Protocol() uint16 {
	if f.Type != Session || len(f.Payload) < 2 {
		return 0
	}
	return be.Uint16(f.Payload)
}

// PPP returns code, identifier and data of a PPP control packet.
func (f *Frame) PPP() (code, id byte, data []byte) {
	if p := f.Payload; len(p) >= 6 {
		if n := int(be.Uint16(p[4:])); n >= 4 && n <= len(p)-2 {
			return p[2], p[3], p[6 : 2+n]
		}
	}
	return 0, 0, nil
}

func (f *Frame) String() string {
	if f == nil {
		return "nothing"
	}
	if f.Type == Session {
		return fmt.Sprintf("session %d: %s [% x]", f.Session, ppp.Describe(f.Payload), f.Payload)
	}
	names := map[byte]string{PADO: "PADO", PADI: "PADI", PADR: "PADR", PADS: "PADS", PADT: "PADT"}
	var s strings.Builder
	fmt.Fprintf(&s, "%s session %d", names[f.Code], f.Session)
	for _, t := range f.Tags() {
		fmt.Fprintf(&s, " %04x=%q", t.Type, t.Value)
	}
	return s.String()
}
