package trunk

import (
	"net/netip"
	"testing"
	"time"

	"lacd/policy"
)

func TestPick(t *testing.T) {
	g := &group{}
	if tun, more := g.pick(0); tun != nil || !more {
		t.Error("no tunnel, and none is to be opened")
	}
	a, b := &Tunnel{id: 1, group: g}, &Tunnel{id: 2, group: g}
	g.add(a)
	g.add(b)
	pick := func(what string, limit uint32, want *Tunnel, wantMore bool) {
		t.Helper()
		if got, more := g.pick(limit); got != want || more != wantMore {
			t.Errorf("%s: got %p, more %v, want %p, %v", what, got, more, want, wantMore)
		}
	}
	pick("equal", 0, a, false)
	a.pending.Store(2)
	pick("a is busier", 0, b, false)
	b.pending.Store(1)
	b.crowded.Store(true)
	pick("the best is crowded", 0, b, true)
	b.crowded.Store(false)
	b.seats.take(0)
	pick("b is full", 1, a, false)
	a.seats.take(0)
	pick("both are full", 1, nil, true)
	g.remove(a)
	g.remove(a)
	pick("a is gone", 0, b, false)
}

func TestGroupIsShared(t *testing.T) {
	tr := New(Config{})
	key := policy.TunnelKey{Peer: netip.MustParseAddrPort("192.0.2.1:1701")}
	g := tr.group(key)
	if again := tr.group(key); again != g {
		t.Error("two groups for a key")
	}
	if g == tr.group(policy.TunnelKey{Peer: key.Peer, Assignment: "a"}) {
		t.Error("one group for two keys")
	}
}

func TestRedirected(t *testing.T) {
	g := &group{}
	now := time.Unix(1_000_000, 0)
	if g.redirected(now) != nil {
		t.Error("redirected without a redirect")
	}
	g.redirect.Store(&redirect{until: now.Add(time.Second)})
	if g.redirected(now) == nil || g.redirected(now.Add(time.Second)) != nil {
		t.Error("a redirect must hold until its end, and not longer")
	}
}

// What is known of a key is forgotten with its last tunnel, unless there is
// something to remember: RADIUS may name another one for each subscriber.
func TestGroupsAreForgotten(t *testing.T) {
	tr := New(Config{})
	for name, remember := range map[string]func(g *group){
		"":        nil,
		"locked":  func(g *group) { g.lockout.Store(&lockout{}) },
		"another": func(g *group) { g.redirect.Store(&redirect{}) },
	} {
		g := tr.group(policy.TunnelKey{Assignment: name})
		tun, other := &Tunnel{group: g}, &Tunnel{group: g}
		g.add(tun)
		g.add(other)
		if remember != nil {
			remember(g)
		}
		tr.release(tun)
		if tr.group(g.key) != g {
			t.Errorf("%q is forgotten although it has a tunnel", name)
		}
		tr.release(other)
		if _, there := tr.groups.Load(g.key); there != (remember != nil) {
			t.Errorf("%q without tunnels is there: %v", name, there)
		}
	}
}

// A call that found a group just before it was forgotten shares the tunnel of
// the calls that came after.
func TestForgottenGroupIsNotUsed(t *testing.T) {
	tr := New(Config{})
	g := tr.group(policy.TunnelKey{Assignment: "a"})
	tun := &Tunnel{group: g}
	g.add(tun)
	tr.release(tun)
	if got := tr.current(g); got != g || tr.group(g.key) != g {
		t.Error("a group that nobody has replaced does not come back")
	}
	tr.groups.CompareAndDelete(g.key, g)
	next := tr.group(g.key)
	if got := tr.current(g); got != next || got == g {
		t.Error("the group that others use was not taken")
	}
}
