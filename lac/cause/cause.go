// Package cause names why a subscriber session ended and maps each reason, in
// one table, to what the LNS, the subscriber and accounting are told.
package cause

// Cause is why a session ended. The zero value means "not ended".
type Cause uint8

// The causes. See the table below for what each one sends where.
const (
	UserRequest     Cause = 1 + iota // the subscriber sent PADT or an LCP Terminate-Request
	LostCarrier                      // LCP echoes unanswered, or the access link went down
	LCPFailed                        // LCP did not converge or was never answered
	AuthTimeout                      // the subscriber never answered authentication
	AuthRejected                     // RADIUS or the realm table refused the subscriber
	AuthUnreachable                  // no RADIUS server answered
	NoLNS                            // authorized, but no LNS candidate could be used
	CallFailed                       // every LNS candidate was silent or refused
	LNSHangUp                        // the LNS sent CDN 1 or another code without meaning of its own
	LNSAdmin                         // the LNS sent CDN 3
	LNSNASError                      // the LNS reported, by RFC 3145, that its own side failed
	LNSUserError                     // the LNS reported, by RFC 3145, failed authentication
	TunnelShutdown                   // the LNS closed the tunnel (StopCCN)
	TunnelLost                       // the tunnel's control channel timed out
	SessionTimeout                   // Session-Timeout ran out
	IdleTimeout                      // Idle-Timeout ran out
	AdminReset                       // the operator or a Disconnect-Request ended it
	Shutdown                         // lacd is stopping
	Resources                        // lacd ran out of something
	DataPlane                        // the data plane refused or lost the bridge
	Replaced                         // the same access line began another session
	RetailerBusy                     // the retailer's RADIUS or LNSes are behind; see package lac
	RetailerLimit                    // the retailer has as many set-ups in a second as it may
	numCauses
)

// Codes is what each party is told about an ended session.
type Codes struct {
	Label         string // metric label and log value, stable
	Text          string // for people
	CDNResult     uint16 // L2TP Result Code in CDN (RFC 2661 section 4.4.2); 0: no CDN, the LNS or StopCCN ended it
	CDNError      uint16 // General Error Code when CDNResult is 2
	Terminate     bool   // LCP Terminate-Request before PADT
	AcctTerminate uint32 // Acct-Terminate-Cause (RFC 2866 section 5.10)
	PPP           PPP    // PPP Disconnect Cause in CDN, where the LAC saw PPP end or ended it
}

// PPP is the PPP Disconnect Cause Code of RFC 3145. The zero value, "no
// information available", is not sent.
type PPP struct {
	Code      uint16 // section 3 there
	Protocol  uint16 // the control protocol concerned; 0 for the global errors
	Direction uint8  // 0 neither, 1 at the peer of PPP, 2 at the local end
}

// Administrative is the code of an end that PPP did not cause.
const Administrative = 1

// lcp is the number of the control protocol that errors 5 to 12 concern.
const lcp = 0xc021

var table = [numCauses]Codes{
	UserRequest:     {"user-request", "the subscriber hung up", 1, 0, false, 1, PPP{3, 0, 1}},
	LostCarrier:     {"lost-carrier", "the subscriber or its line is gone", 1, 0, false, 2, PPP{8, lcp, 0}},
	LCPFailed:       {"lcp-failed", "LCP did not come up", 1, 0, true, 2, PPP{5, lcp, 0}},
	AuthTimeout:     {"auth-timeout", "the subscriber did not authenticate", 1, 0, true, 17, PPP{}},
	AuthRejected:    {"auth-rejected", "the subscriber was refused", 1, 0, true, 17, PPP{}},
	AuthUnreachable: {"auth-unreachable", "no RADIUS server answered", 1, 0, true, 15, PPP{}},
	NoLNS:           {"no-lns", "no LNS may serve the subscriber", 1, 0, true, 15, PPP{}},
	CallFailed:      {"call-failed", "no LNS took the call", 1, 0, true, 15, PPP{}},
	LNSHangUp:       {"lns-hangup", "the LNS hung up", 0, 0, true, 2, PPP{}},
	LNSAdmin:        {"lns-admin", "the LNS hung up for administrative reasons", 0, 0, true, 6, PPP{}},
	LNSNASError:     {"lns-error", "the LNS could not serve the session", 0, 0, true, 9, PPP{}},
	LNSUserError:    {"lns-auth-failed", "the LNS did not accept the subscriber's credentials", 0, 0, true, 17, PPP{}},
	TunnelShutdown:  {"tunnel-shutdown", "the LNS closed the tunnel", 0, 0, true, 3, PPP{}},
	TunnelLost:      {"tunnel-lost", "the LNS stopped answering", 0, 0, true, 3, PPP{}},
	SessionTimeout:  {"session-timeout", "the session's time is over", 3, 0, true, 5, PPP{Administrative, 0, 0}},
	IdleTimeout:     {"idle-timeout", "the session was idle", 3, 0, true, 4, PPP{Administrative, 0, 0}},
	AdminReset:      {"admin-reset", "the operator ended the session", 3, 0, true, 6, PPP{Administrative, 0, 0}},
	Shutdown:        {"shutdown", "lacd is stopping", 0, 0, true, 7, PPP{}},
	Resources:       {"resources", "lacd ran out of resources", 2, 4, true, 9, PPP{}},
	DataPlane:       {"data-plane", "the data plane could not carry the session", 2, 4, true, 9, PPP{}},
	Replaced:        {"replaced", "another session of the line took its place", 1, 0, false, 2, PPP{}},
	RetailerBusy:    {"retailer-busy", "the retailer's servers are behind", 1, 0, true, 15, PPP{}},
	RetailerLimit:   {"retailer-limit", "too many subscribers of the retailer dial at once", 1, 0, true, 15, PPP{}},
}

// Codes returns what the cause sends to each party.
func (c Cause) Codes() Codes {
	if c >= numCauses {
		return Codes{Label: "unknown", Text: "unknown"}
	}
	return table[c]
}

// String returns the stable label of the cause.
func (c Cause) String() string { return c.Codes().Label }

// All returns every cause, for metrics that start at zero.
func All() []Cause {
	all := make([]Cause, 0, numCauses-1)
	for c := Cause(1); c < numCauses; c++ {
		all = append(all, c)
	}
	return all
}

// FromLNS returns the cause of a CDN received from the LNS with the given
// Result Code (RFC 2661 section 4.4.2) and, when disconnect is not zero, the
// PPP Disconnect Cause and direction of RFC 3145, which says more.
func FromLNS(result, disconnect uint16, direction uint8) Cause {
	switch disconnect {
	case 1:
		return LNSAdmin
	case 3:
		if direction == 1 {
			return UserRequest
		}
	case 8:
		return LostCarrier
	case 13, 17:
		return LNSNASError
	case 16:
		return LNSUserError
	}
	if result == 3 {
		return LNSAdmin
	}
	return LNSHangUp
}
