package sim

import "encoding/binary"

var be = binary.BigEndian

// A payload is what goes through a session to be counted at its end: an IPv4
// packet in PPP with a UDP datagram in it, whose data begin with
//
//	mark   4 octets, "lsim"
//	token  4 octets, of the session it was made for
//	way    1 octet, up or down
//	       3 octets, zero
//	seq    4 octets, from 1
//
// and are otherwise zero.
const (
	protoIP    = 0x0021
	ipLen      = 20
	udpLen     = 8
	markLen    = 16
	protoLen   = 2
	mark       = 0x6c73696d
	markAt     = protoLen + ipLen + udpLen
	sourcePort = 0x6c73
)

// MinPayload is the smallest size of an IPv4 packet that can be counted.
const MinPayload = ipLen + udpLen + markLen

// A Token names a session of a client: its number and which of its set-ups it
// is. It is also the client's magic number, so that an LNS knows it from proxy
// LCP. It is never zero.
type Token uint32

const tokenBits = 24 // of the client's number, modulo

func tokenOf(n uint32, attempt uint8) Token {
	return Token(uint32(attempt)<<tokenBits | n&(1<<tokenBits-1))
}

// way is the direction of a payload.
type way uint8

const (
	up   way = 1 + iota // from the client
	down                // to the client
)

// payload is what is counted about one.
type payload struct {
	token Token
	way   way
	seq   uint32
}

// appendPayload appends a PPP frame, protocol field first, with an IPv4 packet
// of size octets.
func appendPayload(b []byte, p payload, src, dst [4]byte, size int) []byte {
	start := len(b)
	b = be.AppendUint16(b, protoIP)
	b = append(b, 0x45, 0)
	b = be.AppendUint16(b, uint16(size))
	b = append(b, 0, 0, 0, 0, 64, 17, 0, 0) // no fragments, TTL, UDP, checksum
	b = append(append(b, src[:]...), dst[:]...)
	be.PutUint16(b[start+protoLen+10:], checksum(b[start+protoLen:]))
	b = be.AppendUint16(b, sourcePort)
	b = be.AppendUint16(b, sourcePort)
	b = be.AppendUint16(b, uint16(size-ipLen))
	b = be.AppendUint16(b, 0) // RFC 768: no checksum
	b = be.AppendUint32(b, mark)
	b = be.AppendUint32(b, uint32(p.token))
	b = append(b, byte(p.way), 0, 0, 0)
	b = be.AppendUint32(b, p.seq)
	for n := start + protoLen + size - len(b); n > 0; n = start + protoLen + size - len(b) {
		b = append(b, zeros[:min(n, len(zeros))]...)
	}
	return b
}

var zeros [1500]byte

// parsePayload reads a PPP frame from its protocol field.
func parsePayload(f []byte) (p payload, ok bool) {
	if len(f) < markAt+markLen || be.Uint16(f) != protoIP || f[2] != 0x45 || f[11] != 17 || be.Uint32(f[markAt:]) != mark {
		return payload{}, false
	}
	m := f[markAt:]
	return payload{token: Token(be.Uint32(m[4:])), way: way(m[8]), seq: be.Uint32(m[12:])}, true
}

// checksum is the Internet checksum (RFC 1071) of an even number of octets.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(be.Uint16(b))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
