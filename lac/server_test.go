package lac

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2868"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/lac/session"
	"lacd/policy"
	"lacd/radius/radiustest"
)

// oneLNS makes RADIUS accept alice and name LNS 1.
func oneLNS(r *rig) {
	r.radius.SetUser("alice@acme.example", radiustest.User{
		Password: "secret", Reply: []radiustest.Attribute{tunnelTo(0, "192.0.2.11", "", 0), radiustest.Class("c1")},
	})
}

var alice = lactest.Account{User: "alice@acme.example", Password: "secret"}

func TestSubscriberComesUpWithCHAP(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		sub := r.seg.Dial(alice)
		settle()
		calls := r.lns1.Calls()
		if len(calls) != 1 || !calls[0].Up {
			t.Fatalf("LNS 1 sees calls %+v, want one that is up", calls)
		}
		c := calls[0].Connect
		if c.ProxyAuth == nil || c.ProxyAuth.Type != l2tp.ProxyCHAP || string(c.ProxyAuth.Name) != alice.User {
			t.Fatalf("proxy authentication %+v, want CHAP of %s", c.ProxyAuth, alice.User)
		}
		want := md5.Sum(slices.Concat([]byte{c.ProxyAuth.ID}, []byte(alice.Password), c.ProxyAuth.Challenge))
		if !bytes.Equal(c.ProxyAuth.Response, want[:]) {
			t.Errorf("proxy response %x does not fit challenge %x", c.ProxyAuth.Response, c.ProxyAuth.Challenge)
		}
		if c.ProxyLCP == nil || len(c.ProxyLCP.FirstReceived) != 6 || !bytes.Equal(c.ProxyLCP.FirstReceived, c.ProxyLCP.LastReceived) {
			t.Errorf("proxy LCP %+v, want the subscriber's magic number twice", c.ProxyLCP)
		}
		if got := r.records(r.radius); !cmp.Equal(got, []string{"start"}) {
			t.Errorf("accounting %v, want one start", got)
		}
		if sub.State() != lactest.Proven || sub.Refusal() != "" {
			t.Errorf("subscriber in state %d, refused %q: it must wait for the LNS", sub.State(), sub.Refusal())
		}
		// The challenge answered to RADIUS is the one told to the LNS.
		for _, q := range r.radius.Requests() {
			if q.Packet.Code == layeh.CodeAccessRequest && !bytes.Equal(rfc2865.CHAPChallenge_Get(q.Packet), c.ProxyAuth.Challenge) {
				t.Error("RADIUS and the LNS were given different challenges")
			}
		}
	})
}

func TestSubscriberComesUpWithPAP(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		a := alice
		a.PAP = true
		r.seg.Dial(a)
		settle()
		calls := r.lns1.Calls()
		if len(calls) != 1 || !calls[0].Up {
			t.Fatalf("LNS 1 sees calls %+v, want one that is up", calls)
		}
		p := calls[0].Connect.ProxyAuth
		if p == nil || p.Type != l2tp.ProxyPAP || string(p.Response) != alice.Password {
			t.Errorf("proxy authentication %+v, want PAP with the password", p)
		}
		// replay_auth: the PAP request follows ICCN through the tunnel.
		data := r.lns1.Data()
		if len(data) != 1 || !bytes.HasPrefix(data[0], []byte{0xff, 3, 0xc0, 0x23, 1}) {
			t.Errorf("data after ICCN %x, want the PAP request", data)
		}
	})
}

func TestBridgeIsMadeBeforeICCN(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.plane.Delay(kerneltest.AddBridge, time.Second)
		a := alice
		a.Early = true
		r.seg.Dial(a)
		after(900 * time.Millisecond)
		if calls := r.lns1.Calls(); len(calls) != 1 || calls[0].Up {
			t.Fatalf("LNS 1 sees %+v while the bridge is being made, want one call that is not up", calls)
		}
		if d := r.lns1.Data(); len(d) != 0 {
			t.Fatalf("data before ICCN: %x", d)
		}
		after(200 * time.Millisecond)
		if calls := r.lns1.Calls(); !calls[0].Up {
			t.Fatal("no ICCN after the bridge was made")
		}
		want := append([]byte{0xff, 3}, lactest.EarlyIPCP...)
		if d := r.lns1.Data(); len(d) != 2 || !bytes.Equal(d[1], want) {
			t.Errorf("data after ICCN %x, want the CHAP response and %x", d, want)
		}
	})
}

