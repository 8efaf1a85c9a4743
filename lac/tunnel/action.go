package tunnel

import (
	"net/netip"
	"time"

	"lacd/lac/l2tp"
)

// An Action is something the owner of a Conn has to do or to know, in order.
type Action interface{ isAction() }

type (
	// Send sends a datagram to the peer. The datagram is the caller's to
	// keep but not to write.
	Send struct {
		To       netip.AddrPort
		Datagram []byte
	}
	// Opened: the control connection is established.
	Opened struct {
		PeerID   l2tp.TunnelID
		Peer     netip.AddrPort // where the peer answers from
		PeerName string         // Host Name, made printable
	}
	// CallAnswered: the LNS accepted the call (ICRP). ConnectCall is next.
	CallAnswered struct {
		ID, PeerID l2tp.SessionID
		Serial     uint32 // Call Serial Number sent in ICRQ
	}
	// Connected: the ICCN was transmitted; data of the call may follow it.
	Connected struct{ ID l2tp.SessionID }
	// CallDown: the call is over. Its ID is not given to another for a while.
	CallDown struct {
		ID     l2tp.SessionID
		Result l2tp.Result
		Local  bool // we ended it, with a CDN: timeout or protocol error
	}
	// Down: the control connection is over, and with it every call; there is
	// no CallDown for them. Emitted once.
	Down struct {
		Result l2tp.Result // of the StopCCN sent or received; zero: there was none
		Reason Reason
		Local  bool // we ended it
	}
	// Released follows Down when nothing more will be sent or received for
	// the control connection. Its tunnel ID must not be given to another
	// before ReuseAfter.
	Released struct{ ReuseAfter time.Time }
	// CallRequested (LNS role): an ICRQ arrived. AnswerCall or HangUp is next.
	CallRequested struct {
		ID, PeerID l2tp.SessionID
		Serial     uint32
		Call       Call
	}
	// CallConnected (LNS role): an ICCN arrived, the call is up.
	CallConnected struct {
		ID      l2tp.SessionID
		Connect Connect
	}
	// Log tells of input that was malformed or out of place. What is one of
	// a small set of constants, fit for a counter; Detail is for people.
	Log struct{ What, Detail string }
)

func (Send) isAction()          {}
func (Opened) isAction()        {}
func (CallAnswered) isAction()  {}
func (Connected) isAction()     {}
func (CallDown) isAction()      {}
func (Down) isAction()          {}
func (Released) isAction()      {}
func (CallRequested) isAction() {}
func (CallConnected) isAction() {}
func (Log) isAction()           {}

// Reason is why a control connection went down.
type Reason uint8

// The reasons.
const (
	Closed      Reason = 1 + iota // Close was called
	PeerStopped                   // the peer sent StopCCN
	Timeout                       // the peer stopped answering
	AuthFailed                    // no or wrong Challenge Response, no secret, or wrong Host Name
	Protocol                      // the peer broke the protocol
	Yielded                       // the peer's tie breaker won: its own SCCRQ is to be answered
)

// String returns the reason as a label.
func (r Reason) String() string {
	switch r {
	case Closed:
		return "closed"
	case PeerStopped:
		return "peer-stopped"
	case Timeout:
		return "timeout"
	case AuthFailed:
		return "auth-failed"
	case Protocol:
		return "protocol"
	case Yielded:
		return "yielded"
	}
	return "unknown"
}

// What a Log is about.
const (
	logHeader    = "bad header"
	logSource    = "foreign source"
	logTunnelID  = "foreign tunnel id"
	logMalformed = "malformed message"
	logNr        = "acknowledgement of nothing"
	logDiscarded = "message beyond the window"
	logState     = "message out of place"
	logUnknown   = "unknown message type"
	logSession   = "unknown session"

	logUnanswered = "answer to a peer that acknowledges nothing"
)
