package radius

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2868"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
)

// Try is what one attempt at one server contributes to a packet.
type Try struct {
	Now           time.Time // for Acct-Delay-Time
	ID            uint8     // Identifier (RFC 2865 section 3)
	Authenticator [16]byte  // Request Authenticator; unused in accounting
	Secret        []byte    // shared with this server; not empty
}

// A Request can be encoded for any server. A retransmission to the same
// server repeats the octets; another server gets a packet of its own.
type Request interface {
	// Encode returns the packet; an error means it can be sent to no server.
	Encode(t Try) ([]byte, error)
}

// Builder appends attributes as they are sent. Its first error sticks.
type Builder struct {
	b   []byte
	err error
}

// NewBuilder returns a Builder that appends to b.
func NewBuilder(b []byte) Builder { return Builder{b: b} }

// Attributes returns what was appended to, and the first error.
func (b *Builder) Attributes() ([]byte, error) { return b.b, b.err }

// usualLen is more than the packets of most subscribers have.
const usualLen = 384

// appendHeader appends the header of a packet whose length is not known yet
// (RFC 2865 section 3).
func appendHeader(b []byte, code layeh.Code, id uint8, authenticator [16]byte) []byte {
	return append(append(b, byte(code), id, 0, 0), authenticator[:]...)
}

// measure fills in the length of a packet.
func measure(packet []byte) error {
	if len(packet) > maxPacket {
		return fmt.Errorf("the packet has %d octets, at most %d are allowed", len(packet), maxPacket)
	}
	binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)))
	return nil
}

// newSigned begins a packet whose Message-Authenticator is its first attribute.
func newSigned(code layeh.Code, t Try) Builder {
	b := NewBuilder(appendHeader(make([]byte, 0, usualLen), code, t.ID, t.Authenticator))
	var zero [16]byte
	b.Octets(rfc2869.MessageAuthenticator_Type, zero[:])
	return b
}

// sign returns what newSigned began, with its Message-Authenticator.
func (b *Builder) sign(t Try) ([]byte, error) {
	packet, err := b.Attributes()
	if err != nil {
		return nil, err
	}
	if err := measure(packet); err != nil {
		return nil, err
	}
	if len(t.Secret) == 0 {
		return nil, errNoSecret
	}
	sum := MessageAuthenticator(packet, t.Authenticator, t.Secret, headerLen+2)
	copy(packet[headerLen+2:], sum[:])
	return packet, nil
}

// AccountingRequest returns the packet of attributes that a Builder has made, in
// any number of pieces, with its Request Authenticator (RFC 2866 section 3).
func AccountingRequest(t Try, attributes ...[]byte) ([]byte, error) {
	if len(t.Secret) == 0 {
		return nil, errNoSecret
	}
	packet := appendHeader(make([]byte, 0, usualLen), layeh.CodeAccountingRequest, t.ID, [16]byte{})
	for _, a := range attributes {
		packet = append(packet, a...)
	}
	if err := measure(packet); err != nil {
		return nil, err
	}
	sum := PacketAuthenticator(packet, [16]byte{}, t.Secret)
	copy(packet[4:], sum[:])
	return packet, nil
}

var errNoSecret = errors.New("the server has no secret")

// maxValue is the longest attribute value (RFC 2865 section 5).
const maxValue = 253

// Octets adds an attribute, unless v is empty: strings "of length zero (0) MUST
// NOT be sent; omit the entire attribute instead" (RFC 2865 section 5).
func (b *Builder) Octets(t layeh.Type, v []byte) {
	switch {
	case len(v) == 0:
	case len(v) > maxValue:
		b.tooLong(t, len(v))
	default:
		b.b = append(append(b.b, byte(t), byte(2+len(v))), v...)
	}
}

// Text adds a text attribute, unless s is empty.
func (b *Builder) Text(t layeh.Type, s string) {
	switch {
	case s == "":
	case len(s) > maxValue:
		b.tooLong(t, len(s))
	default:
		b.b = append(append(b.b, byte(t), byte(2+len(s))), s...)
	}
}

func (b *Builder) tooLong(t layeh.Type, n int) {
	b.fail(fmt.Errorf("attribute %d has %d octets, at most %d fit", t, n, maxValue))
}

// Cut adds a text attribute, cut to what fits. It is for what subscribers say
// of themselves in records that must not be lost.
func (b *Builder) Cut(t layeh.Type, s string) { b.Text(t, s[:min(len(s), maxValue)]) }

// Integer adds a four-octet integer.
func (b *Builder) Integer(t layeh.Type, v uint32) {
	b.b = binary.BigEndian.AppendUint32(append(b.b, byte(t), 2+4), v)
}

// TaggedInteger adds an untagged tunnel integer: tag 0, three octets of value
// (RFC 2868 section 3.1).
func (b *Builder) TaggedInteger(t layeh.Type, v uint32) {
	b.Integer(t, v&0xffffff)
}

// TaggedText adds an untagged tunnel string, unless s is empty. Tag 0 is sent
// as no octet at all; only where the string itself begins like a tag is the
// octet needed to keep it whole (RFC 2868 section 3.3).
func (b *Builder) TaggedText(t layeh.Type, s string) {
	if s != "" && s[0] <= maxTag {
		s = "\x00" + s
	}
	b.Text(t, s)
}

// NAS identifies this NAS and the port of a subscriber.
type NAS struct {
	Identifier string
	IP         netip.Addr
	Port       uint32
	PortType   uint32 // NAS-Port-Type; 0: Ethernet (15)
	PortID     string
}

// NAS adds NAS-IP-Address or NAS-IPv6-Address and NAS-Identifier: "It MUST
// contain either a NAS-IP-Address attribute or a NAS-Identifier attribute (or
// both)" (RFC 2865 section 4.1).
func (b *Builder) NAS(n *NAS) {
	if ip := n.IP.Unmap(); ip.Is4() {
		b.Octets(rfc2865.NASIPAddress_Type, ip.AsSlice())
	} else if ip.Is6() {
		b.Octets(rfc3162.NASIPv6Address_Type, ip.AsSlice())
	} else if n.Identifier == "" {
		b.fail(errors.New("neither a NAS address nor a NAS identifier is known"))
	}
	b.Text(rfc2865.NASIdentifier_Type, n.Identifier)
}

// Port adds NAS-Port, NAS-Port-Type and NAS-Port-Id.
func (b *Builder) Port(n *NAS) {
	b.Integer(rfc2865.NASPort_Type, n.Port)
	kind := rfc2865.NASPortType(n.PortType)
	if kind == 0 {
		kind = rfc2865.NASPortType_Value_Ethernet
	}
	b.Integer(rfc2865.NASPortType_Type, uint32(kind))
	b.Cut(rfc2869.NASPortID_Type, n.PortID)
}

// TunnelType adds Tunnel-Type L2TP and Tunnel-Medium-Type by the family of the
// server endpoint; a name counts as IPv4 (RFC 2868 sections 3.1, 3.2).
func (b *Builder) TunnelType(server string) {
	b.TaggedInteger(rfc2868.TunnelType_Type, uint32(rfc2868.TunnelType_Value_L2TP))
	medium := rfc2868.TunnelMediumType_Value_IPv4
	if a, err := netip.ParseAddr(server); err == nil && a.Is6() && !a.Is4In6() {
		medium = rfc2868.TunnelMediumType_Value_IPv6
	}
	b.TaggedInteger(rfc2868.TunnelMediumType_Type, uint32(medium))
}

func (b *Builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}
