package session

import (
	"cmp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lacd/lac/cause"
	"lacd/policy"
	"lacd/pppoe/ppp"
)

// authenticate takes the peer's complete answer, or none when authentication
// is left to the LNS, and asks for authorization. The peer is not answered:
// "the LAC does not send PAP-Ack or CHAP-Success: the LNS does".
func (s *Session) authenticate(now time.Time, c ppp.Credentials) {
	if s.state >= Decide {
		return
	}
	s.reached(now, Authenticated)
	s.creds = c
	s.state = Decide
	if !s.byLine {
		s.route = s.policy.Route(s.subscriber())
	}
	switch {
	case s.route.Retailer == nil:
		s.refuse(now, cause.AuthRejected, s.route.Refuse)
	case s.route.AsksRADIUS():
		s.authorize()
	default:
		s.granted(now, policy.Grant{})
	}
}

// authorize asks RADIUS. Only one request is outstanding: if the subscriber
// started over, the answer for its old self is awaited first, and dropped.
func (s *Session) authorize() {
	if s.asked {
		s.askAgain = true
		return
	}
	s.asked = true
	creds := s.creds
	if s.byLine {
		// "dummy password" of RFC 2809 section 4.1.2.2: the server looks at the name.
		creds = ppp.Credentials{Protocol: ppp.PAP, Response: []byte(s.route.Retailer.LinePassword)}
	}
	s.do(Authorize{Retailer: s.route.Retailer, User: s.route.User, Credentials: creds, MRU: s.mru()})
}

// answered reports whether an answer that arrived now is for the question
// that stands.
func (s *Session) answered() bool {
	s.asked = false
	if s.state == Decide && s.askAgain {
		s.askAgain = false
		s.authorize()
		return false
	}
	return s.state == Decide
}

func (s *Session) subscriber() policy.Subscriber {
	sub := policy.Subscriber{
		User: string(s.creds.Name), Port: s.origin.Port, Access: s.origin.Access(), NASPort: s.origin.NASPort, MAC: s.origin.Peer.String(),
		SVLAN: s.origin.VLANs[0].ID, CVLAN: s.origin.VLANs[1].ID, Service: s.origin.Service,
	}
	if l := s.origin.Line; l != nil {
		sub.CircuitID, sub.RemoteID = l.CircuitID, l.RemoteID
	}
	return sub
}

// Refused takes RADIUS's refusal, or its silence, which the retailer may not
// take for one. The text is for the operator;
// the subscriber is told the message, if there is one.
func (s *Session) Refused(now time.Time, c cause.Cause, text, message string) {
	switch {
	case !s.answered():
	case c == cause.AuthUnreachable && s.route.Retailer.RADIUSDown == policy.DownRealm:
		s.route = s.route.WithoutRADIUS(text)
		s.unproven = true
		s.granted(now, policy.Grant{})
	default:
		s.message = message
		s.refuse(now, c, text)
	}
}

// defaultMessage is what a subscriber reads who is told nothing else.
const defaultMessage = "Access denied"

// displayable returns a message as Nak and Failure may carry it: "intended to be
// human readable" (RFC 1994 section 4.2). What could steer a terminal or forge a
// line of a log is a space; the link cuts it to what fits.
func displayable(message string) string {
	plain := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, message)
	return cmp.Or(strings.Join(strings.Fields(plain), " "), defaultMessage)
}

// refuse answers the subscriber's authentication with Nak or Failure, if the
// cause is its own, and ends the session.
func (s *Session) refuse(now time.Time, c cause.Cause, text string) {
	s.detail = text
	s.finish(now, c)
}