func TestTwoSubscribersShareATunnel(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		for range 20 {
			r.seg.Dial(alice)
		}
		settle()
		up := 0
		for _, c := range r.lns1.Calls() {
			if c.Up {
				up++
			}
		}
		if up != 20 || r.lns1.Tunnels() != 1 || r.net.Dials() != 1 {
			t.Errorf("%d calls in %d tunnels over %d sockets, want 20 in one", up, r.lns1.Tunnels(), r.net.Dials())
		}
	})
}

func TestRefusedByRADIUS(t *testing.T) {
	for _, pap := range []bool{false, true} {
		t.Run(fmt.Sprintf("pap=%v", pap), func(t *testing.T) {
			inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
				oneLNS(r)
				a := alice
				a.Password, a.PAP = "wrong", pap
				r.radius.SetUser(a.User, radiustest.User{Password: a.Password + "!", Message: "call us"})
				sub := r.seg.Dial(a)
				settle()
				if sub.Refusal() != "call us" || !sub.Terminated() || sub.State() != lactest.Ended {
					t.Errorf("refusal %q, terminated %v, state %d: want Nak or Failure, Terminate-Request, PADT",
						sub.Refusal(), sub.Terminated(), sub.State())
				}
				if len(r.lns1.Calls()) != 0 || len(r.records(r.radius)) != 0 {
					t.Error("a refused subscriber reached the LNS or accounting")
				}
				if n := r.requests(r.radius, layeh.CodeAccessRequest); n != 1 {
					t.Errorf("%d Access-Requests, want 1", n)
				}
			})
		})
	}
}

func TestUnknownRealmIsRefused(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		sub := r.seg.Dial(lactest.Account{User: "bob@nowhere.example", Password: "x"})
		settle()
		if sub.Refusal() == "" || sub.State() != lactest.Ended {
			t.Errorf("refusal %q, state %d, want refused", sub.Refusal(), sub.State())
		}
		if n := len(r.radius.Requests()); n > 1 { // Accounting-On
			t.Errorf("RADIUS was asked about a realm that nobody claims: %d requests", n)
		}
	})
}

func realmPolicy(tb testing.TB, lns ...policy.LNS) *policy.Policy {
	return mustPolicy(tb, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
		Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm, LNS: lns,
	}}})
}

func TestRealmTable(t *testing.T) {
	pol := realmPolicy(t, policy.LNS{Name: "lns1", Peer: netip.MustParseAddrPort(lns1Addr), Secret: "tunnel-secret"})
	inRig(t, rigOptions{policy: pol, secret1: "tunnel-secret"}, func(t *testing.T, r *rig) {
		r.seg.Dial(alice)
		settle()
		if calls := r.lns1.Calls(); len(calls) != 1 || !calls[0].Up {
			t.Fatalf("LNS 1 sees calls %+v, want one that is up", calls)
		}
		if n := len(r.radius.Requests()); n != 0 {
			t.Errorf("%d RADIUS requests without a radius block", n)
		}
	})
}

// twoLNS makes RADIUS name LNS 1, then LNS 2.
func twoLNS(r *rig) {
	r.radius.SetUser("alice@acme.example", radiustest.User{Password: "secret", Reply: []radiustest.Attribute{
		tunnelTo(1, "192.0.2.11", "", 10), tunnelTo(2, "192.0.2.12", "", 20),
	}})
}

