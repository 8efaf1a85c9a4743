package tunnel

import (
	"maps"
	"net/netip"
	"time"

	"lacd/lac/l2tp"
)

// Stats is a picture of a control connection for people and metrics.
type Stats struct {
	State    State
	LocalID  l2tp.TunnelID
	PeerID   l2tp.TunnelID // 0: not known yet
	Peer     netip.AddrPort
	PeerName string // Host Name; empty: not known yet

	Calls    int           // all that have an ID
	Waiting  int           // of them placed, but not requested yet
	Window   int           // messages the peer can receive
	CWND     int           // messages that may be in flight now
	SSThresh int           // where slow start ends
	InFlight int           // messages transmitted, not acknowledged
	Queued   int           // messages not transmitted yet
	Resends  uint64        // retransmissions
	RTT      time.Duration // smoothed; 0: not measured

	Odd map[string]uint64 // Log actions by What
}

// Stats returns a picture of the control connection.
func (c *Conn) Stats() Stats {
	ch := c.channel
	return Stats{
		State: c.state, LocalID: c.cfg.LocalID, PeerID: c.peerID, Peer: c.peer, PeerName: c.peerName,
		Calls: len(c.calls), Waiting: c.waiting,
		Window: ch.window, CWND: ch.cwnd, SSThresh: ch.ssthresh,
		InFlight: ch.sent, Queued: len(ch.queue) - ch.sent, Resends: ch.resent, RTT: ch.rtt,
		Odd: maps.Clone(c.logs),
	}
}
