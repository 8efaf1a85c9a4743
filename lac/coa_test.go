package lac

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2868"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3576"

	"lacd/kernel/kerneltest"
	"lacd/lac/lactest"
	"lacd/lac/session"
	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
	"lacd/radius/coa/listener"
	"lacd/radius/radiustest"
)

const coaSecret = "coa-secret-of-32-octets-in-length"

var dac = netip.MustParseAddrPort("192.0.2.31:40000")

// coaRig is a daemon with a dynamic authorization client.
type coaRig struct {
	*rig
	sock *coatest.Socket
	id   uint8
}

func inCoARig(t *testing.T, f func(t *testing.T, r *coaRig)) {
	t.Helper()
	sock := coatest.NewSocket()
	change := func(c *Config) {
		c.CoA.Sockets = []listener.Socket{sock}
		c.CoA.Clients = []coa.Client{
			{Name: "billing", Address: netip.MustParsePrefix("192.0.2.31/32"), Secret: coaSecret},
			{Name: "other", Address: netip.MustParsePrefix("192.0.2.32/32"), Secret: coaSecret, Retailers: []string{"other"}},
			{Name: "acme", Address: netip.MustParsePrefix("192.0.2.33/32"), Secret: coaSecret, Retailers: []string{"acme"}},
		}
	}
	inRig(t, rigOptions{change: change}, func(t *testing.T, r *rig) { f(t, &coaRig{rig: r, sock: sock}) })
}

// ask sends a request and returns the code and Error-Cause of the answer.
func (r *coaRig) ask(from netip.AddrPort, code layeh.Code, attributes ...coatest.Attribute) string {
	r.t.Helper()
	r.id++
	b := coatest.Request(code, r.id, coaSecret, attributes...)
	r.sock.Inject(from, b)
	settle()
	return r.answer(b)
}

// answer returns what was answered to a request.
func (r *coaRig) answer(request []byte) string {
	r.t.Helper()
	sent := r.sock.Sent()
	if len(sent) == 0 {
		return "silence"
	}
	p, err := coatest.Answer(sent[0].Data, request, coaSecret)
	if err != nil || len(sent) > 1 {
		r.t.Fatalf("%d answers, error %v", len(sent), err)
	}
	if c := rfc3576.ErrorCause_Get(p); c != 0 {
		return fmt.Sprintf("%d %d", p.Code, c)
	}
	return fmt.Sprint(int(p.Code))
}

func (r *coaRig) sessions() []session.View {
	return r.srv.views(func(*session.View) bool { return true })
}

func user(name string) coatest.Attribute { return coatest.Text(rfc2865.UserName_Type, name) }

func acctSession(id string) coatest.Attribute { return coatest.Text(rfc2866.AcctSessionID_Type, id) }

func TestDisconnectRequestEndsASession(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		oneLNS(r.rig)
		sub := r.seg.Dial(alice)
		settle()
		id := r.sessions()[0].ID
		if got := r.ask(dac, layeh.CodeDisconnectRequest, acctSession(id), coatest.Text(rfc2865.Class_Type, "dm")); got != "41" {
			t.Fatalf("got answer %s, want Disconnect-ACK", got)
		}
		select {
		case <-sub.Done():
		default:
			t.Error("the subscriber was not told")
		}
		calls := r.lns1.Calls()
		if len(calls) != 1 || calls[0].Result.Code != 3 {
			t.Errorf("the LNS sees calls %+v, want CDN 3", calls)
		}
		after(time.Second)
		if got := r.records(r.radius); !cmp.Equal(got, []string{"start", "stop Admin-Reset"}) {
			t.Errorf("accounting %v", got)
		}
		var class []string
		for _, a := range lastOf(r.radius, rfc2866.AcctStatusType_Value_Stop).Attributes {
			if a.Type == rfc2865.Class_Type {
				class = append(class, string(a.Attribute))
			}
		}
		if want := []string{"c1", "dm"}; !cmp.Equal(class, want) {
			t.Errorf("class of the Stop %q, want %q", class, want)
		}
		if got := r.ask(dac, layeh.CodeDisconnectRequest, acctSession(id)); got != "42 503" {
			t.Errorf("the session again: got %s, want 503", got)
		}
	})
}

