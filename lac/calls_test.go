package lac

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/lac/tunnel"
	"lacd/policy"
	"lacd/policy/number"
	"lacd/pppoe"
	"lacd/pppoe/wire"
	"lacd/radius/radiustest"
)

// telling is a retailer whose LNSes and RADIUS servers are told as info says.
func telling(tb testing.TB, info policy.CallInfo, lns ...policy.LNS) *policy.Policy {
	return mustPolicy(tb, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
		Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1", "r2"},
		Accounting: true, Call: info, LNS: lns,
	}}})
}

// tagged lets subscribers dial in with two VLAN tags, or none.
func tagged(c *Config) {
	every := pppoe.Range{First: 1, Last: 4094}
	c.Access[0].Tagging = []pppoe.Tagging{{}, {TPID: wire.STag, Outer: every, Inner: every}}
}

// line is what an access node says about a line, speeds in kbit/s.
func line(circuit, remote string, down, up uint32) *wire.Line {
	l := &wire.Line{CircuitID: circuit, RemoteID: remote}
	if down != 0 {
		l.SetNumber(wire.ActualRateDown, down)
	}
	if up != 0 {
		l.SetNumber(wire.ActualRateUp, up)
	}
	return l
}

// onLine is alice on a line behind two VLAN tags.
func onLine(l *wire.Line) lactest.Account {
	a := alice
	a.MAC = wire.MAC{2, 0, 0, 0, 0, 7}
	a.VLANs = wire.VLANs{{TPID: wire.STag, ID: 100}, {TPID: wire.CTag, ID: 7}}
	a.Service, a.Line = "internet", l
	return a
}

// upCall dials and returns the one call as LNS 1 saw it.
func upCall(t *testing.T, r *rig, a lactest.Account) lactest.Call {
	t.Helper()
	r.seg.Dial(a)
	settle()
	calls := r.lns1.Calls()
	if len(calls) != 1 || !calls[0].Up {
		t.Fatalf("LNS 1 sees calls %+v, want one that is up", calls)
	}
	return calls[0]
}

// stations returns Calling- and Called-Station-Id of the Access-Request and
// of the Start record, which must agree.
func stations(t *testing.T, r *rig) (calling, called string) {
	t.Helper()
	start := lastOf(r.radius, rfc2866.AcctStatusType_Value_Start)
	for _, q := range r.radius.Requests() {
		if p := q.Packet; p.Code == layeh.CodeAccessRequest && start != nil {
			calling, called = rfc2865.CallingStationID_GetString(p), rfc2865.CalledStationID_GetString(p)
			if c, d := rfc2865.CallingStationID_GetString(start), rfc2865.CalledStationID_GetString(start); c != calling || d != called {
				t.Errorf("stations %q and %q in Access-Request, %q and %q in accounting", calling, called, c, d)
			}
			return calling, called
		}
	}
	t.Error("no Access-Request, or no Start")
	return "", ""
}

