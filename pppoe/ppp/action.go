package ppp

import "strconv"

// Action is what a Link wants done: Send, Authenticate, Open, Down, Closed or
// Drop.
type Action interface{ isAction() }

// Send is a frame for the subscriber, from the PPP protocol field on.
type Send struct{ Packet []byte }

// Authenticate is the subscriber's first complete answer. The verdict is given
// by Reject, or by passing the session to the LNS. Repeated answers do not
// produce a second one, unless LCP was negotiated anew (see Down).
type Authenticate struct{ Credentials }

// Open says that LCP is opened and there is no authentication.
type Open struct{}

// Down says that LCP has left the Opened state, by the peer's doing or silence,
// after Open or Authenticate was given: that no longer holds, nor does Proxy.
// Another one follows when LCP is opened again, or else Closed. Reason is 0 if
// the peer negotiates anew, and what Closed will say if the link is ending.
type Down struct{ Reason Reason }

// Closed says that the link is over. It is the last action.
type Closed struct{ Reason Reason }

// Drop says that something was discarded without an answer. What is one of a
// few constant strings.
type Drop struct{ What string }

func (Send) isAction()         {}
func (Authenticate) isAction() {}
func (Open) isAction()         {}
func (Down) isAction()         {}
func (Closed) isAction()       {}
func (Drop) isAction()         {}

// Credentials is how the subscriber answered the authentication. Nothing in it
// aliases the frame that was received.
type Credentials struct {
	Protocol  Protocol // PAP or CHAP; 0: none
	ID        uint8    // of the PAP request or the CHAP Challenge; see Link.AuthID
	Name      []byte   // may be empty
	Challenge []byte   // CHAP: the value that was sent
	Response  []byte   // CHAP: 16 octets; PAP: the password
	Packet    []byte   // the frame, from the protocol field, padding removed
}

// Reason is why a link was closed.
type Reason uint8

// The reasons.
const (
	PeerTerminated    Reason = 1 + iota // the subscriber sent Terminate-Request
	LocalTerminated                     // Terminate was called
	NegotiationFailed                   // LCP did not converge
	NoAnswer                            // the subscriber never spoke LCP
	AuthTimeout                         // the subscriber did not answer the authentication
	EchoTimeout                         // the subscriber stopped answering Echo-Requests
	Loopback                            // the subscriber is ourselves (RFC 1661 section 6.4)
	Rejected                            // Reject was called
	AuthRefused                         // the subscriber accepts none of our authentication protocols
	numReasons
)

var reasonNames = [numReasons]string{
	PeerTerminated:    "peer-terminated",
	LocalTerminated:   "local-terminated",
	NegotiationFailed: "negotiation-failed",
	NoAnswer:          "no-answer",
	AuthTimeout:       "auth-timeout",
	EchoTimeout:       "echo-timeout",
	Loopback:          "loopback",
	Rejected:          "rejected",
	AuthRefused:       "auth-refused",
}

// String returns a stable label.
func (r Reason) String() string {
	if r == 0 || r >= numReasons {
		return "reason " + strconv.Itoa(int(r))
	}
	return reasonNames[r]
}

// terminateText is the data of our Terminate-Request, for the log of the peer
// (RFC 1661 section 5.5: uninterpreted).
func (r Reason) terminateText() string {
	switch r {
	case AuthTimeout:
		return "authentication timed out"
	case EchoTimeout:
		return "no echo replies"
	case Loopback:
		return "link is looped back"
	case Rejected:
		return "authentication failed"
	case AuthRefused:
		return "authentication required"
	case NegotiationFailed:
		return "LCP did not converge"
	case PeerTerminated, LocalTerminated, NoAnswer, numReasons:
		return ""
	default:
		return ""
	}
}

// What Drop says.
const (
	dropIllegal    = "event illegal in this state"
	dropMalformed  = "malformed packet"
	dropOptions    = "malformed options"
	dropProtocol   = "unrecognized protocol field"
	dropEarly      = "protocol not allowed yet"
	dropStale      = "answer to no request of ours"
	dropAltered    = "answer does not match our request"
	dropCode       = "unexpected code"
	dropEcho       = "looped-back echo"
	dropChallenge  = "response to no current challenge"
	dropNotOpened  = "reject before LCP is opened"
	dropNotStarted = "link not started"
	dropAuthOther  = "authentication protocol not agreed"
)
