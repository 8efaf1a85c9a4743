package l2tp

import "fmt"

// An Error is a control message that must not be accepted, with what to
// answer (RFC 2661 sections 4.1, 4.4.2 and 7.1).
type Error struct {
	Of     MessageType // of the message; 0 if it could not be told
	Result Result      // of the StopCCN or, if Session, the CDN
}

// Error describes the defect.
func (e *Error) Error() string {
	if e.Of == 0 {
		return "l2tp: " + e.Result.Message
	}
	return "l2tp: " + e.Of.String() + ": " + e.Result.Message
}

// Session reports whether the error ends the call and not the tunnel.
func (e *Error) Session() bool { return e.Of.Session() }

// A Parser turns the payload of control messages into typed messages. It has
// one of each and returns pointers to them. The zero value is ready to use.
type Parser struct {
	Secret []byte // reveals hidden AVPs; empty: there must be none

	sccrq   SCCRQ
	sccrp   SCCRP
	scccn   SCCCN
	stopccn StopCCN
	hello   HELLO
	ocrq    OCRQ
	ocrp    OCRP
	occn    OCCN
	icrq    ICRQ
	icrp    ICRP
	iccn    ICCN
	cdn     CDN
	wen     WEN
	sli     SLI
	unknown Unknown

	cipher cipher
}

// Parse parses the payload of a control message that is not a ZLB. Hidden
// values are decrypted in place. The error is an *Error; the message then
// holds what could be parsed, so that IDs in it can address the answer, and is
// nil if its type is not known.
func (p *Parser) Parse(payload []byte) (Message, error) {
	m, rest, err := p.begin(payload)
	if err != nil {
		return nil, err
	}
	if _, ok := m.(*Unknown); ok {
		return m, nil
	}
	s := scan{Parser: p, m: m, bit: 1 << m.Type()}
	for len(rest) > 0 {
		a, next, ok := cutAVP(rest)
		if !ok {
			s.fail(ErrorLength, "an AVP is shorter than its header or longer than the message")
			break
		}
		s.avp(&a)
		rest = next
	}
	s.complete()
	if s.err != nil {
		return m, s.err
	}
	return m, nil
}

// begin reads the Message Type AVP and returns the message to fill.
func (p *Parser) begin(payload []byte) (Message, []byte, error) {
	bad := func(code uint16, text string) (Message, []byte, error) {
		return nil, nil, &Error{Result: Result{Code: StopError, Error: code, Message: text}}
	}
	a, rest, ok := cutAVP(payload)
	switch {
	case !ok:
		return bad(ErrorLength, "an AVP is shorter than its header or longer than the message")
	case a.vendor != vendorIETF || a.typ != uint16(AttrMessageType):
		// "This AVP MUST be the first AVP in a message" (section 4.4.1).
		return bad(ErrorRange, "the first AVP is not Message Type")
	case len(a.value) != 2:
		return bad(ErrorLength, "wrong length of "+AttrMessageType.String())
	case a.hidden() || a.flags&avpReserved != 0:
		return bad(ErrorRange, "Message Type is hidden or has reserved bits set")
	}
	t := MessageType(be.Uint16(a.value))
	if m := p.message(t); m != nil {
		return m, rest, nil
	}
	// "If the M-bit is set within the Message Type AVP and the Message Type
	// is unknown to the implementation, the tunnel MUST be cleared."
	if a.mandatory() {
		return bad(ErrorUnknownAVP, fmt.Sprintf("unknown %v", t))
	}
	p.unknown = Unknown{t}
	return &p.unknown, nil, nil
}

// message returns an empty message of type t, nil if t is not known.
func (p *Parser) message(t MessageType) Message {
	switch t {
	case TypeSCCRQ:
		p.sccrq = SCCRQ{}
		return &p.sccrq
	case TypeSCCRP:
		p.sccrp = SCCRP{}
		return &p.sccrp
	case TypeSCCCN:
		p.scccn = SCCCN{}
		return &p.scccn
	case TypeStopCCN:
		p.stopccn = StopCCN{}
		return &p.stopccn
	case TypeHELLO:
		return &p.hello
	case TypeOCRQ:
		p.ocrq = OCRQ{}
		return &p.ocrq
	case TypeOCRP:
		p.ocrp = OCRP{}
		return &p.ocrp
	case TypeOCCN:
		p.occn = OCCN{}
		return &p.occn
	case TypeICRQ:
		p.icrq = ICRQ{Line: p.icrq.Line[:0]}
		return &p.icrq
	case TypeICRP:
		p.icrp = ICRP{}
		return &p.icrp
	case TypeICCN:
		p.iccn = ICCN{}
		return &p.iccn
	case TypeCDN:
		p.cdn = CDN{Disconnect: p.cdn.Disconnect[:0]}
		return &p.cdn
	case TypeWEN:
		p.wen = WEN{}
		return &p.wen
	case TypeSLI:
		p.sli = SLI{}
		return &p.sli
	}
	return nil
}

// A scan is the pass over the AVPs of one message. The first defect decides
// what is answered; what follows is still read.
type scan struct {
	*Parser
	m      Message
	bit    uint32 // of the message type
	seen   uint64 // attributes 0 to 63 accepted
	vector []byte // of the nearest Random Vector AVP before
	hidden int    // AVPs revealed
	err    *Error
}

// maxHidden is how many hidden AVPs of one message are revealed, and maxLine
// how many access line AVPs are kept: more than a message has attributes for.
// Each hidden AVP is worth hashing a Random Vector a hundred times its length.
const maxHidden, maxLine = 64, 32

