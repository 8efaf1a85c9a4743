// Package trunk keeps the L2TP tunnels towards the LNSes: it opens one where
// a call needs it, shares it among all calls with the same policy.TunnelKey,
// passes over an LNS that does not answer, and closes what is left at the end.
//
// A Tunnel is owned by its loop, one goroutine, which alone touches its
// tunnel.Conn; a second goroutine reads its UDP socket. Shards reach it
// through PlaceCall and the methods of Tunnel, which never block. What
// happens to a call is told through Config.Notify: exactly one Answered or
// Down for each call placed, and Down once more if an answered call ends;
// after HangUp an event may still be on its way and is stale.
package trunk
