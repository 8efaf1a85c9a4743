package tunnel

import (
	"time"

	"lacd/lac/l2tp"
)

// receiveICRQ is the ICRQ row of section 7.4.2, and of 7.4.1 in the LAC role.
func (c *Conn) receiveICRQ(now time.Time, h l2tp.Header, m *l2tp.ICRQ) {
	id, ok := c.byPeer[m.SessionID]
	if k := c.calls[h.SessionID]; k != nil && k.state != callPlaced {
		id, ok = h.SessionID, true
	}
	if ok {
		// The call is there already: "Send CDN, clean up".
		c.outOfPlace(now, id, m)
		return
	}
	if !c.takesCalls() {
		c.log(logState, "ICRQ")
		c.rejectCall(now, m.SessionID, l2tp.Result{Code: l2tp.CallUnavailable, Message: "not an LNS"})
		return
	}
	id, ok = c.ids.take(now, &c.random)
	if !ok {
		c.disconnect(now, 0, m.SessionID, l2tp.Result{
			Code: l2tp.CallError, Error: l2tp.ErrorResources, Message: "no session id left",
		})
		return
	}
	c.calls[id] = &call{state: callOffered, peerID: m.SessionID, serial: m.Serial}
	c.byPeer[m.SessionID] = id
	c.actions = append(c.actions, CallRequested{ID: id, PeerID: m.SessionID, Serial: m.Serial, Call: Call{
		Calling:            string(m.Calling),
		Called:             string(m.Called),
		SubAddress:         string(m.SubAddress),
		PhysicalChannel:    m.PhysicalChannel,
		HasPhysicalChannel: m.HasPhysical,
		Line:               cloneLine(m.Line),
	}})
}

func cloneLine(line []l2tp.LineAVP) []l2tp.LineAVP {
	if len(line) == 0 {
		return nil
	}
	out := make([]l2tp.LineAVP, len(line))
	for i, l := range line {
		out[i] = l2tp.LineAVP{Type: l.Type, Value: cloned(l.Value)}
	}
	return out
}

// AnswerCall (LNS role) sends ICRP for a call that was requested. For another
// it does nothing.
func (c *Conn) AnswerCall(now time.Time, id l2tp.SessionID) {
	k := c.calls[id]
	if k == nil || k.state != callOffered {
		return
	}
	k.state = callWaitICCN
	c.send(now, k.peerID, &l2tp.ICRP{SessionID: id})
	c.expect(now, id, k)
	c.settle(now)
}

// receiveICCN is the ICCN row of section 7.4.2.
func (c *Conn) receiveICCN(now time.Time, h l2tp.Header, m *l2tp.ICCN) {
	k := c.calls[h.SessionID]
	if k == nil || k.state != callWaitICCN {
		c.outOfPlace(now, h.SessionID, m)
		return
	}
	k.state = callConnected
	cc := Connect{
		TxSpeed:      m.TxSpeed,
		RxSpeed:      m.RxSpeed,
		PrivateGroup: string(m.PrivateGroup),
		Sequencing:   m.Sequencing,
	}
	if m.LCP.FirstReceived != nil || m.LCP.LastSent != nil || m.LCP.LastReceived != nil {
		cc.ProxyLCP = &l2tp.ProxyLCP{
			FirstReceived: cloned(m.LCP.FirstReceived),
			LastSent:      cloned(m.LCP.LastSent),
			LastReceived:  cloned(m.LCP.LastReceived),
		}
	}
	if m.Auth.Type != 0 {
		cc.ProxyAuth = &l2tp.ProxyAuth{
			Type:      m.Auth.Type,
			Name:      cloned(m.Auth.Name),
			Challenge: cloned(m.Auth.Challenge),
			ID:        m.Auth.ID,
			Response:  cloned(m.Auth.Response),
		}
	}
	c.actions = append(c.actions, CallConnected{ID: h.SessionID, Connect: cc})
}
