package lac

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/kernel/kerneltest"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/policy"
	"lacd/pppoe"
	"lacd/pppoe/wire"
)

// Cases T45 and T48 of the conformance matrix on tagged segments, and who is let
// in.

func cTag(id uint16) wire.VLAN { return wire.VLAN{TPID: wire.CTag, ID: id} }

func sTag(id uint16) wire.VLAN { return wire.VLAN{TPID: wire.STag, ID: id} }

// with changes the only access port.
func with(change func(a *Access)) rigOptions {
	return rigOptions{change: func(c *Config) { change(&c.Access[0]) }}
}

// in is alice behind VLAN tags.
func in(tags ...wire.VLAN) lactest.Account {
	a := alice
	copy(a.VLANs[:], tags)
	return a
}

func TestVLANs(t *testing.T) {
	o := with(func(a *Access) {
		a.Tagging = []pppoe.Tagging{
			{Outer: pppoe.Range{First: 100, Last: 199}},
			{TPID: wire.STag, Outer: pppoe.Range{First: 10, Last: 10}, Inner: pppoe.Range{First: 2, Last: 4094}},
		}
	})
	inRig(t, o, func(t *testing.T, r *rig) {
		r.seg.Record = true
		oneLNS(r)
		served := []lactest.Account{in(cTag(100)), in(cTag(199)), in(sTag(10), cTag(2)), in(sTag(10), cTag(4094))}
		ignored := []lactest.Account{
			in(), in(cTag(99)), in(cTag(200)), in(sTag(100)), in(sTag(10)), in(sTag(10), cTag(1)), in(cTag(100), cTag(100)),
			in(sTag(11), cTag(2)), in(cTag(10), cTag(2)),
		}
		for _, a := range served {
			sub := r.seg.Dial(a)
			settle()
			if sub.State() != lactest.Proven {
				t.Errorf("subscriber with tags %v in state %d", a.VLANs, sub.State())
			}
			for _, f := range r.seg.Frames() {
				if f.Dst == sub.MAC() && f.VLANs != a.VLANs {
					t.Errorf("%v to tags %v came with %v", f.Code, a.VLANs, f.VLANs)
				}
			}
		}
		before := len(r.seg.Frames())
		for _, a := range ignored {
			r.seg.Dial(a)
		}
		settle()
		if n := len(r.seg.Frames()) - before; n != 0 {
			t.Errorf("%d frames to subscribers with tags that are not served", n)
		}
		bridged := map[string]bool{}
		for _, b := range r.plane.Bridges() {
			bridged[fmt.Sprint(b.VLANs)] = true
		}
		if len(bridged) != len(served) {
			t.Errorf("bridges with tags %v, want one for each subscriber", bridged)
		}
		if n := gather(t, r.srv.Collector())["lacd_pppoe_discovery_total eth1 unknown-vlan"]; n != float64(len(ignored)) {
			t.Errorf("%v frames counted as of an unknown VLAN, want %d", n, len(ignored))
		}
	})
}

// A priority tag is no tag: the answer has none (IEEE 802.1Q section 6.9).
func TestPriorityTagIsNone(t *testing.T) {
	o := with(func(a *Access) { a.Tagging = nil })
	inRig(t, o, func(t *testing.T, r *rig) {
		r.seg.Record = true
		padi := wire.Frame{
			Dst: wire.Broadcast, Src: wire.MAC{2, 7}, VLANs: wire.VLANs{cTag(1)}, EtherType: wire.Discovery, Code: wire.PADI,
			Payload: wire.AppendTag(nil, wire.ServiceName, nil),
		}
		b := padi.AppendTo(nil)
		b[14], b[15] = 0xe0, 0 // priority 7, VLAN ID 0
		r.seg.Inject(b)
		settle()
		if got := r.seg.Frames(); len(got) != 1 || got[0].Code != wire.PADO || got[0].VLANs != (wire.VLANs{}) {
			t.Errorf("got %v, want an untagged PADO", got)
		}
	})
}