func TestNumbersOfACall(t *testing.T) {
	none := number.Must("")
	known := onLine(line("dslam1 eth 0/1:100", "cpe\x007", 0, 0))
	for _, tc := range []struct {
		name    string
		info    policy.CallInfo
		account lactest.Account
		want    policy.Numbers
	}{
		{"default", policy.CallInfo{}, known, policy.Numbers{
			Calling: "dslam1 eth 0/1:100", Called: "internet", CallingStation: "dslam1 eth 0/1:100", CalledStation: "internet",
		}},
		{"default without a line", policy.CallInfo{}, onLine(nil), policy.Numbers{
			Calling: "02:00:00:00:00:07", Called: "internet", CallingStation: "02:00:00:00:00:07", CalledStation: "internet",
		}},
		{"every name", policy.CallInfo{
			Calling:    number.Must("{node} {port}:{svlan}.{cvlan} {mac}"),
			Called:     number.Must("{user}/{realm}/{service}"),
			SubAddress: number.Must("{circuit_id}#{remote_id}"),
		}, known, policy.Numbers{
			Calling: "lac1 eth1:100.7 02:00:00:00:00:07", Called: "alice@acme.example/acme.example/internet",
			SubAddress:     "dslam1 eth 0/1:100#cpe%007",
			CallingStation: "lac1 eth1:100.7 02:00:00:00:00:07", CalledStation: "alice@acme.example/acme.example/internet",
		}},
		{"kept back from both", policy.CallInfo{Calling: none, Called: none, SubAddress: none}, known, policy.Numbers{}},
		{"of their own for RADIUS", policy.CallInfo{
			Calling: none, Called: number.Must("0800"), CallingStation: number.Must("{remote_id|mac}"), CalledStation: none,
		}, known, policy.Numbers{Called: "0800", CallingStation: "cpe%007"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, rigOptions{policy: telling(t, tc.info), change: tagged}, func(t *testing.T, r *rig) {
				oneLNS(r)
				q := upCall(t, r, tc.account).Request
				got := policy.Numbers{Calling: q.Calling, Called: q.Called, SubAddress: q.SubAddress}
				got.CallingStation, got.CalledStation = stations(t, r)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

func TestPhysicalChannel(t *testing.T) {
	for _, off := range []bool{false, true} {
		inRig(t, rigOptions{policy: telling(t, policy.CallInfo{NoPhysicalChannel: off})}, func(t *testing.T, r *rig) {
			oneLNS(r)
			q := upCall(t, r, alice).Request
			port := rfc2865.NASPort_Get(lastOf(r.radius, rfc2866.AcctStatusType_Value_Start))
			if q.HasPhysicalChannel == off || !off && q.PhysicalChannel != uint32(port) {
				t.Errorf("kept back %v: Physical Channel ID %d, sent %v, NAS-Port %d", off, q.PhysicalChannel, q.HasPhysicalChannel, port)
			}
		})
	}
}

func TestConnectSpeeds(t *testing.T) {
	rates := []radiustest.Attribute{radiustest.Integer(255, 30_000_000), radiustest.Integer(197, 5_000_000)}
	fixed := policy.CallInfo{TxSpeed: 50e6, RxSpeed: 10e6}
	first := fixed
	first.Speed = []policy.SpeedSource{policy.SpeedRADIUS, policy.SpeedLine, policy.SpeedStatic}
	for _, tc := range []struct {
		name   string
		info   policy.CallInfo
		line   *wire.Line
		reply  []radiustest.Attribute
		tx, rx uint32
	}{
		{"nothing is known", policy.CallInfo{}, nil, nil, policy.DefaultSpeed, 0},
		{"line", fixed, line("c1", "", 16000, 1024), rates, 16_000_000, 1_024_000},
		{"a symmetric line", fixed, line("c1", "", 16000, 16000), nil, 16_000_000, 0},
		{"RADIUS", fixed, nil, rates, 30_000_000, 5_000_000},
		{"RADIUS first", first, line("c1", "", 16000, 1024), rates, 30_000_000, 5_000_000},
		{"static", fixed, line("c1", "", 0, 0), nil, 50_000_000, 10_000_000},
		{"saturated", fixed, line("c1", "", 5_000_000, 1_000_000), nil, 1<<32 - 1, 1_000_000_000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, rigOptions{policy: telling(t, tc.info), change: tagged}, func(t *testing.T, r *rig) {
				r.radius.SetUser(alice.User, radiustest.User{
					Password: alice.Password, Reply: append(slices.Clip(tc.reply), tunnelTo(0, "192.0.2.11", "", 0)),
				})
				if c := upCall(t, r, onLine(tc.line)).Connect; c.TxSpeed != tc.tx || c.RxSpeed != tc.rx {
					t.Errorf("Tx %d, Rx %d, want %d, %d", c.TxSpeed, c.RxSpeed, tc.tx, tc.rx)
				}
			})
		})
	}
}

// fullLine has an attribute of every kind. Downstream is beyond what 32 bits
// hold in bit/s.
func fullLine() *wire.Line {
	l := line("dslam1 eth 0/1:100", "r", 5_000_000, 2048)
	l.SetNumber(wire.ActualDelayUp, 9)
	l.Loop, l.HasLoop, l.IWF = wire.Loop{DataLink: 1, Encaps1: 2}, true, true
	return l
}

func TestAccessLineToTheLNS(t *testing.T) {
	circuit := l2tp.LineID(l2tp.LineCircuitID, "dslam1 eth 0/1:100")
	up, down := l2tp.LineRate(l2tp.LineActualRateUp, 2_048_000), l2tp.LineRate(l2tp.LineActualRateDown, 5_000_000_000)
	for _, tc := range []struct {
		name string
		info policy.CallInfo
		line *wire.Line
		want []l2tp.LineAVP
	}{
		{"no line", policy.CallInfo{}, nil, nil},
		// RFC 5515 section 5.2: the remote ID has one octet only.
		{"all", policy.CallInfo{}, fullLine(), []l2tp.LineAVP{
			circuit, up, down, l2tp.LineNumber(l2tp.LineActualDelayUp, 9),
			l2tp.LineOctets(l2tp.LineEncapsulation, 1, 2, 0), l2tp.LineNumber(l2tp.LineIWF, 1),
		}},
		{"off", policy.CallInfo{NoLine: true}, fullLine(), nil},
		{
			"some",
			policy.CallInfo{Line: []wire.LineType{wire.ActualRateDown, wire.AgentCircuitID}},
			fullLine(),
			[]l2tp.LineAVP{circuit, down},
		},
		{"none of those there", policy.CallInfo{Line: []wire.LineType{wire.MaxRateUp}}, fullLine(), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, rigOptions{policy: telling(t, tc.info), change: tagged}, func(t *testing.T, r *rig) {
				oneLNS(r)
				got := upCall(t, r, onLine(tc.line)).Request.Line
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

// What the LNS is told of the line is no matter of RADIUS: RFC 4679 there, and
// nothing of it goes back to the subscriber (TR-101 R-116).
func TestAccessLineToRADIUS(t *testing.T) {
	inRig(t, rigOptions{policy: telling(t, policy.CallInfo{NoLine: true}), change: tagged}, func(t *testing.T, r *rig) {
		r.seg.Record = true
		oneLNS(r)
		upCall(t, r, onLine(fullLine()))
		inAccess := []string{"\x01\x14dslam1 eth 0/1:100", "\x02\x03r", "\x81\x06\x00\x1f\x40\x00", "\x82\x06\xff\xff\xff\xff", "\x90\x05\x01\x02\x00", "\xfe\x02"}
		for _, q := range r.radius.Requests() {
			want := slices.Clone(inAccess)
			switch q.Packet.Code {
			case layeh.CodeAccessRequest:
			case layeh.CodeAccountingRequest:
				if rfc2866.AcctStatusType_Get(q.Packet) != rfc2866.AcctStatusType_Value_Start {
					continue
				}
				want = slices.Insert(want, 4, "\x8c\x06\x00\x00\x00\x09") // delays are for accounting alone
			default:
				continue
			}
			var got []string
			for _, a := range q.Packet.Attributes {
				if v, ok := bytes.CutPrefix(a.Attribute, []byte{0, 0, 0x0d, 0xe9}); ok && a.Type == rfc2865.VendorSpecific_Type {
					got = append(got, string(v))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v, -want +got:\n%s", q.Packet.Code, diff)
			}
		}
		for _, f := range r.seg.Frames() {
			if f.EtherType != wire.Discovery {
				continue
			}
			for tag, err := range wire.Tags(f.Payload) {
				if err != nil || tag.Type == wire.VendorSpecific {
					t.Errorf("%v repeats the line's tag, or is broken: %v", f.Code, err)
				}
			}
		}
	})
}

func TestProxyPerLNS(t *testing.T) {
	lns := policy.LNS{Name: "lns1", Peer: netip.MustParseAddrPort(lns1Addr)}
	with := func(change func(*policy.LNS)) policy.LNS {
		l := lns
		change(&l)
		return l
	}
	for _, tc := range []struct {
		name   string
		lns    policy.LNS
		lcp    bool
		auth   uint16
		frames int
	}{
		{"default", lns, true, l2tp.ProxyCHAP, 1},
		{"no proxy", with(func(l *policy.LNS) { l.NoProxyLCP, l.NoProxyAuth = true, true }), false, 0, 1},
		{"no proxy authentication", with(func(l *policy.LNS) { l.NoProxyAuth = true }), true, 0, 1},
		{"no replay", with(func(l *policy.LNS) { l.NoReplayAuth = true }), true, l2tp.ProxyCHAP, 0},
		{"nothing at all", with(func(l *policy.LNS) { l.NoProxyLCP, l.NoProxyAuth, l.NoReplayAuth = true, true, true }), false, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, rigOptions{policy: telling(t, policy.CallInfo{}, tc.lns)}, func(t *testing.T, r *rig) {
				r.radius.SetUser(alice.User, radiustest.User{Password: alice.Password})
				c := upCall(t, r, alice).Connect
				if (c.ProxyLCP != nil) != tc.lcp {
					t.Errorf("proxy LCP %+v, want it %v", c.ProxyLCP, tc.lcp)
				}
				if got := authType(&c); got != tc.auth {
					t.Errorf("Proxy Authen Type %d, want %d", got, tc.auth)
				}
				if n := len(r.lns1.Data()); n != tc.frames {
					t.Errorf("%d frames after ICCN, want %d", n, tc.frames)
				}
			})
		})
	}
}

// authType returns the Proxy Authen Type, 0 if there is none.
func authType(c *tunnel.Connect) uint16 {
	if c.ProxyAuth == nil {
		return 0
	}
	return c.ProxyAuth.Type
}

// A LAC that asks no authentication says so: Proxy Authen Type 4, without name,
// challenge and response (RFC 2661 section 4.4.5).
func TestNobodyAuthenticates(t *testing.T) {
	for _, off := range []bool{false, true} {
		lns := policy.LNS{Name: "lns1", Peer: netip.MustParseAddrPort(lns1Addr), NoProxyAuth: off}
		pol := mustPolicy(t, policy.Policy{Node: "lac1", Default: policy.Default{Retailer: "acme"}, Retailers: []policy.Retailer{{
			Name: "acme", Authorize: policy.ByRealm, LNS: []policy.LNS{lns},
		}}})
		change := func(c *Config) { c.PPP.Auth = nil }
		inRig(t, rigOptions{policy: pol, change: change}, func(t *testing.T, r *rig) {
			a := alice
			a.Early = true
			c := upCall(t, r, a).Connect
			want := &l2tp.ProxyAuth{Type: l2tp.ProxyNone}
			if off {
				want = nil
			}
			if diff := cmp.Diff(want, c.ProxyAuth); diff != "" {
				t.Errorf("kept back %v, -want +got:\n%s", off, diff)
			}
			if c.ProxyLCP == nil {
				t.Error("no proxy LCP")
			}
		})
	}
}

// An LNS that wants sequence numbers gets them from the data plane, and
// nothing without.
func TestSequencing(t *testing.T) {
	for _, on := range []bool{false, true} {
		lns := policy.LNS{Name: "lns1", Peer: netip.MustParseAddrPort(lns1Addr), Sequencing: on}
		inRig(t, rigOptions{policy: telling(t, policy.CallInfo{}, lns)}, func(t *testing.T, r *rig) {
			r.radius.SetUser(alice.User, radiustest.User{Password: alice.Password})
			a := alice
			a.Early = true
			c := upCall(t, r, a).Connect
			b := r.plane.Bridges()
			if c.Sequencing != on || len(b) != 1 || b[0].Sequencing != on {
				t.Errorf("wanted %v: Sequencing Required %v, bridges %+v", on, c.Sequencing, b)
			}
			if n := len(r.lns1.Data()); (n == 0) != on {
				t.Errorf("wanted %v: %d frames without numbers", on, n)
			}
		})
	}
}

// What the LAC knows of PPP goes into its CDN (RFC 3145).
func TestPPPCauseIsTold(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(r *rig, sub *lactest.Subscriber)
		want *l2tp.DisconnectCause
	}{
		{"the subscriber terminates", func(_ *rig, sub *lactest.Subscriber) { sub.Terminate() }, &l2tp.DisconnectCause{Code: 3, Direction: 1}},
		{"the subscriber hangs up", func(_ *rig, sub *lactest.Subscriber) { sub.HangUp() }, nil},
		{"the operator", func(r *rig, _ *lactest.Subscriber) { r.srv.disconnect(named(alice.User)) }, &l2tp.DisconnectCause{Code: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
				oneLNS(r)
				r.lns1.Set(lactest.Behaviour{SilentICRQ: true})
				sub := r.seg.Dial(alice)
				settle()
				tc.end(r, sub)
				after(4 * time.Second)
				calls := r.lns1.Calls()
				if len(calls) != 1 || !calls[0].Down {
					t.Fatalf("LNS 1 sees %+v, want one call that is down", calls)
				}
				if diff := cmp.Diff(tc.want, calls[0].Result.Disconnect); diff != "" {
					t.Errorf("CDN %v, -want +got:\n%s", calls[0].Result, diff)
				}
			})
		})
	}
}

// What the LNS says of PPP decides what accounting is told, and is logged.
func TestPPPCauseIsHeard(t *testing.T) {
	for _, tc := range []struct {
		name   string
		result l2tp.Result
		acct   string
	}{
		{"terminated by the subscriber", l2tp.Result{Code: 3, Disconnect: &l2tp.DisconnectCause{Code: 3, Direction: 1}}, "User-Request"},
		{"terminated by the LNS", l2tp.Result{Code: 3, Disconnect: &l2tp.DisconnectCause{Code: 3, Direction: 2}}, "Admin-Reset"},
		{"authentication failed", l2tp.Result{Code: 3, Disconnect: &l2tp.DisconnectCause{Code: 16, Protocol: 0xc223, Direction: 1}}, "User-Error"},
		{"echo timeout", l2tp.Result{Code: 3, Disconnect: &l2tp.DisconnectCause{Code: 8, Protocol: 0xc021}}, "Lost-Carrier"},
		{"NCP timeout", l2tp.Result{Code: 3, Disconnect: &l2tp.DisconnectCause{Code: 17, Protocol: 0x8021}}, "NAS-Error"},
		{"two NCPs", l2tp.Result{Code: 1, Disconnect: &l2tp.DisconnectCause{
			Code: 18, Protocol: 0x8021, Next: &l2tp.DisconnectCause{Code: 18, Protocol: 0x8057},
		}}, "Lost-Carrier"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
				oneLNS(r)
				upCall(t, r, alice)
				r.lns1.HangUp(0, tc.result)
				settle()
				if got := r.records(r.radius); !cmp.Equal(got, []string{"start", "stop " + tc.acct}) {
					t.Errorf("accounting %v, want stop %s", got, tc.acct)
				}
			})
		})
	}
}