// The ACK waits for the data plane; what is repeated meanwhile is not done again.
func TestDisconnectWaitsForTheDataPlane(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		oneLNS(r.rig)
		r.seg.Dial(alice)
		settle()
		r.plane.Delay(kerneltest.RemoveBridge, 5*time.Second)
		b := coatest.Request(layeh.CodeDisconnectRequest, 1, coaSecret, user(alice.User))
		r.sock.Inject(dac, b)
		after(3 * time.Second)
		r.sock.Inject(dac, b)
		settle()
		if got := r.answer(b); got != "silence" {
			t.Fatalf("got %s while the bridge is there", got)
		}
		after(2 * time.Second)
		if got := r.answer(b); got != "41" {
			t.Errorf("got %s, want Disconnect-ACK", got)
		}
		r.sock.Inject(dac, b)
		settle()
		if got := r.answer(b); got != "41" {
			t.Errorf("repeated: got %s, want Disconnect-ACK", got)
		}
	})
}

func TestDisconnectGivesUp(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		oneLNS(r.rig)
		r.seg.Dial(alice)
		settle()
		r.plane.Delay(kerneltest.RemoveBridge, 11*time.Second)
		b := coatest.Request(layeh.CodeDisconnectRequest, 1, coaSecret, user(alice.User))
		r.sock.Inject(dac, b)
		after(10 * time.Second)
		if got := r.answer(b); got != "42 504" {
			t.Errorf("got %s, want 504", got)
		}
		after(time.Second)
		if n := len(r.sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// twoUp brings alice up, and carol whom RADIUS knows as c1@acme.example.
func twoUp(r *coaRig) (ofAlice, ofCarol session.View) {
	r.t.Helper()
	oneLNS(r.rig)
	r.radius.SetUser("carol@acme.example", radiustest.User{
		Password: "secret", Reply: []radiustest.Attribute{
			tunnelTo(0, "192.0.2.11", "", 0), radiustest.Text(rfc2865.UserName_Type, "c1@acme.example"),
		},
	})
	r.seg.Dial(alice)
	r.seg.Dial(lactest.Account{User: "carol@acme.example", Password: "secret"})
	settle()
	for _, v := range r.sessions() {
		switch v.User {
		case alice.User:
			ofAlice = v
		default:
			ofCarol = v
		}
	}
	if ofAlice.State != session.Up || ofCarol.State != session.Up {
		r.t.Fatalf("sessions in state %v and %v", ofAlice.State, ofCarol.State)
	}
	return ofAlice, ofCarol
}

// Every attribute that identifies a session must match, as RADIUS knows it. A
// request that changes nothing shows what it finds.
func TestIdentification(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		a, c := twoUp(r)
		mac := a.Origin.Peer.String()
		port := coatest.Integer(rfc2865.NASPort_Type, uint32(a.Origin.ID))
		calling := coatest.Text(rfc2865.CallingStationID_Type, mac)
		portID := coatest.Text(rfc2869.NASPortID_Type, "eth1")
		for _, tt := range []struct {
			name string
			a    []coatest.Attribute
			want string
		}{
			{"Acct-Session-Id", []coatest.Attribute{acctSession(a.ID)}, "44"},
			{"User-Name as sent", []coatest.Attribute{user(alice.User)}, "44"},
			{"User-Name as RADIUS gave it", []coatest.Attribute{user("c1@acme.example")}, "44"},
			{"NAS-Port", []coatest.Attribute{port}, "44"},
			{"NAS-Port-Id, of both", []coatest.Attribute{portID}, "44"},
			{"Calling-Station-Id", []coatest.Attribute{calling}, "44"},
			{"all", []coatest.Attribute{
				acctSession(a.ID), user(alice.User), port, portID, calling,
				coatest.Text(rfc2865.NASIdentifier_Type, "lac1"),
				{Type: rfc2865.NASIPAddress_Type, Value: []byte{192, 0, 2, 1}},
			}, "44"},
			{"session of another user", []coatest.Attribute{acctSession(c.ID), user(alice.User)}, "45 503"},
			{"port of another user", []coatest.Attribute{port, user("c1@acme.example")}, "45 503"},
			{"session of another port", []coatest.Attribute{acctSession(c.ID), port}, "45 503"},
			{"station of another user", []coatest.Attribute{calling, user("c1@acme.example")}, "45 503"},
			{"Called-Station-Id", []coatest.Attribute{user(alice.User), coatest.Text(rfc2865.CalledStationID_Type, "x")}, "45 503"},
			{"NAS-Port-Id", []coatest.Attribute{user(alice.User), coatest.Text(rfc2869.NASPortID_Type, "eth2")}, "45 503"},
			{"nobody", []coatest.Attribute{user("nobody@acme.example")}, "45 503"},
			{"address", []coatest.Attribute{acctSession(a.ID), {Type: rfc2865.FramedIPAddress_Type, Value: []byte{10, 0, 0, 1}}}, "45 503"},
			{"session of another run", []coatest.Attribute{acctSession("00000000" + a.ID[8:])}, "45 503"},
			{"session of no shard", []coatest.Attribute{acctSession(a.ID[:8] + "ff" + a.ID[10:])}, "45 503"},
			{"session of no slot", []coatest.Attribute{acctSession(a.ID[:16] + "ffffffff")}, "45 503"},
			{"session in capitals", []coatest.Attribute{acctSession(strings.ToUpper(a.ID))}, "45 503"},
			{"no session ID", []coatest.Attribute{acctSession("x")}, "45 503"},
			{"another NAS", []coatest.Attribute{acctSession(a.ID), coatest.Text(rfc2865.NASIdentifier_Type, "lac2")}, "45 403"},
			{"another NAS's address", []coatest.Attribute{acctSession(a.ID), {Type: rfc2865.NASIPAddress_Type, Value: []byte{192, 0, 2, 2}}}, "45 403"},
		} {
			if got := r.ask(dac, layeh.CodeCoARequest, tt.a...); got != tt.want {
				t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
			}
		}
	})
}

