package sim

import (
	"cmp"
	"net/netip"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/pppoe/ppp"
)

// LNSConfig is what an LNS is made of, and its habits. Zero means the default.
// It is not changed.
type LNSConfig struct {
	Addr   netip.AddrPort
	Name   string // Host Name; "lns"
	Secret []byte // of tunnels; empty: not authenticated
	Window uint16 // offered to the LAC; 512
	Hello  time.Duration
	Pool   netip.Addr // first address given to clients, IPv4; 100.64.0.1

	NoPPP       bool         // takes calls, says nothing in them
	LCPAgain    bool         // negotiates LCP itself, whatever the LAC says about it
	AuthAgain   bool         // authenticates itself, likewise
	Auth        ppp.Protocol // when it does; CHAP
	Password    string       // that clients must have; empty: any will do
	CDN         l2tp.Result  // refuses calls with it; Code 0: takes them
	RefuseEvery int          // only every n-th; 0: all
	StopCCN     l2tp.Result  // refuses tunnels with it; Code 0: takes them

	Delay       time.Duration // holds back what it sends
	SilentAfter time.Duration // from the beginning until it sends and hears nothing; 0: never
	StopAfter   time.Duration // until it ends its tunnels with StopCCN 6; 0: never
	DieAfter    time.Duration // until it is gone: the owner closes its socket; 0: never

	Traffic Traffic // to clients
	Random  func(b []byte)
}

func (cfg LNSConfig) normal() LNSConfig {
	cfg.Name = cmp.Or(cfg.Name, "lns")
	cfg.Auth = cmp.Or(cfg.Auth, ppp.CHAP)
	if !cfg.Pool.Is4() {
		cfg.Pool = netip.AddrFrom4([4]byte{100, 64, 0, 1})
	}
	return cfg
}

// Datagram is to be sent by an LNS.
type Datagram struct {
	To   netip.AddrPort
	Data []byte
}

// LNSStats is what an LNS has counted.
type LNSStats struct {
	Tunnels   int    // established now
	Calls     int    // connected now
	Requested uint64 // ICRQs
	Connected uint64 // ICCNs
	Refused   uint64 // calls, with a CDN
	Opened    uint64 // calls in which the client has got its address
	Ended     uint64 // calls that were connected and are over
	Resends   uint64 // control messages, of the tunnels that are there
	Odd       uint64 // datagrams and frames it could not make anything of

	UpTally, DownTally Tally // received, and sent
}

// LNS is one LNS.
type LNS struct {
	cfg     LNSConfig
	tunnels map[l2tp.TunnelID]*control
	byPeer  map[netip.AddrPort]*control // the latest from there
	nextID  l2tp.TunnelID

	calls  []*call // by slot; nil: free
	free   []int32
	timers timers
	live   []*call // whose payloads are sent
	pace   pace

	silentAt, stopAt, dieAt instant
	dead, ended             bool

	out   []Datagram
	held  []heldBack
	ups   []Token
	stats LNSStats
	frame []byte // scratch
}

// heldBack is on its way, delayed.
type heldBack struct {
	at instant
	d  Datagram
}

// control is a control connection and its calls.
type control struct {
	conn   *tunnel.Conn
	id     l2tp.TunnelID
	peerID l2tp.TunnelID
	peer   netip.AddrPort
	open   bool
	calls  map[l2tp.SessionID]*call
}

// NewLNS returns an LNS whose life begins now.
func NewLNS(now time.Time, cfg *LNSConfig) *LNS {
	n := instantOf(now)
	l := &LNS{
		cfg: cfg.normal(), tunnels: map[l2tp.TunnelID]*control{}, byPeer: map[netip.AddrPort]*control{},
		pace: newPace(cfg.Traffic),
	}
	after := func(d time.Duration) instant {
		if d == 0 {
			return 0
		}
		return n.add(d)
	}
	l.silentAt, l.stopAt, l.dieAt = after(cfg.SilentAfter), after(cfg.StopAfter), after(cfg.DieAfter)
	return l
}

