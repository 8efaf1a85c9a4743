package trunk

import (
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"lacd/policy"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// clinic is one LNS whose calls succeed and fail by hand.
type clinic struct {
	t   *testing.T
	tr  *Trunk
	g   *group
	h   policy.Handling
	now time.Time
}

func newClinic(t *testing.T) *clinic {
	tr := New(Config{Log: quiet})
	return &clinic{
		t: t, tr: tr, g: tr.group(policy.TunnelKey{Peer: netip.MustParseAddrPort("192.0.2.1:1701")}),
		h: policy.Handling{Lockouts: policy.DefaultLockouts()}, now: time.Unix(1_000_000, 0),
	}
}

// call lets a call through the lockout, nil if it is passed over.
func (c *clinic) call() *attempt {
	canary, closed := c.g.pass(c.now, false)
	if closed != nil {
		return nil
	}
	return &attempt{c.g, &c.h, c.now, canary}
}

func (c *clinic) want(s policy.State, busy bool) {
	c.t.Helper()
	var got policy.Condition
	if lo := c.g.lockout.Load(); lo != nil {
		got = lo.condition(c.now)
	}
	if got.State != s || got.Busy != busy {
		c.t.Errorf("LNS is %s, want %v, busy %v", got.Describe(c.now), s, busy)
	}
}

func TestLockoutAndCanary(t *testing.T) {
	c := newClinic(t)
	early, first := c.call(), c.call()
	c.now = c.now.Add(time.Second)
	c.tr.failed(c.now, first, policy.NoAnswer, "no answer")
	c.want(policy.Locked, false)
	if c.call() != nil {
		t.Error("a call passed a lockout")
	}
	c.tr.succeeded(early) // it was taken before
	c.want(policy.Locked, false)

	c.now = c.now.Add(time.Minute)
	c.want(policy.HalfOpen, false)
	canary := c.call()
	if canary == nil || canary.canary == nil {
		t.Fatal("no canary")
	}
	c.want(policy.HalfOpen, true)
	if c.call() != nil {
		t.Error("a second call passed a half-open lockout")
	}
	canary.abstain()
	c.want(policy.HalfOpen, false)

	canary = c.call()
	c.tr.failed(c.now, canary, policy.NoAnswer, "no answer")
	c.want(policy.Locked, false)
	c.now = c.now.Add(time.Minute)
	c.tr.succeeded(c.call())
	c.want(policy.Ready, false)
}

func TestLastResort(t *testing.T) {
	c := newClinic(t)
	c.tr.failed(c.now, c.call(), policy.NoAnswer, "no answer")
	c.now = c.now.Add(10 * time.Second)
	canary, closed := c.g.pass(c.now, true)
	if closed != nil || canary != nil {
		t.Fatalf("got canary %v, closed %v, want a plain call", canary, closed)
	}
	// Its failure begins the lockout anew, its success ends it.
	a := &attempt{group: c.g, handling: &c.h, placed: c.now}
	c.tr.failed(c.now.Add(5*time.Second), a, policy.NoAnswer, "no answer")
	if lo := c.g.lockout.Load(); !lo.since.Equal(c.now.Add(5 * time.Second)) {
		t.Errorf("locked out at %v, want %v", lo.since, c.now.Add(5*time.Second))
	}
	c.now = c.now.Add(6 * time.Second)
	c.tr.succeeded(&attempt{group: c.g, handling: &c.h, placed: c.now})
	c.want(policy.Ready, false)
}

// A failure that locks nothing is a sign of life where one was awaited, and
// nothing else.
func TestHarmlessFailure(t *testing.T) {
	c := newClinic(t)
	c.tr.failed(c.now, c.call(), policy.CallAdmin, "CDN 3")
	c.want(policy.Ready, false)
	c.tr.failed(c.now, c.call(), policy.NoAnswer, "no answer")
	c.tr.failed(c.now, &attempt{group: c.g, handling: &c.h, placed: c.now}, policy.CallAdmin, "CDN 3")
	c.want(policy.Locked, false)
	c.now = c.now.Add(time.Minute)
	c.tr.failed(c.now, c.call(), policy.CallAdmin, "CDN 3")
	c.want(policy.Ready, false)
}

func TestDrains(t *testing.T) {
	tr := New(Config{Log: quiet})
	a, b := netip.MustParseAddrPort("192.0.2.1:1701"), netip.MustParseAddrPort("192.0.2.2:1701")
	if tr.Undrain(a) != 0 || len(tr.Drained()) != 0 {
		t.Error("something drains from the start")
	}
	tr.Drain(b, a)
	since := (*tr.drains.Load())[a]
	tr.Drain(a)
	if !(*tr.drains.Load())[a].Equal(since) {
		t.Error("draining began twice")
	}
	if got := tr.Drained(); !slices.Equal(got, []netip.AddrPort{a, b}) {
		t.Errorf("got %v", got)
	}
	c := tr.Condition(since.Add(time.Minute), &policy.LNS{Peer: a})
	if got, want := c.Describe(since.Add(time.Minute)), "draining for 1m0s: by the operator"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := tr.Undrain(a, netip.MustParseAddrPort("192.0.2.3:1701")); n != 1 {
		t.Errorf("undrained %d, want 1", n)
	}
	if c := tr.Condition(since, &policy.LNS{Peer: a}); c.State != policy.Ready {
		t.Errorf("got %v, want ready", c.State)
	}
}

// An address is shown with the latest of its lockouts.
func TestLockoutsByAddress(t *testing.T) {
	c := newClinic(t)
	at := c.g.key.Peer
	other := c.tr.group(policy.TunnelKey{Peer: at, Assignment: "a"})
	c.tr.failed(c.now, &attempt{group: c.g, handling: &c.h, placed: c.now}, policy.NoAnswer, "first")
	c.now = c.now.Add(time.Second)
	c.tr.failed(c.now, &attempt{group: other, handling: &c.h, placed: c.now}, policy.NoAnswer, "second")
	if got := c.tr.lockouts(c.now)[at]; got.Why != "second" {
		t.Errorf("got %+v, want the second", got)
	}
}

// What Decide asks for each candidate costs no allocation.
func BenchmarkCondition(b *testing.B) {
	tr := New(Config{Log: quiet})
	l := &policy.LNS{
		Name: "lns1", Retailer: "acme", Peer: netip.MustParseAddrPort("192.0.2.1:1701"), Secret: "secret", Host: "lac1",
		Limits: policy.Limits{Sessions: 10, Retailer: 10},
	}
	tr.peer(l)
	tr.group(l.TunnelKey())
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if c := tr.Condition(now, l); c.State != policy.Ready {
			b.Fatal(c)
		}
	}
}
