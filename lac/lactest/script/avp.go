package script

import (
	"crypto/md5"
	"fmt"
)

// Control messages (RFC 2661 section 3.2).
const (
	SCCRQ   = 1
	SCCRP   = 2
	SCCCN   = 3
	StopCCN = 4
	HELLO   = 6
	OCRQ    = 7
	OCRP    = 8
	OCCN    = 9
	ICRQ    = 10
	ICRP    = 11
	ICCN    = 12
	CDN     = 14
	WEN     = 15
	SLI     = 16
	ZLB     = 0 // no message at all
)

// AVP is one attribute of a control message, as it is on the wire.
type AVP struct {
	M, H     bool
	Reserved byte   // the four reserved bits
	Length   uint16 // sent as computed if 0
	Vendor   uint16
	Type     uint16
	Value    []byte
	raw      []byte
}

// Raw is octets in the place of an AVP.
func Raw(b ...byte) AVP { return AVP{raw: b} }

// Bytes is an AVP of the IETF. Its M bit is that of RFC 2661.
func Bytes(t uint16, v ...byte) AVP { return AVP{M: mandatory[t], Type: t, Value: v} }

// Text is an AVP with a text.
func Text(t uint16, v string) AVP { return Bytes(t, []byte(v)...) }

// U16 is an AVP with a two-octet value.
func U16(t, v uint16) AVP { return Bytes(t, byte(v>>8), byte(v)) }

// U32 is an AVP with a four-octet value.
func U32(t uint16, v uint32) AVP { return Bytes(t, be.AppendUint32(nil, v)...) }

// Result is a Result Code AVP: result alone, with error, with error and text.
func Result(result uint16, more ...any) AVP {
	v := be.AppendUint16(nil, result)
	for _, m := range more {
		switch m := m.(type) {
		case int:
			v = be.AppendUint16(v, uint16(m))
		case string:
			v = append(v, m...)
		default:
			panic(fmt.Sprintf("result code with %T", m))
		}
	}
	return Bytes(1, v...)
}

// With returns the AVP with another M bit and vendor.
func (a AVP) With(m bool, vendor uint16) AVP {
	a.M, a.Vendor = m, vendor
	return a
}

// Hide returns the AVP hidden (RFC 2661 section 4.3). The Random Vector, AVP
// 36, has to come before it.
func (a AVP) Hide(secret string, vector []byte, pad int) AVP {
	p := be.AppendUint16(nil, uint16(len(a.Value)))
	p = append(append(p, a.Value...), make([]byte, pad)...)
	a.H, a.Value = true, crypt(a.Type, secret, vector, p, true)
	return a
}

// Reveal returns the value of a hidden AVP.
func (a AVP) Reveal(secret string, vector []byte) ([]byte, error) {
	p := crypt(a.Type, secret, vector, a.Value, false)
	if len(p) < 2 || int(be.Uint16(p)) > len(p)-2 {
		return nil, fmt.Errorf("hidden AVP %d does not decrypt: % x", a.Type, p)
	}
	return p[2 : 2+be.Uint16(p)], nil
}

// crypt is section 4.3: b1 = MD5(type, secret, vector), bi = MD5(secret, c(i-1)).
func crypt(t uint16, secret string, vector, in []byte, encrypt bool) []byte {
	out := make([]byte, 0, len(in))
	key := md5.Sum(append(append(be.AppendUint16(nil, t), secret...), vector...))
	for len(in) > 0 {
		n := min(16, len(in))
		block := make([]byte, n)
		for i := range n {
			block[i] = in[i] ^ key[i]
		}
		cipher := in[:n]
		if encrypt {
			cipher = block
		}
		key = md5.Sum(append([]byte(secret), cipher...))
		out, in = append(out, block...), in[n:]
	}
	return out
}

// ChallengeResponse is AVP 13 in a message of type t (RFC 2661 section 4.4.3).
func ChallengeResponse(t byte, secret string, challenge []byte) []byte {
	sum := md5.Sum(append(append([]byte{t}, secret...), challenge...))
	return sum[:]
}

func (a AVP) append(b []byte) []byte {
	if a.raw != nil {
		return append(b, a.raw...)
	}
	head := uint16(a.Reserved&15) << 10
	if a.M {
		head |= 0x8000
	}
	if a.H {
		head |= 0x4000
	}
	if a.Length == 0 {
		a.Length = uint16(6 + len(a.Value))
	}
	b = be.AppendUint16(b, head|a.Length&0x3ff)
	b = be.AppendUint16(b, a.Vendor)
	b = be.AppendUint16(b, a.Type)
	return append(b, a.Value...)
}

func (a AVP) String() string {
	flags := ""
	if a.M {
		flags += "M"
	}
	if a.H {
		flags += "H"
	}
	if a.Vendor != 0 {
		return fmt.Sprintf("%d:%d%s=% x", a.Vendor, a.Type, flags, a.Value)
	}
	return fmt.Sprintf("%d%s=% x", a.Type, flags, a.Value)
}
