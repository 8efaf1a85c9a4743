package pppoe

// Verdict is what became of a discovery frame.
type Verdict uint8

// The verdicts. Up to RefusedService the frame was in order; from Malformed on
// it was dropped, and the verdict says why.
const (
	Ignored        Verdict = 1 + iota // not for an access concentrator, or not for this one
	Answered                          // PADI; the reply is a PADO
	Requested                         // PADR; the Request is valid, the reply is up to the caller
	RefusedService                    // PADR for a service not offered; the reply is an error PADS
	UnknownService                    // PADI for a service not offered; silence
	Malformed                         // tags do not fit into the payload
	ServiceNames                      // not exactly one Service-Name tag
	BadSource                         // from a group address, from nobody or from ourselves
	BadSessionID                      // SESSION_ID is not 0
	NotBroadcast                      // PADI to another address than broadcast
	NotUnicast                        // PADR to a group address
	TooLong                           // PADI longer than 1484 octets
	ReplyTooLong                      // what must be echoed does not fit into a frame
	NoCookie                          // PADR without AC-Cookie
	BadCookie                         // PADR whose AC-Cookie is altered, foreign or expired
	UnknownVLAN                       // VLAN tags that are not served on this port
	HostRate                          // the host sends more than it may
	PortRate                          // all hosts together send more than they may
	AgainRate                         // PADI of a host that was refused lately, and those send more than they may
	VLANRate                          // PADI; hosts with the same tags send more than their share, and the port has little left
	Late                              // PADI of a host that was not refused lately, and the caller is behind with reading
)

// NumVerdicts is the length of an array indexed by Verdict.
const NumVerdicts = int(Late) + 1

var verdicts = [NumVerdicts]string{
	Ignored:        "ignored",
	Answered:       "answered",
	Requested:      "requested",
	RefusedService: "refused-service",
	UnknownService: "unknown-service",
	Malformed:      "malformed",
	ServiceNames:   "service-name-count",
	BadSource:      "bad-source",
	BadSessionID:   "bad-session-id",
	NotBroadcast:   "not-broadcast",
	NotUnicast:     "not-unicast",
	TooLong:        "too-long",
	ReplyTooLong:   "reply-too-long",
	NoCookie:       "no-cookie",
	BadCookie:      "bad-cookie",
	UnknownVLAN:    "unknown-vlan",
	HostRate:       "host-rate",
	PortRate:       "port-rate",
	AgainRate:      "again-rate",
	VLANRate:       "vlan-rate",
	Late:           "late",
}

// String returns a stable label for metrics, such as "bad-cookie".
func (v Verdict) String() string {
	if v == 0 || int(v) >= NumVerdicts {
		return "unknown"
	}
	return verdicts[v]
}
