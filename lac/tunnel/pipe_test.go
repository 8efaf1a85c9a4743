package tunnel

import (
	"bytes"
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"lacd/lac/l2tp"
)

// A pipe joins a LAC and an LNS through a network that loses, repeats, delays
// and reorders, the same way each time it is run.
type pipe struct {
	clock
	t        testing.TB
	cfg      pipeConfig
	rng      *rand.Rand
	lac, lns *end
	flying   packets
	seq      int
	all      [][]byte // what was sent, if keep
}

type pipeConfig struct {
	secret       string
	loss, repeat float64
	delay        time.Duration // one way
	jitter       time.Duration // added to delay, at most
	window       uint16
	first        uint16 // Ns and Nr at the start
	quiet        bool   // do not keep what was sent
	answer       time.Duration
}

// An end is a Conn with an application that answers and connects every call.
type end struct {
	c         *Conn
	addr      netip.AddrPort
	connect   Connect
	opened    bool
	answered  map[l2tp.SessionID]l2tp.SessionID // ours to the peer's
	requested map[l2tp.SessionID]Call
	connected map[l2tp.SessionID]Connect
	ended     map[l2tp.SessionID]CallDown
	down      []Down
	released  bool
	logs      []Log
}

type packet struct {
	at   time.Time
	seq  int
	to   *end
	from netip.AddrPort
	b    []byte
}

type packets []packet

func (p packets) Len() int { return len(p) }
func (p packets) Less(i, j int) bool {
	if !p[i].at.Equal(p[j].at) {
		return p[i].at.Before(p[j].at)
	}
	return p[i].seq < p[j].seq
}
func (p packets) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *packets) Push(x any)   { *p = append(*p, x.(packet)) }
func (p *packets) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}

func newEnd(addr string) *end {
	return &end{
		addr:      netip.MustParseAddrPort(addr),
		connect:   Connect{TxSpeed: 1000},
		answered:  map[l2tp.SessionID]l2tp.SessionID{},
		requested: map[l2tp.SessionID]Call{},
		connected: map[l2tp.SessionID]Connect{},
		ended:     map[l2tp.SessionID]CallDown{},
	}
}

func newPipe(t testing.TB, cfg pipeConfig) *pipe {
	p := &pipe{t: t, cfg: cfg, rng: rand.New(rand.NewPCG(1, 2)), lac: newEnd("192.0.2.1:1701"), lns: newEnd("192.0.2.2:1701")}
	p.now = epoch
	if cfg.window == 0 {
		cfg.window = 32
	}
	shared := Config{Secret: []byte(cfg.secret), Window: cfg.window, Retries: 30, AnswerTimeout: cfg.answer}
	at, from := shared, shared
	at.LocalID, at.HostName, at.Peer, at.Seed = 22, "lns", p.lac.addr, [32]byte{22}
	from.LocalID, from.HostName, from.Peer, from.Seed = 11, "lac", p.lns.addr, [32]byte{11}
	p.lns.c = Accept(p.now, at)
	p.lac.c = newConn(p.now, from)
	for _, e := range []*end{p.lac, p.lns} {
		e.c.channel.una, e.c.channel.nr = cfg.first, cfg.first
	}
	p.lac.c.dial(p.now)
	p.lac.c.settle(p.now)
	p.act(p.lac)
	return p
}

// open runs until the tunnel is open at both ends.
func (p *pipe) open() {
	p.t.Helper()
	for range 1000 {
		if p.lac.opened && p.lns.opened {
			return
		}
		p.run(100 * time.Millisecond)
	}
	p.t.Fatal("the tunnel does not open")
}

// run lets time pass.
func (p *pipe) run(d time.Duration) {
	p.t.Helper()
	end := p.now.Add(d)
	p.act(p.lac)
	p.act(p.lns)
	for {
		at := earlier(p.lac.c.Deadline(), p.lns.c.Deadline())
		if len(p.flying) > 0 {
			at = earlier(at, p.flying[0].at)
		}
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(p.now) {
			p.now = at
		}
		p.step()
	}
	p.now = end
}

// step delivers what has arrived and runs what is due.
func (p *pipe) step() {
	p.t.Helper()
	for len(p.flying) > 0 && !p.flying[0].at.After(p.now) {
		f := heap.Pop(&p.flying).(packet)
		f.to.c.Receive(p.now, f.from, f.b)
		p.act(f.to)
	}
	for _, e := range []*end{p.lac, p.lns} {
		if at := e.c.Deadline(); !due(at, p.now) {
			continue
		}
		e.c.Advance(p.now)
		p.act(e)
		if at := e.c.Deadline(); due(at, p.now) {
			p.t.Fatalf("%v: due again at %v", p.now.Sub(epoch), at.Sub(epoch))
		}
	}
}

// act carries out the actions of one end.
func (p *pipe) act(e *end) {
	p.t.Helper()
	for actions := e.c.Take(); len(actions) > 0; actions = e.c.Take() {
		for _, action := range actions {
			p.do(e, action)
		}
	}
	st := e.c.Stats
	if p.cfg.quiet {
		return
	}
	if s := st(); s.InFlight > s.Window || s.CWND > s.Window {
		p.t.Fatalf("%d in flight, cwnd %d with a window of %d", s.InFlight, s.CWND, s.Window)
	}
}