func TestCallMovesToTheNextLNS(t *testing.T) {
	for _, tc := range []struct {
		name string
		b    lactest.Behaviour
		wait time.Duration
	}{
		{"silent", lactest.Behaviour{Silent: true}, 5 * time.Second},
		{"silent about the call", lactest.Behaviour{SilentICRQ: true}, 5 * time.Second},
		{"StopCCN", lactest.Behaviour{StopCCN: l2tp.Result{Code: 4}}, 0},
		{"CDN 2/4", lactest.Behaviour{CDN: l2tp.Result{Code: 2, Error: 4}}, 0},
		{"CDN 3", lactest.Behaviour{CDN: l2tp.Result{Code: 3}}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
				twoLNS(r)
				r.lns1.Set(tc.b)
				r.seg.Dial(alice)
				if tc.wait > 0 {
					after(tc.wait - time.Millisecond)
					if len(r.lns2.Calls()) != 0 {
						t.Fatal("LNS 2 was tried before LNS 1 had its time")
					}
					after(time.Millisecond)
				}
				settle()
				if calls := r.lns2.Calls(); len(calls) != 1 || !calls[0].Up {
					t.Fatalf("LNS 2 sees calls %+v, want one that is up", calls)
				}
			})
		})
	}
}

func TestWrongTunnelSecretMovesOn(t *testing.T) {
	inRig(t, rigOptions{secret1: "right"}, func(t *testing.T, r *rig) {
		r.radius.SetUser("alice@acme.example", radiustest.User{Password: "secret", Reply: []radiustest.Attribute{
			tunnelTo(1, "192.0.2.11", "wrong", 10), tunnelTo(2, "192.0.2.12", "", 20),
		}})
		r.seg.Dial(alice)
		settle()
		if calls := r.lns2.Calls(); len(calls) != 1 || !calls[0].Up {
			t.Fatalf("LNS 2 sees calls %+v, want one that is up", calls)
		}
	})
}

func TestSilentLNSIsPassedOver(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		twoLNS(r)
		r.lns1.Set(lactest.Behaviour{Silent: true})
		r.seg.Dial(alice)
		after(6 * time.Second)
		r.seg.Dial(alice)
		settle()
		if n := len(r.lns2.Calls()); n != 2 {
			t.Fatalf("LNS 2 has %d calls, want 2: the second without waiting for LNS 1", n)
		}
		r.lns1.Set(lactest.Behaviour{})
		after(2 * time.Minute)
		r.seg.Dial(alice)
		settle()
		if n := len(r.lns1.Calls()); n != 1 {
			t.Fatalf("LNS 1 has %d calls after it came back, want 1", n)
		}
	})
}

func TestEveryLNSFails(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		twoLNS(r)
		r.lns1.Set(lactest.Behaviour{CDN: l2tp.Result{Code: 4}})
		r.lns2.Set(lactest.Behaviour{StopCCN: l2tp.Result{Code: 6}})
		sub := r.seg.Dial(alice)
		settle()
		if sub.State() != lactest.Ended || !sub.Terminated() || sub.Refusal() != "" {
			t.Errorf("state %d, terminated %v, refusal %q: want Terminate-Request and PADT, no Nak", sub.State(), sub.Terminated(), sub.Refusal())
		}
	})
}

