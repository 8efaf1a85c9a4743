package tunnel

import (
	"time"

	"lacd/lac/l2tp"
)

// A Call is what an ICRQ says about the subscriber (RFC 2661 section 6.6).
type Call struct {
	Calling            string // Calling Number; empty: not sent
	Called             string // Called Number; empty: not sent
	SubAddress         string // empty: not sent
	PhysicalChannel    uint32 // Physical Channel ID, for the LNS's logs
	HasPhysicalChannel bool
	Line               []l2tp.LineAVP // RFC 5515; nil: none known
	Serial             uint32         // LAC role: Call Serial Number; 0: the next after Config.Serial
}

// A Connect is what an ICCN says about the call (RFC 2661 section 6.8).
type Connect struct {
	TxSpeed      uint32          // bit/s towards the subscriber
	RxSpeed      uint32          // bit/s from the subscriber; 0: the same, not sent
	ProxyLCP     *l2tp.ProxyLCP  // nil: not sent
	ProxyAuth    *l2tp.ProxyAuth // nil: not sent
	PrivateGroup string          // Private Group ID; empty: not sent
	Sequencing   bool            // data messages always carry sequence numbers
}

// callState is the state of a call (RFC 2661 sections 7.4.1 and 7.4.2).
type callState uint8

const (
	callPlaced    callState = 1 + iota // LAC: not requested yet (wait-tunnel)
	callWaitReply                      // LAC: ICRQ sent
	callAnswered                       // LAC: ICRP received, ConnectCall is next
	callOffered                        // LNS: ICRQ received, AnswerCall is next
	callWaitICCN                       // LNS: ICRP sent (wait-connect)
	callConnected                      // ICCN sent or received (established)
)

// A call is what the control connection knows about one call.
type call struct {
	state  callState
	peerID l2tp.SessionID // 0: not known yet
	serial uint32
	placed *Call // until it is requested
}

// An answer is something the peer owes a call. AnswerTimeout is the same for
// all, so that they are due in the order they are made.
type answer struct {
	at    time.Time
	id    l2tp.SessionID
	call  *call
	state callState // the wait is over when the call has left it
}

func (a *answer) over() bool { return a.call.state != a.state }

// PlaceCall (LAC role) starts a call. Before Opened, and while the peer's
// window is full, it waits its turn; calls are requested in the order they
// were placed. CallAnswered or CallDown follows, unless Down does. The ID is
// ours, unpredictable, and was not used for Config.Hold.
func (c *Conn) PlaceCall(now time.Time, placed Call) (l2tp.SessionID, error) {
	if !c.live() || c.takesCalls() {
		return 0, ErrClosed
	}
	id, ok := c.ids.take(now, &c.random)
	if !ok {
		return 0, ErrFull
	}
	c.calls[id] = &call{state: callPlaced, placed: &placed}
	c.pending.push(id)
	c.waiting++
	c.settle(now)
	return id, nil
}

// takesCalls reports whether the peer places the calls.
func (c *Conn) takesCalls() bool { return c.lns != c.cfg.Reverse }

// live reports whether there can be calls.
func (c *Conn) live() bool {
	switch c.state {
	case Idle, WaitReply, WaitConnect, Established:
		return true
	case Stopping, Holding, Gone:
	}
	return false
}

// request sends the ICRQs that the window has room for. What calls in progress
// need to send does not queue behind them.
func (c *Conn) request(now time.Time) {
	if c.state != Established {
		return
	}
	for c.channel.Room() > 0 {
		id, ok := c.pending.head()
		if !ok {
			return
		}
		c.pending.pop()
		k := c.calls[id]
		if k == nil || k.state != callPlaced {
			continue // hung up while it waited
		}
		c.waiting--
		k.state = callWaitReply
		if k.serial = k.placed.Serial; k.serial == 0 {
			k.serial = c.serial
			c.serial++
		}
		c.send(now, 0, icrq(id, k))
		k.placed = nil
		c.expect(now, id, k)
	}
}

// icrq builds the ICRQ of a call. Bearer Type 0 is a physical link of no kind
// that RFC 2661 section 4.4.4 knows.
func icrq(id l2tp.SessionID, k *call) *l2tp.ICRQ {
	return &l2tp.ICRQ{
		SessionID:       id,
		Serial:          k.serial,
		HasBearer:       true,
		PhysicalChannel: k.placed.PhysicalChannel,
		HasPhysical:     k.placed.HasPhysicalChannel,
		Calling:         text(k.placed.Calling),
		Called:          text(k.placed.Called),
		SubAddress:      text(k.placed.SubAddress),
		Line:            k.placed.Line,
	}
}