// Take returns the datagrams to send, valid until the next call of a method.
func (l *LNS) Take() []Datagram {
	out := l.out
	l.out = l.out[:0]
	return out
}

// TakeConnected returns the sessions whose calls were connected since, valid
// until the next call of a method.
func (l *LNS) TakeConnected() []Token {
	ups := l.ups
	l.ups = l.ups[:0]
	return ups
}

// Dead reports whether the socket is to be closed.
func (l *LNS) Dead() bool { return l.dead }

// Gone reports whether the tunnels have ended, after End.
func (l *LNS) Gone() bool {
	for _, t := range l.tunnels {
		if s := t.conn.Stats().State; s != tunnel.Holding && s != tunnel.Gone {
			return false
		}
	}
	return true
}

// Stats returns what was counted.
func (l *LNS) Stats() LNSStats {
	s := l.stats
	for _, t := range l.tunnels {
		s.Resends += t.conn.Stats().Resends
		if t.open {
			s.Tunnels++
		}
	}
	return s
}

// Deadline returns when Advance has something to do; zero: nothing is due.
func (l *LNS) Deadline() time.Time {
	if l.dead {
		return time.Time{}
	}
	at := sooner(l.timers.next(), sooner(l.silentAt, sooner(l.stopAt, l.dieAt)))
	if len(l.held) > 0 {
		at = sooner(at, l.held[0].at)
	}
	if len(l.live) > 0 && !l.ended {
		at = sooner(at, l.pace.deadline())
	}
	for _, t := range l.tunnels {
		if d := t.conn.Deadline(); !d.IsZero() {
			at = sooner(at, instantOf(d))
		}
	}
	return at.time()
}

// Advance does what is due.
func (l *LNS) Advance(now time.Time) {
	n := instantOf(now)
	switch {
	case l.dead:
		return
	case l.dieAt.due(n):
		l.dead = true
		l.drop()
		return
	case l.silentAt.due(n):
		l.silentAt = 0
		l.drop()
		l.dead, l.ended = false, true
		l.cfg.StopCCN, l.cfg.Delay = l2tp.Result{}, 0
		l.tunnels = nil
		return
	case l.stopAt.due(n):
		l.stopAt = 0
		l.End(now)
	}
	for i, ok := l.timers.pop(n); ok; i, ok = l.timers.pop(n) {
		l.again(n, l.calls[i])
	}
	for _, t := range l.tunnels {
		if d := t.conn.Deadline(); !d.IsZero() && !now.Before(d) {
			t.conn.Advance(now)
		}
		l.drain(now, t)
	}
	l.emitTraffic(n)
	l.release(n)
}

// drop forgets everything.
func (l *LNS) drop() {
	for _, t := range l.tunnels {
		l.clear(t)
	}
	clear(l.tunnels)
	clear(l.byPeer)
	l.held, l.out = nil, nil
}

// End ends all tunnels, as an LNS does that is shut down.
func (l *LNS) End(now time.Time) {
	l.ended = true
	for _, t := range l.tunnels {
		t.conn.Close(now, l2tp.Result{Code: l2tp.StopShutdown})
		l.drain(now, t)
	}
}

// Receive takes a datagram. It may write into it.
func (l *LNS) Receive(now time.Time, from netip.AddrPort, b []byte) {
	if n := instantOf(now); l.silentAt.due(n) || l.dieAt.due(n) {
		l.Advance(now)
	}
	if l.dead || l.tunnels == nil {
		return
	}
	if !l2tp.IsControl(b) {
		l.receiveData(now, b)
		return
	}
	id, ok := l2tp.PeekTunnelID(b)
	if !ok {
		l.stats.Odd++
		return
	}
	t := l.tunnels[id]
	if id == 0 {
		// It belongs to the tunnel that the LAC is opening, or begins another.
		if t = l.byPeer[from]; t == nil || t.peerID != 0 {
			t = l.accept(now, from, b)
		}
	}
	if t == nil {
		return
	}
	t.conn.Receive(now, from, b)
	l.drain(now, t)
}

