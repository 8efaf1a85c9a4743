package radius

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/subtle"
	"encoding/binary"
	"strings"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"

	"lacd/policy"
)

// Sizes of RFC 2865 section 3.
const (
	headerLen = 20
	maxPacket = 4096
)

// Kind is what an Exchange asks for.
type Kind uint8

// The kinds of exchanges.
const (
	Authentication Kind = 1 + iota // Access-Request
	Accounting                     // Accounting-Request
)

// Drop is why a datagram was discarded. It is an error.
type Drop uint8

// The reasons. Order matters: a datagram is dropped for the first that holds.
const (
	DropShort         Drop = 1 + iota // below 20 octets, or shorter than its Length field
	DropUnknown                       // no request waits under its identifier
	DropCode                          // not an answer to what was asked
	DropUnsigned                      // no Message-Authenticator where one is required
	DropSignature                     // wrong Message-Authenticator
	DropAuthenticator                 // wrong Response Authenticator
	DropLate                          // genuine, but another server was asked meanwhile
	NumDrops
)

var dropNames = [NumDrops]string{
	"", "short", "unknown-id", "unexpected-code", "no-message-authenticator",
	"bad-message-authenticator", "bad-response-authenticator", "late",
}

// String returns the reason as a metric label.
func (d Drop) String() string {
	if d >= NumDrops {
		return "unknown"
	}
	return dropNames[d]
}

// Error returns the reason.
func (d Drop) Error() string { return "radius: reply dropped: " + d.String() }

// Question is what a reply must fit.
type Question struct {
	Kind          Kind
	Authenticator [16]byte // of the request
	Secret        []byte
	// RequireSignature: an answer to an Access-Request without
	// Message-Authenticator is dropped. Accounting is exempt.
	RequireSignature bool
	// Status: the question is a Status-Server. Its answer needs no
	// Message-Authenticator: "The Access-Accept MAY contain" one (RFC 5997
	// section 3).
	Status bool
}

// Reply is a verified answer.
type Reply struct {
	Code          layeh.Code
	Packet        *layeh.Packet // nil if Malformed
	Malformed     bool          // genuine, but its attributes cannot be cut
	authenticator [16]byte      // of the request; hides Tunnel-Password
	secret        []byte
}

// ParseReply verifies a reply. It aliases neither b nor q's arrays. The only
// errors are of type Drop: "the packet is silently discarded".
func ParseReply(b []byte, q *Question) (Reply, error) {
	b, ok := Trim(b)
	if !ok {
		return Reply{}, DropShort
	}
	code := layeh.Code(b[0])
	if !q.answeredBy(code) {
		return Reply{}, DropCode
	}
	at, whole := findSignature(b)
	if at == 0 && q.RequireSignature && q.Kind == Authentication && !q.Status {
		return Reply{}, DropUnsigned
	}
	if at != 0 {
		// The sum covers the Request Authenticator in place of the
		// Response Authenticator (RFC 3579 section 3.2).
		sum := MessageAuthenticator(b, q.Authenticator, q.Secret, at)
		if len(q.Secret) == 0 || subtle.ConstantTimeCompare(sum[:], b[at:at+16]) != 1 {
			return Reply{}, DropSignature
		}
	}
	sum := PacketAuthenticator(b, q.Authenticator, q.Secret)
	if len(q.Secret) == 0 || subtle.ConstantTimeCompare(sum[:], b[4:headerLen]) != 1 {
		return Reply{}, DropAuthenticator
	}
	r := Reply{Code: code, Malformed: !whole, authenticator: q.Authenticator, secret: q.Secret}
	if !whole {
		return r, nil
	}
	p, err := layeh.Parse(b, q.Secret)
	if err != nil { // findSignature cut the same attributes
		r.Malformed = true
		return r, nil
	}
	r.Packet = p
	return r, nil
}

