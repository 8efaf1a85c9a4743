package coa

import "strconv"

// ErrorCause says why a request was not honoured (RFC 5176 section 3.5). Zero
// is success.
type ErrorCause uint32

// The causes that an LAC gives.
const (
	UnsupportedAttribute  ErrorCause = 401
	MissingAttribute      ErrorCause = 402
	NASMismatch           ErrorCause = 403
	InvalidRequest        ErrorCause = 404
	UnsupportedService    ErrorCause = 405
	InvalidValue          ErrorCause = 407
	SessionNotFound       ErrorCause = 503
	SessionNotRemovable   ErrorCause = 504 // of a Disconnect-Request only
	ResourcesNotAvailable ErrorCause = 506
)

// Outcome is what became of a datagram.
type Outcome uint8

// The outcomes. Up to Crowded, the datagram was silently discarded: the order
// matters, as it is for the first that holds.
const (
	UnknownClient    Outcome = 1 + iota // no client has its source address
	Short                               // below 20 octets, or shorter than its Length field
	UnknownCode                         // neither Disconnect-Request nor CoA-Request
	Malformed                           // the attributes do not fill the packet
	BadAuthenticator                    // wrong Request Authenticator
	BadSignature                        // wrong Message-Authenticator
	Unsigned                            // no Message-Authenticator where one is required
	Undated                             // no Event-Timestamp where one is required
	Stale                               // Event-Timestamp outside the window
	Overrun                             // more came in than was looked at
	Crowded                             // too many requests are kept
	UnderWay                            // repeated; the answer will follow
	Repeated                            // repeated; the same answer was sent again
	Acknowledged                        // ACK
	NAKAttribute                        // NAK, by Error-Cause
	NAKMissing                          //
	NAKNAS                              //
	NAKInvalid                          //
	NAKService                          //
	NAKValue                            //
	NAKNotFound                         //
	NAKNotRemovable                     //
	NAKResources                        //
	NumOutcomes
)

var outcomeNames = [...]string{
	UnknownClient: "unknown-client", Short: "short", UnknownCode: "unknown-code", Malformed: "malformed",
	BadAuthenticator: "bad-authenticator", BadSignature: "bad-message-authenticator", Unsigned: "no-message-authenticator",
	Undated: "no-timestamp", Stale: "stale-timestamp", Overrun: "overrun", Crowded: "crowded",
	UnderWay: "under-way", Repeated: "repeated", Acknowledged: "ack",
}

var nakCauses = [...]ErrorCause{
	UnsupportedAttribute, MissingAttribute, NASMismatch, InvalidRequest, UnsupportedService, InvalidValue,
	SessionNotFound, SessionNotRemovable, ResourcesNotAvailable,
}

// String returns the outcome as a metric label: "ack", "nak-503", or the
// reason for which nothing was answered.
func (o Outcome) String() string {
	switch {
	case int(o) < len(outcomeNames) && o > 0:
		return outcomeNames[o]
	case o >= NAKAttribute && o < NumOutcomes:
		return "nak-" + strconv.Itoa(int(nakCauses[o-NAKAttribute]))
	}
	return "unknown"
}

// answered returns the outcome of a request that was answered.
func answered(c ErrorCause) Outcome {
	for i, known := range nakCauses {
		if c == known {
			return NAKAttribute + Outcome(i)
		}
	}
	return Acknowledged
}

// Outcome returns what became of the request.
func (s *Settled) Outcome() Outcome { return answered(s.Cause) }
