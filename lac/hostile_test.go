package lac

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lacd/kernel"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/lac/trunk"
	"lacd/policy"
	"lacd/pppoe/wire"
)

// wiretap keeps the last of what goes by.
type wiretap struct {
	mu   sync.Mutex // guards seen
	seen [][]byte
}

func (t *wiretap) keep(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.seen) == 400 {
		t.seen = t.seen[200:]
	}
	t.seen = append(t.seen, slices.Clone(b))
}

func (t *wiretap) all() [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.seen)
}

// wiredNet keeps what one host sends to the LAC's sockets.
type wiredNet struct {
	*lactest.Net
	wiretap
	host netip.AddrPort
}

func (n *wiredNet) Dial(local, peer netip.AddrPort) (trunk.Socket, error) {
	s, err := n.Net.Dial(local, peer)
	if err == nil && peer == n.host {
		s = wiredSocket{s, n}
	}
	return s, err
}

type wiredSocket struct {
	trunk.Socket
	net *wiredNet
}

func (s wiredSocket) ReadBatch(fn func([]byte)) error {
	return s.Socket.ReadBatch(func(b []byte) {
		s.net.keep(b)
		fn(b)
	})
}

// wiredPort keeps what one host sends on an access port.
type wiredPort struct {
	kernel.Port
	wiretap
	host wire.MAC
}

func (p *wiredPort) ReadBatch(fn func(frame []byte)) error {
	return p.Port.ReadBatch(func(b []byte) {
		if len(b) > 12 && wire.MAC(b[6:12]) == p.host {
			p.keep(b)
		}
		fn(b)
	})
}

// mutator makes something hostile of something valid.
type mutator struct{ *rand.Rand }

func newMutator(seed uint64) mutator { return mutator{rand.New(rand.NewPCG(seed, 1))} }

func (m mutator) octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.Uint32())
	}
	return b
}

// next returns a valid packet as it was, cut, flipped, joined with another,
// grown, or made up. The first keep octets stay.
func (m mutator) next(valid [][]byte, keep int) []byte {
	if len(valid) == 0 {
		return m.octets(m.IntN(100))
	}
	b := slices.Clone(valid[m.IntN(len(valid))])
	if len(b) <= keep {
		return b
	}
	rest := b[keep:]
	switch m.IntN(8) {
	case 0, 1: // replayed
	case 2:
		rest = rest[:m.IntN(len(rest))]
	case 3, 4:
		for range 1 + m.IntN(8) {
			rest[m.IntN(len(rest))] ^= 1 << m.IntN(8)
		}
	case 5:
		if other := valid[m.IntN(len(valid))]; len(other) > keep {
			rest = append(rest[:m.IntN(len(rest))], other[keep+m.IntN(len(other)-keep):]...)
		}
	case 6:
		rest = append(rest, m.octets(m.IntN(1400))...)
	case 7:
		rest = m.octets(m.IntN(100))
	}
	return append(b[:keep:keep], rest...)
}

// twoRetailers are acme, whose LNS is hostile, and good, whose LNS is not.
func twoRetailers(t *testing.T) *policy.Policy {
	patient := handled(func(h *policy.Handling) { h.Lockouts = policy.Lockouts{} })
	return mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{
		{Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm, LNS: []policy.LNS{firstLNS(patient)}},
		{Name: "good", Realms: []string{"good.example"}, Authorize: policy.ByRealm, LNS: []policy.LNS{secondLNS()}},
	}})
}

var bob = lactest.Account{User: "bob@good.example", Password: "secret"}

// bystanders are subscribers who have nothing to do with it.
type bystanders struct {
	r    *rig
	subs []*lactest.Subscriber
}

// join lets one more come, who must be served as if nothing happened.
func (b *bystanders) join(t *testing.T, when string) {
	t.Helper()
	b.subs = append(b.subs, b.r.seg.Dial(bob))
	settle()
	b.check(t, when)
}

func (b *bystanders) check(t *testing.T, when string) {
	t.Helper()
	for i, sub := range b.subs {
		if sub.State() != lactest.Proven {
			t.Fatalf("%s: bystander %d of %d is in state %d", when, i+1, len(b.subs), sub.State())
		}
	}
	if n := live(b.r.lns2); n != len(b.subs) || b.r.lns2.Tunnels() != 1 {
		t.Fatalf("%s: %d calls of %d bystanders in %d tunnels", when, n, len(b.subs), b.r.lns2.Tunnels())
	}
}

// doIn runs a function on a shard's loop.
type doIn func(sh *shard)

func (f doIn) apply(sh *shard, _ time.Time) { f(sh) }

// onShards runs f on the loop of every shard.
func (r *rig) onShards(f func(sh *shard)) {
	var wg sync.WaitGroup
	for _, sh := range r.srv.shards {
		wg.Add(1)
		sh.box.Put(doIn(func(sh *shard) {
			defer wg.Done()
			f(sh)
		}))
	}
	wg.Wait()
}

