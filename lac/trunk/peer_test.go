package trunk

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"lacd/policy"
)

func TestQuota(t *testing.T) {
	var q quota
	for range 3 {
		if !q.take(3) {
			t.Fatal("refused below the limit")
		}
	}
	if q.take(3) || !q.full(3) || q.full(0) {
		t.Error("not full at the limit")
	}
	if !q.take(0) {
		t.Error("refused without a limit")
	}
	q.put()
	q.put()
	if !q.take(3) || q.take(3) {
		t.Error("one place was given back")
	}
}

// However many take at once, the limit holds.
func TestQuotaTogether(t *testing.T) {
	var q quota
	var got quota
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if q.take(500) {
					got.take(0)
				}
			}
		})
	}
	wg.Wait()
	if n := got.used.Load(); n != 500 {
		t.Errorf("got %d places, want 500", n)
	}
}

func TestSeats(t *testing.T) {
	tr := New(Config{})
	l := &policy.LNS{Name: "lns1", Retailer: "acme", Peer: netip.MustParseAddrPort("192.0.2.1:1701")}
	other := *l
	other.Name = "lns2"
	now := tr.since
	for _, tc := range []struct {
		limits  policy.Limits
		reached policy.Limit
		full    string
	}{
		{policy.Limits{Sessions: 1}, policy.LNSSessions, "it has its 1 sessions"},
		{policy.Limits{Retailer: 1}, policy.RetailerSessions, "retailer acme has its 1 sessions"},
	} {
		l.Limits = tc.limits
		first, full := tr.sit(now, tr.peer(l), l)
		if full != "" {
			t.Fatalf("the first call is refused: %s", full)
		}
		if _, full := tr.sit(now, tr.peer(l), l); full != tc.full {
			t.Errorf("got %q, want %q", full, tc.full)
		}
		if limit, got := tr.crowded(now, tr.peer(l), l); limit != tc.reached || got != tc.full {
			t.Errorf("got %v, %q, want %v, %q", limit, got, tc.reached, tc.full)
		}
		other.Limits = tc.limits
		_, full = tr.sit(now, tr.peer(&other), &other)
		if want := tc.limits.Retailer > 0; (full != "") != want {
			t.Errorf("another LNS of the retailer: got %q, want full %v", full, want)
		}
		if full == "" {
			tr.peer(&other).sessions.put()
			tr.peer(&other).retailer.sessions.put()
		}
		first.leave()
		first.leave() // a second time is harmless
		if _, got := tr.crowded(now, tr.peer(l), l); got != "" {
			t.Errorf("got %q after the call left", got)
		}
	}
	// What a limit refuses is not counted by the others.
	l.Limits = policy.Limits{Setups: 1, Sessions: 5, Retailer: 5}
	for range 9 {
		_, _ = tr.sit(now, tr.peer(l), l)
	}
	if p := tr.peer(l); p.sessions.used.Load() != 1 || p.retailer.sessions.used.Load() != 1 {
		t.Errorf("%d sessions of the LNS, %d of the retailer, want 1", p.sessions.used.Load(), p.retailer.sessions.used.Load())
	}
}

func BenchmarkSit(b *testing.B) {
	tr := New(Config{})
	l := &policy.LNS{Name: "lns1", Retailer: "acme", Limits: policy.Limits{Sessions: 10, Setups: 1 << 30, Retailer: 10}}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		s, full := tr.sit(now, tr.peer(l), l)
		if full != "" {
			b.Fatal(full)
		}
		s.leave()
	}
}

// However many LNSes are named, so many are told apart, and all are counted.
func TestPeersAreBounded(t *testing.T) {
	tr := New(Config{})
	const n = 5 * maxPeers
	for i := range n {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), Port)
		tr.peer(&policy.LNS{Retailer: "acme", Name: at.Addr().String(), Peer: at}).placed.Add(1)
	}
	var placed uint64
	views := tr.Peers()
	for _, v := range views {
		placed += v.Placed
	}
	if len(views) != maxPeers+1 || placed != n {
		t.Errorf("%d LNSes with %d calls, want %d with %d", len(views), placed, maxPeers+1, n)
	}
}
