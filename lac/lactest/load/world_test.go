package load

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
	"lacd/lac"
	"lacd/lac/l2tp"
	"lacd/lac/lactest/sim"
	"lacd/lac/trunk"
	"lacd/policy"
	"lacd/pppoe"
	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

func TestMain(m *testing.M) { kerneltest.Main(m) }

// world is a real LAC in memory, between the port of a crowd and the sockets of
// LNSes. Its data plane carries data.
type world struct {
	*kerneltest.Fake
	near, far *kerneltest.Pipe // the LAC's end of the access port, and the crowd's

	mu      sync.Mutex // guards what follows
	lacs    map[[2]netip.AddrPort]*queue
	lnses   map[netip.AddrPort]*queue
	tunnels map[kernel.TunnelID]kernel.Tunnel
	bridges map[kernel.BridgeID]kernel.Bridge
	mangle  func(b []byte) [][]byte // what becomes of a frame on its way to a session's other end; nil: it arrives
	port    uint16
}

var anyTags = []pppoe.Tagging{{}, {Outer: allIDs}, {TPID: wire.STag, Outer: allIDs, Inner: allIDs}}

var allIDs = pppoe.Range{First: 1, Last: 4094}

func lnsAddr(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(11 + i)}), 1701)
}

// inWorld plays a run in virtual time.
func inWorld(t *testing.T, cfg *Config, check func(rep *Report)) {
	t.Helper()
	inChangedWorld(t, cfg, nil, check)
}

// inChangedWorld does so after change has had the world, and the means to end
// the run.
func inChangedWorld(t *testing.T, cfg *Config, change func(w *world, interrupt func()), check func(rep *Report)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		log := &strings.Builder{}
		srv, err := lac.New(w.config(t, len(cfg.LNS), log))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- srv.Run(ctx) }()
		synctest.Wait()
		cfg.Port, cfg.Listen = &crowdPort{w.far, w}, w.listen
		running, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		if change != nil {
			change(w, interrupt)
		}
		rep, err := Run(running, *cfg)
		if err != nil {
			t.Fatal(err)
		}
		check(rep)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("report %+v\n%+v\n%+v\n%s", rep, rep.Clients, rep.LNS, log)
		}
	})
}

func newWorld() *world {
	near, far := kerneltest.NewPipe(
		kerneltest.PipeEnd{Name: "eth1", MAC: [6]byte{2, 0, 0, 0, 0, 1}, Queue: 1 << 16},
		kerneltest.PipeEnd{Name: "far", MAC: [6]byte{2, 0, 0, 0, 0, 2}, Queue: 1 << 16},
	)
	return &world{
		Fake: kerneltest.NewFake(nil), near: near, far: far, lacs: map[[2]netip.AddrPort]*queue{},
		lnses: map[netip.AddrPort]*queue{}, tunnels: map[kernel.TunnelID]kernel.Tunnel{}, bridges: map[kernel.BridgeID]kernel.Bridge{},
	}
}

func (w *world) config(t *testing.T, lnses int, log *strings.Builder) lac.Config {
	r := policy.Retailer{Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm}
	for i := range lnses {
		r.LNS = append(r.LNS, policy.LNS{
			Name: fmt.Sprintf("lns%d", i), Peer: lnsAddr(i), Preference: uint32(i), Secret: policy.Secret(secretOfTunnels),
		})
	}
	pol, err := policy.New(policy.Policy{Node: "lac1", Retailers: []policy.Retailer{r}})
	if err != nil {
		t.Fatal(err)
	}
	return lac.Config{
		Node: "lac1", Access: []lac.Access{{Port: w.near, Tagging: anyTags}},
		PPP: ppp.Config{Auth: []ppp.Protocol{ppp.CHAP, ppp.PAP}}, Policy: pol,
		Trunk: trunk.Config{Network: w}, Plane: w, PlaneName: "world", Shards: 2, Executors: 2,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}
}

const secretOfTunnels = "a secret of both ends"

// queue is datagrams on their way to a socket.
type queue struct {
	mu     sync.Mutex // guards what follows
	items  []parcel
	closed bool
	ready  chan struct{}
}

