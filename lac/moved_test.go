package lac

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/policy"
)

func moved(m policy.Moved) func(*policy.LNS) {
	return handled(func(h *policy.Handling) { h.Moved = m })
}

func TestLNSAnswersFromElsewhere(t *testing.T) {
	for _, from := range []string{"192.0.2.11:40000", "192.0.2.111:1701"} {
		for _, tc := range []struct {
			policy     policy.Moved
			lns1, lns2 int
			wait       time.Duration
		}{
			{policy.MovedAccept, 1, 0, 0},
			{policy.MovedIgnore, 0, 1, 5 * time.Second},
			{policy.MovedReject, 0, 1, 0},
		} {
			t.Run(policy.MovedWords[tc.policy]+" "+from, func(t *testing.T) {
				pol := realmPolicy(t, firstLNS(moved(tc.policy)), secondLNS())
				inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
					r.lns1.Set(lactest.Behaviour{AnswerFrom: netip.MustParseAddrPort(from)})
					r.dial(1)
					after(tc.wait)
					r.wantLive("one call", tc.lns1, tc.lns2)
					if tc.policy != policy.MovedAccept {
						return
					}
					tuns := r.plane.Tunnels()
					if len(tuns) != 1 || tuns[0].Peer.String() != from {
						t.Errorf("the data plane has %+v, want one tunnel to %s", tuns, from)
					}
					// A third address is none of its.
					if n := r.lns1.Tunnels(); n != 1 {
						t.Errorf("%d tunnels, want 1", n)
					}
					r.lns1.Set(lactest.Behaviour{AnswerFrom: netip.MustParseAddrPort("192.0.2.11:50000")})
					r.lns1.HangUp(0, l2tp.Result{Code: 1})
					after(time.Second)
					if n := len(r.plane.Bridges()); n != 1 {
						t.Error("a CDN of a third address ended the call")
					}
					if n := r.dropped("l2tp: message from a third party"); n == 0 {
						t.Error("the third address was not counted")
					}
				})
			})
		}
	}
}

// Tunnels that share their LNS with another one have a port of their own, and
// hear it from elsewhere as well.
func TestSecondTunnelMovesToo(t *testing.T) {
	assigned := func(l *policy.LNS) { l.Name, l.Assignment, l.Preference = "lns1a", "a", 1 }
	limit := func(l *policy.LNS) { l.Limits.Sessions = 1 }
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS(limit), firstLNS(assigned))}, func(t *testing.T, r *rig) {
		r.dial(1)
		r.lns1.Set(lactest.Behaviour{AnswerFrom: netip.MustParseAddrPort("192.0.2.11:40001")})
		r.dial(1)
		r.wantLive("both", 2, 0)
		open := r.net.Open()
		slices.Sort(open)
		want := []string{"192.0.2.1:1701 192.0.2.11:1701", "192.0.2.1:40001 192.0.2.11:40001"}
		if !slices.Equal(open, want) {
			t.Errorf("sockets %v, want %v", open, want)
		}
	})
}

// dropped returns how much input was discarded for a reason.
func (r *rig) dropped(what string) int {
	r.t.Helper()
	return int(gather(r.t, r.srv.Collector())["lacd_dropped_total "+what])
}

