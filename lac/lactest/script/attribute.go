package script

import (
	"crypto/md5"
	"fmt"
)

// RADIUS attributes (RFC 2865, 2866, 2867, 2868, 2869, 5176).
const (
	UserName         = 1
	UserPassword     = 2
	CHAPPassword     = 3
	NASIPAddress     = 4
	NASPort          = 5
	ServiceType      = 6
	FramedProtocol   = 7
	FilterID         = 11
	ReplyMessage     = 18
	State            = 24
	Class            = 25
	VendorAttribute  = 26 // Vendor-Specific
	SessionTimeout   = 27
	IdleTimeout      = 28
	CalledStationID  = 30
	CallingStationID = 31
	NASIdentifier    = 32
	ProxyState       = 33

	AcctStatusType      = 40
	AcctDelayTime       = 41
	AcctInputOctets     = 42
	AcctOutputOctets    = 43
	AcctSessionID       = 44
	AcctAuthentic       = 45
	AcctSessionTime     = 46
	AcctInputPackets    = 47
	AcctOutputPackets   = 48
	AcctTerminateCause  = 49
	AcctInputGigawords  = 52
	AcctOutputGigawords = 53
	EventTimestamp      = 55
	CHAPChallenge       = 60
	NASPortType         = 61

	TunnelType           = 64
	TunnelMediumType     = 65
	TunnelClientEndpoint = 66
	TunnelServerEndpoint = 67
	TunnelConnection     = 68 // Acct-Tunnel-Connection
	TunnelPassword       = 69
	TunnelPrivateGroupID = 81
	TunnelAssignmentID   = 82
	TunnelPreference     = 83
	TunnelClientAuthID   = 90
	TunnelServerAuthID   = 91

	MessageAuthenticator = 80
	AcctInterimInterval  = 85
	TunnelPacketsLost    = 86 // Acct-Tunnel-Packets-Lost
	NASPortID            = 87
	NASIPv6Address       = 95
	ErrorCause           = 101
)

// Attribute is one RADIUS attribute, as it is on the wire.
type Attribute struct {
	Type   byte
	Length byte // sent as computed if 0
	Value  []byte

	raw    []byte
	hidden bool // Value is tag, salt and plain text, to be encrypted for a request
}

// Att is an attribute.
func Att(t byte, v ...byte) Attribute { return Attribute{Type: t, Value: v} }

// AttText is an attribute with a text.
func AttText(t byte, v string) Attribute { return Att(t, []byte(v)...) }

// AttU32 is an attribute with a four-octet value.
func AttU32(t byte, v uint32) Attribute { return Att(t, be.AppendUint32(nil, v)...) }

// AttRaw is octets in the place of an attribute.
func AttRaw(b ...byte) Attribute { return Attribute{raw: b} }

// VSA is a Vendor-Specific attribute with one sub-attribute (RFC 2865 section 5.26).
func VSA(vendor uint32, t byte, v ...byte) Attribute {
	b := append(be.AppendUint32(nil, vendor), t, byte(2+len(v)))
	return Att(VendorAttribute, append(b, v...)...)
}

// Tagged is a tunnel attribute with a tag and a text (RFC 2868 section 3.3).
func Tagged(t, tag byte, v string) Attribute { return Att(t, append([]byte{tag}, v...)...) }

// TaggedU24 is a tunnel attribute with a tag and a number (RFC 2868 section 3.1).
func TaggedU24(t, tag byte, v uint32) Attribute {
	return Att(t, tag, byte(v>>16), byte(v>>8), byte(v))
}

// Hidden is Tunnel-Password with the given salt. It is encrypted for the request
// that it answers (RFC 2868 section 3.5).
func Hidden(tag byte, salt uint16, password string) Attribute {
	return HiddenRaw(tag, salt, append([]byte{byte(len(password))}, password...)...)
}

// HiddenRaw is Hidden with the plain text as it is, its Data-Length first. It is
// padded to full blocks.
func HiddenRaw(tag byte, salt uint16, plain ...byte) Attribute {
	v := append([]byte{tag, byte(salt >> 8), byte(salt)}, plain...)
	for (len(v)-3)%16 != 0 {
		v = append(v, 0)
	}
	return Attribute{Type: TunnelPassword, Value: v, hidden: true}
}

// L2TPTo is what names an LNS: Tunnel-Type L2TP, Tunnel-Medium-Type IPv4,
// Tunnel-Server-Endpoint, and whatever else.
func L2TPTo(tag byte, server string, more ...Attribute) []Attribute {
	return append([]Attribute{
		TaggedU24(TunnelType, tag, 3), TaggedU24(TunnelMediumType, tag, 1), Tagged(TunnelServerEndpoint, tag, server),
	}, more...)
}

// append encodes the attribute for an answer to the request with the
// authenticator.
func (a Attribute) append(b []byte, secret string, authenticator []byte) []byte {
	if a.raw != nil {
		return append(b, a.raw...)
	}
	v := a.Value
	if a.hidden {
		salt := a.Value[1:3]
		v = append(append([]byte(nil), a.Value[:3]...), scramble(secret, append(append([]byte(nil), authenticator...), salt...), a.Value[3:], true)...)
	}
	if a.Length == 0 {
		a.Length = byte(2 + len(v))
	}
	return append(append(b, a.Type, a.Length), v...)
}

// scramble encrypts or decrypts full blocks: c1 = p1 XOR MD5(secret, first),
// ci = pi XOR MD5(secret, c(i-1)) (RFC 2865 section 5.2, RFC 2868 section 3.5).
func scramble(secret string, first, in []byte, encrypt bool) []byte {
	out := make([]byte, 0, len(in))
	for prev := first; len(in) >= 16; in = in[16:] {
		key := md5.Sum(append([]byte(secret), prev...))
		for i := range 16 {
			out = append(out, in[i]^key[i])
		}
		if prev = in[:16]; encrypt {
			prev = out[len(out)-16:]
		}
	}
	return out
}

func (a Attribute) String() string { return fmt.Sprintf("%d=% x", a.Type, a.Value) }