type parcel struct {
	from netip.AddrPort
	b    []byte
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

func (q *queue) put(from netip.AddrPort, b []byte) {
	if q == nil {
		return
	}
	q.mu.Lock()
	q.items = append(q.items, parcel{from, append([]byte(nil), b...)})
	q.mu.Unlock()
	q.wake()
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake()
}

// take waits for something until the deadline; zero: for ever.
func (q *queue) take(deadline time.Time, most int) ([]parcel, error) {
	for {
		q.mu.Lock()
		n := min(most, len(q.items))
		items := q.items[:n]
		q.items = q.items[n:]
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		if n > 0 {
			return items, nil
		}
		var due <-chan time.Time
		if !deadline.IsZero() {
			due = time.After(time.Until(deadline))
		}
		select {
		case <-q.ready:
		case <-due:
			return nil, nil
		}
	}
}

// listen is the Listen of a Config.
func (w *world) listen(l *sim.LNSConfig) (Socket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := newQueue()
	w.lnses[l.Addr] = q
	return &lnsSocket{q, w, l.Addr}, nil
}

type lnsSocket struct {
	*queue
	w  *world
	at netip.AddrPort
}

func (s *lnsSocket) ReadBatch(deadline time.Time, fn func(netip.AddrPort, []byte)) error {
	items, err := s.take(deadline, 64)
	for _, p := range items {
		fn(p.from, p.b)
	}
	return err
}

func (s *lnsSocket) WriteBatch(ds []sim.Datagram) error {
	for _, d := range ds {
		if l2tp.IsControl(d.Data) {
			s.w.mu.Lock()
			q := s.w.lacs[[2]netip.AddrPort{d.To, s.at}]
			s.w.mu.Unlock()
			q.put(s.at, d.Data)
			continue
		}
		s.w.descend(d.Data)
	}
	return nil
}

func (s *lnsSocket) Drops() uint64 { return 0 }

func (s *lnsSocket) Close() error {
	s.w.mu.Lock()
	delete(s.w.lnses, s.at)
	s.w.mu.Unlock()
	s.close()
	return nil
}

// Dial implements trunk.Network.
func (w *world) Dial(_, peer netip.AddrPort) (trunk.Socket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.port++
	local := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), 40000+w.port)
	s := &lacSocket{queue: newQueue(), w: w, local: local, peer: peer}
	w.lacs[[2]netip.AddrPort{local, peer}] = s.queue
	return s, nil
}

// Bind implements trunk.Network.
func (w *world) Bind(netip.AddrPort) (trunk.Listener, error) {
	return nil, errors.New("no strangers here")
}

type lacSocket struct {
	*queue
	w           *world
	local, peer netip.AddrPort
}

func (s *lacSocket) ReadBatch(fn func([]byte)) error {
	items, err := s.take(time.Time{}, 64)
	for _, p := range items {
		fn(p.b)
	}
	return err
}

func (s *lacSocket) WriteBatch(ds [][]byte) (int, error) {
	s.w.mu.Lock()
	q := s.w.lnses[s.peer]
	s.w.mu.Unlock()
	for _, d := range ds {
		q.put(s.local, d)
	}
	return len(ds), nil
}

func (s *lacSocket) Connect(netip.AddrPort) error { return errors.New("nobody moves here") }
func (s *lacSocket) Local() netip.AddrPort        { return s.local }
func (s *lacSocket) Raw() syscall.RawConn         { return nil }
func (s *lacSocket) Mark(uint8) error             { return nil }
func (s *lacSocket) Close() error {
	s.close()
	return nil
}

func (w *world) AddTunnel(ctx context.Context, t kernel.Tunnel) error {
	w.mu.Lock()
	w.tunnels[t.ID] = t
	w.mu.Unlock()
	return w.Fake.AddTunnel(ctx, t)
}

func (w *world) AddBridge(ctx context.Context, b kernel.Bridge) error {
	w.mu.Lock()
	w.bridges[b.ID] = b
	w.mu.Unlock()
	return w.Fake.AddBridge(ctx, b)
}

func (w *world) RemoveBridge(ctx context.Context, id kernel.BridgeID) (kernel.Counters, error) {
	w.mu.Lock()
	delete(w.bridges, id)
	w.mu.Unlock()
	return w.Fake.RemoveBridge(ctx, id)
}

// crowdPort is the crowd's end of the access port: what it sends into a session
// that has a bridge goes to the LNS.
type crowdPort struct {
	*kerneltest.Pipe
	w *world
}

func (p *crowdPort) WriteBatch(frames [][]byte) error {
	for _, f := range frames {
		p.w.ascend(f)
	}
	return p.Pipe.WriteBatch(frames)
}

// ascend carries a frame from the crowd.
func (w *world) ascend(b []byte) {
	f, err := wire.ParseFrame(b)
	if err != nil || f.EtherType != wire.SessionData {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, br := range w.bridges {
		if br.MAC == f.Src && br.PPPoE == uint16(f.SessionID) {
			t := w.tunnels[br.Tunnel]
			h := l2tp.Header{TunnelID: l2tp.TunnelID(t.PeerID), SessionID: l2tp.SessionID(br.PeerSession)}
			for _, payload := range w.mangled(f.Payload) {
				w.lnses[t.Peer].put(t.Local, l2tp.AppendData(nil, h, payload))
			}
			return
		}
	}
}

// descend carries a data message to the crowd.
func (w *world) descend(b []byte) {
	h, body, err := l2tp.ParseHeader(b)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, br := range w.bridges {
		if br.Tunnel == kernel.TunnelID(h.TunnelID) && br.Session == uint16(h.SessionID) {
			f := wire.Frame{Dst: br.MAC, Src: w.near.MAC(), EtherType: wire.SessionData, SessionID: wire.SessionID(br.PPPoE)}
			for i, v := range br.VLANs {
				f.VLANs[i] = wire.VLAN{TPID: v.TPID, ID: v.ID}
			}
			for _, payload := range w.mangled(l2tp.Frame(body)) {
				f.Payload = payload
				_ = w.near.WriteBatch([][]byte{f.AppendTo(nil)})
			}
			return
		}
	}
}

// mangled is what becomes of a frame. w.mu is held.
func (w *world) mangled(frame []byte) [][]byte {
	if w.mangle == nil {
		return [][]byte{frame}
	}
	return w.mangle(frame)
}