func TestLNSNamesAnother(t *testing.T) {
	for _, tc := range []struct {
		text       string
		redirected bool
		v6         bool
	}{
		{"192.0.2.12", true, false},
		{" 192.0.2.12 ", true, false},
		{"2001:db8::9", true, true},
		{"192.0.2.11", false, false}, // itself
		{"", false, false},
		{"try lns2", false, false},
		{"0.0.0.0", false, false},
	} {
		t.Run(tc.text, func(t *testing.T) {
			third := policy.LNS{Name: "third", Peer: netip.MustParseAddrPort("192.0.2.13:1701"), Preference: 1}
			inRig(t, rigOptions{policy: realmPolicy(t, firstLNS(), third)}, func(t *testing.T, r *rig) {
				lns3, lns6 := r.net.Listen("192.0.2.13:1701", ""), r.net.Listen("[2001:db8::9]:1701", "")
				for _, l := range []*lactest.LNS{lns3, lns6} {
					go l.Run()
					defer l.Close()
				}
				r.lns1.Set(lactest.Behaviour{StopCCN: l2tp.Result{Code: 2, Error: 7, Message: tc.text}})
				r.dial(1)
				r.dial(1)
				want, name := lns3, "third"
				switch {
				case tc.v6:
					want, name = lns6, "2001:db8::9"
				case tc.redirected:
					want, name = r.lns2, "192.0.2.12"
				}
				if n := live(want); n != 2 {
					t.Fatalf("%d calls at %s, want 2", n, name)
				}
				// The second call did not ask again.
				if n := r.lns1.Requests(); n != 1 {
					t.Errorf("LNS 1 was asked %d times, want once", n)
				}
				after(time.Minute)
				r.dial(1)
				if n := r.lns1.Requests(); n != 2 {
					t.Errorf("LNS 1 was asked %d times after a minute, want twice", n)
				}
			})
		})
	}
}

// Two LNSes that name each other get a call a few times, not for ever.
func TestLNSesNameEachOther(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{StopCCN: l2tp.Result{Code: 2, Error: 7, Message: "192.0.2.12"}})
		r.lns2.Set(lactest.Behaviour{StopCCN: l2tp.Result{Code: 2, Error: 7, Message: "192.0.2.11"}})
		sub := r.dial(1)[0]
		after(time.Second)
		if sub.State() != lactest.Ended {
			t.Errorf("subscriber in state %d, want ended", sub.State())
		}
	})
}

// Tie breakers decide which of two SCCRQs that crossed goes on (RFC 2661
// section 4.4.3). Waiting calls go over the tunnel that survives.
func TestSCCRQsCross(t *testing.T) {
	low, high := make([]byte, 8), []byte{255, 255, 255, 255, 255, 255, 255, 255}
	for _, tc := range []struct {
		name string
		tie  []byte
		// SCCRQs that LNS 1 gets: a tunnel that loses is not asked for again.
		requests int
	}{
		{"the LNS wins", low, 1},
		{"the LAC wins", high, 1},
		{"equal", []byte{}, 2},
		{"the LNS has none", nil, 1},
	} {
		for _, secret := range []string{"", "tunnel-secret"} {
			t.Run(tc.name+" "+secret, func(t *testing.T) {
				pol := realmPolicy(t, firstLNS(func(l *policy.LNS) { l.Secret = policy.Secret(secret) }), secondLNS())
				inRig(t, rigOptions{policy: pol, secret1: secret}, func(t *testing.T, r *rig) {
					r.lns1.Set(lactest.Behaviour{Cross: true, TieBreaker: tc.tie})
					r.dial(20)
					r.wantLive("all", 20, 0)
					if n := r.lns1.Tunnels(); n != 1 || len(r.plane.Tunnels()) != 1 {
						t.Errorf("%d tunnels, %d in the data plane, want 1", n, len(r.plane.Tunnels()))
					}
					if n := r.lns1.Requests(); n != tc.requests {
						t.Errorf("%d SCCRQs, want %d", n, tc.requests)
					}
					if got := r.lns1.Stops(); got != 0 {
						t.Errorf("%d StopCCNs for the tunnel that lost, want none", got)
					}
					// The tunnel is as good as any.
					after(10 * time.Minute)
					r.dial(5)
					r.wantLive("later", 25, 0)
					r.srv.disconnect(named(alice.User))
					settle()
					r.wantLive("after CDN", 0, 0)
				})
			})
		}
	}
}

