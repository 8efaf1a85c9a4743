package radius

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2868"
	"layeh.com/radius/rfc2869"

	"lacd/policy"
)

// shape is how an attribute's value is written and encoded.
type shape uint8

const (
	shapeText shape = 1 + iota
	shapeNumber
	shapeTaggedText
	shapeTaggedNumber
	shapeTaggedPassword
)

// written is an attribute as FreeRADIUS names it.
type written struct {
	kind   layeh.Type
	shape  shape
	values map[string]uint32 // names of numbers
}

// attributeNames are the attributes that Grant reads.
var attributeNames = map[string]written{
	"user-name":               {rfc2865.UserName_Type, shapeText, nil},
	"class":                   {rfc2865.Class_Type, shapeText, nil},
	"reply-message":           {rfc2865.ReplyMessage_Type, shapeText, nil},
	"service-type":            {rfc2865.ServiceType_Type, shapeNumber, map[string]uint32{"framed-user": 2, "framed": 2, "login-user": 1, "login": 1}},
	"framed-protocol":         {rfc2865.FramedProtocol_Type, shapeNumber, map[string]uint32{"ppp": 1, "slip": 2}},
	"session-timeout":         {rfc2865.SessionTimeout_Type, shapeNumber, nil},
	"idle-timeout":            {rfc2865.IdleTimeout_Type, shapeNumber, nil},
	"acct-interim-interval":   {rfc2869.AcctInterimInterval_Type, shapeNumber, nil},
	"ascend-data-rate":        {ascendDataRate, shapeNumber, nil},
	"ascend-xmit-rate":        {ascendXmitRate, shapeNumber, nil},
	"tunnel-type":             {rfc2868.TunnelType_Type, shapeTaggedNumber, map[string]uint32{"pptp": 1, "l2f": 2, "l2tp": 3, "gre": 10, "vlan": 13}},
	"tunnel-medium-type":      {rfc2868.TunnelMediumType_Type, shapeTaggedNumber, map[string]uint32{"ip": 1, "ipv4": 1, "ipv6": 2, "ieee-802": 6}},
	"tunnel-preference":       {rfc2868.TunnelPreference_Type, shapeTaggedNumber, nil},
	"tunnel-client-endpoint":  {rfc2868.TunnelClientEndpoint_Type, shapeTaggedText, nil},
	"tunnel-server-endpoint":  {rfc2868.TunnelServerEndpoint_Type, shapeTaggedText, nil},
	"tunnel-private-group-id": {rfc2868.TunnelPrivateGroupID_Type, shapeTaggedText, nil},
	"tunnel-assignment-id":    {rfc2868.TunnelAssignmentID_Type, shapeTaggedText, nil},
	"tunnel-client-auth-id":   {rfc2868.TunnelClientAuthID_Type, shapeTaggedText, nil},
	"tunnel-server-auth-id":   {rfc2868.TunnelServerAuthID_Type, shapeTaggedText, nil},
	"tunnel-password":         {rfc2868.TunnelPassword_Type, shapeTaggedPassword, nil},
}

// textSecret hides Tunnel-Password between ParseText and Grant.
const textSecret = "text"

// TextError is something wrong with the text, not with what it says.
type TextError struct {
	Line int
	Err  error
}

// Error returns the line and what is wrong with it.
func (e *TextError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *TextError) Unwrap() error { return e.Err }

// GrantText returns what an Access-Accept allows that is written as text, one
// attribute in a line or several with commas between them, as in a users file
// of FreeRADIUS:
//
//	Tunnel-Type:1 = L2TP
//	Tunnel-Server-Endpoint:1 = "192.0.2.1"
//
// Empty lines and comments are skipped; the names of attributes that have no
// meaning here are returned. An error is a TextError, or that of Grant.
func GrantText(src string) (g policy.Grant, ignored []string, err error) {
	p := &layeh.Packet{Code: layeh.CodeAccessAccept, Secret: []byte(textSecret)}
	n := 0
	for line := range strings.Lines(src) {
		n++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		for line != "" {
			var item string
			item, line = cutItem(line)
			name, err := addText(p, item)
			if err != nil {
				return policy.Grant{}, nil, &TextError{n, err}
			}
			if name != "" {
				ignored = append(ignored, name)
			}
		}
	}
	g, err = Grant(p, p.Secret, p.Authenticator)
	return g, ignored, err
}