// text returns the value of an optional AVP, nil if there is none to send.
func text(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// expect starts the wait for the peer's next message about a call.
func (c *Conn) expect(now time.Time, id l2tp.SessionID, k *call) {
	c.answers.push(answer{at: now.Add(c.cfg.AnswerTimeout), id: id, call: k, state: k.state})
}

// answerDue returns when the next wait ends, forgetting those that are over.
func (c *Conn) answerDue() time.Time {
	for {
		a, ok := c.answers.head()
		switch {
		case !ok:
			return time.Time{}
		case !a.over():
			return a.at
		}
		c.answers.pop()
	}
}

// expireAnswers ends calls that the peer did not answer in time.
func (c *Conn) expireAnswers(now time.Time) {
	for at := c.answerDue(); due(at, now); at = c.answerDue() {
		a, _ := c.answers.head()
		c.answers.pop()
		// "Call was not established within time allotted by LAC"
		// (section 4.4.2).
		c.drop(now, a.id, l2tp.Result{Code: l2tp.CallTimeout, Message: "not answered in time"})
	}
}

// ConnectCall sends ICCN for a call that was answered. For another it does
// nothing.
func (c *Conn) ConnectCall(now time.Time, id l2tp.SessionID, cc Connect) {
	k := c.calls[id]
	if k == nil || k.state != callAnswered {
		return
	}
	k.state = callConnected
	c.sendICCN(now, id, k.peerID, iccn(cc))
	c.settle(now)
}

func iccn(cc Connect) *l2tp.ICCN {
	m := &l2tp.ICCN{
		TxSpeed:      cc.TxSpeed,
		RxSpeed:      cc.RxSpeed,
		Framing:      l2tp.FramingSync,
		PrivateGroup: text(cc.PrivateGroup),
		Sequencing:   cc.Sequencing,
	}
	if cc.ProxyLCP != nil && cc.ProxyLCP.Fits() {
		m.LCP = cc.ProxyLCP.Complete()
	}
	if cc.ProxyAuth != nil {
		m.Auth = *cc.ProxyAuth
	}
	return m
}

// HangUp ends a call; no CallDown follows. It does nothing for a call that is
// not known. One that was not requested yet ends without a message.
func (c *Conn) HangUp(now time.Time, id l2tp.SessionID, r l2tp.Result) {
	k := c.calls[id]
	if k == nil {
		return
	}
	if k.state == callPlaced {
		k.state = 0
		delete(c.calls, id)
		c.ids.put(id)
		c.waiting--
		return
	}
	c.disconnect(now, id, k.peerID, r)
	c.forget(now, id)
	c.settle(now)
}

// drop ends a call with a CDN and reports it.
func (c *Conn) drop(now time.Time, id l2tp.SessionID, r l2tp.Result) {
	k := c.calls[id]
	if k == nil {
		return
	}
	c.disconnect(now, id, k.peerID, r)
	c.forget(now, id)
	c.actions = append(c.actions, CallDown{ID: id, Result: r, Local: true})
}

// maxAnswers bounds what a peer that acknowledges nothing can make us queue:
// above it, calls that are none of ours are not answered.
const maxAnswers = 256

// disconnect sends CDN. The Assigned Session ID is the one we first sent, and
// the header has the peer's, 0 if it is not known (RFC 2661 section 4.4.4).
func (c *Conn) disconnect(now time.Time, id, peerID l2tp.SessionID, r l2tp.Result) {
	if k := c.calls[id]; (k == nil || k.state == callPlaced) && len(c.channel.queue) >= maxAnswers {
		c.log(logUnanswered, "CDN")
		return
	}
	c.send(now, peerID, &l2tp.CDN{Result: r.ResultCode(), SessionID: id, Disconnect: r.Disconnects()})
}

// forget removes a call. Its ID stays reserved for a while.
func (c *Conn) forget(now time.Time, id l2tp.SessionID) {
	k := c.calls[id]
	if k.peerID != 0 && c.byPeer[k.peerID] == id {
		delete(c.byPeer, k.peerID)
	}
	k.state = 0
	delete(c.calls, id)
	c.ids.release(now, id)
}

// receiveCall hands a call's message to the state table of its kind.
func (c *Conn) receiveCall(now time.Time, h l2tp.Header, m l2tp.Message) {
	switch m := m.(type) {
	case *l2tp.CDN:
		c.receiveCDN(now, h, m)
	case *l2tp.ICRP:
		c.receiveICRP(now, h, m)
	case *l2tp.ICRQ:
		c.receiveICRQ(now, h, m)
	case *l2tp.ICCN:
		c.receiveICCN(now, h, m)
	case *l2tp.OCRQ:
		// No bearer capability is offered, so that the peer must not ask
		// (section 4.4.3); the answer is that there never is a facility.
		c.rejectCall(now, m.SessionID, l2tp.Result{Code: l2tp.CallUnavailable, Message: "outgoing calls are not offered"})
	case *l2tp.OCRP, *l2tp.OCCN:
		c.outOfPlace(now, h.SessionID, m)
	case *l2tp.SLI, *l2tp.WEN:
		// Ethernet has no ACCM, and errors are the peer's to count.
		if c.calls[h.SessionID] == nil {
			c.log(logSession, m.Type().String())
		}
	}
}

// receiveCDN ends a call without an answer beyond the acknowledgement. A peer
// that does not know our ID addresses it to 0 and names its own.
func (c *Conn) receiveCDN(now time.Time, h l2tp.Header, m *l2tp.CDN) {
	id := h.SessionID
	if id == 0 {
		id = c.byPeer[m.SessionID]
	}
	if k := c.calls[id]; k == nil || k.state == callPlaced {
		c.log(logSession, "CDN")
		return
	}
	c.forget(now, id)
	c.actions = append(c.actions, CallDown{ID: id, Result: m.Outcome()})
}

// receiveICRP is the ICRP column of section 7.4.1.
func (c *Conn) receiveICRP(now time.Time, h l2tp.Header, m *l2tp.ICRP) {
	k := c.calls[h.SessionID]
	switch {
	case k == nil || k.state == callPlaced:
		// Its call was hung up before: the CDN crossed it, addressed to 0.
		c.log(logSession, "ICRP")
		if h.SessionID != 0 {
			c.disconnect(now, h.SessionID, m.SessionID, l2tp.Result{
				Code: l2tp.CallError, Error: l2tp.ErrorSession, Message: "no such call",
			})
		}
	case k.state != callWaitReply:
		c.outOfPlace(now, h.SessionID, m)
	default:
		k.state, k.peerID = callAnswered, m.SessionID
		c.byPeer[m.SessionID] = h.SessionID
		c.actions = append(c.actions, CallAnswered{ID: h.SessionID, PeerID: m.SessionID, Serial: k.serial})
	}
}

// outOfPlace ends a call after a message that its state does not allow.
func (c *Conn) outOfPlace(now time.Time, id l2tp.SessionID, m l2tp.Message) {
	what := m.Type().String()
	if k := c.calls[id]; k == nil || k.state == callPlaced {
		c.log(logSession, what)
		return
	}
	c.log(logState, what)
	c.drop(now, id, l2tp.Result{Code: l2tp.CallError, Error: l2tp.ErrorSession, Message: "unexpected " + what})
}

// rejectCall answers a request for a call that is not made. "The Assigned
// Session ID ... MUST" be there, so one is borrowed. It is not held afterwards:
// the peer has no reason to send to it, and requests must not use up the IDs.
func (c *Conn) rejectCall(now time.Time, peerID l2tp.SessionID, r l2tp.Result) {
	id, ok := c.ids.take(now, &c.random)
	if ok {
		c.ids.put(id)
	}
	c.disconnect(now, id, peerID, r)
}

// refuseCall answers a session message that must not be accepted.
func (c *Conn) refuseCall(now time.Time, h l2tp.Header, m l2tp.Message, r l2tp.Result) {
	switch m := m.(type) {
	case *l2tp.CDN:
		// The call is over, whatever is wrong with the message.
		c.receiveCDN(now, h, m)
		return
	case *l2tp.ICRQ:
		c.rejectCall(now, m.SessionID, r)
		return
	case *l2tp.OCRQ:
		c.rejectCall(now, m.SessionID, r)
		return
	case *l2tp.ICRP:
		if k := c.calls[h.SessionID]; k != nil && k.peerID == 0 {
			k.peerID = m.SessionID
		}
	}
	if k := c.calls[h.SessionID]; k != nil && k.state != callPlaced {
		c.drop(now, h.SessionID, r)
	}
}
