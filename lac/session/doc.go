// Package session is one subscriber, from the PADR to the accounting Stop.
//
// Session is a pure state machine. Its owner, one shard of package lac, calls
// its methods with the time and what happened, executes the actions that Take
// returns, in order, and calls Advance when Deadline has come. A file per
// stage, read in this order:
//
//	start.go         PADS is sent; LCP begins
//	negotiate.go     LCP frames; what the peer asked for is kept for proxy LCP
//	authenticate.go  the peer's PAP request or CHAP response; authorization is asked
//	decide.go        the grant becomes an ordered list of LNS candidates
//	call.go          the call is placed, or moved to the next candidate
//	bridge.go        the data path, then ICCN
//	account.go       counters, interim records, session and idle timeouts
//	change.go        new terms for a session that is there
//	finish.go        every end, with its cause
//
// The owner answers each PlaceCall, AddBridge, RemoveBridge and Authorize
// with exactly one result, and drops results whose attempt is stale.
package session
