package trunk

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"lacd/kernel"
	"lacd/lac/cause"
	"lacd/lac/l2tp"
	"lacd/lac/murmur"
	"lacd/lac/rate"
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
	IdleTimeout   time.Duration // an open tunnel without calls is closed after this; 0: never
	MaxTunnels    int           // at once for calls with the same key; 0: 4

	Plane   kernel.Dataplane
	Network Network           // nil: UDP
	Notify  func(Event)       // must not block
	Tunnels func(TunnelEvent) // must not block; nil: nobody is told
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
	Tunnel, PeerTunnel l2tp.TunnelID  // Answered; Down: Tunnel, where the LNS refused the call
	ID, Peer           l2tp.SessionID // Answered; Down: ID, likewise
	Local              netip.Addr     // our end of the tunnel, where there is Tunnel
	Said               bool           // answers Say; nothing else is set
	Down               bool
	Cause              cause.Cause // Down: why, for an established call
	Text               string      // Down: why, for people
	Next               policy.Next // Down: what to do with a call that was not complete
	Redirect           netip.Addr  // Next is TryElsewhere
}

// Trunk is all tunnels of the daemon.
type Trunk struct {
	cfg       Config
	now       atomic.Pointer[Config] // with what Configure changes; never nil
	since     time.Time
	groups    sync.Map                                     // policy.TunnelKey → *group
	peers     sync.Map                                     // peerKey → *peer
	retailers sync.Map                                     // string → *retailer
	drains    atomic.Pointer[map[netip.AddrPort]time.Time] // never changed in place
	met       atomic.Int64                                 // LNSes that there was no peer for
	refusals  rate.Bucket                                  // of SCCRQs
	serial    atomic.Uint32                                // Call Serial Number
	murmur    *murmur.Log                                  // debug lines about single messages
	wg        sync.WaitGroup

	mu        sync.Mutex // guards opening and the fields below; not taken for a call on an open tunnel
	byID      map[l2tp.TunnelID]*Tunnel
	byHost    map[netip.Addr][]*Tunnel    // by the address that was dialled, the oldest first
	held      map[l2tp.TunnelID]time.Time // released lately: not dealt again before
	paths     map[path]struct{}           // UDP source and destination in use
	listeners map[netip.Addr]Listener     // by local address; nil: it could not be opened
	closed    bool
}

// New returns a Trunk with no tunnels.
func New(cfg Config) *Trunk {
	if cfg.Network == nil {
		cfg.Network = UDP{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Tunnels == nil {
		cfg.Tunnels = func(TunnelEvent) {}
	}
	if cfg.Dropped == nil {
		cfg.Dropped = func(string) {}
	}
	t := &Trunk{
		cfg: cfg, since: time.Now(), murmur: murmur.New(cfg.Log), byID: map[l2tp.TunnelID]*Tunnel{}, byHost: map[netip.Addr][]*Tunnel{},
		held:  map[l2tp.TunnelID]time.Time{},
		paths: map[path]struct{}{}, listeners: map[netip.Addr]Listener{},
	}
	t.Configure(cfg)
	// "Progressively increasing" and "unique ... for a significant period of
	// time" (RFC 2661 section 4.4.4), across restarts: it starts at the time, in
	// steps of 8 ms, and no more calls than that are placed in the long run.
	t.serial.Store(uint32(t.since.UnixMilli() >> 3))
	return t
}

// Configure takes other counts, times and names: what comes before Plane in
// Config. Tunnels that are there keep theirs, but for IdleTimeout and MaxTunnels.
func (t *Trunk) Configure(cfg Config) {
	if cfg.MaxTunnels == 0 {
		cfg.MaxTunnels = 4
	}
	t.now.Store(&cfg)
}

// PlaceCall places a call with lns, over a shared tunnel or a new one. It
// returns the tunnel for HangUp and Connect, or nil when the call failed at
// once; the Down event is then on its way. An LNS that takes no call now is
// passed over; resort says that nothing else is left and a lockout does not
// count.
func (t *Trunk) PlaceCall(ref Ref, lns *policy.LNS, request tunnel.Call, resort bool) *Tunnel {
	now := time.Now()
	if c, ok := t.draining(lns.Peer); ok {
		t.passOver(ref, policy.TryNext, c.Describe(now))
		return nil
	}
	g := t.group(lns.TunnelKey())
	if r := g.redirected(now); r != nil {
		t.cfg.Notify(Event{
			Ref: ref, Down: true, Cause: cause.CallFailed, Text: r.why, Next: policy.TryElsewhere, Redirect: r.to,
		})
		return nil
	}
	p := t.peer(lns)
	seat, full := t.sit(now, p, lns)
	if full != "" {
		t.passOver(ref, policy.TryNext, "full: "+full)
		return nil
	}
	canary, closed := g.pass(now, resort)
	if closed != nil {
		seat.leave()
		t.passOver(ref, policy.TryLast, closed.Describe(now))
		return nil
	}
	handling := lns.Handling
	if handling == nil {
		handling = &defaultHandling
	}
	c := &call{ref: ref, request: &request, seat: seat, attempt: attempt{g, handling, now, canary}}
	return t.place(g, lns, c)
}

var defaultHandling = policy.Handling{Lockouts: policy.DefaultLockouts()}

// place gives a call to a tunnel.
func (t *Trunk) place(g *group, lns *policy.LNS, c *call) *Tunnel {
	p := c.seat.peer
	p.placed.Add(1)
	for {
		tun, err := t.tunnel(g, lns)
		if err != nil {
			p.fail(err.Error())
			c.drop()
			t.passOver(c.ref, policy.TryNext, err.Error())
			return nil
		}
		if !tun.seats.take(lns.Limits.TunnelSessions) {
			continue // others were faster: it is full now, and not picked again
		}
		c.seat.tunnel, c.attempt.group = tun, tun.group
		tun.pending.Add(1)
		if tun.box.Put(placeCall{c}) {
			return tun
		}
		tun.pending.Add(-1)
		tun.seats.put()
		c.seat.tunnel = nil
		t.retire(tun)
	}
}

// passOver tells that a call was not placed.
func (t *Trunk) passOver(ref Ref, next policy.Next, text string) {
	t.cfg.Notify(Event{Ref: ref, Down: true, Cause: cause.CallFailed, Text: text, Next: next})
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
	for _, l := range t.listeners {
		if l != nil {
			_ = l.Close() // its reader ends; nothing is left to hear
		}
	}
	t.mu.Unlock()
	for _, tun := range t.all() {
		tun.box.Close()
		_ = tun.sock.Close() // the reader ends; nothing is left to say
	}
	t.wg.Wait()
}