func TestEnds(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(r *rig, sub *lactest.Subscriber)
		lns  string // result of the CDN that the LNS gets; "" none
		term bool   // the subscriber gets Terminate-Request
		acct string
	}{
		{"PADT", func(_ *rig, sub *lactest.Subscriber) { sub.HangUp() }, "1", false, "User-Request"},
		{"CDN 1", func(r *rig, _ *lactest.Subscriber) { r.lns1.HangUp(0, l2tp.Result{Code: 1}) }, "", true, "Lost-Carrier"},
		{"CDN 3", func(r *rig, _ *lactest.Subscriber) { r.lns1.HangUp(0, l2tp.Result{Code: 3}) }, "", true, "Admin-Reset"},
		{"StopCCN", func(r *rig, _ *lactest.Subscriber) { r.lns1.Stop(l2tp.Result{Code: 6}) }, "", true, "Lost-Service"},
		{"bridge lost", func(r *rig, _ *lactest.Subscriber) { r.srv.BridgeLost(r.plane.Bridges()[0].ID) }, "1", false, "Lost-Carrier"},
		{"operator", func(r *rig, _ *lactest.Subscriber) { r.srv.disconnect(named("alice@acme.example")) }, "3 (PPP disconnect cause 1 protocol 0x0000 direction 0)", true, "Admin-Reset"},
		{"LNS dies", func(r *rig, _ *lactest.Subscriber) {
			r.lns1.Set(lactest.Behaviour{Silent: true})
			after(3 * time.Minute)
		}, "", true, "Lost-Service"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
				oneLNS(r)
				sub := r.seg.Dial(alice)
				settle()
				r.plane.SetCounters(kernel.Counters{ID: r.plane.Bridges()[0].ID, UpPackets: 7, UpOctets: 700, DownPackets: 8, DownOctets: 5 << 32})
				tc.end(r, sub)
				settle()
				if sub.State() != lactest.Ended || sub.Terminated() != tc.term {
					t.Errorf("subscriber in state %d, terminated %v, want ended, %v", sub.State(), sub.Terminated(), tc.term)
				}
				if got := r.records(r.radius); !cmp.Equal(got, []string{"start", "stop " + tc.acct}) {
					t.Errorf("accounting %v, want start and stop %s", got, tc.acct)
				}
				if p := lastOf(r.radius, rfc2866.AcctStatusType_Value_Stop); p != nil {
					if in, out := rfc2866.AcctInputOctets_Get(p), rfc2866.AcctOutputPackets_Get(p); in != 700 || out != 8 {
						t.Errorf("stop counts %d octets in, %d packets out, want 700, 8", in, out)
					}
				}
				if call := r.lns1.Calls()[0]; tc.lns != "" && (!call.Down || call.Result.String() != tc.lns) {
					t.Errorf("the LNS was told %v (down %v), want CDN %s", call.Result, call.Down, tc.lns)
				}
				if n := len(r.plane.Bridges()); n != 0 {
					t.Errorf("%d bridges left", n)
				}
			})
		})
	}
}

func TestOrderlyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigOptions{})
		oneLNS(r)
		var subs []*lactest.Subscriber
		for range 5 {
			subs = append(subs, r.seg.Dial(alice))
		}
		settle()
		r.stop()
		for i, sub := range subs {
			if sub.State() != lactest.Ended || !sub.Terminated() {
				t.Errorf("subscriber %d in state %d, want Terminate-Request and PADT", i, sub.State())
			}
		}
		want := []string{"start", "start", "start", "start", "start"}
		for range 5 {
			want = append(want, "stop Admin-Reboot")
		}
		if got := r.records(r.radius); !cmp.Equal(got, want) {
			t.Errorf("accounting %v, want %v", got, want)
		}
		for _, c := range r.lns1.Calls() {
			if !c.Down || c.Result.Code != l2tp.StopShutdown {
				t.Errorf("LNS was told %v, want StopCCN 6", c.Result)
			}
		}
	})
}

func TestAccountingNamesTheTunnel(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.seg.Dial(alice)
		settle()
		p := lastOf(r.radius, rfc2866.AcctStatusType_Value_Start)
		if p == nil {
			t.Fatal("no Start record")
		}
		_, server := rfc2868.TunnelServerEndpoint_GetString(p)
		if server != "192.0.2.11" || string(rfc2865.Class_Get(p)) != "c1" || rfc2865.UserName_GetString(p) != alice.User {
			t.Errorf("Start names LNS %q, class %q, user %q", server, rfc2865.Class_Get(p), rfc2865.UserName_GetString(p))
		}
	})
}

func TestDataPlaneRefuses(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.plane.Fail(kerneltest.AddBridge, errors.New("no memory"))
		sub := r.seg.Dial(alice)
		settle()
		if calls := r.lns1.Calls(); len(calls) != 1 || calls[0].Up || calls[0].Result.String() != "2/4" {
			t.Errorf("LNS 1 sees %+v, want CDN 2/4 before ICCN", calls)
		}
		if sub.State() != lactest.Ended {
			t.Errorf("subscriber in state %d, want ended", sub.State())
		}
	})
}

