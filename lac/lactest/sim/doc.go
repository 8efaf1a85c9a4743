// Package sim is thousands of PPPoE clients and the LNSes they end up at, as
// machines without I/O: what package load puts on a network device and a UDP
// socket to load a LAC, and tests run in memory.
//
// A Crowd is the clients of one access port: discovery (RFC 2516, RFC 4638,
// TR-101 tags), LCP, PAP and CHAP with MD5, and IPCP as far as an address. A
// client is what a customer's router is to a LAC, not a complete PPP: of LCP it
// has MRU, magic number and authentication, of IPCP the address. An LNS is the
// LNS role of lac/tunnel with the other end of that PPP, and with habits that
// LNSes have: renegotiating, refusing, being slow, falling silent.
//
// Both send numbered payloads through sessions that are up and account for what
// arrives (Tally). A payload names the session that it was made for, so that one
// that comes out of another is found.
//
// Each machine belongs to one goroutine at a time:
//
//	c := sim.NewCrowd(now, &cfg)
//	for !c.Done() {
//		write(c.Take())              // valid until the next method but Deadline
//		// sleep until a frame arrives or c.Deadline() is due
//		c.Receive(now, frame)        // or c.Advance(now)
//	}
package sim