// A LAC takes no tunnels: known LNSes are told so now and then, strangers are
// not, and neither leaves anything behind.
func TestSCCRQIsRefused(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		r.dial(1)
		local := netip.MustParseAddrPort("192.0.2.1:1701")
		known, stranger := netip.MustParseAddrPort("192.0.2.11:1702"), netip.MustParseAddrPort("192.0.2.99:1701")
		r.lns1.Set(lactest.Behaviour{AnswerFrom: known}) // what is sent there is heard by it
		r.lns1.Set(lactest.Behaviour{})
		rq := l2tp.AppendMessage(nil, l2tp.Header{}, &l2tp.SCCRQ{
			Setup: l2tp.Setup{Framing: l2tp.FramingSync, HostName: []byte("lns"), TunnelID: 77, Window: 4},
		}, nil)
		for range 1000 {
			r.net.Inject(stranger, local, rq)
			r.net.Inject(known, local, rq)
		}
		settle()
		if n := len(r.lns1.Overheard()); n != 10 {
			t.Errorf("%d refusals in a second, want 10", n)
		}
		if n := r.dropped("l2tp: SCCRQ of a stranger"); n != 1000 {
			t.Errorf("%d SCCRQs of strangers counted, want 1000", n)
		}
		for _, b := range r.lns1.Overheard() {
			h, payload, err := l2tp.ParseHeader(b)
			if err != nil || h.TunnelID != 77 || h.Nr != 1 {
				t.Fatalf("refusal with header %+v, error %v", h, err)
			}
			m, err := (&l2tp.Parser{}).Parse(payload)
			if stop, ok := m.(*l2tp.StopCCN); !ok || err != nil || stop.Result.Code != l2tp.StopDenied || stop.TunnelID == 0 {
				t.Fatalf("refused with %+v, error %v, want StopCCN 4", m, err)
			}
		}
		if n := len(r.srv.trunk.Views()); n != 1 || r.net.Dials() != 1 {
			t.Errorf("%d tunnels over %d sockets, want 1", n, r.net.Dials())
		}
	})
}

// L2F, L2TPv3 and noise share the port.
func TestOtherProtocolsAreIgnored(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		r.dial(1)
		from, local := netip.MustParseAddrPort("192.0.2.99:1701"), netip.MustParseAddrPort("192.0.2.1:1701")
		for _, b := range [][]byte{
			{}, {0xc8}, {0x20, 0x01, 0, 0, 0, 0, 0, 0, 0, 0}, // L2F
			{0xc8, 0x03, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0}, // L2TPv3
		} {
			r.net.Inject(from, local, b)
		}
		r.net.Inject(from, local, []byte{0x00, 0x02, 0, 9, 0, 9, 0xff, 3})                 // data
		r.net.Inject(from, local, []byte{0xc8, 0x02, 0, 12, 0, 9, 0, 0, 0, 0, 0, 0})       // ZLB of no tunnel
		r.net.Inject(from, local, []byte{0xc8, 0x02, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0})       // ZLB of tunnel 0
		r.net.Inject(from, local, []byte{0xc8, 0x02, 0, 14, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}) // cut off
		settle()
		for what, want := range map[string]int{
			"l2tp: not L2TPv2": 4, "l2tp: data of no tunnel": 1, "l2tp: message to no tunnel": 3,
		} {
			if n := r.dropped(what); n != want {
				t.Errorf("%s: counted %d, want %d", what, n, want)
			}
		}
		r.wantLive("undisturbed", 1, 0)
	})
}

func TestIPv6Tunnel(t *testing.T) {
	local := netip.MustParseAddr("2001:db8::10")
	lns := policy.LNS{Name: "lns6", Peer: netip.MustParseAddrPort("[2001:db8::9]:1701"), Secret: "six"}
	pol := mustPolicy(t, policy.Policy{
		Node: "lac1", Local: []netip.Addr{netip.MustParseAddr("192.0.2.1"), local},
		Retailers: []policy.Retailer{{Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm, LNS: []policy.LNS{lns}}},
	})
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		lns6 := r.net.Listen("[2001:db8::9]:1701", "six")
		go lns6.Run()
		defer lns6.Close()
		lns6.Set(lactest.Behaviour{AnswerFrom: netip.MustParseAddrPort("[2001:db8::9]:40000")})
		r.dial(1)
		tuns := r.plane.Tunnels()
		if live(lns6) != 1 || len(tuns) != 1 || tuns[0].Local != netip.AddrPortFrom(local, 1701) || tuns[0].Peer.Port() != 40000 {
			t.Errorf("%d calls, tunnels %+v, want one from %v", live(lns6), tuns, local)
		}
	})
}
