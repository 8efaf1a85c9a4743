package l2tp

import (
	"encoding/binary"
	"errors"
)

var be = binary.BigEndian

// A TunnelID names a tunnel at one of its ends. Zero is never assigned; in a
// header it says that the receiver's ID is not known yet (RFC 2661 section
// 4.4.3).
type TunnelID uint16

// A SessionID names a call at one of its ends. Zero is never assigned; in a
// header it addresses the tunnel, or a call whose ID at the receiver is not
// known yet (RFC 2661 section 4.4.4).
type SessionID uint16

// Why a datagram is not an L2TPv2 message. RFC 2661 section 7.1 lets an
// implementation discard what it cannot make sense of.
var (
	ErrShort   = errors.New("l2tp: message shorter than its header")
	ErrVersion = errors.New("l2tp: version is not 2")
	ErrFlags   = errors.New("l2tp: control message without length or sequence numbers, or with an offset")
	ErrLength  = errors.New("l2tp: length field disagrees with the datagram")
)

// Bits of the first 16 (RFC 2661 section 3.1). "All reserved bits MUST be set
// to 0 on outgoing messages and ignored on incoming messages."
const (
	flagControl  = 0x8000
	flagLength   = 0x4000
	flagSequence = 0x0800
	flagOffset   = 0x0200
	flagPriority = 0x0100
	versionMask  = 0x000f
	version      = 2

	// "When T is set to 1 the L and S bits MUST be set", the others 0.
	controlFlags = flagControl | flagLength | flagSequence | version
)

// ControlHeaderLen is the length of a control message's header, which is all
// there is of a zero-length body message (ZLB).
const ControlHeaderLen = 12

// A Header is the header of a control or data message (RFC 2661 section 3.1).
// The IDs are those of the receiver.
type Header struct {
	Control   bool
	Sequenced bool // Ns and Nr are present; always so in a control message
	Priority  bool // data only: gives the message local preference in queues
	TunnelID  TunnelID
	SessionID SessionID
	Ns        uint16 // number of this message
	Nr        uint16 // control only: next number expected; reserved in data
}

// ParseHeader splits a datagram into header and payload, which aliases b. The
// payload of a control message is its AVPs; empty for a ZLB. The payload of a
// data message is a PPP frame. Octets beyond the Length field are ignored.
func ParseHeader(b []byte) (h Header, payload []byte, err error) {
	if len(b) < 2 {
		return Header{}, nil, ErrShort
	}
	flags := be.Uint16(b)
	// "Packets received with an unknown Ver field MUST be discarded"; that of
	// L2F (1) silently, as any other here.
	if flags&versionMask != version {
		return Header{}, nil, ErrVersion
	}
	if flags&flagControl != 0 {
		return parseControl(flags, b)
	}
	return parseData(flags, b)
}

func parseControl(flags uint16, b []byte) (Header, []byte, error) {
	const fixed = flagLength | flagSequence
	if flags&fixed != fixed || flags&flagOffset != 0 {
		return Header{}, nil, ErrFlags
	}
	if len(b) < ControlHeaderLen {
		return Header{}, nil, ErrShort
	}
	n := int(be.Uint16(b[2:]))
	if n < ControlHeaderLen || n > len(b) {
		return Header{}, nil, ErrLength
	}
	h := Header{
		Control:   true,
		Sequenced: true,
		TunnelID:  TunnelID(be.Uint16(b[4:])),
		SessionID: SessionID(be.Uint16(b[6:])),
		Ns:        be.Uint16(b[8:]),
		Nr:        be.Uint16(b[10:]),
	}
	return h, b[ControlHeaderLen:n], nil
}

