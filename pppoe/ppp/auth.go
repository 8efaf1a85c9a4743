package ppp

import "unicode/utf8"

// PAPRequest is the data of a PAP Authenticate-Request (RFC 1334 section
// 2.2.1). Both fields hold 0 to 255 octets.
type PAPRequest struct {
	Name     []byte
	Password []byte
}

// ParsePAPRequest reads the data of an Authenticate-Request. The fields alias
// b; octets after the password are ignored.
func ParsePAPRequest(b []byte) (PAPRequest, error) {
	name, b, ok := cutCounted(b)
	if !ok {
		return PAPRequest{}, ErrShort
	}
	password, _, ok := cutCounted(b)
	if !ok {
		return PAPRequest{}, ErrShort
	}
	return PAPRequest{name, password}, nil
}

// AppendTo appends the data of the request to b.
func (r PAPRequest) AppendTo(b []byte) []byte {
	b = append(append(b, byte(len(r.Name))), r.Name...)
	return append(append(b, byte(len(r.Password))), r.Password...)
}

// CHAPValue is the data of a CHAP Challenge or Response (RFC 1994 section
// 4.1).
type CHAPValue struct {
	Value []byte // 1 to 255 octets
	Name  []byte // the rest of the packet, may be empty
}

// ParseCHAPValue reads the data of a Challenge or Response. The fields alias b.
func ParseCHAPValue(b []byte) (CHAPValue, error) {
	value, name, ok := cutCounted(b)
	if !ok {
		return CHAPValue{}, ErrShort
	}
	if len(value) == 0 { // "The Value field is one or more octets."
		return CHAPValue{}, ErrLength
	}
	return CHAPValue{value, name}, nil
}

// AppendTo appends the data of the packet to b.
func (v CHAPValue) AppendTo(b []byte) []byte {
	b = append(append(b, byte(len(v.Value))), v.Value...)
	return append(b, v.Name...)
}

// cutCounted cuts a field preceded by its length in one octet.
func cutCounted(b []byte) (field, rest []byte, ok bool) {
	if len(b) < 1 || len(b)-1 < int(b[0]) {
		return nil, nil, false
	}
	n := 1 + int(b[0])
	return b[1:n:n], b[n:], true
}

// maxText is what the Msg-Length octet of RFC 1334 section 2.2.2 can count.
const maxText = 255

// clip shortens text to what a message holds, at a character boundary.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	n := maxText
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// appendRefusal appends a PAP Authenticate-Nak (RFC 1334 section 2.2.2) or a
// CHAP Failure (RFC 1994 section 4.2) to b.
func appendRefusal(b []byte, p Protocol, id uint8, text string) []byte {
	text = clip(text)
	if p == CHAP {
		return append(appendHeader(b, CHAP, Failure, id, len(text)), text...)
	}
	b = appendHeader(b, PAP, AuthenticateNak, id, 1+len(text))
	return append(append(b, byte(len(text))), text...)
}