func (s *scan) fail(code uint16, text string) {
	if s.err == nil {
		s.err = &Error{Of: s.m.Type(), Result: Result{Code: StopError, Error: code, Message: text}}
	}
}

// unknown handles an AVP that is not recognized: M says whether that matters
// (section 4.1).
func (s *scan) unknown(a *avp) {
	if !a.mandatory() {
		return
	}
	name := fmt.Sprintf("unknown mandatory AVP %d", a.typ)
	if a.vendor != vendorIETF {
		name += fmt.Sprintf(" of vendor %d", a.vendor)
	}
	s.fail(ErrorUnknownAVP, name)
}

// malformed handles a defective AVP: "If a malformed AVP is received with the
// M bit set the session or tunnel should be terminated", otherwise it is
// ignored (section 7.1).
func (s *scan) malformed(a *avp, code uint16, what string) {
	if !a.mandatory() {
		return
	}
	s.fail(code, what+" "+AVPType(a.typ).String())
}

// vendorEquivalent is a vendor whose attribute 46 is equivalent to the PPP
// disconnect cause of RFC 3145 (section 4 there).
const vendorEquivalent = 43

func (s *scan) avp(a *avp) {
	// "An AVP received with a reserved bit set to 1 MUST be treated as an
	// unrecognized AVP" (section 4.1).
	if a.flags&avpReserved != 0 {
		s.unknown(a)
		return
	}
	t := AVPType(a.typ)
	switch {
	case a.vendor == VendorADSL && s.bit == icrq:
		s.line(a)
		return
	case a.vendor == vendorEquivalent && t == AttrDisconnectCause:
	case a.vendor != vendorIETF:
		s.unknown(a)
		return
	}
	row := lookup(t)
	switch {
	case row == nil:
		s.unknown(a)
		return
	case row.in&s.bit == 0:
		// Known but out of place. It means nothing here, and peers do send
		// such.
		return
	}
	v := a.value
	if a.hidden() {
		var ok bool
		if v, ok = s.reveal(a, row); !ok {
			return
		}
	}
	if len(v) < row.min || len(v) > row.max {
		s.malformed(a, ErrorLength, "wrong length of")
		return
	}
	s.store(a, t, v)
}

// store gives the message a value of acceptable length.
func (s *scan) store(a *avp, t AVPType, v []byte) {
	switch {
	case t == AttrRandomVector:
		s.vector = v
		return
	case t == AttrProtocolVersion && v[0] != protocolVersion>>8:
		// "The Error Code indicates the highest version supported"
		// (section 4.4.2).
		if s.err == nil {
			s.err = &Error{Of: s.m.Type(), Result: Result{
				Code: StopVersion, Error: protocolVersion,
				Message: fmt.Sprintf("protocol version %d.%d", v[0], v[1]),
			}}
		}
	}
	switch s.m.set(t, v) {
	case faultNone:
		s.seen |= 1 << t
	case faultLength:
		s.malformed(a, ErrorLength, "wrong length of")
	case faultRange:
		// An ID or window of 0 cannot be worked with, whatever M says.
		s.fail(ErrorRange, "zero in "+t.String())
	}
}

// reveal decrypts a hidden value.
func (s *scan) reveal(a *avp, row *attribute) ([]byte, bool) {
	switch {
	case !row.hide:
		s.malformed(a, ErrorRange, "hidden")
	case len(s.Secret) == 0:
		// "The H bit MUST only be set if a shared secret exists"
		// (section 4.3).
		s.malformed(a, ErrorRange, "no secret to reveal")
	case s.vector == nil:
		s.malformed(a, ErrorRange, "no Random Vector before hidden")
	case s.hidden == maxHidden:
		s.malformed(a, ErrorRange, "too many hidden AVPs before")
	default:
		s.hidden++
		v, ok := s.cipher.reveal(a.value, a.typ, Hiding{s.Secret, s.vector})
		if !ok {
			s.malformed(a, ErrorLength, "wrong length of hidden")
		}
		return v, ok
	}
	return nil, false
}

// line keeps an access line AVP of RFC 5515.
func (s *scan) line(a *avp) {
	v := a.value
	if a.hidden() {
		var ok bool
		if v, ok = s.reveal(a, &attribute{hide: true}); !ok {
			return
		}
	}
	l := LineAVP{LineType(a.typ), v}
	if _, _, known := l.Type.bounds(); !known {
		s.unknown(a)
		return
	}
	if !l.Valid() {
		s.malformed(a, ErrorLength, "wrong length of access line")
		return
	}
	if len(s.icrq.Line) < maxLine {
		s.icrq.Line = append(s.icrq.Line, l)
	}
}

// complete checks that required AVPs are there: "A message missing a required
// AVP" is malformed (section 7.1).
func (s *scan) complete() {
	if s.err != nil {
		return
	}
	for t := range attributes {
		row := &attributes[t]
		if t != int(AttrMessageType) && row.required&s.bit != 0 && s.seen&(1<<t) == 0 {
			s.fail(ErrorRange, "missing "+AVPType(t).String())
			return
		}
	}
}

// PeekMessageType returns the type of a control message from its payload,
// without parsing the rest.
func PeekMessageType(payload []byte) (MessageType, bool) {
	a, _, ok := cutAVP(payload)
	if !ok || a.vendor != vendorIETF || a.typ != uint16(AttrMessageType) || len(a.value) != 2 {
		return 0, false
	}
	return MessageType(be.Uint16(a.value)), true
}
