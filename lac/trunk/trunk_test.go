package trunk_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lacd/kernel/kerneltest"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/lac/trunk"
	"lacd/lac/tunnel"
	"lacd/policy"
)

// office is a trunk with one LNS, and what the trunk told about its calls.
type office struct {
	tr   *trunk.Trunk
	net  *lactest.Net
	far  *lactest.LNS
	lns  policy.LNS
	refs uint64

	mu     sync.Mutex // guards what follows
	events []trunk.Event
}

func inOffice(t *testing.T, change func(*trunk.Config), f func(t *testing.T, o *office)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := &office{net: lactest.NewNet(), lns: policy.LNS{Name: "lns1", Retailer: "acme", Peer: netip.MustParseAddrPort("192.0.2.11:1701")}}
		o.far = o.net.Listen("192.0.2.11:1701", "")
		go o.far.Run()
		cfg := trunk.Config{
			HostName: "lac1", Network: o.net, Plane: kerneltest.NewFake(nil), Notify: o.notify,
			Random: func(b []byte) { _, _ = rand.Read(b) }, // never fails
		}
		if change != nil {
			change(&cfg)
		}
		o.tr = trunk.New(cfg)
		defer o.end()
		f(t, o)
	})
}

func (o *office) end() {
	o.tr.Stop(6)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = o.tr.Wait(ctx) // a silent LNS acknowledges nothing
	o.tr.Close()
	o.far.Close()
}

func (o *office) notify(ev trunk.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, ev)
}

// place places a call and returns its tunnel and reference.
func (o *office) place(resort bool) (*trunk.Tunnel, trunk.Ref) {
	o.refs++
	ref := trunk.Ref{Session: o.refs}
	tun := o.tr.PlaceCall(ref, &o.lns, tunnel.Call{}, resort)
	synctest.Wait()
	return tun, ref
}

// up places a call and completes it.
func (o *office) up() (*trunk.Tunnel, trunk.Ref) {
	tun, ref := o.place(false)
	tun.Connect(ref, tunnel.Connect{TxSpeed: 1}, nil)
	synctest.Wait()
	return tun, ref
}

// hangUp ends a call.
func (o *office) hangUp(tun *trunk.Tunnel, ref trunk.Ref, silent bool) {
	tun.HangUp(ref, l2tp.Result{Code: 1}, silent)
	synctest.Wait()
}

// take returns the events since the last take: "1 answered", "2 next: text".
func (o *office) take() []string {
	synctest.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	names := map[policy.Next]string{
		policy.TryNext: "next", policy.TryAgain: "again", policy.TryElsewhere: "elsewhere", policy.TryLast: "last", policy.GiveUp: "give up",
	}
	var out []string
	for _, ev := range o.events {
		if ev.Down {
			out = append(out, fmt.Sprintf("%d %s: %s", ev.Ref.Session, names[ev.Next], ev.Text))
		} else {
			out = append(out, fmt.Sprintf("%d answered", ev.Ref.Session))
		}
	}
	o.events = nil
	slices.Sort(out)
	return out
}

func (o *office) want(t *testing.T, want ...string) {
	t.Helper()
	if got := o.take(); !slices.Equal(got, want) {
		t.Errorf("got events %q, want %q", got, want)
	}
}

func TestCallsAreAnswered(t *testing.T) {
	inOffice(t, nil, func(t *testing.T, o *office) {
		first, ref := o.place(false)
		second, _ := o.place(false)
		if first == nil || first != second {
			t.Errorf("tunnels %p and %p, want one for both", first, second)
		}
		o.want(t, "1 answered", "2 answered")
		o.hangUp(first, ref, false)
		synctest.Wait()
		if v := o.tr.Views(); len(v) != 1 || v[0].Calls != 1 || v[0].LNS != "lns1" || v[0].Retailer != "acme" || v[0].Dialled != o.lns.Peer {
			t.Errorf("views %+v, want one tunnel with one call", v)
		}
		p := o.tr.Peers()
		if len(p) != 1 || p[0].Sessions != 1 || p[0].Placed != 2 || p[0].Answered != 2 || p[0].Failed != 0 {
			t.Errorf("peers %+v", p)
		}
	})
}

func TestCallsArePassedOver(t *testing.T) {
	inOffice(t, nil, func(t *testing.T, o *office) {
		o.tr.Drain(o.lns.Peer)
		if tun, _ := o.place(true); tun != nil {
			t.Error("a draining LNS got a call")
		}
		o.want(t, "1 next: draining for 0s: by the operator")
		o.tr.Undrain(o.lns.Peer)

		o.lns.Limits.Sessions = 1
		o.place(false)
		o.place(true)
		o.want(t, "2 answered", "3 next: full: it has its 1 sessions")
	})
}