func lineAt(circuit string) *wire.Line { return &wire.Line{CircuitID: circuit} }

// Each limit refuses the session beyond it, with a reason and a counter of its
// own, and takes another as soon as one has ended.
func TestLimitsOfAPort(t *testing.T) {
	host := wire.MAC{2, 9, 9, 9, 9, 9}
	onCircuit := func(i int) lactest.Account {
		a := in(cTag(uint16(10 + i))) // the line is known by its circuit wherever it is
		a.Line = lineAt("dslam 1/1")
		return a
	}
	for _, tc := range []struct {
		name, text string
		limit      func(a *Access)
		within     func(i int) lactest.Account // the i-th that the limit is for
		beyond     lactest.Account             // whom it is not for
	}{
		{"port-limit", "too many sessions on this port", func(a *Access) { a.MaxSessions = 2 }, func(i int) lactest.Account { return in(cTag(uint16(10 + i))) }, lactest.Account{}},
		{"mac-limit", "too many sessions of this host", func(a *Access) { a.MaxSessionsPerMAC = 2 }, func(i int) lactest.Account {
			a := in(cTag(uint16(10 + i)))
			a.MAC = host
			return a
		}, in(cTag(10))},
		{"vlan-limit", "too many sessions in this VLAN", func(a *Access) { a.MaxSessionsPerVLAN = 2 }, func(int) lactest.Account { return in(sTag(10), cTag(7)) }, in(sTag(10), cTag(8))},
		{"line-limit", "too many sessions of this line", func(a *Access) { a.MaxSessionsPerLine = 2 }, onCircuit, in(cTag(10))},
		{"line-limit", "too many sessions of this line", func(a *Access) { a.MaxSessionsPerLine = 2 }, func(int) lactest.Account { return in(cTag(10)) }, in(cTag(11))},
		{"line-limit", "too many sessions of this line", func(a *Access) { a.MaxSessionsPerLine = 2 }, func(int) lactest.Account {
			a := in()
			a.MAC = host
			return a
		}, in()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inRig(t, with(tc.limit), func(t *testing.T, r *rig) {
				oneLNS(r)
				dial := func(a lactest.Account) *lactest.Subscriber {
					sub := r.seg.Dial(a)
					settle()
					return sub
				}
				first, second, third := dial(tc.within(0)), dial(tc.within(1)), dial(tc.within(2))
				if first.State() != lactest.Proven || second.State() != lactest.Proven {
					t.Fatalf("two within the limit are in states %d, %d", first.State(), second.State())
				}
				if got := third.PADSError(); got != tc.text {
					t.Errorf("the third was told %q, want %q", got, tc.text)
				}
				if tc.beyond.User != "" && dial(tc.beyond).State() != lactest.Proven {
					t.Error("somebody whom the limit is not for was refused")
				}
				first.HangUp()
				settle()
				if again := dial(tc.within(3)); again.State() != lactest.Proven {
					t.Errorf("after one had ended: refused %q", again.PADSError())
				}
				if n := gather(t, r.srv.Collector())["lacd_sessions_refused_total eth1 "+tc.name]; n != 1 {
					t.Errorf("%v refusals counted as %s, want 1", n, tc.name)
				}
			})
		})
	}
}

// Untagged sessions are not those of one VLAN.
func TestLimitPerVLANIsForTags(t *testing.T) {
	inRig(t, with(func(a *Access) { a.MaxSessionsPerVLAN = 1 }), func(t *testing.T, r *rig) {
		oneLNS(r)
		for range 3 {
			r.seg.Dial(alice)
		}
		settle()
		if n := r.lns1.Connected(); n != 3 {
			t.Errorf("%d untagged subscribers are up, want 3", n)
		}
	})
}

