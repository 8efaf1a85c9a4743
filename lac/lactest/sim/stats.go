package sim

// Reason is why a set-up failed or a session that was up ended.
type Reason uint8

// The reasons.
const (
	NoPADO       Reason = iota // PADIs were not answered
	NoPADS                     // PADRs were not answered
	PADSError                  // the PADS had an error tag
	NoLCP                      // LCP Configure-Requests were not answered, or not agreed to
	NoAuth                     // credentials were not asked for, or not answered
	Refused                    // PAP Nak, CHAP Failure
	NoIPCP                     // no address came
	NoCall                     // the LNS did not get the call in time
	Terminated                 // LCP Terminate-Request of the other end
	PADTReceived               // PADT of the access concentrator
	NoEcho                     // LCP Echo-Requests were not answered
	Abandoned                  // the run ended before it was up
	Reasons                    // how many there are
)

var reasons = [Reasons]string{
	"no_pado", "no_pads", "pads_error", "no_lcp", "no_auth", "refused", "no_ipcp", "no_call", "terminated", "padt", "no_echo",
	"abandoned",
}

// String returns the reason as a key.
func (r Reason) String() string {
	if r < Reasons {
		return reasons[r]
	}
	return "unknown"
}

// Stats is what a Crowd has counted. Times are in nanoseconds since 1970.
type Stats struct {
	Attempted uint64 // set-ups begun
	Up        uint64 // that came up
	Failed    [Reasons]uint64
	Lost      [Reasons]uint64 // sessions that were up and ended otherwise than by the client
	HungUp    uint64          // sessions that the client ended
	Repeated  uint64          // requests that were sent again
	Odd       uint64          // frames that no client could make anything of

	FirstDial, LastUp int64

	Discovery Histogram // first PADI to PADS
	Setup     Histogram // first PADI to up

	UpTally, DownTally Tally // sent, and received
}

// Failures returns how many set-ups failed.
func (s *Stats) Failures() (n uint64) {
	for _, f := range s.Failed {
		n += f
	}
	return n
}

// Losses returns how many sessions were lost.
func (s *Stats) Losses() (n uint64) {
	for _, l := range s.Lost {
		n += l
	}
	return n
}
