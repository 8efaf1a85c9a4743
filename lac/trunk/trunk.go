package trunk

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"lacd/kernel"
	"lacd/lac/cause"
	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/policy"
)

// Port is the registered UDP port of L2TP (RFC 2661 section 8.1).
const Port = 1701

// Config is how tunnels are opened and kept. Zero durations and counts take
// the defaults of tunnel.Config.
type Config struct {
	HostName   string // Host Name AVP where the LNS block or RADIUS names none
	VendorName string
	Window     uint16
	Resend     time.Duration
	ResendMax  time.Duration
	Retries    int
	Hello      time.Duration

	AnswerTimeout time.Duration // from ICRQ to ICRP

	Lockout time.Duration // how long a silent LNS is passed over; 0: 60 s

	Plane   kernel.Dataplane
	Network Network           // nil: UDP
	Notify  func(Event)       // must not block
	Log     *slog.Logger      // nil: slog.Default
	Random  func(b []byte)    // fills b with unpredictable octets
	Dropped func(what string) // counts discarded input; nil: not counted
}

// Ref names one attempt of one session to place a call.
type Ref struct {
	Session uint64
	Attempt uint8
}

// Event is what happened to a call.
type Event struct {
	Ref                Ref
	Tunnel, PeerTunnel l2tp.TunnelID
	ID, Peer           l2tp.SessionID // Answered
	Down               bool
	Cause              cause.Cause // Down: why, for an established call
	Text               string      // Down: why, for people
}

// Trunk is all tunnels of the daemon.
type Trunk struct {
	cfg     Config
	tunnels sync.Map // policy.TunnelKey → *Tunnel that takes calls
	locked  sync.Map // policy.TunnelKey → time.Time until which it is passed over
	peers   sync.Map // peerKey → *peer

	mu     sync.Mutex // guards opening and the fields below; not taken for a call on an open tunnel
	byID   map[l2tp.TunnelID]*Tunnel
	held   map[l2tp.TunnelID]time.Time // released lately: not dealt again before
	paths  map[path]struct{}           // UDP source and destination in use
	closed bool
	wg     sync.WaitGroup
	serial atomic.Uint32 // Call Serial Number
}

type path struct {
	local netip.Addr
	peer  netip.AddrPort
}

