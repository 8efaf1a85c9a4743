package lactest

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/mailbox"
	"lacd/lac/tunnel"
)

// Behaviour is what an LNS does. The zero value takes every call.
type Behaviour struct {
	Silent     bool        // answers nothing
	SilentICRQ bool        // takes tunnels, never answers a call
	StopCCN    l2tp.Result // if Code is not 0: refuses tunnels
	CDN        l2tp.Result // if Code is not 0: refuses calls

	AnswerFrom netip.AddrPort // if valid: sends from there
	Delay      time.Duration  // holds back what it sends
	Window     uint16         // offered; 0: the default of lac/tunnel
	Hello      time.Duration  // silence after which it sends HELLO; 0: the default of lac/tunnel
	Cross      bool           // sends an SCCRQ of its own when the next one arrives
	TieBreaker []byte         // of that SCCRQ; nil: none; empty: the LAC's
}

// LNS answers tunnels in the LNS role of lac/tunnel. Run must be called.
type LNS struct {
	net    *Net
	addr   netip.AddrPort
	secret string
	box    *mailbox.Mailbox[lnsInput]

	connected atomic.Int64

	mu        sync.Mutex // guards what follows
	behaviour Behaviour
	conns     map[*socket]*lnsConn
	calls     []*Call
	data      [][]byte
	nextID    l2tp.TunnelID
	quiet     bool
	held      []heldBack
	overheard [][]byte
	requests  int
	stops     int
}

// heldBack is a datagram on its way, delayed.
type heldBack struct {
	at   time.Time
	sock *socket
	b    []byte
}

type lnsConn struct {
	conn   *tunnel.Conn
	sock   *socket
	id     l2tp.TunnelID
	peerID l2tp.TunnelID
	calls  map[l2tp.SessionID]*Call
	down   bool

	dialled bool // by the LNS
}

// Call is a call as the LNS saw it.
type Call struct {
	lns      *LNS
	conn     *lnsConn
	ID, Peer l2tp.SessionID
	Serial   uint32
	Request  tunnel.Call
	Connect  tunnel.Connect // valid if Up
	Up       bool
	Down     bool
	Result   l2tp.Result // if Down
}

type lnsInput struct {
	sock *socket
	b    []byte
	do   func(now time.Time)
}

// Listen adds an LNS. An empty secret means no authentication.
func (n *Net) Listen(addr, secret string) *LNS {
	l := &LNS{
		net: n, addr: netip.MustParseAddrPort(addr), secret: secret, box: mailbox.New[lnsInput](),
		conns: map[*socket]*lnsConn{},
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[l.addr] = l
	return l
}

// Addr returns where the LNS listens.
func (l *LNS) Addr() netip.AddrPort { return l.addr }

// Connected returns how many calls were completed by ICCN.
func (l *LNS) Connected() int { return int(l.connected.Load()) }

// Forget makes the LNS keep no record of calls, for benchmarks.
func (l *LNS) Forget() { l.quiet = true }

// Set changes what the LNS does from now on.
func (l *LNS) Set(b Behaviour) {
	l.mu.Lock()
	l.behaviour = b
	l.mu.Unlock()
	if b.AnswerFrom.IsValid() {
		l.net.mu.Lock()
		l.net.hosts[b.AnswerFrom] = l
		l.net.mu.Unlock()
	}
}

// Requests returns how many SCCRQs arrived, repetitions included.
func (l *LNS) Requests() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests
}

// Stops returns how many of its tunnels the LAC ended with a StopCCN.
func (l *LNS) Stops() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stops
}

// Overheard returns what the LAC sent without a tunnel.
func (l *LNS) Overheard() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.overheard)
}

func (l *LNS) overhear(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.overheard = append(l.overheard, slices.Clone(b))
}

// Calls returns copies of all calls so far, in order of their ICRQ.
func (l *LNS) Calls() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Call, 0, len(l.calls))
	for _, c := range l.calls {
		out = append(out, *c)
	}
	return out
}

// Data returns the PPP frames received in data messages, with their Address
// and Control octets.
func (l *LNS) Data() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.data)
}

// Tunnels returns how many tunnels are established.
func (l *LNS) Tunnels() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c.conn.Stats().State == tunnel.Established {
			n++
		}
	}
	return n
}

// HangUp ends the i-th call with a CDN.
func (l *LNS) HangUp(i int, r l2tp.Result) {
	l.box.Put(lnsInput{do: func(now time.Time) {
		c := l.calls[i]
		c.Down = true
		c.conn.conn.HangUp(now, c.ID, r)
	}})
}

// Stop ends all tunnels with a StopCCN.
func (l *LNS) Stop(r l2tp.Result) {
	l.box.Put(lnsInput{do: func(now time.Time) {
		for _, c := range l.conns {
			c.conn.Close(now, r)
		}
	}})
}

// Close ends Run.
func (l *LNS) Close() { l.box.Close() }

func (l *LNS) deliver(s *socket, b []byte) { l.box.Put(lnsInput{sock: s, b: slices.Clone(b)}) }

// Run is the loop of the LNS.
func (l *LNS) Run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var spare []lnsInput
	for !l.box.Closed() {
		now := time.Now()
		spare = l.box.Take(spare)
		l.mu.Lock()
		for _, in := range spare {
			if in.do != nil {
				in.do(now)
			} else {
				l.receive(now, in.sock, in.b)
			}
		}
		wait := l.release(now)
		for _, c := range l.conns {
			if d := c.conn.Deadline(); !d.IsZero() && !now.Before(d) {
				c.conn.Advance(now)
			}
			l.drain(now, c)
			if d := c.conn.Deadline(); !d.IsZero() {
				wait = min(wait, d.Sub(now))
			}
		}
		l.mu.Unlock()
		timer.Reset(wait)
		select {
		case <-l.box.Wake():
		case <-timer.C:
		}
	}
}

