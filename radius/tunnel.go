package radius

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2868"

	"lacd/policy"
)

// maxTag is the highest tag; a first octet above it is data (RFC 2868 section
// 3.3).
const maxTag = 0x1f

// tunnelSets groups tunnel attributes by tag. Each tag is one alternative;
// untagged attributes are one more, not defaults for the others.
type tunnelSets struct {
	secret        []byte
	authenticator [16]byte
	sets          []tunnelSet // in the order in which their tags appear
}

// tunnelSet is the attributes of one tag.
type tunnelSet struct {
	policy.Tunnel
	kind, medium uint32 // Tunnel-Type, Tunnel-Medium-Type
	seen         uint32 // bit per attribute, see tunnelBit
}

// tunnelBit numbers the attributes that belong to a set.
func tunnelBit(t layeh.Type) (bit uint32, name string) {
	switch t {
	case rfc2868.TunnelType_Type:
		return 1 << 0, "Tunnel-Type"
	case rfc2868.TunnelMediumType_Type:
		return 1 << 1, "Tunnel-Medium-Type"
	case rfc2868.TunnelClientEndpoint_Type:
		return 1 << 2, "Tunnel-Client-Endpoint"
	case rfc2868.TunnelServerEndpoint_Type:
		return 1 << 3, "Tunnel-Server-Endpoint"
	case rfc2868.TunnelPassword_Type:
		return 1 << 4, "Tunnel-Password"
	case rfc2868.TunnelPrivateGroupID_Type:
		return 1 << 5, "Tunnel-Private-Group-ID"
	case rfc2868.TunnelAssignmentID_Type:
		return 1 << 6, "Tunnel-Assignment-ID"
	case rfc2868.TunnelPreference_Type:
		return 1 << 7, "Tunnel-Preference"
	case rfc2868.TunnelClientAuthID_Type:
		return 1 << 8, "Tunnel-Client-Auth-ID"
	case rfc2868.TunnelServerAuthID_Type:
		return 1 << 9, "Tunnel-Server-Auth-ID"
	default:
		return 0, ""
	}
}

const (
	sawType   = 1 << 0
	sawMedium = 1 << 1
	sawServer = 1 << 3
)

// add takes one attribute, if it describes a tunnel. An error means that its
// length is invalid.
func (s *tunnelSets) add(a *layeh.AVP) error {
	bit, name := tunnelBit(a.Type)
	if bit == 0 {
		return nil
	}
	v := []byte(a.Attribute)
	if len(v) == 0 {
		return fmt.Errorf("an empty %s", name)
	}
	var tag uint8
	if v[0] <= maxTag {
		tag, v = v[0], v[1:]
	}
	set := s.get(tag)
	if set.seen&bit != 0 {
		set.unusable(name + " occurs twice")
		return nil
	}
	set.seen |= bit
	switch a.Type {
	case rfc2868.TunnelType_Type, rfc2868.TunnelMediumType_Type, rfc2868.TunnelPreference_Type:
		return set.number(a, name)
	case rfc2868.TunnelPassword_Type:
		// The tag octet is always there; above 0x1f it means nothing
		// (RFC 2868 section 3.5).
		s.password(set, a.Attribute[1:])
	default:
		set.text(a.Type, string(v))
	}
	return nil
}

func (s *tunnelSets) get(tag uint8) *tunnelSet {
	for i := range s.sets {
		if s.sets[i].Tag == tag {
			return &s.sets[i]
		}
	}
	s.sets = append(s.sets, tunnelSet{Tunnel: policy.Tunnel{Tag: tag}})
	return &s.sets[len(s.sets)-1]
}

// number takes an attribute with a tag octet and three octets of value.
func (t *tunnelSet) number(a *layeh.AVP, name string) error {
	v := a.Attribute
	if len(v) != 4 {
		return fmt.Errorf("%s has %d octets, want 4", name, len(v))
	}
	n := uint32(v[1])<<16 | uint32(v[2])<<8 | uint32(v[3])
	switch a.Type {
	case rfc2868.TunnelType_Type:
		t.kind = n
	case rfc2868.TunnelMediumType_Type:
		t.medium = n
	default:
		t.Preference = n
	}
	return nil
}