// Trim cuts b to its Length field: "Octets outside the range of the Length
// field MUST be treated as padding and ignored on reception. If the packet is
// shorter than the Length field indicates, it MUST be silently discarded"
// (RFC 2865 section 3).
func Trim(b []byte) ([]byte, bool) {
	if len(b) < headerLen {
		return nil, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < headerLen || n > maxPacket || n > len(b) {
		return nil, false
	}
	return b[:n], true
}

// answeredBy reports whether code answers the question. To a Status-Server
// either is an answer on any port: "clients should be liberal in what they
// accept as responses to Status-Server queries" (RFC 5997 section 4.1).
func (q *Question) answeredBy(code layeh.Code) bool {
	switch {
	case q.Status:
		return code == layeh.CodeAccessAccept || code == layeh.CodeAccountingResponse
	case q.Kind == Accounting:
		return code == layeh.CodeAccountingResponse
	}
	return code == layeh.CodeAccessAccept || code == layeh.CodeAccessReject ||
		code == layeh.CodeAccessChallenge
}

// findSignature returns where the value of the Message-Authenticator begins,
// zero if there is none, and whether the attributes fill the packet exactly.
// Its place among them does not matter.
func findSignature(b []byte) (at int, whole bool) {
	for i := headerLen; i < len(b); {
		if len(b)-i < 2 || b[i+1] < 2 || int(b[i+1]) > len(b)-i {
			return at, false
		}
		if layeh.Type(b[i]) == rfc2869.MessageAuthenticator_Type && at == 0 {
			if b[i+1] != 18 {
				return 0, false
			}
			at = i + 2
		}
		i += int(b[i+1])
	}
	return at, true
}

// MessageAuthenticator computes the HMAC-MD5 of RFC 3579 section 3.2 over b
// with the given authenticator, the value at the given place taken as zero.
func MessageAuthenticator(b []byte, authenticator [16]byte, secret []byte, at int) (sum [16]byte) {
	var zero [16]byte
	h := hmac.New(md5.New, secret)
	h.Write(b[:4])
	h.Write(authenticator[:])
	h.Write(b[headerLen:at])
	h.Write(zero[:])
	h.Write(b[at+16:])
	h.Sum(sum[:0])
	return sum
}

// PacketAuthenticator is MD5(Code+ID+Length+RequestAuth+Attributes+Secret)
// (RFC 2865 section 3).
func PacketAuthenticator(b []byte, authenticator [16]byte, secret []byte) (sum [16]byte) {
	h := md5.New()
	h.Write(b[:4])
	h.Write(authenticator[:])
	h.Write(b[headerLen:])
	h.Write(secret)
	h.Sum(sum[:0])
	return sum
}

// Outcome is an answer to an Access-Request in product words.
type Outcome struct {
	Accepted bool
	Grant    policy.Grant // only if Accepted: nothing of a reject is acted on
	Message  string       // Reply-Message of an accept or reject, for the subscriber
	Detail   string       // why it is a reject, if the server did not say reject
}

// Outcome returns what the answer to an Access-Request means. What cannot be
// served as asked is a reject: an Access-Challenge (RFC 2865 section 4.4), bad
// attribute lengths (section 5), and what Grant refuses.
func (r *Reply) Outcome() Outcome {
	if r.Malformed {
		return Outcome{Detail: r.Code.String() + " with malformed attributes"}
	}
	message := replyMessage(r.Packet)
	switch r.Code {
	case layeh.CodeAccessAccept:
		g, err := Grant(r.Packet, r.secret, r.authenticator)
		if err != nil {
			return Outcome{Detail: "Access-Accept cannot be honoured: " + err.Error()}
		}
		return Outcome{Accepted: true, Grant: g, Message: message}
	case layeh.CodeAccessReject:
		return Outcome{Message: message}
	default:
		return Outcome{Detail: r.Code.String() + " is not supported"}
	}
}

// replyMessage joins the messages in their order (RFC 2865 section 5.18).
func replyMessage(p *layeh.Packet) string {
	var all []string
	for _, a := range p.Attributes {
		if a.Type == rfc2865.ReplyMessage_Type {
			all = append(all, string(a.Attribute))
		}
	}
	return strings.Join(all, " ")
}
