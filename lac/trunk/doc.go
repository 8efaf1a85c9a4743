// Package trunk keeps the L2TP tunnels towards the LNSes: it opens them where
// calls need them, shares them among all calls with the same
// policy.TunnelKey, remembers which LNSes fail, and closes what is idle.
//
// A Tunnel is owned by its loop, one goroutine, which alone touches its
// tunnel.Conn; a second goroutine reads its UDP socket. Shards reach it
// through PlaceCall and the methods of Tunnel, which never block. What
// happens to a call is told through Config.Notify: exactly one Answered or
// Down for each call placed, and Down once more if an answered call ends;
// after HangUp an event may still be on its way and is stale. Say is answered
// by one event more.
//
// Set-up reads no lock: the tunnels and the health of a key (group.go) and the
// counters of an LNS and its retailer (peer.go) are atomics. Health is told to
// policy.Decide by Condition, and held to by PlaceCall, which alone takes what
// there is only one of: a seat, a set-up of this second, the first call after
// a lockout. Nothing of it outlives the process, drains included.
//
// Sockets are connected, so that the kernel tells tunnels apart. What no
// connected socket takes arrives at a listener per local address (listener.go):
// answers from another port than was asked, and SCCRQs. This is a LAC: an
// SCCRQ is refused, unless it crossed our own on its way (collide.go).
package trunk
