// Package pppoe is the access concentrator's side of PPPoE discovery.
//
// Implemented: RFC 2516 sections 5 and 9 and appendix A, for the access
// concentrator; PPP-Max-Payload of RFC 4638; the line identity tag of TR-101
// . Not implemented: RFC 4938, and the host's side.
//
// A Responder answers for one access port and holds no state for any host
// (RFC 2516 section 8 lets hosts repeat themselves at will): a PADI is answered
// from the configuration alone, and the AC-Cookie in the PADO proves, when it
// comes back in a PADR, that the host is reachable at its address. Session
// numbers, sessions and repeated PADRs belong to the caller. What it has of hosts
// are the buckets of limit.go, in a table of a fixed size. The package is
// pure; the caller's loop, one goroutine per port, is
//
//	f, err := wire.ParseFrame(frame)
//	// ...
//	reply, req, verdict := r.Receive(now, &f, buf[:0])
//	if len(reply) > 0 {
//		// send it
//	}
//	if verdict == pppoe.Requested {
//		// hand req.Clone() to whoever opens sessions, by req.Key()
//	}
//
// who answers with AppendPADS or AppendRefusal. PADT and the session stage pass
// the Responder by: it ignores them.
package pppoe