func parseData(flags uint16, b []byte) (h Header, payload []byte, err error) {
	h.Priority = flags&flagPriority != 0
	h.Sequenced = flags&flagSequence != 0
	rest := b[2:]
	if flags&flagLength != 0 {
		if len(rest) < 2 {
			return Header{}, nil, ErrShort
		}
		n := int(be.Uint16(rest))
		if n < 4 || n > len(b) {
			return Header{}, nil, ErrLength
		}
		rest = b[4:n]
	}
	if len(rest) < 4 {
		return Header{}, nil, ErrShort
	}
	h.TunnelID = TunnelID(be.Uint16(rest))
	h.SessionID = SessionID(be.Uint16(rest[2:]))
	rest = rest[4:]
	if h.Sequenced {
		if len(rest) < 4 {
			return Header{}, nil, ErrShort
		}
		// "In data messages, Nr is reserved and, if present (as indicated
		// by the S-bit), MUST be ignored upon receipt."
		h.Ns = be.Uint16(rest)
		rest = rest[4:]
	}
	if flags&flagOffset != 0 {
		if len(rest) < 2 || len(rest)-2 < int(be.Uint16(rest)) {
			return Header{}, nil, ErrShort
		}
		rest = rest[2+int(be.Uint16(rest)):]
	}
	return h, rest, nil
}

// AppendTo appends the header of a message with n octets of payload. The
// header of a control message is always 12 octets; that of a data message has
// no Length field and is 6 octets, or 10 with sequence numbers.
func (h Header) AppendTo(b []byte, n int) []byte {
	flags := uint16(version)
	if h.Control {
		b = be.AppendUint16(b, controlFlags)
		b = be.AppendUint16(b, uint16(ControlHeaderLen+n))
	} else {
		if h.Priority {
			flags |= flagPriority
		}
		if h.Sequenced {
			flags |= flagSequence
		}
		b = be.AppendUint16(b, flags)
	}
	b = be.AppendUint16(b, uint16(h.TunnelID))
	b = be.AppendUint16(b, uint16(h.SessionID))
	switch {
	case h.Control:
		b = be.AppendUint16(b, h.Ns)
		b = be.AppendUint16(b, h.Nr)
	case h.Sequenced:
		b = be.AppendUint16(b, h.Ns)
		b = be.AppendUint16(b, 0)
	}
	return b
}

// Stamp writes the parts of an encoded control message that change from one
// transmission to the next. It panics if b is shorter than a control header.
func Stamp(b []byte, id TunnelID, ns, nr uint16) {
	_ = b[ControlHeaderLen-1]
	be.PutUint16(b[4:], uint16(id))
	be.PutUint16(b[8:], ns)
	be.PutUint16(b[10:], nr)
}

// IsControl reports whether the datagram is a control message. It looks at
// the T bit only.
func IsControl(b []byte) bool { return len(b) > 0 && b[0]&0x80 != 0 }

// PeekTunnelID returns the receiver's tunnel ID of a control or data message
// without parsing the rest, for handing datagrams of one socket to tunnels.
func PeekTunnelID(b []byte) (TunnelID, bool) {
	if len(b) < 4 || be.Uint16(b)&versionMask != version {
		return 0, false
	}
	if be.Uint16(b)&flagLength == 0 {
		return TunnelID(be.Uint16(b[2:])), true
	}
	if len(b) < 6 {
		return 0, false
	}
	return TunnelID(be.Uint16(b[4:])), true
}

// AppendData appends a data message that carries a PPP frame, given from its
// protocol field. HDLC Address and Control are put before it, as some LNSes
// require them and all accept them (RFC 1661 section 2 and RFC 1662 section
// 3.1 make them part of the frame).
func AppendData(b []byte, h Header, frame []byte) []byte {
	h.Control = false
	b = h.AppendTo(b, len(frame)+2)
	b = append(b, 0xff, 0x03)
	return append(b, frame...)
}

// Frame returns the PPP frame in the payload of a data message from its
// protocol field on, without Address and Control if they are there. The
// result aliases the payload.
func Frame(payload []byte) []byte {
	if len(payload) >= 2 && payload[0] == 0xff && payload[1] == 0x03 {
		return payload[2:]
	}
	return payload
}
