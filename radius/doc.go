// Package radius is the RADIUS client's protocol: Access-Requests (RFC 2865),
// their protection (Message-Authenticator, RFC 3579 section 3.2), the tunnel
// attributes of answers (RFC 2868), access line attributes (RFC 4679), and
// the Exchange, a table of outstanding requests with identifiers,
// retransmission (RFC 5080 section 2.2), failover between servers and their
// probes (Status-Server, RFC 5997); over connections too (RFC 6613, RFC 6614).
//
// It is pure: no sockets, clocks or randomness. Package layeh.com/radius does
// the packet encoding and holds the dictionaries.
//
// Not implemented: EAP, MS-CHAP, Access-Challenge (taken as a reject, RFC 2865
// section 4.4), RADIUS over DTLS or plain TCP.
//
// An Exchange has one owner, which runs this loop:
//
//	x.Ask(now, ref, &access)       // something to ask
//	x.Receive(now, socket, b)      // a datagram came
//	x.Lost(now, socket)            // a socket could not be opened, or broke
//	x.Advance(now)                 // not before x.Deadline()
//	for _, a := range x.Take() {}  // Open, Send, Close, Answered, Failed, Marked
//
// Reply.Outcome turns the answer to an Access-Request into product words;
// Grant, which it uses, is the only place where attribute names meet them.
package radius