// A session that is ending has left its place: the subscriber who redials at
// once is not refused for his own old session.
func TestEndingSessionDoesNotCount(t *testing.T) {
	o := with(func(a *Access) { a.MaxSessionsPerMAC, a.Duplicate = 1, RefuseDuplicates })
	inRig(t, o, func(t *testing.T, r *rig) {
		oneLNS(r)
		a := alice
		a.MAC = wire.MAC{2, 9, 9, 9, 9, 9}
		sub := r.seg.Dial(a)
		settle()
		r.plane.Delay(kerneltest.RemoveBridge, time.Minute) // the end takes long
		sub.HangUp()
		again := r.seg.Dial(a)
		settle()
		if again.PADSError() != "" {
			t.Errorf("refused: %q", again.PADSError())
		}
		r.plane.Delay(kerneltest.RemoveBridge, 0)
		after(2 * time.Minute)
	})
}

func TestDuplicateIsRefused(t *testing.T) {
	o := with(func(a *Access) { a.Duplicate = RefuseDuplicates })
	inRig(t, o, func(t *testing.T, r *rig) {
		oneLNS(r)
		a := alice
		a.Line = lineAt("dslam 1/1")
		first := r.seg.Dial(a)
		settle()
		second := r.seg.Dial(a)
		settle()
		if first.State() != lactest.Proven || second.PADSError() != "this line has a session already" {
			t.Errorf("the first is in state %d, the second was told %q", first.State(), second.PADSError())
		}
		other := alice
		other.Line = lineAt("dslam 1/2")
		if r.seg.Dial(other); r.lns1.Connected() != 1 {
			t.Errorf("%d calls, want 1", r.lns1.Connected())
		}
		settle()
		if r.lns1.Connected() != 2 {
			t.Errorf("%d calls, want 2: another line is no duplicate", r.lns1.Connected())
		}
	})
}

// The old session ends, as one whose carrier is lost, before the new one is
// placed, whichever shards they are on.
func TestDuplicateIsReplaced(t *testing.T) {
	for i := range 8 { // hosts, and so shards, of all kinds
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			var wire *tap
			o := with(func(a *Access) { a.Duplicate = ReplaceDuplicates })
			inRig(t, tapped(&wire, o), func(t *testing.T, r *rig) {
				oneLNS(r)
				dial := func(mac byte) *lactest.Subscriber {
					a := alice
					a.MAC = [6]byte{2, 9, 9, 9, byte(i), mac}
					a.Line = lineAt("dslam 1/1")
					return r.seg.Dial(a)
				}
				old := dial(1)
				settle()
				renewed := dial(2)
				settle()
				if old.State() != lactest.Ended || old.Terminated() || renewed.State() != lactest.Proven {
					t.Errorf("the old subscriber is in state %d (terminated %v), the new one in %d: %q",
						old.State(), old.Terminated(), renewed.State(), renewed.PADSError())
				}
				want := []string{"0s lns1 ICRQ", "0s lns1 CDN 1", "0s lns1 ICRQ"}
				if got := said(wire, l2tp.TypeICRQ, l2tp.TypeCDN); !cmp.Equal(got, want) {
					t.Errorf("the LNS was told %q, want %q", got, want)
				}
				got := r.records(r.radius)
				slices.Sort(got)
				if want := []string{"start", "start", "stop Lost-Carrier"}; !cmp.Equal(got, want) {
					t.Errorf("accounting %q, want %q", got, want)
				}
				if !strings.Contains(r.log.String(), "cause=replaced") {
					t.Error("the log does not tell the cause")
				}
				renewed.HangUp()
				settle()
				if n := len(r.srv.access[0].admission.lines); n != 0 {
					t.Errorf("%d lines are remembered without sessions", n)
				}
			})
		})
	}
}

// A subscriber who starts over before he spoke PPP replaces himself.
func TestReplacedBeforeItIsUp(t *testing.T) {
	o := with(func(a *Access) { a.Duplicate = ReplaceDuplicates })
	inRig(t, o, func(t *testing.T, r *rig) {
		oneLNS(r)
		a := in(sTag(10), cTag(20))
		a.Mute = true
		old := r.seg.Dial(a)
		settle()
		renewed := r.seg.Dial(in(sTag(10), cTag(20)))
		settle()
		if old.State() != lactest.Ended || renewed.State() != lactest.Proven || r.lns1.Connected() != 1 {
			t.Errorf("the old one in state %d, the new one in %d, %d calls", old.State(), renewed.State(), r.lns1.Connected())
		}
	})
}