// cutItem returns what stands before the first comma outside of quotes.
func cutItem(line string) (item, rest string) {
	quoted := false
	for i := range len(line) {
		switch c := line[i]; {
		case c == '\\' && quoted && i+1 < len(line):
			continue
		case c == '"' && (i == 0 || line[i-1] != '\\'):
			quoted = !quoted
		case c == ',' && !quoted:
			return strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:])
		}
	}
	return line, ""
}

// addText adds one attribute, or returns its name if it has no meaning here.
func addText(p *layeh.Packet, item string) (ignored string, err error) {
	name, value, ok := strings.Cut(item, "=")
	name = strings.TrimRight(name, " \t+:")
	if !ok || name == "" {
		return "", fmt.Errorf("%q is not Attribute-Name = value", item)
	}
	var tag uint64
	if base, text, tagged := strings.Cut(name, ":"); tagged {
		if tag, err = strconv.ParseUint(text, 10, 8); err != nil || tag > maxTag {
			return "", fmt.Errorf("%s: the tag must be from 0 to %d", name, maxTag)
		}
		name = base
	}
	if value, err = unquote(strings.TrimSpace(value)); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	w, ok := attributeNames[strings.ToLower(name)]
	if !ok {
		return name, nil
	}
	if tag != 0 && w.shape < shapeTaggedText {
		return "", fmt.Errorf("%s has no tag", name)
	}
	v, err := w.encode(p, byte(tag), value)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if len(v) > 253 {
		return "", fmt.Errorf("%s has %d octets, at most 253 fit", name, len(v))
	}
	p.Add(w.kind, v)
	return "", nil
}

func unquote(s string) (string, error) {
	if !strings.HasPrefix(s, `"`) {
		return s, nil
	}
	u, err := strconv.Unquote(s)
	if err != nil {
		return "", fmt.Errorf("%s is not a quoted string", s)
	}
	return u, nil
}

func (w *written) encode(p *layeh.Packet, tag byte, value string) (layeh.Attribute, error) {
	switch w.shape {
	case shapeNumber, shapeTaggedNumber:
		n, err := w.number(value)
		if err != nil {
			return nil, err
		}
		a := layeh.NewInteger(n)
		if w.shape == shapeTaggedNumber {
			if n > 1<<24-1 {
				return nil, fmt.Errorf("%d does not fit into three octets", n)
			}
			a[0] = tag
		}
		return a, nil
	case shapeTaggedPassword:
		hidden, err := layeh.NewTunnelPassword([]byte(value), []byte{0x80, 0x01}, p.Secret, p.Authenticator[:])
		return append(layeh.Attribute{tag}, hidden...), err
	case shapeTaggedText:
		if tag != 0 {
			return append(layeh.Attribute{tag}, value...), nil
		}
		return layeh.Attribute(value), nil
	case shapeText:
		if digits, ok := strings.CutPrefix(value, "0x"); ok {
			return hex.DecodeString(digits)
		}
		return layeh.Attribute(value), nil
	}
	return nil, fmt.Errorf("shape %d", w.shape)
}

// number reads a number, one of its names, or an IPv4 address.
func (w *written) number(value string) (uint32, error) {
	if n, ok := w.values[strings.ToLower(value)]; ok {
		return n, nil
	}
	if a, err := netip.ParseAddr(value); err == nil && a.Is4() {
		b := a.As4()
		return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), nil
	}
	n, err := strconv.ParseUint(value, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", value)
	}
	return uint32(n), nil
}