func TestRADIUSFailsOverAndGivesUp(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		r.backup.SetUser("alice@acme.example", radiustest.User{
			Password: "secret", Reply: []radiustest.Attribute{tunnelTo(0, "192.0.2.11", "", 0)},
		})
		r.seg.Dial(alice)
		after(20 * time.Second)
		if calls := r.lns1.Calls(); len(calls) != 1 || !calls[0].Up {
			t.Fatalf("LNS 1 sees %+v after the first RADIUS server was silent, want one call up", calls)
		}
		r.backup.SetKnobs(radiustest.Knobs{Silent: true})
		sub := r.seg.Dial(alice)
		after(time.Minute)
		if sub.State() != lactest.Ended || sub.Refusal() != "" {
			t.Errorf("state %d, refusal %q: want ended without Failure, the password may be right", sub.State(), sub.Refusal())
		}
		r.radius.SetKnobs(radiustest.Knobs{})
		r.backup.SetKnobs(radiustest.Knobs{})
		after(2 * time.Minute)
	})
}

func TestTimeouts(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		r.radius.SetUser("alice@acme.example", radiustest.User{Password: "secret", Reply: []radiustest.Attribute{
			tunnelTo(0, "192.0.2.11", "", 0), radiustest.Integer(rfc2865.SessionTimeout_Type, 3600),
		}})
		r.radius.SetUser("idle@acme.example", radiustest.User{Password: "secret", Reply: []radiustest.Attribute{
			tunnelTo(0, "192.0.2.11", "", 0), radiustest.Integer(rfc2865.IdleTimeout_Type, 300),
		}})
		r.seg.Dial(alice)
		idle := r.seg.Dial(lactest.Account{User: "idle@acme.example", Password: "secret"})
		settle()
		for _, b := range r.plane.Bridges() {
			r.plane.SetCounters(kernel.Counters{ID: b.ID, UpPackets: 1, UpOctets: 1})
		}
		after(299 * time.Second)
		if idle.State() == lactest.Ended {
			t.Error("idle session ended before its time")
		}
		after(15 * time.Second)
		after(3600*time.Second - 314*time.Second)
		want := []string{"start", "start", "stop Idle-Timeout", "stop Session-Timeout"}
		if got := r.records(r.radius); !cmp.Equal(got, want) {
			t.Errorf("accounting %v, want %v", got, want)
		}
	})
}

func TestInterimRecords(t *testing.T) {
	inRig(t, rigOptions{change: func(c *Config) { c.InterimInterval = 10 * time.Minute }}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.seg.Dial(alice)
		after(35 * time.Minute)
		n := 0
		for _, rec := range r.records(r.radius) {
			if rec == "interim" {
				n++
			}
		}
		if n != 3 && n != 2 {
			t.Errorf("%d interim records in 35 minutes at one in 10, want 2 or 3", n)
		}
	})
}

func TestSubscriberThatNeverSpeaks(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		a := alice
		a.Mute = true
		sub := r.seg.Dial(a)
		after(5 * time.Minute)
		if sub.State() != lactest.Ended {
			t.Errorf("subscriber that never authenticated in state %d, want ended", sub.State())
		}
		if n := len(r.srv.views(func(*session.View) bool { return true })); n != 0 {
			t.Errorf("%d sessions left", n)
		}
	})
}

func TestSessionLimits(t *testing.T) {
	limit := func(c *Config) { c.Access[0].MaxSessions, c.Access[0].MaxSessionsPerMAC = 3, 2 }
	inRig(t, rigOptions{change: limit}, func(t *testing.T, r *rig) {
		oneLNS(r)
		a := alice
		a.MAC = [6]byte{2, 9, 9, 9, 9, 9}
		r.seg.Dial(a)
		r.seg.Dial(a)
		settle()
		third := r.seg.Dial(a)
		settle()
		if third.PADSError() == "" {
			t.Error("third session of a host that may have two was not refused")
		}
		r.seg.Dial(alice)
		settle()
		over := r.seg.Dial(alice)
		settle()
		if over.PADSError() == "" {
			t.Error("fourth session of a port that may have three was not refused")
		}
	})
}