func TestDisconnectOfSeveralSessions(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		twoUp(r)
		if got := r.ask(dac, layeh.CodeDisconnectRequest, coatest.Text(rfc2869.NASPortID_Type, "eth1")); got != "41" {
			t.Errorf("got %s, want Disconnect-ACK", got)
		}
		if n := len(r.sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
		if !strings.Contains(r.log.String(), "outcome=ack nas_port_id=eth1 sessions=2") {
			t.Error("no line about two sessions")
		}
	})
}

// A client of one retailer does not see the sessions of others.
func TestClientsOfRetailers(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		a, _ := twoUp(r)
		other, acme := netip.MustParseAddrPort("192.0.2.32:1"), netip.MustParseAddrPort("192.0.2.33:1")
		for _, by := range []coatest.Attribute{acctSession(a.ID), user(alice.User)} {
			if got := r.ask(other, layeh.CodeDisconnectRequest, by); got != "42 503" {
				t.Errorf("another retailer: got %s, want 503", got)
			}
			if got := r.ask(other, layeh.CodeCoARequest, by, coatest.Integer(rfc2865.SessionTimeout_Type, 1)); got != "45 503" {
				t.Errorf("another retailer: got %s, want 503", got)
			}
		}
		after(2 * time.Second)
		if n := len(r.sessions()); n != 2 {
			t.Fatalf("%d sessions are left, want 2", n)
		}
		if got := r.ask(acme, layeh.CodeDisconnectRequest, user(alice.User)); got != "41" {
			t.Errorf("its own retailer: got %s, want Disconnect-ACK", got)
		}
	})
}

// mute makes RADIUS answer nothing, until what it returns is called.
func (r *coaRig) mute() (speak func()) {
	set := func(k radiustest.Knobs) {
		r.radius.SetKnobs(k)
		r.backup.SetKnobs(k)
	}
	set(radiustest.Knobs{Silent: true})
	return func() { set(radiustest.Knobs{}) }
}

// A subscriber that has not authenticated is known by its port.
func TestDisconnectDuringSetup(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		defer r.mute()()
		sub := r.seg.Dial(alice)
		settle()
		port := coatest.Integer(rfc2865.NASPort_Type, uint32(sub.ID()))
		if got := r.ask(dac, layeh.CodeCoARequest, port, coatest.Integer(rfc2865.SessionTimeout_Type, 60)); got != "45 503" {
			t.Errorf("change: got %s, want 503: there is nothing to change", got)
		}
		if got := r.ask(dac, layeh.CodeDisconnectRequest, port); got != "41" {
			t.Errorf("got %s, want Disconnect-ACK", got)
		}
		select {
		case <-sub.Done():
		default:
			t.Error("the subscriber was not told")
		}
	})
}

