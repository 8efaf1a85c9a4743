// Package coa is the server side of dynamic authorization (RFC 5176):
// Disconnect-Request and CoA-Request, their verification, what they ask for,
// and the answers.
//
// It is pure. Gate is immutable: Admit verifies a datagram and judges what it
// asks, on whatever goroutine read it. Responder is the table of requests: it
// answers a repeated one with the octets of its first answer (section 2.3),
// bounds what is kept and what is under way, and gives up on sessions that do
// not end. It has one owner, which runs this loop:
//
//	r.Receive(now, socket, request)  // one that Gate.Admit let in
//	r.Asked(now, ticket, parts)      // so many will look for its sessions
//	r.Found(now, ticket, n)          // one of them has
//	r.Gone(now, ticket)              // a session that was found has ended
//	r.Advance(now)                   // not before r.Deadline()
//	for _, a := range r.Take() {}    // Execute, Send, Settled, Discarded
//
// What an LAC can do is end a session, and change its Session-Timeout,
// Idle-Timeout, Acct-Interim-Interval and Class. Not implemented, and refused
// with the Error-Cause for it: Authorize-Only, tunnel attributes,
// vendor-specific attributes, and identification by what only the LNS knows,
// such as the subscriber's address.
package coa
