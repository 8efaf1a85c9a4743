package wire

import (
	"encoding/binary"
	"errors"
	"strconv"
)

var be = binary.BigEndian

// Why a frame is not a PPPoE frame that anyone may act upon.
var (
	ErrShort    = errors.New("truncated")
	ErrNotPPPoE = errors.New("not a PPPoE frame")
	ErrVersion  = errors.New("PPPoE VER or TYPE is not 1")
	ErrLength   = errors.New("PPPoE LENGTH exceeds the frame")
	ErrCode     = errors.New("PPPoE session frame with CODE other than 0")
)

// EtherType says which stage a PPPoE frame belongs to.
type EtherType uint16

// The EtherTypes of PPPoE (RFC 2516 section 4).
const (
	Discovery   EtherType = 0x8863
	SessionData EtherType = 0x8864
)

// Code is the CODE field of the PPPoE header.
type Code uint8

// The codes of RFC 2516. Others, such as PADG of RFC 4938, are to be ignored.
const (
	Data Code = 0x00 // PPP frame of the session stage
	PADO Code = 0x07 // Offer, AC to host
	PADI Code = 0x09 // Initiation, host to everyone
	PADR Code = 0x19 // Request, host to AC
	PADS Code = 0x65 // Session-confirmation, AC to host
	PADT Code = 0xa7 // Terminate, either way
)

// String returns the RFC's name of c, or "code 0x0a".
func (c Code) String() string {
	switch c {
	case Data:
		return "Data"
	case PADO:
		return "PADO"
	case PADI:
		return "PADI"
	case PADR:
		return "PADR"
	case PADS:
		return "PADS"
	case PADT:
		return "PADT"
	}
	return "code 0x" + strconv.FormatUint(uint64(c)|0x100, 16)[1:]
}

// SessionID is the SESSION_ID of the PPPoE header. 0 is for discovery and
// errors, 0xffff is reserved and MUST NOT be used (RFC 2516 section 4).
type SessionID uint16

// Frame is an Ethernet frame that carries PPPoE.
type Frame struct {
	Dst, Src  MAC
	VLANs     VLANs
	EtherType EtherType
	Code      Code
	SessionID SessionID
	// Payload is tags or a PPP frame from its protocol field: exactly LENGTH
	// octets, at most 65535. Ethernet padding is not in it.
	Payload []byte
}

const (
	ethernetLen  = 14
	vlanLen      = 4
	headerLen    = 6    // PPPoE header
	versionType  = 0x11 // VER 1, TYPE 1
	minimumFrame = 60   // Ethernet minimum without FCS
)

// ParseFrame reads an Ethernet frame without FCS: addresses, VLAN tags and
// PPPoE header. Payload aliases b.
//
// A priority tag (VLAN ID 0) says nothing about identity and is skipped: IEEE
// 802.1Q section 6.9 puts such a frame into the VLAN of untagged ones.
func ParseFrame(b []byte) (Frame, error) {
	if len(b) < ethernetLen {
		return Frame{}, ErrShort
	}
	f := Frame{Dst: MAC(b[:6]), Src: MAC(b[6:12])}
	t, b := be.Uint16(b[12:]), b[ethernetLen:]
	for n := 0; t == CTag || t == STag || t == LegacySTag; {
		if len(b) < vlanLen {
			return Frame{}, ErrShort
		}
		if id := be.Uint16(b) & 0x0fff; id != 0 {
			if n == len(f.VLANs) {
				return Frame{}, ErrNotPPPoE
			}
			f.VLANs[n] = VLAN{TPID: t, ID: id}
			n++
		}
		t, b = be.Uint16(b[2:]), b[vlanLen:]
	}
	f.EtherType = EtherType(t)
	if f.EtherType != Discovery && f.EtherType != SessionData {
		return Frame{}, ErrNotPPPoE
	}
	return f.parseHeader(b)
}

// parseHeader completes f with the PPPoE header and payload at b.
func (f Frame) parseHeader(b []byte) (Frame, error) {
	if len(b) < headerLen {
		return Frame{}, ErrShort
	}
	// RFC 2516 section 4: VER and TYPE "MUST be set to 0x1 for this version".
	if b[0] != versionType {
		return Frame{}, ErrVersion
	}
	f.Code, f.SessionID = Code(b[1]), SessionID(be.Uint16(b[2:]))
	// Section 6: "The PPPoE CODE MUST be set to 0x00."
	if f.EtherType == SessionData && f.Code != Data {
		return Frame{}, ErrCode
	}
	// Section 4: LENGTH counts the payload alone. What follows is padding.
	n := int(be.Uint16(b[4:]))
	if b = b[headerLen:]; n > len(b) {
		return Frame{}, ErrLength
	}
	f.Payload = b[:n:n]
	return f, nil
}

// AppendTo appends f as an Ethernet frame without FCS, padded with zeros to the
// Ethernet minimum of 60 octets. The priority bits of VLAN tags are zero.
func (f *Frame) AppendTo(b []byte) []byte {
	start := len(b)
	b = append(b, f.Dst[:]...)
	b = append(b, f.Src[:]...)
	for i := range f.VLANs.Len() {
		b = be.AppendUint16(b, f.VLANs[i].TPID)
		b = be.AppendUint16(b, f.VLANs[i].ID&0x0fff)
	}
	b = be.AppendUint16(b, uint16(f.EtherType))
	b = append(b, versionType, byte(f.Code))
	b = be.AppendUint16(b, uint16(f.SessionID))
	b = be.AppendUint16(b, uint16(len(f.Payload)))
	b = append(b, f.Payload...)
	if n := len(b) - start; n < minimumFrame {
		b = append(b, padding[:minimumFrame-n]...)
	}
	return b
}

var padding [minimumFrame]byte
