package trunk

import (
	"net/netip"
	"testing"
	"time"

	"lacd/lac/cause"
	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/policy"
)

// What the end of a tunnel says about the LNS, and what becomes of its calls.
func TestJudge(t *testing.T) {
	stop := func(code, err uint16, text string) tunnel.Down {
		return tunnel.Down{Reason: tunnel.PeerStopped, Result: l2tp.Result{Code: code, Error: err, Message: text}}
	}
	for _, tc := range []struct {
		name     string
		down     tunnel.Down
		opened   bool
		rejected bool
		fault    bool
		kind     policy.Failure
		next     policy.Next
		why      cause.Cause
		decided  bool // on a call
	}{
		{"SCCRQ unanswered", tunnel.Down{Reason: tunnel.Timeout}, false, false, true, policy.NoAnswer, policy.TryNext, cause.TunnelLost, false},
		{"HELLO unanswered", tunnel.Down{Reason: tunnel.Timeout}, true, false, true, policy.NoAnswer, policy.TryNext, cause.TunnelLost, false},
		{"wrong secret", tunnel.Down{Reason: tunnel.AuthFailed}, false, false, true, policy.TunnelDenied, policy.TryNext, cause.TunnelShutdown, false},
		{"breach", tunnel.Down{Reason: tunnel.Protocol}, true, false, true, policy.TunnelRefused, policy.TryNext, cause.TunnelShutdown, false},
		{"refused", stop(1, 0, ""), false, false, true, policy.TunnelRefused, policy.TryNext, cause.TunnelShutdown, false},
		{"tidied up", stop(1, 0, ""), true, false, false, policy.TunnelRefused, policy.TryAgain, cause.TunnelShutdown, true},
		{"took no call", stop(1, 0, ""), true, false, true, policy.TunnelRefused, policy.TryNext, cause.TunnelShutdown, false},
		{"shutting down", stop(6, 0, ""), true, false, true, policy.TunnelShutdown, policy.TryNext, cause.TunnelShutdown, false},
		{"no resources", stop(2, 4, ""), false, false, true, policy.TunnelNoResources, policy.TryNext, cause.TunnelShutdown, false},
		{"redirect", stop(2, 7, "192.0.2.9"), false, false, false, policy.TunnelRefused, policy.TryElsewhere, cause.TunnelShutdown, false},
		{"redirect to itself", stop(2, 7, "192.0.2.1"), false, false, true, policy.TunnelRefused, policy.TryNext, cause.TunnelShutdown, false},
		{"redirect to itself, mapped", stop(2, 7, "::ffff:192.0.2.1"), false, false, true, policy.TunnelRefused, policy.TryNext, cause.TunnelShutdown, false},
		{"redirect nowhere", stop(2, 7, "lns2"), false, false, true, policy.TunnelRefused, policy.TryNext, cause.TunnelShutdown, false},
		{"closed by us", tunnel.Down{Reason: tunnel.Closed, Local: true}, true, false, false, 0, policy.TryNext, cause.TunnelShutdown, false},
		{"rejected", tunnel.Down{Reason: tunnel.Closed, Local: true}, false, true, true, policy.TunnelRefused, policy.TryNext, cause.TunnelShutdown, false},
		{"yielded", tunnel.Down{Reason: tunnel.Yielded, Local: true}, false, false, false, 0, policy.TryAgain, cause.TunnelShutdown, false},
	} {
		tun := &Tunnel{lns: policy.LNS{Peer: netip.MustParseAddrPort("192.0.2.1:1701")}, opened: tc.opened, rejected: tc.rejected}
		if tc.decided {
			tun.verdict = time.Unix(1, 0)
		}
		o := tun.judge(tc.down)
		if o.fault != tc.fault || o.fault && o.kind != tc.kind || o.next != tc.next || o.why != tc.why || o.text == "" {
			t.Errorf("%s: got %+v", tc.name, o)
		}
		if (o.next == policy.TryElsewhere) != o.to.IsValid() {
			t.Errorf("%s: goes to %v", tc.name, o.to)
		}
	}
}
