package l2tp

import "crypto/md5"

// Hiding is what hides an AVP: the secret shared with the peer, the same that
// authenticates the tunnel, and the value of the Random Vector AVP before it.
// A vector of at least 16 octets is recommended (RFC 2661 section 4.4.1).
type Hiding struct {
	Secret []byte
	Vector []byte
}

const md5Size = md5.Size

// A cipher produces the key stream of RFC 2661 section 4.3 in storage of its
// own, so that hiding and unhiding do not allocate once it has grown.
type cipher struct{ scratch []byte }

// first returns b1 = MD5(AV + S + RV).
func (c *cipher) first(typ uint16, h Hiding) [md5Size]byte {
	c.scratch = be.AppendUint16(c.scratch[:0], typ)
	c.scratch = append(c.scratch, h.Secret...)
	c.scratch = append(c.scratch, h.Vector...)
	return md5.Sum(c.scratch)
}

// next returns bi = MD5(S + c(i-1)).
func (c *cipher) next(secret []byte, block []byte) [md5Size]byte {
	c.scratch = append(c.scratch[:0], secret...)
	c.scratch = append(c.scratch, block...)
	return md5.Sum(c.scratch)
}

// apply encrypts or decrypts b in place.
func (c *cipher) apply(b []byte, typ uint16, h Hiding, decrypt bool) {
	key := c.first(typ, h)
	for len(b) > 0 {
		n := min(len(b), md5Size)
		block := b[:n]
		b = b[n:]
		var next [md5Size]byte
		if decrypt && len(b) > 0 {
			next = c.next(h.Secret, block)
		}
		for i := range block {
			block[i] ^= key[i]
		}
		if !decrypt && len(b) > 0 {
			next = c.next(h.Secret, block)
		}
		key = next
	}
}

// reveal decrypts the value of a hidden AVP in place and returns the original
// value within it. It fails if the Hidden AVP Subformat is too short for the
// Original Length it claims.
func (c *cipher) reveal(value []byte, typ uint16, h Hiding) ([]byte, bool) {
	if len(value) < 2 {
		return nil, false
	}
	c.apply(value, typ, h, true)
	n := int(be.Uint16(value))
	if n > len(value)-2 {
		return nil, false
	}
	return value[2 : 2+n], true
}

// AppendHiddenAVP appends an AVP of vendor 0 with its value hidden and pad
// octets of padding (RFC 2661 section 4.3). The Random Vector AVP that goes
// before it is the caller's to append. Value and padding that an AVP cannot
// carry are cut.
func AppendHiddenAVP(b []byte, mandatory bool, typ uint16, value []byte, pad int, h Hiding) []byte {
	value = value[:min(len(value), maxValue-2)]
	pad = min(pad, maxValue-2-len(value))
	start := len(b)
	b = AppendAVP(b, mandatory, vendorIETF, typ, nil)
	b = be.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	b = append(b, make([]byte, pad)...)
	be.PutUint16(b[start:], be.Uint16(b[start:])|avpHidden+uint16(2+len(value)+pad))
	var c cipher
	c.apply(b[start+avpHeaderLen:], typ, h, false)
	return b
}

// ChallengeResponse returns the value of the Challenge Response AVP: "an MD5
// hash of the concatenation of a one octet ID, the shared secret and the
// challenge", where the ID is the type of the message that carries the
// response, SCCRP or SCCCN (RFC 2661 sections 4.4.3 and 5.1.1).
func ChallengeResponse(t MessageType, secret, challenge []byte) [16]byte {
	b := make([]byte, 0, 1+len(secret)+len(challenge))
	b = append(b, byte(t))
	b = append(b, secret...)
	b = append(b, challenge...)
	return md5.Sum(b)
}
