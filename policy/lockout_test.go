package policy

import (
	"net/netip"
	"testing"
	"time"
)

func TestFailureWords(t *testing.T) {
	seen := map[string]bool{}
	for f := range NumFailures {
		if w := f.String(); w == "" || seen[w] {
			t.Errorf("failure %d has word %q, want one of its own", f, w)
		}
		seen[f.String()] = true
	}
	if got := NumFailures.String(); got != "unknown" {
		t.Errorf("got %q, want unknown", got)
	}
}

func TestRefused(t *testing.T) {
	type codes struct{ result, err uint16 }
	for c, want := range map[codes]Failure{
		{1, 0}: TunnelRefused, {2, 4}: TunnelNoResources, {2, 7}: TunnelRefused, {3, 0}: TunnelRefused,
		{4, 0}: TunnelDenied, {5, 0}: TunnelRefused, {6, 0}: TunnelShutdown, {7, 0}: TunnelRefused, {99, 4}: TunnelRefused,
	} {
		if got := RefusedTunnel(c.result, c.err); got != want {
			t.Errorf("StopCCN %d/%d: got %v, want %v", c.result, c.err, got, want)
		}
	}
	for c, want := range map[codes]Failure{
		{1, 0}: CallRefused, {2, 4}: CallNoResources, {2, 7}: CallTryAnother, {2, 6}: CallRefused, {3, 0}: CallAdmin,
		{4, 0}: CallBusy, {5, 0}: CallUnavailable, {6, 0}: CallInvalid, {99, 0}: CallRefused,
	} {
		if got := RefusedCall(c.result, c.err); got != want {
			t.Errorf("CDN %d/%d: got %v, want %v", c.result, c.err, got, want)
		}
	}
}

// What L2TP-4.4.2-5 asks for, and what is said about one call locks nothing.
func TestDefaultLockouts(t *testing.T) {
	for f, want := range map[Failure]time.Duration{
		NoAnswer: time.Minute, TunnelRefused: time.Minute, TunnelShutdown: time.Minute, TunnelDenied: time.Minute,
		TunnelNoResources: 10 * time.Second, CallNoResources: 10 * time.Second, CallBusy: 10 * time.Second,
		CallUnavailable: time.Minute, CallTryAnother: 0, CallAdmin: 0, CallInvalid: 0, CallRefused: 0,
	} {
		if got := DefaultLockouts()[f]; got != want {
			t.Errorf("%v: got %v, want %v", f, got, want)
		}
	}
}

func TestFailures(t *testing.T) {
	s := Failures(0).With(CallAdmin).With(CallRefused)
	for f := range NumFailures {
		if got, want := s.Has(f), f == CallAdmin || f == CallRefused; got != want {
			t.Errorf("%v: got %v, want %v", f, got, want)
		}
	}
}

func TestRedirect(t *testing.T) {
	local4, local6 := netip.MustParseAddr("198.51.100.10"), netip.MustParseAddr("2001:db8::10")
	p := newPolicy(t, Policy{Local: []netip.Addr{local4, local6}})
	c := Candidate{LNS: LNS{Name: "lns1", Peer: peer("192.0.2.1:1702"), Local: local4, Secret: "s"}, Reason: "configured", Resort: true}
	for to, want := range map[string]LNS{
		"192.0.2.9":      {Name: "192.0.2.9", Peer: peer("192.0.2.9:1701"), Local: local4, Secret: "s"},
		"2001:db8::9":    {Name: "2001:db8::9", Peer: peer("[2001:db8::9]:1701"), Local: local6, Secret: "s"},
		"::ffff:1.2.3.4": {Name: "::ffff:1.2.3.4", Peer: peer("1.2.3.4:1701"), Local: local4, Secret: "s"},
	} {
		got := p.Redirect(c, netip.MustParseAddr(to))
		if got.LNS.TunnelKey() != want.TunnelKey() || got.LNS.Name != want.Name || got.Resort {
			t.Errorf("%s: got %+v, want %+v", to, got, want)
		}
		if got.Reason != "named by lns1 at 192.0.2.1:1702" {
			t.Errorf("got reason %q", got.Reason)
		}
	}
}

func TestConfigured(t *testing.T) {
	p := newPolicy(t, Policy{Node: "lac1", Retailers: []Retailer{
		{Name: "acme", Authorize: ByRealm, MaxSessions: 5, LNS: []LNS{{Name: "lns1", Peer: peer("192.0.2.1:1701")}}},
	}})
	r := &p.Retailers[0]
	got := p.Configured(r)
	if len(got) != 1 || got[0].Host != "lac1" || got[0].Retailer != "acme" || got[0].Limits.Retailer != 5 || got[0].Handling != p.Handling {
		t.Errorf("got %+v, want it complete", got)
	}
	if r.LNS[0].Host != "" {
		t.Error("the policy itself was changed")
	}
}
