// Package l2tp is the L2TPv2 wire format: the message header (RFC 2661
// section 3.1), the control messages and their AVPs (sections 4 and 6), AVP
// hiding (section 4.3), the tunnel authentication response (section 5.1.1),
// the PPP disconnect cause of RFC 3145 and the access line AVPs of RFC 5515.
// It holds no state about tunnels or calls; package tunnel does.
//
// Receiving: ParseHeader splits a datagram into header and payload, and
// Parser.Parse turns the payload of a control message into one of the typed
// messages without allocating. What Parse returns aliases the datagram and
// storage of the Parser, and is valid until the next Parse. A hidden AVP is
// decrypted in place, so a datagram can be parsed once only. A message that
// must not be accepted yields an *Error, which says what to answer.
//
// Sending: AppendMessage encodes header and message. Which AVPs are mandatory
// or may be hidden is written once, in the attribute table.
//
// Not implemented: L2TPv3 (RFC 3931), outgoing calls beyond parsing and
// refusing them, failover (RFC 4951), LCP option negotiation (RFC 3437) and
// differentiated services (RFC 3308). Their AVPs are unknown AVPs here.
package l2tp
