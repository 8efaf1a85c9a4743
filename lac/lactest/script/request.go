package script

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// RADIUS codes (RFC 2865 section 3, RFC 5176 section 2.3).
const (
	AccessRequest      = 1
	AccessAccept       = 2
	AccessReject       = 3
	AccountingRequest  = 4
	AccountingResponse = 5
	AccessChallenge    = 11
	StatusServer       = 12
)

// Acct-Status-Type (RFC 2866 section 5.1, RFC 2867 section 3).
const (
	AcctStart        = 1
	AcctStop         = 2
	AcctInterim      = 3
	AcctOn           = 7
	AcctOff          = 8
	AcctTunnelStart  = 9
	AcctTunnelStop   = 10
	AcctTunnelReject = 11
	AcctLinkStart    = 12
	AcctLinkStop     = 13
	AcctLinkReject   = 14
)

// Request is a RADIUS packet as received: a request of the gateway, or its
// answer to a request of ours.
type Request struct {
	At       time.Time
	From, To netip.AddrPort
	Raw      []byte

	Code, ID      byte
	Authenticator [16]byte
	Attrs         []Attribute
	Repeat        bool // not new: the same octets came from the same port before

	srv *RADIUS
}

// parse decodes a packet. It must fill the datagram, and its attributes the
// packet: a gateway that pads is not known.
func parse(b []byte) (*Request, error) {
	q := &Request{Raw: b}
	if len(b) < 20 || len(b) > 4096 {
		return q, fmt.Errorf("%d octets are no RADIUS packet", len(b))
	}
	q.Code, q.ID = b[0], b[1]
	copy(q.Authenticator[:], b[4:])
	if n := int(be.Uint16(b[2:])); n != len(b) {
		return q, fmt.Errorf("the Length field is %d, the datagram has %d", n, len(b))
	}
	for p := b[20:]; len(p) > 0; {
		if len(p) < 3 || p[1] < 3 || int(p[1]) > len(p) {
			return q, fmt.Errorf("attribute %d has Length %d of %d octets", p[0], p[min(1, len(p)-1)], len(p))
		}
		q.Attrs = append(q.Attrs, Attribute{Type: p[0], Length: p[1], Value: p[2:p[1]]})
		p = p[p[1]:]
	}
	return q, nil
}

// ParseRequest decodes a request of the gateway. The error tells what the RFCs
// forbid about it; the request is decoded as far as possible.
func ParseRequest(b []byte, secret string) (*Request, error) {
	q, err := parse(b)
	if err != nil {
		return q, err
	}
	return q, q.check(secret)
}

// Values returns the values of all attributes of a type, in order.
func (q *Request) Values(t byte) [][]byte {
	var values [][]byte
	for _, a := range q.Attrs {
		if a.Type == t {
			values = append(values, a.Value)
		}
	}
	return values
}

// Value returns the value of the first attribute of a type, nil if there is none.
func (q *Request) Value(t byte) []byte {
	if v := q.Values(t); len(v) > 0 {
		return v[0]
	}
	return nil
}

// Has reports whether an attribute is there.
func (q *Request) Has(t byte) bool { return q.Value(t) != nil }

// Text returns a value as text, "" if it is not there.
func (q *Request) Text(t byte) string { return string(q.Value(t)) }

// U32 returns a four-octet value, 0 if it is not there.
func (q *Request) U32(t byte) uint32 {
	if v := q.Value(t); len(v) == 4 {
		return be.Uint32(v)
	}
	return 0
}

// Status returns Acct-Status-Type.
func (q *Request) Status() uint32 { return q.U32(AcctStatusType) }

// Password decrypts User-Password (RFC 2865 section 5.2). The padding, of which
// the password itself has none, is cut off.
func (q *Request) Password() string {
	return strings.TrimRight(string(scramble(q.srv.Secret, q.Authenticator[:], q.Value(UserPassword), false)), "\x00")
}

// Knows reports whether the credentials of an Access-Request prove the password,
// as a RADIUS server would find (RFC 2865 sections 5.2, 5.3).
func (q *Request) Knows(password string) bool {
	v := q.Value(CHAPPassword)
	if v == nil {
		return q.Has(UserPassword) && q.Password() == password
	}
	if len(v) != 17 {
		return false
	}
	sum := CHAPResponse(v[0], password, q.Value(CHAPChallenge))
	return bytes.Equal(sum[:], v[1:])
}

// Answer is how a request is answered. What is zero is as it should be.
type Answer struct {
	Code       byte
	Attributes []Attribute

	ID       byte   // added to the identifier
	Signer   string // secret of the Message-Authenticator
	Secret   string // secret of the Response Authenticator
	Unsigned bool   // no Message-Authenticator
	Last     bool   // Message-Authenticator after everything else
	Extra    int    // added to Length
	Trailer  []byte // after what Length counts
}

// Build encodes an answer. The Message-Authenticator is the first attribute
// (draft-ietf-radext-deprecating-radius); accounting has none (RFC 2866).
func (q *Request) Build(a Answer) []byte {
	secret, signer := q.srv.Secret, q.srv.Secret
	if a.Secret != "" {
		secret = a.Secret
	}
	if a.Signer != "" {
		signer = a.Signer
	}
	b := append([]byte{a.Code, q.ID + a.ID, 0, 0}, q.Authenticator[:]...)
	signed := !a.Unsigned && a.Code != AccountingResponse
	at := 0
	sign := func() { at, b = len(b)+2, append(append(b, MessageAuthenticator, 18), make([]byte, 16)...) }
	if signed && !a.Last {
		sign()
	}
	for _, att := range a.Attributes {
		b = att.append(b, q.srv.Secret, q.Authenticator[:])
	}
	if signed && a.Last {
		sign()
	}
	be.PutUint16(b[2:], uint16(len(b)+a.Extra))
	if signed {
		copy(b[at:], hmacMD5(signer, b))
	}
	sum := md5.Sum(append(slices.Clone(b), secret...))
	copy(b[4:20], sum[:])
	return append(b, a.Trailer...)
}

func hmacMD5(secret string, b []byte) []byte {
	h := hmac.New(md5.New, []byte(secret))
	h.Write(b)
	return h.Sum(nil)
}

// Write sends octets to where the request came from, from where it went.
func (q *Request) Write(b []byte) { q.srv.send(q.To.Port(), q.From, b) }

// Reply answers the request.
func (q *Request) Reply(a Answer) { q.Write(q.Build(a)) }

// Accept answers with an Access-Accept.
func (q *Request) Accept(attributes ...Attribute) {
	q.Reply(Answer{Code: AccessAccept, Attributes: attributes})
}

// Reject answers with an Access-Reject.
func (q *Request) Reject(attributes ...Attribute) {
	q.Reply(Answer{Code: AccessReject, Attributes: attributes})
}

// Acknowledge answers with an Accounting-Response.
func (q *Request) Acknowledge() { q.Reply(Answer{Code: AccountingResponse}) }

func (q *Request) String() string {
	if q == nil {
		return "nothing"
	}
	var s strings.Builder
	fmt.Fprintf(&s, "code %d id %d from %v", q.Code, q.ID, q.From)
	for _, a := range q.Attrs {
		fmt.Fprintf(&s, " %v", a)
	}
	return s.String()
}
