package radius

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"

	"lacd/policy"
)

// Grant returns what an Access-Accept allows. The secret and the Request
// Authenticator of the request it answers decrypt Tunnel-Password.
//
// An error means that the Access-Accept must be treated as an Access-Reject:
// an attribute of invalid length (RFC 2865 section 5), a Service-Type other
// than Framed (section 5.6), or tunnels of which none can be used (RFC 2868
// section 3.1). Attributes it does not know are ignored.
func Grant(p *layeh.Packet, secret []byte, authenticator [16]byte) (policy.Grant, error) {
	var g policy.Grant
	sets := tunnelSets{secret: secret, authenticator: authenticator}
	for _, a := range p.Attributes {
		if err := grantAttribute(&g, a); err != nil {
			return policy.Grant{}, err
		}
		if err := sets.add(a); err != nil {
			return policy.Grant{}, err
		}
	}
	tunnels, err := sets.finish()
	if err != nil {
		return policy.Grant{}, err
	}
	g.Tunnels = tunnels
	return g, nil
}

// grantAttribute takes one attribute that concerns the session as a whole. Of
// a repeated one the last counts, except Class, of which all count.
func grantAttribute(g *policy.Grant, a *layeh.AVP) error {
	switch a.Type {
	case rfc2865.ServiceType_Type:
		return want(a, "Service-Type", uint32(rfc2865.ServiceType_Value_FramedUser))
	case rfc2865.FramedProtocol_Type:
		return want(a, "Framed-Protocol", uint32(rfc2865.FramedProtocol_Value_PPP))
	case rfc2865.UserName_Type:
		if len(a.Attribute) == 0 {
			return errors.New("an empty User-Name")
		}
		g.User = string(a.Attribute)
	case rfc2865.Class_Type:
		if len(a.Attribute) == 0 {
			return errors.New("an empty Class")
		}
		g.Class = append(g.Class, append([]byte(nil), a.Attribute...))
	case rfc2865.SessionTimeout_Type:
		return seconds(a, "Session-Timeout", &g.SessionTimeout)
	case rfc2865.IdleTimeout_Type:
		return seconds(a, "Idle-Timeout", &g.IdleTimeout)
	case rfc2869.AcctInterimInterval_Type:
		return seconds(a, "Acct-Interim-Interval", &g.InterimInterval)
	default: // a rate, for a tunnel, or unknown
		grantRate(&g.Rates, a)
	}
	return nil
}

func integer(a *layeh.AVP, name string) (uint32, error) {
	if len(a.Attribute) != 4 {
		return 0, fmt.Errorf("%s has %d octets, want 4", name, len(a.Attribute))
	}
	return binary.BigEndian.Uint32(a.Attribute), nil
}

func want(a *layeh.AVP, name string, v uint32) error {
	got, err := integer(a, name)
	if err == nil && got != v {
		err = fmt.Errorf("%s %d is not supported", name, got)
	}
	return err
}

func seconds(a *layeh.AVP, name string, d *time.Duration) error {
	v, err := integer(a, name)
	*d = time.Duration(v) * time.Second
	return err
}
