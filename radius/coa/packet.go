package coa

import (
	"crypto/subtle"
	"encoding/binary"
	"iter"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2869"

	"lacd/radius"
)

const headerLen = 20 // RFC 2865 section 3

// be is the byte order of RADIUS.
var be = binary.BigEndian

// Kind is what a request is for.
type Kind uint8

// The kinds of requests.
const (
	Disconnect Kind = 1 + iota // Disconnect-Request
	Change                     // CoA-Request
)

// NumKinds is how many kinds there are, and none.
const NumKinds = 3

// String returns the kind as a metric label.
func (k Kind) String() string {
	switch k {
	case Disconnect:
		return "disconnect"
	case Change:
		return "coa"
	}
	return "none"
}

// kindOf returns the kind of a packet, 0 if it is not for us: "Packets received
// with an invalid Code field MUST be silently discarded" (RFC 5176 section 2.3).
func kindOf(b []byte) Kind {
	switch layeh.Code(b[0]) {
	case layeh.CodeDisconnectRequest:
		return Disconnect
	case layeh.CodeCoARequest:
		return Change
	default:
		return 0
	}
}

// codes returns the codes that acknowledge and refuse.
func (k Kind) codes() (ack, nak layeh.Code) {
	if k == Disconnect {
		return layeh.CodeDisconnectACK, layeh.CodeDisconnectNAK
	}
	return layeh.CodeCoAACK, layeh.CodeCoANAK
}

// Packet is a verified request.
type Packet struct {
	Kind          Kind
	ID            uint8
	Authenticator [16]byte  // of the request
	Signed        bool      // it has a Message-Authenticator
	Dated         time.Time // Event-Timestamp; zero: none
	attributes    []byte    // sound: they can be cut
}

// attribute is one attribute; its value aliases the packet.
type attribute struct {
	kind  layeh.Type
	value []byte
}

// cut yields the attributes of b, and false with what cannot be cut.
func cut(b []byte) iter.Seq2[attribute, bool] {
	return func(yield func(attribute, bool) bool) {
		for len(b) > 0 {
			if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
				yield(attribute{}, false)
				return
			}
			a := attribute{layeh.Type(b[0]), b[2:b[1]]}
			if b = b[b[1]:]; !yield(a, true) {
				return
			}
		}
	}
}

// Parse verifies a request. It aliases b; an Outcome other than 0 says why the
// datagram is silently discarded.
func Parse(b []byte, secret []byte) (Packet, Outcome) {
	b, ok := radius.Trim(b)
	if !ok {
		return Packet{}, Short
	}
	p := Packet{Kind: kindOf(b), ID: b[1], Authenticator: [16]byte(b[4:headerLen]), attributes: b[headerLen:]}
	if p.Kind == 0 {
		return p, UnknownCode
	}
	signedAt, ok := p.scan()
	if !ok {
		return p, Malformed
	}
	// "calculated the same way as for an Accounting-Request" (RFC 5176 section
	// 2.3): over sixteen zero octets in its own place.
	sum := radius.PacketAuthenticator(b, [16]byte{}, secret)
	if len(secret) == 0 || subtle.ConstantTimeCompare(sum[:], p.Authenticator[:]) != 1 {
		return p, BadAuthenticator
	}
	if p.Signed {
		// "the Request Authenticator field and Message-Authenticator Attribute
		// MUST each be considered to be sixteen octets of zero" (section 3.4).
		sum = radius.MessageAuthenticator(b, [16]byte{}, secret, signedAt)
		if subtle.ConstantTimeCompare(sum[:], b[signedAt:signedAt+16]) != 1 {
			return p, BadSignature
		}
	}
	return p, 0
}

// scan checks that the attributes can be cut, and takes what concerns the
// packet as a whole. It returns where in the packet the value of the
// Message-Authenticator begins.
func (p *Packet) scan() (signedAt int, ok bool) {
	at := headerLen
	for a, ok := range cut(p.attributes) {
		if !ok {
			return 0, false
		}
		switch a.kind {
		case rfc2869.MessageAuthenticator_Type:
			if len(a.value) != 16 || p.Signed {
				return 0, false
			}
			p.Signed, signedAt = true, at+2
		case rfc2869.EventTimestamp_Type:
			if len(a.value) != 4 || !p.Dated.IsZero() {
				return 0, false
			}
			p.Dated = time.Unix(int64(be.Uint32(a.value)), 0)
		default:
		}
		at += 2 + len(a.value)
	}
	return signedAt, true
}