// New returns a Trunk with no tunnels.
func New(cfg Config) *Trunk {
	if cfg.Network == nil {
		cfg.Network = UDP{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Lockout == 0 {
		cfg.Lockout = time.Minute
	}
	if cfg.Dropped == nil {
		cfg.Dropped = func(string) {}
	}
	return &Trunk{cfg: cfg, byID: map[l2tp.TunnelID]*Tunnel{}, held: map[l2tp.TunnelID]time.Time{}, paths: map[path]struct{}{}}
}

// PlaceCall places a call with lns, over a shared tunnel or a new one. It
// returns the tunnel for HangUp and Connect, or nil when the call failed at
// once; the Down event is then on its way. An LNS that was silent lately is
// passed over, unless it is the last one that can be tried.
func (t *Trunk) PlaceCall(ref Ref, lns *policy.LNS, call tunnel.Call, last bool) *Tunnel {
	key := lns.TunnelKey()
	p := t.peer(lns)
	p.placed.Add(1)
	if until, ok := t.locked.Load(key); ok && !last && time.Now().Before(until.(time.Time)) {
		t.fail(p, ref, "LNS "+lns.Name+" is passed over: it did not answer lately")
		return nil
	}
	cmd := placeCall{ref, call, p}
	if tun, ok := t.tunnels.Load(key); ok && tun.(*Tunnel).box.Put(cmd) {
		return tun.(*Tunnel)
	}
	tun, err := t.open(key, lns)
	if err == nil && tun.box.Put(cmd) {
		return tun
	}
	if err == nil {
		err = errClosing
	}
	t.fail(p, ref, err.Error())
	return nil
}

func (t *Trunk) fail(p *peer, ref Ref, text string) {
	p.fail(text)
	t.cfg.Notify(Event{Ref: ref, Down: true, Cause: cause.CallFailed, Text: text})
}

// open returns the tunnel of key, opening it if no other caller did.
func (t *Trunk) open(key policy.TunnelKey, lns *policy.LNS) (*Tunnel, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errClosing
	}
	if tun, ok := t.tunnels.Load(key); ok && !tun.(*Tunnel).box.Closed() {
		return tun.(*Tunnel), nil
	}
	id, err := t.newID()
	if err != nil {
		return nil, err
	}
	// Two tunnels must not share a 4-tuple: the kernel could not tell them apart.
	pth := path{lns.Local, lns.Peer}
	local := netip.AddrPortFrom(lns.Local, Port)
	if _, taken := t.paths[pth]; taken {
		local = netip.AddrPortFrom(lns.Local, 0)
	} else {
		t.paths[pth] = struct{}{}
	}
	sock, err := t.cfg.Network.Dial(local, lns.Peer)
	if err != nil {
		if local.Port() != 0 {
			delete(t.paths, pth)
		}
		return nil, fmt.Errorf("open tunnel to %v: %w", lns.Peer, err)
	}
	tun := newTunnel(t, id, key, lns, sock)
	tun.ownsPath = local.Port() != 0
	t.byID[id] = tun
	t.tunnels.Store(key, tun)
	t.wg.Go(tun.run)
	t.wg.Go(tun.read)
	return tun, nil
}

// newID picks an unpredictable Tunnel ID that no tunnel has, nor had lately.
func (t *Trunk) newID() (l2tp.TunnelID, error) {
	now := time.Now()
	maps.DeleteFunc(t.held, func(_ l2tp.TunnelID, until time.Time) bool { return !now.Before(until) })
	if len(t.byID)+len(t.held) > 60000 {
		return 0, fmt.Errorf("open tunnel: %d tunnels are open", len(t.byID))
	}
	for {
		var b [2]byte
		t.cfg.Random(b[:])
		id := l2tp.TunnelID(binary.BigEndian.Uint16(b[:]))
		_, taken := t.byID[id]
		_, held := t.held[id]
		if id != 0 && !taken && !held {
			return id, nil
		}
	}
}

// retire takes a tunnel that is down out of use; its ID stays taken.
func (t *Trunk) retire(tun *Tunnel) { t.tunnels.CompareAndDelete(tun.key, tun) }

// release forgets a tunnel that has ended.
func (t *Trunk) release(tun *Tunnel) {
	t.retire(tun)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byID, tun.id)
	t.held[tun.id] = tun.reuseAfter
	if tun.ownsPath {
		delete(t.paths, path{tun.lns.Local, tun.lns.Peer})
	}
}

// lock passes an LNS over for the configured time.
func (t *Trunk) lock(key policy.TunnelKey, now time.Time) {
	t.locked.Store(key, now.Add(t.cfg.Lockout))
}

// all returns the tunnels in no order, those on hold included.
func (t *Trunk) all() []*Tunnel {
	t.mu.Lock()
	defer t.mu.Unlock()
	tuns := make([]*Tunnel, 0, len(t.byID))
	for _, tun := range t.byID {
		tuns = append(tuns, tun)
	}
	return tuns
}

// Stop sends StopCCN with the given Result Code to every LNS, and refuses new
// calls. All calls get their Down event. It does not wait.
func (t *Trunk) Stop(result uint16) {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	for _, tun := range t.all() {
		tun.box.Put(stopTunnel{l2tp.Result{Code: result}})
	}
}

// Wait returns when every StopCCN is acknowledged, or ctx is done.
func (t *Trunk) Wait(ctx context.Context) error {
	for _, tun := range t.all() {
		select {
		case <-tun.quiet:
		case <-ctx.Done():
			return fmt.Errorf("close tunnels: %w", ctx.Err())
		}
	}
	return nil
}

// Close ends the loops without telling anyone, and removes the tunnels from
// the data plane. Stop and Wait come first in an orderly end.
func (t *Trunk) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	for _, tun := range t.all() {
		tun.box.Close()
		_ = tun.sock.Close() // the reader ends; nothing is left to say
	}
	t.wg.Wait()
}
