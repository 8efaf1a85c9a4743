package ppp

import "time"

// phase is how far the authentication has come.
type phase uint8

const (
	authNone    phase = iota // LCP is not opened, or being closed
	authWaiting              // for the subscriber's answer
	authGiven                // Authenticate, or Open, was given
	authRefused              // Reject was called
)

// challengeLen is what RFC 1994 section 4.1 leaves open: "the length of the
// Challenge Value depends upon the method used". 16 octets also fit the
// Request Authenticator of RADIUS.
const challengeLen = 16

// md5Len is the length of a Response Value (RFC 1994 section 4.1).
const md5Len = 16

// exchange is the authentication of the subscriber.
type exchange struct {
	phase       phase
	protocol    Protocol // agreed; 0: none
	id          uint8    // of the last Challenge
	answered    uint8    // identifier of the latest answer
	challenge   [challengeLen]byte
	text        string    // of the refusal
	limitAt     time.Time // when the subscriber must have answered
	challengeAt time.Time // when the next Challenge is due
}

func (x *exchange) reset() {
	x.limitAt, x.challengeAt = time.Time{}, time.Time{}
	if x.phase != authRefused {
		*x = exchange{id: x.id}
	}
}

// startAuth enters the Authentication phase.
func (l *Link) startAuth(now time.Time) {
	x := &l.auth
	x.protocol = l.authProtocol()
	if x.protocol == 0 {
		x.phase = authGiven
		l.actions = append(l.actions, Open{})
		return
	}
	x.phase = authWaiting
	x.limitAt = now.Add(l.cfg.authTimeout())
	if x.protocol == CHAP {
		l.sendChallenge(now)
	}
}

// sendChallenge sends a new Challenge: RFC 1994 section 4.1, both "the
// Identifier field MUST be changed each time a Challenge is sent" and "the
// Challenge Value MUST be changed each time a Challenge is sent".
func (l *Link) sendChallenge(now time.Time) {
	x := &l.auth
	x.id++
	value := l.draw()
	copy(x.challenge[:], value[:])
	b := make([]byte, 0, headerLen+1+challengeLen+len(l.cfg.Name))
	b = appendHeader(b, CHAP, Challenge, x.id, cap(b)-headerLen)
	l.send(CHAPValue{x.challenge[:], []byte(l.cfg.Name)}.AppendTo(b))
	x.challengeAt = now.Add(l.cfg.challengeRetry())
}

// receiveAuth handles a PAP or CHAP packet.
func (l *Link) receiveAuth(p Packet) {
	x := &l.auth
	switch {
	case x.phase == authRefused && l.state == stateClosing:
	case l.state != stateOpened:
		// RFC 1661 section 3.4: before that only LCP is allowed.
		l.drop(dropEarly)
		return
	}
	switch {
	case p.Protocol != x.protocol:
		l.drop(dropAuthOther)
	case p.Protocol == PAP && p.Code == AuthenticateRequest:
		l.receivePAP(p)
	case p.Protocol == CHAP && p.Code == Response:
		l.receiveResponse(p)
	default:
		l.drop(dropCode)
	}
}

// receivePAP handles an Authenticate-Request.
func (l *Link) receivePAP(p Packet) {
	if _, err := ParsePAPRequest(p.Data); err != nil {
		l.drop(dropMalformed)
		return
	}
	if !l.first(p.ID) {
		return
	}
	frame := copyPacket(p, nil)
	r, _ := ParsePAPRequest(frame[headerLen:]) // was checked
	l.actions = append(l.actions, Authenticate{Credentials{
		Protocol: PAP, ID: p.ID, Name: r.Name, Response: r.Password, Packet: frame,
	}})
}

// receiveResponse handles a Response.
func (l *Link) receiveResponse(p Packet) {
	// RFC 1994 section 4.1: the identifier "MUST be copied from the
	// Identifier field of the Challenge which caused the Response".
	if p.ID != l.auth.id {
		l.drop(dropChallenge)
		return
	}
	if v, err := ParseCHAPValue(p.Data); err != nil || len(v.Value) != md5Len {
		l.drop(dropMalformed)
		return
	}
	if !l.first(p.ID) {
		return
	}
	b := copyPacket(p, l.auth.challenge[:])
	n := headerLen + len(p.Data)
	frame := b[:n:n]
	v, _ := ParseCHAPValue(frame[headerLen:]) // was checked
	l.actions = append(l.actions, Authenticate{Credentials{
		Protocol: CHAP, ID: p.ID, Name: v.Name, Response: v.Value, Challenge: b[n:], Packet: frame,
	}})
}

// copyPacket returns the frame of p, without padding, followed by extra.
func copyPacket(p Packet, extra []byte) []byte {
	return append(p.AppendTo(make([]byte, 0, headerLen+len(p.Data)+len(extra))), extra...)
}

// first notes a complete answer and reports whether it is the first one.
func (l *Link) first(id uint8) bool {
	x := &l.auth
	switch x.phase {
	case authWaiting:
		x.phase, x.answered = authGiven, id
		x.limitAt, x.challengeAt = time.Time{}, time.Time{}
		return true
	case authGiven:
		// The verdict is still to come, and will be for this identifier:
		// RFC 1334 section 2.2.1, it "MUST be changed each time an
		// Authenticate-Request packet is issued".
		x.answered = id
	case authRefused:
		// RFC 1334 section 2.2.1 and RFC 1994 section 4.1: a repeated
		// answer gets the same reply code.
		x.answered = id
		l.sendRefusal()
	case authNone:
		l.drop(dropEarly)
	}
	return false
}

// AuthID returns the identifier of the subscriber's latest answer. Repeated PAP
// requests bear new ones, and a client may insist that the reply has the last.
func (l *Link) AuthID() uint8 { return l.auth.answered }

// Reject refuses the subscriber: the pending answer gets a PAP
// Authenticate-Nak or CHAP Failure with text, of which 255 octets count, and
// the link is terminated (RFC 1994 section 4.2). Closed follows with Rejected.
func (l *Link) Reject(now time.Time, text string) {
	if l.done {
		return
	}
	x := &l.auth
	if l.state == stateOpened && x.phase == authGiven && x.protocol != 0 {
		x.phase, x.text = authRefused, clip(text)
		l.sendRefusal()
	}
	l.close(now, Rejected)
}

func (l *Link) sendRefusal() {
	x := &l.auth
	l.send(appendRefusal(make([]byte, 0, headerLen+1+len(x.text)), x.protocol, x.answered, x.text))
}