// wantBounded checks that nothing has grown beyond what so many sessions take.
func (r *rig) wantBounded(t *testing.T, when string, sessions int) {
	t.Helper()
	var mu sync.Mutex // shards write these
	most := map[string]int{}
	note := func(what string, n int) { most[what] = max(most[what], n) }
	r.onShards(func(sh *shard) {
		mu.Lock()
		defer mu.Unlock()
		note("sessions", sh.live)
		note("PADRs kept", len(sh.pending))
		note("deadlines", len(sh.due))
		note("inputs", sh.box.Len())
		if n := len(sh.silent.list) + len(sh.speaking.list); n > 20_000 {
			t.Errorf("%s: %d newcomers are kept", when, n)
		}
		if n := len(sh.configs); n > 2000 {
			t.Errorf("%s: %d configurations are kept", when, n)
		}
	})
	for _, a := range r.srv.access {
		a.admission.mu.Lock()
		note("counted MACs", len(a.admission.macs))
		note("counted VLANs", len(a.admission.vlans))
		note("lines", len(a.admission.lines))
		a.admission.mu.Unlock()
	}
	for what, n := range most {
		if n > sessions {
			t.Errorf("%s: %s: %d, want at most %d", when, what, n, sessions)
		}
	}
	views := r.srv.trunk.Views()
	for _, v := range views {
		if n := v.Stats.InFlight + v.Stats.Queued; n > 1000 || v.Stats.Calls > sessions {
			t.Errorf("%s: tunnel to %s has %d messages and %d calls", when, v.LNS, n, v.Stats.Calls)
		}
	}
	if len(views) > 60 {
		t.Errorf("%s: %d tunnels", when, len(views))
	}
	if n := r.srv.exec.backlog(); n > sessions {
		t.Errorf("%s: %d operations wait for the data plane", when, n)
	}
}

// wantWords checks that what was dropped was counted, under words and nothing
// that came from the wire.
func (r *rig) wantWords(t *testing.T, words ...string) {
	t.Helper()
	samples := gather(t, r.srv.Collector())
	if len(samples) > 400 {
		t.Errorf("%d samples: the network makes up labels", len(samples))
	}
	for _, w := range words {
		if samples["lacd_dropped_total "+w] == 0 {
			t.Errorf("nothing was counted as %q", w)
		}
	}
	for name := range samples {
		what, ok := strings.CutPrefix(name, "lacd_dropped_total ")
		if ok && strings.ContainsAny(strings.TrimPrefix(strings.TrimSuffix(what, "v2"), "l2tp: "), "013456789:\\\"") {
			t.Errorf("a drop is counted as %q", what)
		}
	}
}

func quiet(c *Config) { c.Log = slog.New(slog.DiscardHandler) }

// TestHostileLNS: an LNS sends what it likes, as do others in its name and
// strangers. Subscribers of another LNS stay up, and new ones come.
func TestHostileLNS(t *testing.T) {
	counted := map[string]bool{}
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var core *wiredNet
			change := func(c *Config) {
				quiet(c)
				core = &wiredNet{Net: c.Trunk.Network.(*lactest.Net), host: netip.MustParseAddrPort(lns1Addr)}
				c.Trunk.Network = core
			}
			inRig(t, rigOptions{policy: twoRetailers(t), change: change}, func(t *testing.T, r *rig) {
				m := newMutator(seed)
				core.keep(l2tp.AppendMessage(nil, l2tp.Header{}, &l2tp.SCCRQ{Setup: l2tp.Setup{
					Framing: 3, HostName: []byte("x"), TunnelID: 7,
				}, TieBreaker: make([]byte, 8)}, nil))
				good := &bystanders{r: r}
				var heap uint64
				for round := range 120 {
					when := fmt.Sprintf("round %d", round)
					r.seg.Dial(alice)
					settle()
					for range 40 {
						r.attackTrunk(m, core)
					}
					settle()
					if round%10 == 0 {
						good.join(t, when)
						r.wantBounded(t, when, 200)
					}
					if round == 20 {
						heap = heapInUse()
					}
					after(time.Duration(m.IntN(1000)) * time.Millisecond)
				}
				if grown := int64(heapInUse()) - int64(heap); grown > 16<<20 {
					t.Errorf("the heap has grown by %d octets", grown)
				}
				after(5 * time.Minute)
				good.check(t, "in the end")
				good.join(t, "after all")
				r.wantWords(t, "bad header", "l2tp: not L2TPv2", "l2tp: message to no tunnel")
				for name, n := range gather(t, r.srv.Collector()) {
					counted[name] = counted[name] || n > 0
				}
			})
		})
	}
	// How far an attack gets is a matter of luck.
	for _, w := range []string{"malformed message", "foreign tunnel id", "l2tp: data of no session", "l2tp: SCCRQ of a stranger"} {
		if !counted["lacd_dropped_total "+w] {
			t.Errorf("no attack was counted as %q", w)
		}
	}
}

