package trunk

import (
	"maps"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"lacd/policy"
)

// lockout keeps calls away from an LNS that failed. When it is over, one call,
// the canary, goes before the others: it ends the lockout or begins a new one.
type lockout struct {
	since, until time.Time
	why          string
	canary       atomic.Bool // a call tries the LNS
}

func (l *lockout) condition(now time.Time) policy.Condition {
	c := policy.Condition{State: policy.Locked, Since: l.since, Until: l.until, Why: l.why}
	if !now.Before(l.until) {
		c.State, c.Busy = policy.HalfOpen, l.canary.Load()
	}
	return c
}

// Condition tells what a call to an LNS would find. It is a policy.Health,
// for any goroutine, and takes no lock.
func (t *Trunk) Condition(now time.Time, l *policy.LNS) policy.Condition {
	if c, ok := t.draining(l.Peer); ok {
		return c
	}
	if v, ok := t.peers.Load(peerKey{l.Retailer, l.Name, l.Peer}); ok {
		if limit, full := t.crowded(now, v.(*peer), l); full != "" {
			return policy.Condition{State: policy.Full, Limit: limit, Why: full}
		}
	} else if v, ok := t.retailers.Load(l.Retailer); ok && v.(*retailer).sessions.full(l.Limits.Retailer) {
		return policy.Condition{State: policy.Full, Limit: policy.RetailerSessions, Why: retailerFull(l)}
	}
	v, ok := t.groups.Load(l.TunnelKey())
	if !ok {
		return policy.Condition{}
	}
	g := v.(*group)
	if l.Limits.TunnelSessions != 0 && t.noSeat(g, l) {
		return policy.Condition{State: policy.Full, Limit: policy.TunnelSessions, Why: tunnelsFull(l, t.now.Load().MaxTunnels)}
	}
	if lo := g.lockout.Load(); lo != nil {
		return lo.condition(now)
	}
	return policy.Condition{}
}

// noSeat reports whether all tunnels are full and there may be no other.
func (t *Trunk) noSeat(g *group, l *policy.LNS) bool {
	all := g.all()
	return len(all) >= t.now.Load().MaxTunnels &&
		!slices.ContainsFunc(all, func(tun *Tunnel) bool { return !tun.seats.full(l.Limits.TunnelSessions) })
}

// pass lets a call through a lockout: at its end as the canary, before that
// if nothing else is left. A nil Condition: the call may go on.
func (g *group) pass(now time.Time, resort bool) (canary *lockout, closed *policy.Condition) {
	lo := g.lockout.Load()
	if lo == nil {
		return nil, nil
	}
	if !now.Before(lo.until) && lo.canary.CompareAndSwap(false, true) {
		return lo, nil
	}
	if resort {
		return nil, nil
	}
	c := lo.condition(now)
	return nil, &c
}

// attempt is what a call needs for a verdict on its LNS.
type attempt struct {
	group    *group
	handling *policy.Handling
	placed   time.Time
	canary   *lockout // nil: it is none
}

// succeeded: the LNS took the call. A call from before the lockout proves
// nothing: an LNS may refuse for want of something and still take what it has
// already begun.
func (t *Trunk) succeeded(a *attempt) {
	lo := a.group.lockout.Load()
	if lo == nil {
		return
	}
	if lo == a.canary || !a.placed.Before(lo.since) {
		t.unlock(a.group, lo)
	}
	a.abstain()
}

func (t *Trunk) unlock(g *group, lo *lockout) {
	if g.lockout.CompareAndSwap(lo, nil) {
		t.cfg.Log.Info("LNS takes calls again", "peer", g.key.Peer, "after", lo.why)
	}
}

// failed: the LNS did not take the call, or lost a tunnel.
func (t *Trunk) failed(now time.Time, a *attempt, f policy.Failure, why string) {
	lo := a.group.lockout.Load()
	d := a.handling.Lockouts[f]
	switch {
	case d == 0:
		// What locks nothing is a sign of life.
		if a.canary != nil && lo == a.canary {
			t.unlock(a.group, lo)
		}
	case lo != nil && lo != a.canary && a.placed.Before(lo.since):
		// The failure that locked it, once more.
	default:
		next := &lockout{since: now, until: now.Add(d), why: why}
		if a.group.lockout.CompareAndSwap(lo, next) {
			t.cfg.Log.Warn("LNS locked out", "peer", a.group.key.Peer, "why", why, "for", d)
		}
	}
	a.abstain()
}

// abstain: the call came to no verdict. Another canary may go.
func (a *attempt) abstain() {
	if a.canary != nil {
		a.canary.canary.Store(false)
		a.canary = nil
	}
}

// lockouts returns the condition of every locked address, the latest failure
// where its tunnels differ.
func (t *Trunk) lockouts(now time.Time) map[netip.AddrPort]policy.Condition {
	all := map[netip.AddrPort]policy.Condition{}
	t.groups.Range(func(_, v any) bool {
		g := v.(*group)
		if lo := g.lockout.Load(); lo != nil {
			if c := lo.condition(now); c.Since.After(all[g.key.Peer].Since) {
				all[g.key.Peer] = c
			}
		}
		return true
	})
	return all
}

// draining tells since when the operator keeps new calls from an LNS.
func (t *Trunk) draining(at netip.AddrPort) (policy.Condition, bool) {
	drains := t.drains.Load()
	if drains == nil {
		return policy.Condition{}, false
	}
	since, ok := (*drains)[at]
	return policy.Condition{State: policy.Draining, Since: since, Why: "by the operator"}, ok
}

// Drain keeps new calls from the LNSes at these addresses. Established calls
// stay. A restart forgets it.
func (t *Trunk) Drain(at ...netip.AddrPort) {
	t.changeDrains(func(drains map[netip.AddrPort]time.Time) {
		for _, a := range at {
			if _, there := drains[a]; !there {
				drains[a] = time.Now()
			}
		}
	})
}

// Undrain takes Drain back. It returns how many of them were draining.
func (t *Trunk) Undrain(at ...netip.AddrPort) (n int) {
	t.changeDrains(func(drains map[netip.AddrPort]time.Time) {
		n = len(drains)
		for _, a := range at {
			delete(drains, a)
		}
		n -= len(drains)
	})
	return n
}

func (t *Trunk) changeDrains(change func(map[netip.AddrPort]time.Time)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	drains := map[netip.AddrPort]time.Time{}
	if old := t.drains.Load(); old != nil {
		drains = maps.Clone(*old)
	}
	change(drains)
	t.drains.Store(&drains)
}

// Drained returns the addresses that take no new calls.
func (t *Trunk) Drained() []netip.AddrPort {
	if drains := t.drains.Load(); drains != nil {
		return slices.SortedFunc(maps.Keys(*drains), netip.AddrPort.Compare)
	}
	return nil
}
