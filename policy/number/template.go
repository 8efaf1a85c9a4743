package number

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MaxLen is the longest number, in octets: as much as a RADIUS attribute holds
// (RFC 2865 section 5). What does not fit is cut off.
const MaxLen = 253

// Values is what is known of a subscriber. Empty and zero mean not known.
type Values struct {
	CircuitID string // TR-101 Agent Circuit ID
	RemoteID  string // TR-101 Agent Remote ID
	MAC       string
	SVLAN     uint16 // outer VLAN ID
	CVLAN     uint16 // inner VLAN ID
	Port      string // access port
	Access    string // access port and VLAN tags: "eth1:100.200"
	NASPort   uint32
	User      string // as the subscriber sent it
	Name      string // the same without its realm
	Realm     string
	Service   string // PPPoE Service-Name
	Node      string // name of this gateway
}

// field is one name that can stand in braces.
type field uint8

const (
	circuitID field = 1 + iota
	remoteID
	mac
	svlan
	cvlan
	port
	access
	nasPort
	user
	name
	realm
	service
	node
)

var names = [...]string{
	circuitID: "circuit_id", remoteID: "remote_id", mac: "mac", svlan: "svlan", cvlan: "cvlan",
	port: "port", access: "access", nasPort: "nas_port", user: "user", name: "name", realm: "realm", service: "service", node: "node",
}

// Names returns what can stand in braces.
func Names() []string { return append([]string(nil), names[1:]...) }

func fieldOf(name string) (field, bool) {
	for f := circuitID; int(f) < len(names); f++ {
		if names[f] == name {
			return f, true
		}
	}
	return 0, false
}

// of returns the value of a field, empty if it is not known.
func (f field) of(v *Values) string {
	switch f {
	case circuitID:
		return v.CircuitID
	case remoteID:
		return v.RemoteID
	case mac:
		return v.MAC
	case svlan:
		return decimal(uint32(v.SVLAN))
	case cvlan:
		return decimal(uint32(v.CVLAN))
	case port:
		return v.Port
	case access:
		return v.Access
	case nasPort:
		return decimal(v.NASPort)
	case user:
		return v.User
	case name:
		return v.Name
	case realm:
		return v.Realm
	case service:
		return v.Service
	case node:
		return v.Node
	}
	return ""
}

func decimal(n uint32) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}

// Template is how a number is written. The zero value gives "". It is immutable.
type Template struct {
	source string
	parts  []part
}

// part is text, or the first known of some fields.
type part struct {
	text   string
	fields []field // nil: text
}

// UnknownNameError is a name in braces that means nothing.
type UnknownNameError struct{ Name string }

func (e *UnknownNameError) Error() string {
	return "unknown name " + strconv.Quote(e.Name) + " in braces"
}

// ErrBraces is a template in which braces do not match.
var ErrBraces = errors.New("has a brace without its other half")

// Parse reads a template. The error is an *UnknownNameError, ErrBraces, or that
// of an octet which is not printable ASCII.
func Parse(source string) (*Template, error) {
	t := &Template{source: source}
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			t.parts = append(t.parts, part{text: text.String()})
			text.Reset()
		}
	}
	for s := source; s != ""; {
		switch {
		case strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "}}"):
			text.WriteByte(s[0])
			s = s[2:]
		case s[0] == '}':
			return nil, ErrBraces
		case s[0] == '{':
			inside, rest, ok := strings.Cut(s[1:], "}")
			if !ok {
				return nil, ErrBraces
			}
			fields, err := parseFields(inside)
			if err != nil {
				return nil, err
			}
			flush()
			t.parts = append(t.parts, part{fields: fields})
			s = rest
		case s[0] < ' ' || s[0] > '~':
			return nil, fmt.Errorf("has an octet %#02x, which is not printable ASCII", s[0])
		default:
			text.WriteByte(s[0])
			s = s[1:]
		}
	}
	flush()
	return t, nil
}

func parseFields(inside string) ([]field, error) {
	var fields []field
	for name := range strings.SplitSeq(inside, "|") {
		f, ok := fieldOf(name)
		if !ok {
			return nil, &UnknownNameError{name}
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// Must is Parse for templates in the program itself.
func Must(source string) *Template {
	t, err := Parse(source)
	if err != nil {
		panic("number template " + strconv.Quote(source) + ": " + err.Error())
	}
	return t
}

// String returns the template as it was written.
func (t Template) String() string { return t.source }

// Equal reports whether t and o were written the same. go-cmp uses it.
func (t Template) Equal(o Template) bool { return t.source == o.source }

// Number writes the number of a subscriber: printable ASCII, at most MaxLen
// octets. It is empty if t is, or if nothing in it is known.
func (t *Template) Number(v *Values) string {
	var b [MaxLen]byte
	return string(t.write(b[:0], v, true))
}

// Text writes the template with the octets of its fields as they are, and
// however long they are.
func (t *Template) Text(v *Values) string {
	var b [64]byte
	return string(t.write(b[:0], v, false))
}

// write appends the template: as a number, or the octets as they are. What it
// calls is known when it is compiled, so that out can be on the caller's stack.
func (t *Template) write(out []byte, v *Values, number bool) []byte {
	known, asked := false, false
	for _, p := range t.parts {
		if p.fields == nil {
			out = appendTo(out, p.text, number)
			continue
		}
		asked = true
		for _, f := range p.fields {
			if s := f.of(v); s != "" {
				known = true
				out = appendTo(out, s, number)
				break
			}
		}
	}
	if asked && !known {
		return nil
	}
	return out
}

func appendTo(b []byte, s string, number bool) []byte {
	if number {
		return appendSafe(b, s)
	}
	return append(b, s...)
}

const hex = "0123456789ABCDEF"

// appendSafe appends s, as far as there is room, and never half an octet.
func appendSafe(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= ' ' && c <= '~':
			if len(b) == MaxLen {
				return b
			}
			b = append(b, c)
		case len(b)+3 > MaxLen:
			return b
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}
