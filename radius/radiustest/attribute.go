package radiustest

import (
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2868"
)

// Attribute adds something to an answer. The answer's Authenticator is that of
// the request.
type Attribute func(answer *layeh.Packet)

// Raw is an attribute with the given octets as its value.
func Raw(t layeh.Type, v ...byte) Attribute {
	return func(p *layeh.Packet) { p.Add(t, layeh.Attribute(v)) }
}

// Text is an attribute with a string value.
func Text(t layeh.Type, v string) Attribute { return Raw(t, []byte(v)...) }

// Integer is an attribute with a four-octet value.
func Integer(t layeh.Type, v uint32) Attribute { return Raw(t, layeh.NewInteger(v)...) }

// Class is a Class attribute.
func Class(v string) Attribute { return Text(rfc2865.Class_Type, v) }

// Tunnel is one tagged set of tunnel attributes (RFC 2868). Empty strings and
// zero numbers are left out.
type Tunnel struct {
	Tag          uint8 // 0: untagged, the way FreeRADIUS does it
	Type         uint32
	Medium       uint32
	Client       string
	Server       string
	Password     string
	Assignment   string
	PrivateGroup string
	ClientAuthID string
	ServerAuthID string
	Preference   uint32
}

// L2TP is the usual tunnel: L2TP over IPv4 to a server.
func L2TP(tag uint8, server, password string) Tunnel {
	return Tunnel{Tag: tag, Type: 3, Medium: 1, Server: server, Password: password}
}

// Attribute returns the set as one Attribute.
func (t Tunnel) Attribute() Attribute {
	return func(p *layeh.Packet) {
		t.number(p, rfc2868.TunnelType_Type, t.Type)
		t.number(p, rfc2868.TunnelMediumType_Type, t.Medium)
		t.text(p, rfc2868.TunnelClientEndpoint_Type, t.Client)
		t.text(p, rfc2868.TunnelServerEndpoint_Type, t.Server)
		t.password(p)
		t.text(p, rfc2868.TunnelAssignmentID_Type, t.Assignment)
		t.text(p, rfc2868.TunnelPrivateGroupID_Type, t.PrivateGroup)
		t.text(p, rfc2868.TunnelClientAuthID_Type, t.ClientAuthID)
		t.text(p, rfc2868.TunnelServerAuthID_Type, t.ServerAuthID)
		t.number(p, rfc2868.TunnelPreference_Type, t.Preference)
	}
}

func (t Tunnel) number(p *layeh.Packet, kind layeh.Type, v uint32) {
	if v != 0 {
		p.Add(kind, layeh.Attribute{t.Tag, byte(v >> 16), byte(v >> 8), byte(v)})
	}
}

func (t Tunnel) text(p *layeh.Packet, kind layeh.Type, v string) {
	switch {
	case v == "":
	case t.Tag == 0:
		p.Add(kind, layeh.Attribute(v))
	default:
		p.Add(kind, append(layeh.Attribute{t.Tag}, v...))
	}
}

func (t Tunnel) password(p *layeh.Packet) {
	if t.Password == "" {
		return
	}
	v, err := layeh.NewTunnelPassword([]byte(t.Password), []byte{0x80 | t.Tag, 0x2a}, p.Secret, p.Authenticator[:])
	if err != nil {
		panic(err) // a password that is too long: a broken test
	}
	p.Add(rfc2868.TunnelPassword_Type, append(layeh.Attribute{t.Tag}, v...))
}