func (t *tunnelSet) text(kind layeh.Type, v string) {
	switch kind {
	case rfc2868.TunnelClientEndpoint_Type:
		t.Client = v
	case rfc2868.TunnelServerEndpoint_Type:
		t.Server = v
	case rfc2868.TunnelPrivateGroupID_Type:
		t.PrivateGroup = v
	case rfc2868.TunnelAssignmentID_Type:
		t.Assignment = v
	case rfc2868.TunnelClientAuthID_Type:
		t.ClientAuthID = v
	default:
		t.ServerAuthID = v
	}
}

// password decrypts salt and ciphertext. A set whose secret is unknown cannot
// be used: leaving tunnel authentication out is not what was asked for.
func (s *tunnelSets) password(t *tunnelSet, v []byte) {
	plain, _, err := layeh.TunnelPassword(v, s.secret, s.authenticator[:])
	if err != nil {
		t.unusable("Tunnel-Password cannot be decrypted: " + err.Error())
		return
	}
	t.Secret, t.HasSecret = policy.Secret(plain), true
}

func (t *tunnelSet) unusable(why string) {
	if t.Unusable == "" {
		t.Unusable = why
	}
}

// finish returns the alternatives. An error means that there are some and none
// can be used: "if a tunnel initiator receives an Access-Accept packet which
// contains only unknown or unsupported Tunnel-Types, the tunnel initiator MUST
// behave as though an Access-Reject had been received" (RFC 2868 section 3.1).
func (s *tunnelSets) finish() ([]policy.Tunnel, error) {
	if len(s.sets) == 0 {
		return nil, nil
	}
	tunnels := make([]policy.Tunnel, 0, len(s.sets))
	var reasons []string
	for i := range s.sets {
		t := &s.sets[i]
		t.check()
		if t.Unusable != "" {
			reasons = append(reasons, fmt.Sprintf("tag %d: %s", t.Tag, t.Unusable))
		}
		tunnels = append(tunnels, t.Tunnel)
	}
	if len(reasons) == len(tunnels) {
		return nil, errors.New("no usable tunnel: " + strings.Join(reasons, "; "))
	}
	return tunnels, nil
}

// check decides whether the set as a whole can be used.
func (t *tunnelSet) check() {
	switch kind := rfc2868.TunnelType(t.kind); {
	case t.seen&sawType == 0:
		t.unusable("no Tunnel-Type")
	case kind != rfc2868.TunnelType_Value_L2TP:
		t.unusable(fmt.Sprintf("Tunnel-Type %d%s is not L2TP", t.kind, typeName(kind)))
	case t.seen&sawServer == 0 || t.Server == "":
		t.unusable("no Tunnel-Server-Endpoint")
	case t.seen&sawMedium != 0:
		t.checkMedium()
	}
}

// typeName returns the name of a known tunnel type, as a remark.
func typeName(t rfc2868.TunnelType) string {
	if name, ok := rfc2868.TunnelType_Strings[t]; ok {
		return " (" + name + ")"
	}
	return ""
}

// checkMedium compares the medium with the endpoints, as far as those are
// addresses and not names (RFC 2868 sections 3.2 to 3.4).
func (t *tunnelSet) checkMedium() {
	medium := rfc2868.TunnelMediumType(t.medium)
	if medium != rfc2868.TunnelMediumType_Value_IPv4 && medium != rfc2868.TunnelMediumType_Value_IPv6 {
		t.unusable(fmt.Sprintf("Tunnel-Medium-Type %d is neither IPv4 nor IPv6", t.medium))
		return
	}
	for _, endpoint := range []string{t.Server, t.Client} {
		a, err := netip.ParseAddr(endpoint)
		if err != nil {
			continue // a name, or several endpoints: policy chooses those that fit
		}
		if a.Is4() != (medium == rfc2868.TunnelMediumType_Value_IPv4) {
			t.unusable(fmt.Sprintf("endpoint %s does not fit Tunnel-Medium-Type %d", endpoint, t.medium))
		}
	}
	if t.Medium = 6; medium == rfc2868.TunnelMediumType_Value_IPv4 {
		t.Medium = 4
	}
}