func TestSilentLNS(t *testing.T) {
	inOffice(t, nil, func(t *testing.T, o *office) {
		o.far.Set(lactest.Behaviour{Silent: true})
		tun, ref := o.place(false)
		time.Sleep(5 * time.Second)
		o.hangUp(tun, ref, true)
		o.place(false)
		o.want(t, "2 last: locked out 0s ago for 1m0s more: no answer")
		resort, ref := o.place(true)
		if resort != tun {
			t.Error("the last resort did not join the tunnel that is being opened")
		}
		o.want(t)
		o.hangUp(resort, ref, false) // the subscriber went away

		time.Sleep(time.Minute)
		canary, ref := o.place(false)
		o.place(false)
		o.want(t, "5 last: half-open, another call is trying it: no answer 1m0s ago")
		o.hangUp(canary, ref, true)
		o.place(false)
		o.want(t, "6 last: locked out 0s ago for 1m0s more: no answer")

		o.far.Set(lactest.Behaviour{})
		time.Sleep(time.Minute)
		o.place(false)
		time.Sleep(5 * time.Second)
		o.want(t, "7 answered")
		o.place(false)
		o.want(t, "8 answered")
	})
}

func TestRefusals(t *testing.T) {
	for want, b := range map[string]lactest.Behaviour{
		"1 next: peer-stopped: StopCCN 6 from the LNS":                     {StopCCN: l2tp.Result{Code: 6}},
		"1 next: CDN 4 from the LNS":                                       {CDN: l2tp.Result{Code: 4}},
		"1 give up: CDN 6 from the LNS":                                    {CDN: l2tp.Result{Code: 6}},
		`1 elsewhere: peer-stopped: StopCCN 2/7 from the LNS: "192.0.2.9"`: {StopCCN: l2tp.Result{Code: 2, Error: 7, Message: "192.0.2.9"}},
	} {
		inOffice(t, nil, func(t *testing.T, o *office) {
			o.lns.Handling = &policy.Handling{GiveUp: policy.Failures(0).With(policy.CallInvalid)}
			o.far.Set(b)
			o.place(false)
			o.want(t, want)
			if p := o.tr.Peers(); p[0].Sessions != 0 {
				t.Errorf("%s: %d sessions left", want, p[0].Sessions)
			}
		})
	}
}

// Calls that wait in a tunnel that yields, or that closes before it is asked,
// are told to come again.
func TestComeAgain(t *testing.T) {
	inOffice(t, nil, func(t *testing.T, o *office) {
		o.far.Set(lactest.Behaviour{Cross: true, TieBreaker: make([]byte, 8)})
		o.place(false)
		o.want(t, "1 again: yielded: the LNS opened the tunnel at the same moment")
		o.place(false)
		o.want(t, "2 answered")
		o.far.Set(lactest.Behaviour{SilentICRQ: true})
		o.place(false)
		o.far.Stop(l2tp.Result{Code: 1})
		o.want(t, "2 next: peer-stopped: StopCCN 1 from the LNS", "3 again: peer-stopped: StopCCN 1 from the LNS")
	})
}

func TestTunnelIsFull(t *testing.T) {
	change := func(c *trunk.Config) { c.MaxTunnels = 2 }
	inOffice(t, change, func(t *testing.T, o *office) {
		o.lns.Limits.TunnelSessions = 1
		a, _ := o.place(false)
		b, ref := o.place(false)
		if a == b {
			t.Error("two calls in a tunnel for one")
		}
		o.place(false)
		o.want(t, "1 answered", "2 answered", "3 next: full: its 2 tunnels have their 1 sessions each")
		if c := o.tr.Condition(time.Now(), &o.lns); c.State != policy.Full {
			t.Errorf("LNS is %s, want full", c.Describe(time.Now()))
		}
		o.hangUp(b, ref, false)
		synctest.Wait()
		if c, _ := o.place(false); c != b {
			t.Error("the place that is free was not taken")
		}
	})
}

func TestStoppedTrunkTakesNoCalls(t *testing.T) {
	inOffice(t, nil, func(t *testing.T, o *office) {
		o.place(false)
		o.take()
		o.tr.Stop(6)
		synctest.Wait()
		o.place(false)
		o.want(t, "1 next: closed: StopCCN 6 sent", "2 next: the LAC is stopping")
	})
}

// The socket and the data plane have the LNS's marking; LNSes that differ in
// it have a tunnel each.
func TestTunnelsAreMarked(t *testing.T) {
	plane := kerneltest.NewFake(nil)
	inOffice(t, func(c *trunk.Config) { c.Plane = plane }, func(t *testing.T, o *office) {
		plain, _ := o.place(false)
		o.lns.DSCP = 46
		marked, _ := o.place(false)
		if plain == marked {
			t.Error("calls with different DSCP share a tunnel")
		}
		got := o.net.DSCPs()
		slices.Sort(got)
		if !slices.Equal(got, []uint8{0, 46}) {
			t.Errorf("sockets are marked %v, want 0 and 46", got)
		}
		got = nil
		for _, tun := range plane.Tunnels() {
			got = append(got, tun.DSCP)
		}
		slices.Sort(got)
		if !slices.Equal(got, []uint8{0, 46}) {
			t.Errorf("the data plane was told %v, want 0 and 46", got)
		}
	})
}