// accept begins a tunnel, for an SCCRQ alone.
func (l *LNS) accept(now time.Time, from netip.AddrPort, b []byte) *control {
	_, payload, err := l2tp.ParseHeader(b)
	if err != nil {
		l.stats.Odd++
		return nil
	}
	m, _ := (&l2tp.Parser{}).Parse(payload) // what is wrong with it, Conn will say
	rq, ok := m.(*l2tp.SCCRQ)
	if !ok || l.ended {
		return nil
	}
	for l.nextID++; l.nextID == 0 || l.tunnels[l.nextID] != nil; l.nextID++ {
	}
	if r := l.cfg.StopCCN; r.Code != 0 {
		l.send(now, from, l2tp.AppendMessage(nil, l2tp.Header{TunnelID: rq.TunnelID, Nr: 1}, &l2tp.StopCCN{
			Result: r.ResultCode(), TunnelID: l.nextID,
		}, nil))
		return nil
	}
	cfg := tunnel.Config{
		LocalID: l.nextID, Peer: from, HostName: l.cfg.Name, Secret: l.cfg.Secret, Window: l.cfg.Window, Hello: l.cfg.Hello,
	}
	l.cfg.Random(cfg.Seed[:])
	t := &control{conn: tunnel.Accept(now, cfg), id: cfg.LocalID, peer: from, calls: map[l2tp.SessionID]*call{}}
	l.tunnels[t.id], l.byPeer[from] = t, t
	return t
}

// drain does what the control connection wants, and what that leads to.
func (l *LNS) drain(now time.Time, t *control) {
	for as := t.conn.Take(); len(as) > 0; as = t.conn.Take() {
		for _, a := range as {
			l.do(now, t, a)
		}
	}
}

func (l *LNS) do(now time.Time, t *control, a tunnel.Action) {
	switch a := a.(type) {
	case tunnel.Send:
		l.send(now, a.To, a.Datagram)
	case tunnel.Opened:
		t.peerID, t.peer, t.open = a.PeerID, a.Peer, true
	case tunnel.CallRequested:
		l.stats.Requested++
		if l.refuses() {
			l.stats.Refused++
			t.conn.HangUp(now, a.ID, l.cfg.CDN)
			return
		}
		l.add(t, a.ID, a.PeerID)
		t.conn.AnswerCall(now, a.ID)
	case tunnel.CallConnected:
		if k := t.calls[a.ID]; k != nil {
			l.connected(instantOf(now), k, &a.Connect)
		}
	case tunnel.CallDown:
		if k := t.calls[a.ID]; k != nil {
			l.remove(k)
		}
	case tunnel.Down:
		t.open = false
		l.clear(t)
	case tunnel.Released:
		delete(l.tunnels, t.id)
		if l.byPeer[t.peer] == t {
			delete(l.byPeer, t.peer)
		}
	case tunnel.Log:
		l.stats.Odd++
	case tunnel.CallAnswered, tunnel.Connected: // of the LAC's role
	}
}

func (l *LNS) refuses() bool {
	every := uint64(max(1, l.cfg.RefuseEvery))
	return l.cfg.CDN.Code != 0 && l.stats.Requested%every == 0
}

// send sends a datagram, later where the LNS is slow.
func (l *LNS) send(now time.Time, to netip.AddrPort, b []byte) {
	d := Datagram{to, b}
	if l.cfg.Delay > 0 {
		l.held = append(l.held, heldBack{instantOf(now).add(l.cfg.Delay), d})
		return
	}
	l.out = append(l.out, d)
}

// release sends what was held back long enough.
func (l *LNS) release(now instant) {
	for len(l.held) > 0 && l.held[0].at.due(now) {
		l.out = append(l.out, l.held[0].d)
		l.held = l.held[1:]
	}
}

// Quiet ends the traffic to the clients.
func (l *LNS) Quiet() { l.pace.gap = 0 }
