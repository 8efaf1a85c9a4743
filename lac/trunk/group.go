package trunk

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"lacd/policy"
)

// group is what calls with the same policy.TunnelKey share. Its fields are
// read without a lock.
type group struct {
	key      policy.TunnelKey
	tunnels  atomic.Pointer[[]*Tunnel] // that take calls; never changed in place; written under Trunk.mu
	lockout  atomic.Pointer[lockout]   // nil: none
	redirect atomic.Pointer[redirect]  // nil: none
}

// redirect is the LNS that another one named, for a while.
type redirect struct {
	to    netip.Addr
	until time.Time
	why   string
}

func (t *Trunk) group(key policy.TunnelKey) *group {
	if g, ok := t.groups.Load(key); ok {
		return g.(*group)
	}
	g, _ := t.groups.LoadOrStore(key, &group{key: key})
	return g.(*group)
}

// current returns the group that other calls find, after g was found: it may
// have been forgotten with its last tunnel meanwhile, and then comes back unless
// there is another. It is called under mu, as groups are forgotten.
func (t *Trunk) current(g *group) *group {
	now, _ := t.groups.LoadOrStore(g.key, g)
	return now.(*group)
}

func (g *group) all() []*Tunnel {
	if ts := g.tunnels.Load(); ts != nil {
		return *ts
	}
	return nil
}

// add and remove are called under Trunk.mu.
func (g *group) add(tun *Tunnel) {
	ts := append(slices.Clone(g.all()), tun)
	g.tunnels.Store(&ts)
}

func (g *group) remove(tun *Tunnel) {
	ts := slices.Clone(g.all())
	if i := slices.Index(ts, tun); i >= 0 {
		ts = slices.Delete(ts, i, i+1)
		g.tunnels.Store(&ts)
	}
}

// pick returns the tunnel with the fewest calls in the making, nil if none has
// a seat, and whether one more tunnel would help.
func (g *group) pick(limit uint32) (best *Tunnel, more bool) {
	for _, tun := range g.all() {
		if tun.seats.full(limit) {
			continue
		}
		if best == nil || tun.pending.Load() < best.pending.Load() {
			best = tun
		}
	}
	return best, best == nil || best.crowded.Load()
}

// redirected returns the LNS that takes the calls meant for this one.
func (g *group) redirected(now time.Time) *redirect {
	if r := g.redirect.Load(); r != nil && now.Before(r.until) {
		return r
	}
	return nil
}