func (l *LNS) receive(now time.Time, s *socket, b []byte) {
	if l.behaviour.Silent {
		return
	}
	if !l2tp.IsControl(b) {
		if len(b) > 6 && !l.quiet {
			l.data = append(l.data, slices.Clone(b[6:]))
		}
		return
	}
	c := l.conns[s]
	if id := l2tp.TunnelID(binary.BigEndian.Uint16(b[4:])); id != 0 && (c == nil || c.id != id) {
		c = l.adopt(s, id)
		if c == nil { // of a tunnel that is forgotten
			return
		}
	}
	var rq *l2tp.SCCRQ
	if binary.BigEndian.Uint16(b[4:]) == 0 {
		rq = parseSCCRQ(b)
	}
	if rq != nil {
		l.requests++
	}
	switch {
	case rq != nil && l.behaviour.Cross:
		if c = l.cross(now, s, rq); c == nil {
			return
		}
	case c != nil && !c.dialled:
	case c != nil && rq != nil: // it lost against ours
		return
	case c != nil:
	case l.behaviour.StopCCN.Code != 0:
		l.refuse(s, b)
		return
	default:
		c = l.accept(now, s)
	}
	c.conn.Receive(now, s.local, b)
	l.drain(now, c)
}

// refuse answers an SCCRQ with StopCCN.
func (l *LNS) refuse(s *socket, b []byte) {
	rq := parseSCCRQ(b)
	if rq == nil {
		return
	}
	l.nextID++
	l.send(s, l2tp.AppendMessage(nil, l2tp.Header{TunnelID: rq.TunnelID, Nr: 1}, &l2tp.StopCCN{
		Result: l.behaviour.StopCCN.ResultCode(), TunnelID: l.nextID,
	}, nil))
}

// send sends a datagram towards a socket of the LAC.
func (l *LNS) send(s *socket, b []byte) {
	if l.behaviour.Delay > 0 {
		l.held = append(l.held, heldBack{time.Now().Add(l.behaviour.Delay), s, b})
		return
	}
	l.transmit(s, b)
}

func (l *LNS) transmit(s *socket, b []byte) {
	if from := l.behaviour.AnswerFrom; from.IsValid() {
		l.net.Inject(from, s.local, b)
		return
	}
	s.deliver(parcel{b, l.addr})
}

// release sends what was held back long enough, and returns how long the rest
// may wait.
func (l *LNS) release(now time.Time) time.Duration {
	for len(l.held) > 0 && !now.Before(l.held[0].at) {
		h := l.held[0]
		l.held = l.held[1:]
		l.transmit(h.sock, h.b)
	}
	if len(l.held) > 0 {
		return l.held[0].at.Sub(now)
	}
	return time.Hour
}

func (l *LNS) accept(now time.Time, s *socket) *lnsConn {
	cfg := l.config(s)
	c := &lnsConn{conn: tunnel.Accept(now, cfg), sock: s, id: cfg.LocalID, calls: map[l2tp.SessionID]*Call{}}
	l.conns[s] = c
	return c
}

func (l *LNS) config(s *socket) tunnel.Config {
	l.nextID++
	cfg := tunnel.Config{
		LocalID: l.nextID, Peer: s.local, HostName: "lns." + l.addr.Addr().String(), Window: l.behaviour.Window,
		Hello: l.behaviour.Hello,
	}
	if l.secret != "" {
		cfg.Secret = []byte(l.secret)
	}
	_, _ = rand.Read(cfg.Seed[:]) // never fails
	return cfg
}

func (l *LNS) drain(now time.Time, c *lnsConn) {
	for _, a := range c.conn.Take() {
		switch a := a.(type) {
		case tunnel.Send:
			l.send(c.sock, slices.Clone(a.Datagram))
		case tunnel.Opened:
			c.peerID = a.PeerID
		case tunnel.CallRequested:
			l.requested(now, c, a)
		case tunnel.CallConnected:
			if call := c.calls[a.ID]; call != nil {
				call.Connect, call.Up = a.Connect, true
				l.connected.Add(1)
			}
		case tunnel.CallDown:
			if call := c.calls[a.ID]; call != nil {
				call.Down, call.Result = true, a.Result
				delete(c.calls, a.ID)
			}
		case tunnel.Down:
			c.down = true
			if a.Reason == tunnel.PeerStopped {
				l.stops++
			}
			for _, call := range c.calls {
				call.Down, call.Result = true, a.Result
			}
			clear(c.calls)
		case tunnel.Released:
			delete(l.conns, c.sock)
		}
	}
}

func (l *LNS) requested(now time.Time, c *lnsConn, a tunnel.CallRequested) {
	call := &Call{lns: l, conn: c, ID: a.ID, Peer: a.PeerID, Serial: a.Serial, Request: a.Call}
	c.calls[a.ID] = call
	if !l.quiet {
		l.calls = append(l.calls, call)
	}
	switch {
	case l.behaviour.CDN.Code != 0:
		c.conn.HangUp(now, a.ID, l.behaviour.CDN)
		call.Down, call.Result = true, l.behaviour.CDN
	case !l.behaviour.SilentICRQ:
		c.conn.AnswerCall(now, a.ID)
	}
}

// Drop makes the LNS forget everything and fall silent.
func (l *LNS) Drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.behaviour.Silent = true
	clear(l.conns)
	l.calls, l.data = nil, nil
}
