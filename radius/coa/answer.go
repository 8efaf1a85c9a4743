package coa

import (
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3576"

	"lacd/radius"
)

// maxPacket is the longest packet (RFC 2865 section 3).
const maxPacket = 4096

// AppendAnswer appends the answer to a request: ACK for cause 0, else NAK. A
// Message-Authenticator, if the request had one, comes first; Proxy-State and
// State return "unmodified" and in their order (RFC 5176 sections 3.1, 3.3).
// What the answer may but need not tell is left out where it no longer fits.
func (p *Packet) AppendAnswer(b, secret []byte, cause ErrorCause) []byte {
	start := len(b)
	ack, nak := p.Kind.codes()
	code := ack
	if cause != 0 {
		code = nak
	}
	b = append(b, byte(code), p.ID, 0, 0)
	b = append(b, p.Authenticator[:]...)
	if p.Signed {
		b = append(b, byte(rfc2869.MessageAuthenticator_Type), 18)
		b = append(b, make([]byte, 16)...)
	}
	for a := range cut(p.attributes) {
		if p.copied(a.kind) {
			b = append(b, byte(a.kind), byte(2+len(a.value)))
			b = append(b, a.value...)
		}
	}
	switch {
	case len(b)-start+6 > maxPacket:
	case cause != 0:
		b = appendInteger(b, rfc3576.ErrorCause_Type, uint32(cause))
	case p.Kind == Disconnect:
		// "A Disconnect-ACK MAY contain the Acct-Terminate-Cause (49) Attribute
		// with the value set to 6 for Admin-Reset" (RFC 5176 section 2.1).
		b = appendInteger(b, rfc2866.AcctTerminateCause_Type, uint32(rfc2866.AcctTerminateCause_Value_AdminReset))
	}
	packet := b[start:]
	be.PutUint16(packet[2:], uint16(len(packet)))
	if p.Signed {
		// Over the Request Authenticator, and before the Response Authenticator
		// is calculated (section 3.4).
		sum := radius.MessageAuthenticator(packet, p.Authenticator, secret, headerLen+2)
		copy(packet[headerLen+2:], sum[:])
	}
	sum := radius.PacketAuthenticator(packet, p.Authenticator, secret)
	copy(packet[4:headerLen], sum[:])
	return b
}

func appendInteger(b []byte, t layeh.Type, v uint32) []byte {
	return be.AppendUint32(append(b, byte(t), 6), v)
}
