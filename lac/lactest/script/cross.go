package script

import "net/netip"

// Request sends an SCCRQ of the LNS's own to a gateway that may have sent one
// itself, with the AVPs that must be there and those given. Nothing of the
// tunnel is acknowledged before Connect.
func (l *LNS) Request(to netip.AddrPort, more ...AVP) *Tunnel {
	l.mu.Lock()
	l.lastID++
	t := &Tunnel{lns: l, ID: 0x5500 + l.lastID, To: to, Port: l2tpPort, RQ: &Message{}, hold: true}
	l.tunnels[t.ID] = t
	l.mu.Unlock()
	t.Send(SCCRQ, 0, append(t.Reply(), more...)...)
	return t
}

// Connect answers the SCCRP that came for Request.
func (t *Tunnel) Connect(rp *Message) {
	t.lns.mu.Lock()
	t.Peer, t.hold = rp.U16(9), false
	t.lns.mu.Unlock()
	t.Send(SCCCN, 0)
}
