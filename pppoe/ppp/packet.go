package ppp

import (
	"encoding/binary"
	"errors"
	"strconv"
)

var be = binary.BigEndian

// Errors of the parsers.
var (
	ErrShort    = errors.New("ppp: packet too short")
	ErrLength   = errors.New("ppp: length field out of range")
	ErrProtocol = errors.New("ppp: not a two-octet protocol field")
)

// Protocol is the value of the PPP protocol field (RFC 1661 section 2).
type Protocol uint16

// Protocols that Link handles.
const (
	LCP  Protocol = 0xc021
	PAP  Protocol = 0xc023
	CHAP Protocol = 0xc223
)

// Protocols that Link only tells apart.
const (
	ipv4     Protocol = 0x0021
	vjComp   Protocol = 0x002d
	vjUncomp Protocol = 0x002f
	mp       Protocol = 0x003d
	ipv6     Protocol = 0x0057
	compd    Protocol = 0x00fd
	mpls     Protocol = 0x0281
	mplsMC   Protocol = 0x0283
	ipcp     Protocol = 0x8021
	ecp      Protocol = 0x8053
	ipv6cp   Protocol = 0x8057
	ccp      Protocol = 0x80fd
	mplscp   Protocol = 0x8281
	lqr      Protocol = 0xc025
	bap      Protocol = 0xc02d
	bacp     Protocol = 0xc02b
	eap      Protocol = 0xc227
)

var protocolNames = map[Protocol]string{
	LCP: "LCP", PAP: "PAP", CHAP: "CHAP",
	ipv4: "IP", vjComp: "VJC", vjUncomp: "VJU", mp: "MP", ipv6: "IPv6",
	compd: "COMP", mpls: "MPLS", mplsMC: "MPLS-MC", ipcp: "IPCP", ecp: "ECP",
	ipv6cp: "IPv6CP", ccp: "CCP", mplscp: "MPLSCP", lqr: "LQR", bap: "BAP",
	bacp: "BACP", eap: "EAP",
}

// String returns the customary name, or the number in hexadecimal.
func (p Protocol) String() string {
	if s, ok := protocolNames[p]; ok {
		return s
	}
	return "0x" + strconv.FormatUint(1<<16|uint64(p), 16)[1:]
}

// Code is the code of an LCP, PAP or CHAP packet.
type Code uint8

// Codes of LCP (RFC 1661 section 5; RFC 1570 sections 1 and 2).
const (
	ConfigureRequest Code = 1
	ConfigureAck     Code = 2
	ConfigureNak     Code = 3
	ConfigureReject  Code = 4
	TerminateRequest Code = 5
	TerminateAck     Code = 6
	CodeReject       Code = 7
	ProtocolReject   Code = 8
	EchoRequest      Code = 9
	EchoReply        Code = 10
	DiscardRequest   Code = 11
	Identification   Code = 12
	TimeRemaining    Code = 13
)

// Codes of PAP (RFC 1334 section 2.2).
const (
	AuthenticateRequest Code = 1
	AuthenticateAck     Code = 2
	AuthenticateNak     Code = 3
)

// Codes of CHAP (RFC 1994 section 4).
const (
	Challenge Code = 1
	Response  Code = 2
	Success   Code = 3
	Failure   Code = 4
)

const headerLen = 6 // protocol, code, identifier, length

// Packet is an LCP, PAP or CHAP packet (RFC 1661 section 5, RFC 1334 section
// 2.2, RFC 1994 section 4: the same header).
type Packet struct {
	Protocol Protocol
	Code     Code
	ID       uint8
	Data     []byte // what the Length field covers after the header
}

// ParsePacket reads a frame from its protocol field. Data aliases the frame;
// octets beyond the Length field are padding and left out.
func ParsePacket(frame []byte) (Packet, error) {
	if len(frame) < headerLen {
		return Packet{}, ErrShort
	}
	// RFC 1661 section 2: the low bit of the first octet is 0, that of the
	// second is 1; anything else is a compressed field or no PPP at all.
	if frame[0]&1 != 0 || frame[1]&1 == 0 {
		return Packet{}, ErrProtocol
	}
	n := int(be.Uint16(frame[4:]))
	if n < headerLen-2 || n > len(frame)-2 {
		return Packet{}, ErrLength
	}
	return Packet{Protocol(be.Uint16(frame)), Code(frame[2]), frame[3], frame[headerLen : 2+n]}, nil
}

// AppendTo appends the frame, protocol field first, to b.
func (p Packet) AppendTo(b []byte) []byte {
	b = appendHeader(b, p.Protocol, p.Code, p.ID, len(p.Data))
	return append(b, p.Data...)
}

// appendHeader appends everything before n octets of data.
func appendHeader(b []byte, proto Protocol, code Code, id uint8, n int) []byte {
	b = be.AppendUint16(b, uint16(proto))
	b = append(b, byte(code), id)
	return be.AppendUint16(b, uint16(n+4))
}

// setLength corrects the Length field of a frame built from b[0].
func setLength(b []byte) []byte {
	be.PutUint16(b[4:], uint16(len(b)-2))
	return b
}

// AppendTerminateRequest appends an LCP Terminate-Request with the given
// identifier, and text as its data, to b. It is for links that are no longer
// ours to run; Link sends its own.
func AppendTerminateRequest(b []byte, id uint8, text string) []byte {
	b = appendHeader(b, LCP, TerminateRequest, id, len(text))
	return append(b, text...)
}

// IsEarly reports whether the frame belongs to the network-layer phase: data,
// or an NCP the LNS may speak. Such a frame, arriving after the subscriber has
// answered the authentication, is for the LNS and not for Link.
func IsEarly(frame []byte) bool {
	return len(frame) >= 2 && Protocol(be.Uint16(frame)).network()
}

// network reports whether the protocol waits for the LNS.
func (p Protocol) network() bool {
	switch p {
	case ipv4, vjComp, vjUncomp, mp, ipv6, compd, mpls, mplsMC,
		ipcp, ecp, ipv6cp, ccp, mplscp, bap, bacp:
		return true
	default:
		return false
	}
}
