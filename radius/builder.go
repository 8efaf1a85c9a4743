package radius

import (
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

// Builder collects attributes. Its first error sticks.
type Builder struct {
	Packet *layeh.Packet
	err    error
}

// newSigned begins a packet whose Message-Authenticator is its first attribute.
func newSigned(code layeh.Code, t Try) Builder {
	b := Builder{Packet: &layeh.Packet{
		Code:          code,
		Identifier:    t.ID,
		Authenticator: t.Authenticator,
		Attributes:    make(layeh.Attributes, 0, 24),
	}}
	b.Packet.Add(rfc2869.MessageAuthenticator_Type, make(layeh.Attribute, 16))
	return b
}

// sign returns what newSigned began, with its Message-Authenticator.
func (b *Builder) sign(t Try) ([]byte, error) {
	if err := b.Err(); err != nil {
		return nil, err
	}
	packet, err := b.Packet.MarshalBinary()
	if err != nil {
		return nil, err
	}
	if len(t.Secret) == 0 {
		return nil, errNoSecret
	}
	sum := MessageAuthenticator(packet, t.Authenticator, t.Secret, headerLen+2)
	copy(packet[headerLen+2:], sum[:])
	return packet, nil
}

var errNoSecret = errors.New("the server has no secret")

// maxValue is the longest attribute value (RFC 2865 section 5).
const maxValue = 253

// Err returns the first error.
func (b *Builder) Err() error { return b.err }

// Octets adds an attribute, unless v is empty: strings "of length zero (0) MUST
// NOT be sent; omit the entire attribute instead" (RFC 2865 section 5).
func (b *Builder) Octets(t layeh.Type, v []byte) {
	switch {
	case len(v) == 0:
	case len(v) > maxValue:
		b.fail(fmt.Errorf("attribute %d has %d octets, at most %d fit", t, len(v), maxValue))
	default:
		b.Packet.Add(t, v)
	}
}

// Text adds a text attribute, unless s is empty.
func (b *Builder) Text(t layeh.Type, s string) {
	if s != "" {
		b.Octets(t, []byte(s))
	}
}

// Cut adds a text attribute, cut to what fits. It is for what subscribers say
// of themselves in records that must not be lost.
func (b *Builder) Cut(t layeh.Type, s string) { b.Text(t, s[:min(len(s), maxValue)]) }

// Integer adds a four-octet integer.
func (b *Builder) Integer(t layeh.Type, v uint32) {
	b.Packet.Add(t, layeh.NewInteger(v))
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