// attackTrunk sends one datagram.
func (r *rig) attackTrunk(m mutator, core *wiredNet) {
	valid := core.all()
	b := m.next(valid, 0)
	if len(b) >= 12 && b[0] == 0xc8 && m.IntN(2) == 0 {
		// As if it were the next message of the tunnel it belongs to.
		be := binary.BigEndian
		for _, v := range slices.Backward(valid) {
			if len(v) >= 12 && be.Uint16(v[4:]) == be.Uint16(b[4:]) {
				be.PutUint16(b[8:], be.Uint16(v[8:])+uint16(m.IntN(4)))
				be.PutUint16(b[10:], be.Uint16(v[10:]))
				break
			}
		}
		core.keep(b)
	}
	from := core.host
	switch m.IntN(8) {
	case 0:
		from = netip.AddrPortFrom(from.Addr(), uint16(m.IntN(1<<16)))
	case 1:
		from = netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(m.IntN(4))}), 1701)
	}
	to := netip.MustParseAddrPort("192.0.2.1:1701")
	for _, open := range r.net.Open() {
		if local, peer, _ := strings.Cut(open, " "); peer == core.host.String() && m.IntN(2) == 0 {
			to = netip.MustParseAddrPort(local)
		}
	}
	r.net.Inject(from, to, b)
}

// TestLNSThatOnlyTakesTunnels: one that closes each tunnel before it decides on a
// call is locked out, and not asked for another tunnel at once.
func TestLNSThatOnlyTakesTunnels(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS(), secondLNS())}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{SilentICRQ: true})
		for range 20 {
			r.dial(1)
			r.lns1.Stop(l2tp.Result{Code: l2tp.StopGeneral})
			settle()
		}
		r.wantLive("twenty calls", 0, 20)
		if n := r.net.Dials(); n != 2 {
			t.Errorf("%d tunnels, want one to each LNS", n)
		}
	})
}

// hostileMAC begins the addresses of the hostile clients.
var hostileMAC = wire.MAC{2, 0x66, 0, 0, 0, 0}

// TestHostileClient: hosts on the access port send what they like. Subscribers
// with other addresses stay up, and new ones come.
func TestHostileClient(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			var port *wiredPort
			change := func(c *Config) {
				quiet(c)
				port = &wiredPort{Port: c.Access[0].Port, host: hostileMAC}
				c.Access[0].Port = port
				c.Access[0].MaxSessionsPerMAC, c.Access[0].MaxSessionsPerVLAN, c.Access[0].MaxSessionsPerLine = 100, 100, 100
			}
			inRig(t, rigOptions{policy: twoRetailers(t), change: change}, func(t *testing.T, r *rig) {
				m := newMutator(seed)
				good := &bystanders{r: r}
				a := alice
				a.MAC = hostileMAC
				var heap uint64
				for round := range 120 {
					when := fmt.Sprintf("round %d", round)
					a.PAP, a.Early, a.Mute = m.IntN(2) == 0, m.IntN(2) == 0, m.IntN(3) > 0
					sub := r.seg.Dial(a)
					settle()
					for range 60 {
						r.attackPort(m, port, sub)
					}
					settle()
					if round%10 == 0 {
						good.join(t, when)
						r.wantBounded(t, when, 3000)
					}
					if round == 20 {
						heap = heapInUse()
					}
					after(time.Duration(m.IntN(1000)) * time.Millisecond)
				}
				if grown := int64(heapInUse()) - int64(heap); grown > 16<<20 {
					t.Errorf("the heap has grown by %d octets", grown)
				}
				after(20 * time.Minute)
				good.check(t, "in the end")
				good.join(t, "after all")
				if n := int(r.srv.live.Load()) - live(r.lns1) - live(r.lns2); n != 0 {
					t.Errorf("%d sessions are left that have no call", n)
				}
				r.wantWords(t, "malformed packet", "answer to no request of ours", "protocol not allowed yet")
				samples := gather(t, r.srv.Collector())
				for _, name := range []string{
					"lacd_pppoe_malformed_total eth1", "lacd_pppoe_stray_total eth1", "lacd_pppoe_discovery_total eth1 malformed",
					"lacd_pppoe_discovery_total eth1 bad-cookie", "lacd_pppoe_discovery_total eth1 service-name-count",
				} {
					if samples[name] == 0 {
						t.Errorf("%s is 0", name)
					}
				}
			})
		})
	}
}

// attackPort sends one frame.
func (r *rig) attackPort(m mutator, port *wiredPort, sub *lactest.Subscriber) {
	b := m.next(port.all(), 12)
	if len(b) < 12 {
		b = append(b, make([]byte, 12-len(b))...)
	}
	copy(b[6:], hostileMAC[:])
	if m.IntN(4) == 0 {
		b[11] = byte(m.IntN(16))
	}
	if len(b) >= 20 && b[12] == 0x88 && b[13] == 0x64 {
		switch m.IntN(4) {
		case 0:
			binary.BigEndian.PutUint16(b[16:], uint16(sub.ID()))
		case 1: // of a session that a repeated PADR may have begun
			binary.BigEndian.PutUint16(b[16:], uint16(sub.ID())+uint16(m.IntN(9))-4)
		}
	}
	r.seg.Inject(b)
}
