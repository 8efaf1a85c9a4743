package script

// PPP protocols.
const (
	IPv4   = 0x0021
	IPCP   = 0x8021
	IPv6CP = 0x8057
	LCP    = 0xc021
	PAP    = 0xc023
	CHAP   = 0xc223
)

// Codes of LCP (RFC 1661 section 5).
const (
	ConfReq   = 1
	ConfAck   = 2
	ConfNak   = 3
	ConfRej   = 4
	TermReq   = 5
	TermAck   = 6
	CodeRej   = 7
	ProtoRej  = 8
	EchoReq   = 9
	EchoReply = 10
	Discard   = 11
)

// Codes of PAP (RFC 1334) and CHAP (RFC 1994).
const (
	AuthReq = 1
	AuthAck = 2
	AuthNak = 3

	Challenge = 1
	Response  = 2
	Success   = 3
	Failure   = 4
)

// Control encodes a PPP control packet, from its protocol field.
func Control(proto uint16, code, id byte, data ...byte) []byte {
	b := be.AppendUint16(nil, proto)
	b = append(b, code, id)
	b = be.AppendUint16(b, uint16(4+len(data)))
	return append(b, data...)
}

// Opt encodes an LCP option.
func Opt(t byte, value ...byte) []byte { return append([]byte{t, byte(2 + len(value))}, value...) }

// MRU is the Maximum-Receive-Unit option.
func MRU(n uint16) []byte { return Opt(1, byte(n>>8), byte(n)) }

// Magic is the Magic-Number option.
func Magic(n uint32) []byte { return Opt(5, be.AppendUint32(nil, n)...) }

// Options splits LCP options; what follows the last whole one is the last
// element.
func Options(b []byte) [][]byte {
	var opts [][]byte
	for len(b) >= 2 && int(b[1]) >= 2 && int(b[1]) <= len(b) {
		opts = append(opts, b[:b[1]])
		b = b[b[1]:]
	}
	if len(b) > 0 {
		opts = append(opts, b)
	}
	return opts
}

// Option returns the value of an LCP option, nil if it is not there.
func Option(b []byte, t byte) []byte {
	for _, o := range Options(b) {
		if len(o) >= 2 && o[0] == t {
			return o[2:]
		}
	}
	return nil
}
