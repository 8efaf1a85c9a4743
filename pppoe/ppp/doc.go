// Package ppp is the subscriber's side of a PPP session up to the point where
// the gateway knows who is calling.
//
// It holds the formats of LCP (RFC 1661, RFC 1570 codes 12 and 13), PAP (RFC
// 1334) and CHAP with MD5 (RFC 1994), and Link: the automaton of RFC 1661
// section 4.1 joined to an authenticator. Link collects the credentials and
// may refuse them, but never sends PAP Authenticate-Ack or CHAP Success: the
// LNS ends the authentication. It runs no NCP and offers no compression, no
// link quality reports, no MS-CHAP and no EAP; Multilink options (RFC 1990) are
// only acknowledged on behalf of the LNS.
//
// A Link belongs to one goroutine. It has no clock and does no I/O:
//
//	l := ppp.NewLink(&cfg, seed)
//	l.Start(now)
//	for {
//		for _, a := range l.Take() { ... }   // in order; Closed is the last
//		// sleep until a frame arrives or l.Deadline() is due
//		l.Receive(now, frame)                // or l.Advance(now)
//	}
//
// A frame begins with the two octets of the PPP protocol field, as in the
// payload of a PPPoE session frame.
package ppp
