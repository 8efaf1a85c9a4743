package policy

import (
	"net/netip"
	"slices"
	"time"
)

// Failure is how an LNS failed a call, or the tunnel for it.
type Failure uint8

// The failures. Their words are keys of the configuration.
const (
	NoAnswer          Failure = iota // the LNS was silent: SCCRQ, ICRQ or HELLO
	TunnelRefused                    // StopCCN, or a breach of the protocol
	TunnelNoResources                // StopCCN 2/4
	TunnelShutdown                   // StopCCN 6
	TunnelDenied                     // StopCCN 4, a wrong secret or a wrong Host Name
	CallNoResources                  // CDN 2/4
	CallTryAnother                   // CDN 2/7
	CallAdmin                        // CDN 3
	CallBusy                         // CDN 4: lack of facilities, for the time being
	CallUnavailable                  // CDN 5: lack of facilities, for good
	CallInvalid                      // CDN 6: invalid destination
	CallRefused                      // any other CDN
	NumFailures
)

var failureWords = [NumFailures]string{
	NoAnswer: "timeout", TunnelRefused: "stopccn", TunnelNoResources: "stopccn_2_4", TunnelShutdown: "stopccn_6",
	TunnelDenied: "auth", CallNoResources: "cdn_2_4", CallTryAnother: "cdn_2_7", CallAdmin: "cdn_3",
	CallBusy: "cdn_4", CallUnavailable: "cdn_5", CallInvalid: "cdn_6", CallRefused: "cdn",
}

// String returns the word of the configuration for f.
func (f Failure) String() string {
	if f < NumFailures {
		return failureWords[f]
	}
	return "unknown"
}

// RefusedTunnel classifies a StopCCN by its Result and Error Code (RFC 2661
// section 4.4.2).
func RefusedTunnel(result, err uint16) Failure {
	switch {
	case result == 2 && err == 4:
		return TunnelNoResources
	case result == 4:
		return TunnelDenied
	case result == 6:
		return TunnelShutdown
	}
	return TunnelRefused
}

// RefusedCall classifies a CDN by its Result and Error Code (RFC 2661 section
// 4.4.2).
func RefusedCall(result, err uint16) Failure {
	switch {
	case result == 2 && err == 4:
		return CallNoResources
	case result == 2 && err == 7:
		return CallTryAnother
	case result == 3:
		return CallAdmin
	case result == 4:
		return CallBusy
	case result == 5:
		return CallUnavailable
	case result == 6:
		return CallInvalid
	}
	return CallRefused
}

// Lockouts say for how long an LNS is passed over after each failure; 0: it
// is not.
type Lockouts [NumFailures]time.Duration

// DefaultLockouts: an LNS that is silent or takes no tunnel is left alone for
// a minute, as is one that has no room for good; one that is short of
// something for the time being, for ten seconds. What an LNS says about one
// call (CDN 3, 6 and the like) or to spread load (2/7) locks nothing.
func DefaultLockouts() Lockouts {
	return Lockouts{
		NoAnswer: time.Minute, TunnelRefused: time.Minute, TunnelNoResources: 10 * time.Second,
		TunnelShutdown: time.Minute, TunnelDenied: time.Minute,
		CallNoResources: 10 * time.Second, CallBusy: 10 * time.Second, CallUnavailable: time.Minute,
	}
}

// Failures is a set of them.
type Failures uint16

// With returns the set and f.
func (s Failures) With(f Failure) Failures { return s | 1<<f }

// Has reports whether f is in the set.
func (s Failures) Has(f Failure) bool { return s&(1<<f) != 0 }

// Moved is what to do when an LNS answers SCCRQ from another address or port
// than it was sent to.
type Moved uint8

// The policies.
const (
	MovedAccept Moved = iota // the tunnel moves there (RFC 2661 section 8.1)
	MovedIgnore              // as if the answer had not come
	MovedReject              // the tunnel is given up
)

// MovedWords are the policies as the configuration writes them.
var MovedWords = [...]string{MovedAccept: "accept", MovedIgnore: "ignore", MovedReject: "reject"}

// Handling is how the failures and whims of an LNS are dealt with. It is
// immutable and shared by LNSes.
type Handling struct {
	Lockouts Lockouts
	GiveUp   Failures // after one of these no other LNS is tried
	Moved    Moved
}

// Next is what becomes of a call that is down before it was complete.
type Next uint8

// What there is to do.
const (
	TryNext      Next = iota // the next candidate
	TryAgain                 // the same LNS once more: it was not asked, or its tunnel closed in between
	TryElsewhere             // the LNS names another one
	TryLast                  // it was passed over as locked out: only if nothing else is left
	GiveUp                   // no other LNS would help
)

// Redirect returns the candidate that takes the place of c when its LNS names
// another address (RFC 3193 section 4). Everything but the addresses is as c
// has it.
func (p *Policy) Redirect(c Candidate, to netip.Addr) Candidate {
	from := c.LNS.label()
	c.Reason = "named by " + from
	c.Resort = false
	c.LNS.Name = to.String()
	c.LNS.Peer = netip.AddrPortFrom(to.Unmap(), portL2TP)
	if c.LNS.Local.IsValid() && c.LNS.Local.Is4() != to.Unmap().Is4() {
		c.LNS.Local = netip.Addr{}
		p.chooseLocal(&c.LNS)
	}
	return c
}

// Configured returns the LNSes of r as candidates have them.
func (p *Policy) Configured(r *Retailer) []LNS {
	all := slices.Clone(r.LNS)
	for i := range all {
		p.complete(r, &all[i])
	}
	return all
}
