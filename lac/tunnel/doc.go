// Package tunnel is the L2TPv2 control connection (RFC 2661) as two machines
// without I/O.
//
// A Channel is the reliable transport of section 5.8: numbers, window with
// the slow start and congestion avoidance of appendix A, retransmission, and
// acknowledgement. A Conn is a control connection with its calls, in either
// role: tunnel setup with authentication both ways (sections 5.1 and 7.2),
// keepalive (5.5), incoming calls (7.4) and teardown (5.6, 5.7).
//
// A Conn belongs to one goroutine. After any of its methods the caller takes
// the actions and carries them out in order, then sleeps until something
// arrives or the deadline passes:
//
//	c.Receive(now, from, datagram) // or PlaceCall, HangUp, Advance ...
//	for _, a := range c.Take() { ... }
//	timer.Reset(c.Deadline().Sub(now)) // zero: nothing is due
//
// Outgoing calls are refused. Tie breakers are sent; a collision is noticed by
// whoever owns the listening socket, who asks Collide. Not implemented:
// RFC 4951 failover, RFC 5515 speed updates.
package tunnel
