package l2tp

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Result Codes of StopCCN (RFC 2661 section 4.4.2).
const (
	StopGeneral    uint16 = 1 // general request to clear the control connection
	StopError      uint16 = 2 // general error: see the Error Code
	StopExists     uint16 = 3 // control channel already exists
	StopDenied     uint16 = 4 // requester is not authorized to establish a control channel
	StopVersion    uint16 = 5 // protocol version not supported; the Error Code is the highest that is
	StopShutdown   uint16 = 6 // requester is being shut down
	StopStateError uint16 = 7 // finite state machine error
)

// Result Codes of CDN (RFC 2661 section 4.4.2).
const (
	CallCarrierLost uint16 = 1  // call disconnected due to loss of carrier
	CallError       uint16 = 2  // general error: see the Error Code
	CallAdmin       uint16 = 3  // administrative reasons
	CallNoResources uint16 = 4  // lack of facilities, temporary condition
	CallUnavailable uint16 = 5  // lack of facilities, permanent condition
	CallTimeout     uint16 = 10 // not established within time allotted by the LAC
)

// General Error Codes, for Result Code 2 (RFC 2661 section 4.4.2).
const (
	ErrorNone       uint16 = 0
	ErrorNoTunnel   uint16 = 1 // no control connection exists yet for this pair
	ErrorLength     uint16 = 2 // length is wrong
	ErrorRange      uint16 = 3 // a field was out of range or a reserved one not zero
	ErrorResources  uint16 = 4 // insufficient resources now
	ErrorSession    uint16 = 5 // the Session ID is invalid in this context
	ErrorVendor     uint16 = 6 // vendor specific
	ErrorTryAnother uint16 = 7 // try another LNS; the text may name it (RFC 3193 section 4)
	ErrorUnknownAVP uint16 = 8 // unknown AVP with the M bit set
)

// A Result is why a call or tunnel ended: the Result Code AVP of CDN or
// StopCCN, and the PPP disconnect cause of a CDN.
type Result struct {
	Code       uint16 // Result Code, whose meaning depends on the message
	Error      uint16 // General Error Code if Code is 2
	Message    string // for people; "" if there is none
	Disconnect *DisconnectCause
}

// String formats a result for logs: "2/8 unknown AVP 99".
func (r Result) String() string {
	s := fmt.Sprintf("%d", r.Code)
	if r.Error != 0 {
		s = fmt.Sprintf("%d/%d", r.Code, r.Error)
	}
	if r.Message != "" {
		s += " " + r.Message
	}
	for d := r.Disconnect; d != nil; d = d.Next {
		s += fmt.Sprintf(" (PPP disconnect cause %d protocol 0x%04x direction %d", d.Code, d.Protocol, d.Direction)
		if d.Message != "" {
			s += ": " + d.Message
		}
		s += ")"
	}
	return s
}

// Redirect returns the address of the LNS that a result of 2/7 names: "the
// Error Message ... MUST contain only the IP address" (RFC 3193 section 4).
func (r Result) Redirect() (netip.Addr, bool) {
	if r.Code != StopError || r.Error != ErrorTryAnother {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(strings.TrimSpace(r.Message))
	return a, err == nil && !a.IsUnspecified() && !a.IsMulticast() && !a.Unmap().IsLoopback()
}

// A DisconnectCause says why PPP ended (RFC 3145 section 2). It informs and
// "MUST NOT affect the operation of the tunnel or session".
type DisconnectCause struct {
	Code      uint16 // section 3
	Protocol  uint16 // PPP control protocol concerned, or 0
	Direction uint8  // 0 global, 1 at the peer, 2 at the local end
	Message   string
	Next      *DisconnectCause // further copies, one per NCP
}

// A ResultCode is the Result Code AVP (RFC 2661 section 4.4.2). The Length of
// the AVP says which fields exist; those that do not are zero.
type ResultCode struct {
	Code  uint16
	Error uint16
	Text  []byte // UTF-8, as received
}

func (r *ResultCode) set(v []byte) fault {
	if len(v) == 3 {
		return faultLength
	}
	r.Code = be.Uint16(v)
	if len(v) >= 4 {
		r.Error, r.Text = be.Uint16(v[2:]), v[4:]
	}
	return faultNone
}

func (r *ResultCode) encode(e *encoder) {
	v := be.AppendUint16(make([]byte, 0, 64), r.Code)
	if r.Error != 0 || len(r.Text) > 0 {
		v = append(be.AppendUint16(v, r.Error), clip(r.Text, maxValue-4)...)
	}
	e.bytes(AttrResultCode, v)
}

// A Disconnect is one PPP Disconnect Cause Code AVP as it stands in a CDN.
type Disconnect struct {
	Code      uint16
	Protocol  uint16
	Direction uint8
	Text      []byte
}

func (d *Disconnect) encode(e *encoder) {
	v := be.AppendUint16(make([]byte, 0, 64), d.Code)
	v = be.AppendUint16(v, d.Protocol)
	v = append(v, d.Direction)
	e.bytes(AttrDisconnectCause, append(v, clip(d.Text, maxValue-5)...))
}

// maxText is how much of a text of the peer is kept, in octets: it goes into
// logs and RADIUS.
const maxText = 253

// Text returns a text of the peer cut and made printable.
func Text(b []byte) string { return Printable(clip(b, maxText)) }

// Outcome returns the result a StopCCN carries.
func (m *StopCCN) Outcome() Result {
	return Result{Code: m.Result.Code, Error: m.Result.Error, Message: Text(m.Result.Text)}
}

// Outcome returns the result a CDN carries.
func (m *CDN) Outcome() Result {
	r := Result{Code: m.Result.Code, Error: m.Result.Error, Message: Text(m.Result.Text)}
	next := &r.Disconnect
	for _, d := range m.Disconnect {
		*next = &DisconnectCause{Code: d.Code, Protocol: d.Protocol, Direction: d.Direction, Message: Text(d.Text)}
		next = &(*next).Next
	}
	return r
}

// ResultCode returns the AVP that carries r.
func (r Result) ResultCode() ResultCode {
	return ResultCode{Code: r.Code, Error: r.Error, Text: []byte(strings.ToValidUTF8(r.Message, "?"))}
}

// Disconnects returns the AVPs that carry r.Disconnect.
func (r Result) Disconnects() []Disconnect {
	var all []Disconnect
	for d := r.Disconnect; d != nil; d = d.Next {
		all = append(all, Disconnect{d.Code, d.Protocol, d.Direction, []byte(strings.ToValidUTF8(d.Message, "?"))})
	}
	return all
}

// Printable makes text of the peer fit for logs and RADIUS: valid UTF-8
// without control characters.
func Printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(string(b), "?"))
}

// clip cuts text to at most n octets without splitting a character.
func clip(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}
