package lac

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2866"

	"lacd/kernel/kerneltest"
	"lacd/lac/lactest"
	"lacd/lac/trunk"
	"lacd/policy"
	"lacd/pppoe"
	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
	"lacd/radius/client"
	"lacd/radius/radiustest"
)

func TestMain(m *testing.M) { kerneltest.Main(m) }

// rig is a whole daemon in memory: an access port, two LNSes, two RADIUS
// servers, a data plane.
type rig struct {
	t          *testing.T
	srv        *Server
	seg        *lactest.Segment
	far        *kerneltest.Pipe
	net        *lactest.Net
	lns1, lns2 *lactest.LNS
	radius     *radiustest.Server
	backup     *radiustest.Server
	plane      *kerneltest.Fake
	log        *strings.Builder
	cancel     context.CancelFunc
	ended      chan error
}

// anyTags serves subscribers without tags and with any.
var anyTags = []pppoe.Tagging{
	{},
	{Outer: allIDs},
	{TPID: wire.STag, Outer: allIDs},
	{Outer: allIDs, Inner: allIDs},
	{TPID: wire.STag, Outer: allIDs, Inner: allIDs},
}

var allIDs = pppoe.Range{First: 1, Last: 4094}

const (
	lns1Addr = "192.0.2.11:1701"
	lns2Addr = "192.0.2.12:1701"
)

// tunnelTo is what RADIUS says to name an LNS.
func tunnelTo(tag byte, addr, secret string, preference uint32) radiustest.Attribute {
	t := radiustest.L2TP(tag, addr, secret)
	t.Preference = preference
	return t.Attribute()
}

type rigOptions struct {
	change  func(*Config)
	policy  *policy.Policy // nil: one retailer "acme", realm "acme.example", by RADIUS
	secret1 string         // of LNS 1
}

// inRig runs f in a bubble of virtual time with a daemon that is up, and ends
// the daemon in order when f returns.
func inRig(t *testing.T, o rigOptions, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, o)
		defer r.stop()
		f(t, r)
	})
}

func newRig(tb testing.TB, o rigOptions) *rig {
	near, far := kerneltest.NewPipe(
		kerneltest.PipeEnd{Name: "eth1", MAC: [6]byte{2, 0, 0, 0, 0, 1}, Queue: 1 << 17},
		kerneltest.PipeEnd{Name: "far", MAC: [6]byte{2, 0, 0, 0, 0, 2}, Queue: 1 << 17},
	)
	r := &rig{seg: lactest.NewSegment(far), far: far, net: lactest.NewNet(), log: &strings.Builder{}, ended: make(chan error, 1)}
	r.t, _ = tb.(*testing.T)
	r.lns1, r.lns2 = r.net.Listen(lns1Addr, o.secret1), r.net.Listen(lns2Addr, "")
	r.radius, r.backup = radiustest.New("radius-secret-1"), radiustest.New("radius-secret-2")
	rnet := radiustest.NewNetwork()
	pol := o.policy
	if pol == nil {
		pol = mustPolicy(tb, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
			Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1", "r2"}, Accounting: true,
		}}})
	}
	var srv *Server
	r.plane = kerneltest.NewFake(nil)
	cfg := Config{
		Node: "lac1", Access: []Access{{Port: near, Tagging: anyTags}}, PPP: ppp.Config{Auth: []ppp.Protocol{ppp.CHAP, ppp.PAP}},
		Policy: pol, Trunk: trunk.Config{Network: r.net}, Plane: r.plane, PlaneName: "fake",
		RADIUS: map[string]client.Server{
			"r1": {Name: "r1", Auth: rnet.Add("192.0.2.21:1812", r.radius), Acct: rnet.Add("192.0.2.21:1813", r.radius), Secret: "radius-secret-1", RequireMessageAuthenticator: true},
			"r2": {Name: "r2", Auth: rnet.Add("192.0.2.22:1812", r.backup), Acct: rnet.Add("192.0.2.22:1813", r.backup), Secret: "radius-secret-2", RequireMessageAuthenticator: true},
		},
		NAS: client.NAS{Identifier: "lac1", IP: netip.MustParseAddr("192.0.2.1")}, Dial: rnet, Shards: 2, Executors: 4,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if r.t != nil {
		cfg.Log = slog.New(slog.NewTextHandler(r.log, nil))
	}
	if o.change != nil {
		o.change(&cfg)
	}
	srv, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	r.srv = srv
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.ended <- srv.Run(ctx) }()
	go r.seg.Run()
	go r.lns1.Run()
	go r.lns2.Run()
	return r
}

// stop ends the daemon in order, and checks that nothing is left.
func (r *rig) stop() {
	r.t.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		r.t.Errorf("orderly end: %v", err)
	}
	if n := len(r.plane.Bridges()); n != 0 {
		r.t.Errorf("%d bridges left behind", n)
	}
	if n := len(r.plane.Tunnels()); n != 0 {
		r.t.Errorf("%d tunnels left in the data plane", n)
	}
	_ = r.far.Close()
	r.lns1.Close()
	r.lns2.Close()
	if r.t.Failed() {
		r.t.Logf("log:\n%s", r.log)
	}
}

func mustPolicy(tb testing.TB, p policy.Policy) *policy.Policy {
	tb.Helper()
	pol, err := policy.New(p)
	if err != nil {
		tb.Fatal(err)
	}
	return pol
}

// settle lets everything happen that needs no time.
func settle() { synctest.Wait() }

// after lets time pass, and everything happen that is due.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// records returns the accounting records of sessions, as "start", "stop 1".
func (r *rig) records(s *radiustest.Server) []string {
	var out []string
	for _, p := range s.Accounting() {
		switch st := rfc2866.AcctStatusType_Get(p); st {
		case rfc2866.AcctStatusType_Value_Start:
			out = append(out, "start")
		case rfc2866.AcctStatusType_Value_InterimUpdate:
			out = append(out, "interim")
		case rfc2866.AcctStatusType_Value_Stop:
			out = append(out, "stop "+rfc2866.AcctTerminateCause_Get(p).String())
		default:
		}
	}
	return out
}

func lastOf(s *radiustest.Server, status rfc2866.AcctStatusType) *layeh.Packet {
	var last *layeh.Packet
	for _, p := range s.Accounting() {
		if rfc2866.AcctStatusType_Get(p) == status {
			last = p
		}
	}
	return last
}

func (r *rig) requests(s *radiustest.Server, code layeh.Code) (n int) {
	for _, q := range s.Requests() {
		if q.Packet.Code == code {
			n++
		}
	}
	return n
}