// Requests that wait for a session to end do not pile up, and are not lost.
func TestManyReplaceOne(t *testing.T) {
	o := with(func(a *Access) { a.Duplicate = ReplaceDuplicates })
	inRig(t, o, func(t *testing.T, r *rig) {
		oneLNS(r)
		var subs []*lactest.Subscriber
		for range 50 {
			a := alice
			a.Line = lineAt("dslam 1/1")
			subs = append(subs, r.seg.Dial(a))
		}
		after(time.Minute)
		up := 0
		for _, sub := range subs {
			if sub.State() == lactest.Proven {
				up++
			}
		}
		if up != 1 || len(r.plane.Bridges()) != 1 || r.srv.live.Load() != 1 {
			t.Errorf("%d subscribers up, %d bridges, %d sessions: want 1", up, len(r.plane.Bridges()), r.srv.live.Load())
		}
	})
}

func TestUnknownSessionIsAnswered(t *testing.T) {
	for _, answers := range []bool{false, true} {
		t.Run(fmt.Sprint(answers), func(t *testing.T) {
			o := with(func(a *Access) {
				a.AnswerUnknown = answers
				a.Tagging = []pppoe.Tagging{{}, {Outer: pppoe.Range{First: 10, Last: 10}}}
			})
			inRig(t, o, func(t *testing.T, r *rig) {
				r.seg.Record = true
				oneLNS(r)
				sub := r.seg.Dial(alice)
				settle()
				before := len(r.seg.Frames())
				frame := wire.Frame{
					Dst: wire.MAC{2, 0, 0, 0, 0, 1}, Src: wire.MAC{2, 7}, EtherType: wire.SessionData, SessionID: 4711,
					Payload: []byte{0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4},
				}
				asked := []wire.Frame{frame, frame, frame}
				asked[1].VLANs = wire.VLANs{cTag(10)}
				asked[2].SessionID = sub.ID() // of another host
				silent := []wire.Frame{frame, frame, frame}
				silent[0].EtherType, silent[0].Code, silent[0].Payload = wire.Discovery, wire.PADT, nil // PADT for PADT never ends
				silent[1].VLANs = wire.VLANs{cTag(11)}
				silent[2].Src[0] |= 1
				for _, f := range slices.Concat(asked, silent) {
					r.seg.Inject(f.AppendTo(nil))
				}
				settle()
				var got, want []wire.Frame
				got = append(got, r.seg.Frames()[before:]...)
				slices.SortFunc(got, func(a, b wire.Frame) int {
					return int(b.SessionID) - int(a.SessionID) + int(a.VLANs[0].ID) - int(b.VLANs[0].ID)
				})
				for _, f := range asked {
					if answers {
						want = append(want, wire.Frame{
							Dst: f.Src, Src: f.Dst, VLANs: f.VLANs, EtherType: wire.Discovery, Code: wire.PADT, SessionID: f.SessionID, Payload: []byte{},
						})
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if sub.State() != lactest.Proven {
					t.Error("the session of the other host is gone")
				}
			})
		})
	}
}

func TestUnknownSessionsAreAnsweredSlowly(t *testing.T) {
	inRig(t, with(func(a *Access) { a.AnswerUnknown = true }), func(t *testing.T, r *rig) {
		for i := range 5000 {
			f := wire.Frame{
				Dst: wire.MAC{2, 0, 0, 0, 0, 1}, Src: wire.MAC{2, 7, byte(i >> 8), byte(i)}, EtherType: wire.SessionData,
				SessionID: wire.SessionID(1 + i), Payload: []byte{0xc0, 0x21, 9, 1, 0, 4},
			}
			r.seg.Inject(f.AppendTo(nil))
		}
		settle()
		if n := r.srv.access[0].told.Load(); n != unknownRate {
			t.Errorf("%d answers at once, want %d", n, unknownRate)
		}
	})
}

// A flood of PADIs from ever new addresses costs the answers that are allowed,
// and nothing that stays.
func TestFloodOfPADIs(t *testing.T) {
	o := with(func(a *Access) { a.Limits = pppoe.Limits{PADI: 1000, PADIPerHost: 5, PADR: 1000, PADRPerHost: 5} })
	inRig(t, o, func(t *testing.T, r *rig) {
		oneLNS(r)
		before := heapInUse()
		flood := func(src func(i int) wire.MAC) {
			for i := range 20_000 {
				f := wire.Frame{
					Dst: wire.Broadcast, Src: src(i), EtherType: wire.Discovery, Code: wire.PADI,
					Payload: wire.AppendTag(nil, wire.ServiceName, nil),
				}
				r.seg.Inject(f.AppendTo(nil))
			}
			settle()
		}
		flood(func(i int) wire.MAC { return wire.MAC{2, 8, 0, byte(i >> 16), byte(i >> 8), byte(i)} })
		verdicts := &r.srv.access[0].verdicts
		if a, p := verdicts[pppoe.Answered].Load(), verdicts[pppoe.PortRate].Load(); a != 750 || p != 19_250 {
			t.Errorf("%d PADIs answered, %d over the port's rate, want 750 and 19250: a quarter is for those who come again", a, p)
		}
		after(time.Second)
		flood(func(int) wire.MAC { return wire.MAC{2, 8} })
		if h := verdicts[pppoe.HostRate].Load(); h != 19_995 {
			t.Errorf("%d PADIs over the host's rate, want 19995", h)
		}
		if n := r.srv.live.Load(); n != 0 {
			t.Errorf("%d sessions of PADIs", n)
		}
		if grown := int64(heapInUse()) - int64(before); grown > 6<<20 { // what is kept of those who were refused takes 4 MiB
			t.Errorf("the heap has grown by %d octets", grown)
		}
		r.seg.Dial(alice)
		settle()
		if r.lns1.Connected() != 1 {
			t.Error("a subscriber did not come up beside a host that floods")
		}
	})
}

// TestFloodKeepsNoPlaces: a flood of PADIs that are answered, and of which none
// becomes a session, closes the door for a moment at most.
func TestFloodKeepsNoPlaces(t *testing.T) {
	inRig(t, gated(Gate{HalfOpen: 64}, realmPolicy(t, firstLNS())), func(t *testing.T, r *rig) {
		n := uint32(0)
		flood := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); after(gateInterval / 2) {
				for range 100 {
					n++
					f := wire.Frame{
						Dst: wire.Broadcast, Src: wire.MAC{2, 8, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, EtherType: wire.Discovery,
						Code: wire.PADI, Payload: wire.AppendTag(nil, wire.ServiceName, nil),
					}
					r.seg.Inject(f.AppendTo(nil))
				}
			}
		}
		shed := &r.srv.access[0].shedPADI
		flood(offerLife)
		if shed.Load() == 0 {
			t.Error("as long as offers may be taken they keep no place")
		}
		flood(4 * offerLife)
		before := shed.Load()
		for range 20 {
			flood(gateInterval)
			sub := r.seg.Dial(alice)
			settle()
			if sub.State() != lactest.Proven {
				t.Fatalf("beside the flood a subscriber is in state %d", sub.State())
			}
		}
		if got := shed.Load(); got != before {
			t.Errorf("%d PADIs met a closed door", got-before)
		}
	})
}

// byRealms are retailers acme, with LNS 1, and beta, with LNS 2, that ask nobody.
func byRealms(t *testing.T) *policy.Policy {
	t.Helper()
	lns := func(name, addr string) []policy.LNS {
		return []policy.LNS{{Name: name, Peer: netip.MustParseAddrPort(addr)}}
	}
	return mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{
		{Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm, LNS: lns("lns1", lns1Addr)},
		{Name: "beta", Realms: []string{"beta.example"}, Authorize: policy.ByRealm, LNS: lns("lns2", lns2Addr)},
	}})
}