func (p *pipe) do(e *end, action Action) {
	switch a := action.(type) {
	case Send:
		p.send(e, a)
	case Opened:
		e.opened = true
	case CallAnswered:
		e.answered[a.ID] = a.PeerID
		e.c.ConnectCall(p.now, a.ID, e.connect)
	case CallRequested:
		e.requested[a.ID] = a.Call
		e.c.AnswerCall(p.now, a.ID)
	case CallConnected:
		e.connected[a.ID] = a.Connect
	case CallDown:
		if len(e.down) > 0 {
			p.t.Error("CallDown after Down")
		}
		e.ended[a.ID] = a
	case Down:
		if e.down = append(e.down, a); len(e.down) > 1 {
			p.t.Errorf("down again: %v", a)
		}
	case Released:
		if e.released || len(e.down) == 0 {
			p.t.Error("Released twice, or before Down")
		}
		e.released = true
	case Log:
		e.logs = append(e.logs, a)
	}
}

func (p *pipe) send(from *end, s Send) {
	to := p.lac
	if from == p.lac {
		to = p.lns
	}
	if s.To != to.addr {
		p.t.Fatalf("sent to %v", s.To)
	}
	if !p.cfg.quiet {
		p.all = append(p.all, s.Datagram)
	}
	if p.rng.Float64() < p.cfg.loss {
		return
	}
	for {
		at := p.now.Add(p.cfg.delay)
		if p.cfg.jitter > 0 {
			at = at.Add(time.Duration(p.rng.Int64N(int64(p.cfg.jitter))))
		}
		p.seq++
		heap.Push(&p.flying, packet{at, p.seq, to, from.addr, bytes.Clone(s.Datagram)})
		if p.rng.Float64() >= p.cfg.repeat {
			return
		}
	}
}

// saw reports whether text was in any datagram.
func (p *pipe) saw(text string) bool {
	for _, b := range p.all {
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}

func TestPipe(t *testing.T) {
	tests := []struct {
		name string
		cfg  pipeConfig
	}{
		{"clean", pipeConfig{delay: 5 * time.Millisecond}},
		{"secret", pipeConfig{delay: 5 * time.Millisecond, secret: "s3cret"}},
		{"loss", pipeConfig{delay: 5 * time.Millisecond, loss: 0.1}},
		{"reordering", pipeConfig{delay: 5 * time.Millisecond, jitter: 30 * time.Millisecond}},
		{"duplicates", pipeConfig{delay: 5 * time.Millisecond, repeat: 0.3}},
		{"all", pipeConfig{delay: 20 * time.Millisecond, jitter: 40 * time.Millisecond, loss: 0.1, repeat: 0.2, secret: "s", window: 8}},
		{"wrap around", pipeConfig{delay: 5 * time.Millisecond, jitter: 10 * time.Millisecond, loss: 0.05, first: 65400}},
		{"window of 1", pipeConfig{delay: 5 * time.Millisecond, loss: 0.02, window: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.answer = time.Hour
			callsThrough(t, newPipe(t, tt.cfg))
		})
	}
}

// callsThrough makes 400 calls, 100 of them before the tunnel is open, hangs up
// from both ends and closes.
func callsThrough(t *testing.T, p *pipe) {
	const n = 400
	var ids []l2tp.SessionID
	for i := range n {
		if i == 100 {
			p.open()
		}
		id, err := p.lac.c.PlaceCall(p.now, Call{Calling: "line"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	p.run(10 * time.Minute)
	if len(p.lns.connected) != n || len(p.lac.answered) != n || len(p.lac.ended)+len(p.lns.ended) != 0 {
		t.Fatalf("%d of %d connected, %d answered", len(p.lns.connected), n, len(p.lac.answered))
	}
	for i, id := range ids[:200] {
		r := l2tp.Result{Code: 3, Disconnect: &l2tp.DisconnectCause{Code: 16}}
		if i%2 == 0 {
			p.lac.c.HangUp(p.now, id, r)
		} else {
			p.lns.c.HangUp(p.now, p.lac.answered[id], r)
		}
	}
	p.run(5 * time.Minute)
	if len(p.lac.ended) != 100 || len(p.lns.ended) != 100 {
		t.Errorf("%d and %d calls ended", len(p.lac.ended), len(p.lns.ended))
	}
	for _, e := range []*end{p.lac, p.lns} {
		if got := e.c.Stats(); got.Calls != 200 || got.InFlight+got.Queued != 0 {
			t.Errorf("%d calls left, %d in flight, %d queued", got.Calls, got.InFlight, got.Queued)
		}
	}
	p.lac.c.Close(p.now, l2tp.Result{Code: 6})
	p.run(2 * time.Minute)
	if !p.lac.released || !p.lns.released || p.lns.down[0].Reason != PeerStopped || p.lns.down[0].Result.Code != 6 {
		t.Errorf("released: %v, %v; down: %v", p.lac.released, p.lns.released, p.lns.down)
	}
	for _, l := range append(p.lac.logs, p.lns.logs...) {
		t.Errorf("log %v", l)
	}
}

// BenchmarkCalls sets up 1000 calls between a LAC and an LNS: both ends and the
// network between them.
func BenchmarkCalls(b *testing.B) {
	const n = 1000
	b.ReportAllocs()
	for b.Loop() {
		p := newPipe(b, pipeConfig{quiet: true, window: 512, delay: time.Millisecond})
		p.open()
		for range n {
			if _, err := p.lac.c.PlaceCall(p.now, Call{Calling: "line"}); err != nil {
				b.Fatal(err)
			}
		}
		p.run(5 * time.Second)
		if len(p.lns.connected) != n {
			b.Fatalf("%d connected", len(p.lns.connected))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/call")
}