func TestChangeOfTimeouts(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		a, c := twoUp(r)
		after(time.Minute)
		if got := r.ask(dac, layeh.CodeCoARequest, acctSession(a.ID), coatest.Integer(rfc2865.SessionTimeout_Type, 90)); got != "44" {
			t.Fatalf("got %s, want CoA-ACK", got)
		}
		after(30*time.Second - 1)
		if n := len(r.sessions()); n != 2 {
			t.Fatalf("%d sessions 90 s after the start, want 2", n)
		}
		after(1)
		if left := r.sessions(); len(left) != 1 || left[0].ID != c.ID {
			t.Fatalf("%d sessions are left, want carol's", len(left))
		}
		if got := r.ask(dac, layeh.CodeCoARequest, user(c.User), coatest.Integer(rfc2865.IdleTimeout_Type, 120)); got != "44" {
			t.Fatalf("got %s, want CoA-ACK", got)
		}
		after(30 * time.Second)
		if n := len(r.sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
		want := []string{"start", "start", "stop Session-Timeout", "stop Idle-Timeout"}
		if got := r.records(r.radius); !cmp.Equal(got, want) {
			t.Errorf("accounting %v, want %v", got, want)
		}
	})
}

func TestChangeOfAccounting(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		a, _ := twoUp(r)
		got := r.ask(dac, layeh.CodeCoARequest, acctSession(a.ID), coatest.Integer(rfc2869.AcctInterimInterval_Type, 600),
			coatest.Text(rfc2865.Class_Type, "new"), coatest.Signature())
		if got != "44" {
			t.Fatalf("got %s, want CoA-ACK", got)
		}
		after(10 * time.Minute)
		interim := lastOf(r.radius, rfc2866.AcctStatusType_Value_InterimUpdate)
		if interim == nil {
			t.Fatal("no interim record in the interval")
		}
		if got := string(rfc2865.Class_Get(interim)); got != "new" {
			t.Errorf("class %q, want new", got)
		}
	})
}

// What cannot be done as a whole is not done in part.
func TestChangeIsAtomic(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		a, _ := twoUp(r)
		soon := coatest.Integer(rfc2865.SessionTimeout_Type, 1)
		for _, tt := range []struct {
			a    coatest.Attribute
			want string
		}{
			{coatest.Text(rfc2865.FilterID_Type, "x"), "45 401"},
			{coatest.Integer(rfc2868.TunnelType_Type, 3), "45 401"},
			{coatest.Integer(rfc2869.AcctInterimInterval_Type, 1), "45 407"},
			{coatest.Integer(rfc2865.ServiceType_Type, 1), "45 405"},
		} {
			if got := r.ask(dac, layeh.CodeCoARequest, acctSession(a.ID), soon, tt.a); got != tt.want {
				t.Errorf("attribute %d: got %s, want %s", tt.a.Type, got, tt.want)
			}
		}
		after(time.Minute)
		if n := len(r.sessions()); n != 2 {
			t.Errorf("%d sessions are left, want 2", n)
		}
	})
}

// More sessions than a shard looks at in one step.
func TestDisconnectOfThousands(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		const n = 2*passStep + 500
		defer r.mute()()
		for range n {
			r.seg.Dial(lactest.Account{User: "joe@acme.example", Password: "x"})
		}
		settle()
		if got := len(r.sessions()); got != n {
			t.Fatalf("%d sessions, want %d", got, n)
		}
		if got := r.ask(dac, layeh.CodeDisconnectRequest, user("joe@acme.example")); got != "41" {
			t.Errorf("got %s, want Disconnect-ACK", got)
		}
		if got := len(r.sessions()); got != 0 {
			t.Errorf("%d sessions are left", got)
		}
	})
}

func TestCoAMetrics(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		r.ask(dac, layeh.CodeDisconnectRequest, user("nobody"))
		r.ask(netip.MustParseAddrPort("198.51.100.1:1"), layeh.CodeDisconnectRequest, user("nobody"))
		got := gather(t, r.srv.Collector())
		for _, key := range []string{
			"lacd_coa_requests_total billing disconnect nak-503", "lacd_coa_requests_total  none unknown-client",
		} {
			if got[key] != 1 {
				t.Errorf("%s: got %v, want 1", key, got[key])
			}
		}
	})
}
