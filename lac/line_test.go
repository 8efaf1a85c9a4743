package lac

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"

	"lacd/lac/admin"
	"lacd/lac/lactest"
	"lacd/policy"
	"lacd/policy/number"
	"lacd/pppoe/wire"
	"lacd/radius/radiustest"
)

// leased is a retailer of lines on dslam1, beside acme, who has realms.
func leased(tb testing.TB, ask bool) *policy.Policy {
	return mustPolicy(tb, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{
		{
			Name: "leased", Authorize: policy.ByLine, AskLine: ask, LinePassword: "line", RADIUS: []string{"r1"}, Accounting: true,
			Lines: []policy.Lines{{CircuitIDs: []policy.Pattern{{Text: "dslam1 ", Prefix: true}}, SVLANs: []policy.VLANs{{First: 100, Last: 199}}}},
			LNS:   []policy.LNS{firstLNS()},
		},
		{
			Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1"}, Accounting: true,
			LNS: []policy.LNS{secondLNS()}, UserName: number.Must("{name}"), LowerUser: true,
			Call: policy.CallInfo{NASPortID: number.Must("{node}/{access}"), PortType: policy.PortPPPoE},
		},
	}})
}

// access returns the only Access-Request so far.
func (r *rig) access() radiustest.Request {
	r.t.Helper()
	var found []radiustest.Request
	for _, q := range r.radius.Requests() {
		if q.Packet.Code == layeh.CodeAccessRequest {
			found = append(found, q)
		}
	}
	if len(found) != 1 {
		r.t.Fatalf("%d Access-Requests, want 1", len(found))
	}
	return found[0]
}

const circuit = "dslam1 eth 0/1:100"

// RFC 2809 section 4.1.2.2: the line stands for the name, nobody authenticates
// before the LNS does, and the LNS gets no proxy authentication.
func TestLineWithRADIUS(t *testing.T) {
	inRig(t, rigOptions{policy: leased(t, true), change: tagged}, func(t *testing.T, r *rig) {
		r.radius.SetUser(circuit, radiustest.User{Password: "line", Reply: []radiustest.Attribute{tunnelTo(1, "192.0.2.11", "", 0)}})
		call := upCall(t, r, onLine(line(circuit, "cpe7", 20000, 1000)))
		if call.Connect.ProxyAuth != nil || call.Connect.ProxyLCP == nil {
			t.Errorf("ICCN %+v, want proxy LCP without proxy authentication", call.Connect)
		}
		q := r.access()
		if q.User != circuit || q.Password != "line" {
			t.Errorf("Access-Request for %q with password %q", q.User, q.Password)
		}
		if got := rfc2865.CallingStationID_GetString(q.Packet); got != circuit {
			t.Errorf("Calling-Station-Id %q", got)
		}
		if got := rfc2869.NASPortID_GetString(q.Packet); got != "eth1:100.7" {
			t.Errorf("NAS-Port-Id %q", got)
		}
		if !tellsLine(q.Packet) {
			t.Error("the Access-Request has no access line attributes (RFC 4679)")
		}
		start := lastOf(r.radius, rfc2866.AcctStatusType_Value_Start)
		if start == nil || rfc2865.UserName_GetString(start) != circuit {
			t.Error("no Start, or not for the line")
		}
		// Operators find it by that name.
		var s admin.Session
		if code := r.ask(http.MethodGet, "/v1/sessions/"+url.PathEscape(circuit), "", &s); code != 200 || s.User != circuit {
			t.Errorf("status %d, session of %q", code, s.User)
		}
	})
}

// tellsLine reports whether a packet has an attribute of vendor 3561.
func tellsLine(p *layeh.Packet) bool {
	for _, a := range p.Attributes {
		if a.Type == rfc2865.VendorSpecific_Type && len(a.Attribute) > 4 && string(a.Attribute[:4]) == "\x00\x00\x0d\xe9" {
			return true
		}
	}
	return false
}

func TestLineRejected(t *testing.T) {
	inRig(t, rigOptions{policy: leased(t, true), change: tagged}, func(t *testing.T, r *rig) {
		sub := r.seg.Dial(onLine(line(circuit, "", 0, 0)))
		settle()
		if !sub.Terminated() || sub.State() != lactest.Ended {
			t.Errorf("terminated %v, state %v, want LCP Terminate and PADT", sub.Terminated(), sub.State())
		}
		if n := len(r.lns1.Calls()); n != 0 {
			t.Errorf("%d calls, want none", n)
		}
		r.access() // RFC 5080 section 2.6.1: no more of them after a reject
	})
}

func TestLineWithoutRADIUS(t *testing.T) {
	inRig(t, rigOptions{policy: leased(t, false), change: tagged}, func(t *testing.T, r *rig) {
		call := upCall(t, r, onLine(line(circuit, "", 0, 0)))
		if call.Connect.ProxyAuth != nil {
			t.Errorf("proxy authentication %+v, want none", call.Connect.ProxyAuth)
		}
		if n := r.requests(r.radius, layeh.CodeAccessRequest); n != 0 {
			t.Errorf("%d Access-Requests, want none", n)
		}
	})
}

// A line that nobody has is asked for its name; RADIUS gets it as the retailer
// wants it, the LNS as it was sent.
func TestNameWhereNoLineIs(t *testing.T) {
	inRig(t, rigOptions{policy: leased(t, true), change: tagged}, func(t *testing.T, r *rig) {
		r.radius.SetUser("alice", radiustest.User{Password: "secret"})
		a := onLine(line("dslam2 eth 0/1:100", "", 0, 0))
		a.User = "Alice@ACME.example"
		r.seg.Dial(a)
		settle()
		calls := r.lns2.Calls()
		if len(calls) != 1 || !calls[0].Up {
			t.Fatalf("LNS 2 sees calls %+v, want one that is up", calls)
		}
		if p := calls[0].Connect.ProxyAuth; p == nil || string(p.Name) != a.User {
			t.Errorf("proxy authentication %+v, want the name as sent", p)
		}
		q := r.access()
		if q.User != "alice" || rfc2869.NASPortID_GetString(q.Packet) != "lac1/eth1:100.7" || rfc2865.NASPortType_Get(q.Packet) != 34 {
			t.Errorf("Access-Request for %q with NAS-Port-Id %q and type %v", q.User, rfc2869.NASPortID_GetString(q.Packet), rfc2865.NASPortType_Get(q.Packet))
		}
		start := lastOf(r.radius, rfc2866.AcctStatusType_Value_Start)
		if start == nil || rfc2865.UserName_GetString(start) != "alice" || rfc2865.NASPortType_Get(start) != 34 {
			t.Error("no Start, or it tells another name or port type than the Access-Request")
		}
	})
}

// explain knows lines, and says what a real subscriber's session says.
func TestExplainLine(t *testing.T) {
	inRig(t, rigOptions{policy: leased(t, true), change: tagged}, func(t *testing.T, r *rig) {
		r.radius.SetUser(circuit, radiustest.User{Password: "line"})
		onDSLAM1 := admin.Question{Port: "eth1", SVLAN: 100, CVLAN: 7, MAC: "02:00:00:00:00:07", CircuitID: circuit, Password: "line"}
		e := r.explained(onDSLAM1)
		want := []string{
			`the line belongs to retailer leased: circuit_id "dslam1 *", svlan 100-199`,
			"RADIUS authorizes its line, the LNS authenticates",
			`the User-Name for RADIUS is "dslam1 eth 0/1:100"`,
			"accepted by r1",
			"RADIUS named no tunnel: 1 LNS of retailer leased",
			"1. lns1 at 192.0.2.11:1701 (configured: preference 0)",
		}
		if diff := cmp.Diff(want, e.Reasons); diff != "" || e.Retailer != "leased" || e.Authorize != "line" {
			t.Errorf("retailer %s by %s, -want +got:\n%s", e.Retailer, e.Authorize, diff)
		}
		if p := r.access().Packet; rfc2865.CallingStationID_GetString(p) != circuit || rfc2869.NASPortID_GetString(p) != "eth1:100.7" {
			t.Errorf("Access-Request with Calling-Station-Id %q and NAS-Port-Id %q", rfc2865.CallingStationID_GetString(p), rfc2869.NASPortID_GetString(p))
		}
		upCall(t, r, onLine(line(circuit, "", 0, 0)))
		var s []admin.Session
		r.ask(http.MethodGet, "/v1/sessions", "", &s)
		var one admin.Session
		r.ask(http.MethodGet, "/v1/sessions/"+s[0].ID, "", &one)
		real := append(slices.Clone(want[:3]), want[4:]...)
		if diff := cmp.Diff(real, one.Reasons); diff != "" {
			t.Errorf("a real session, -want +got:\n%s", diff)
		}

		other := onDSLAM1
		other.CircuitID, other.User, other.Password = "dslam2 eth", "bob@nowhere", ""
		e = r.explained(other)
		want = []string{
			"no retailer has the line: its user name decides",
			`no retailer claims realm "nowhere", and there is no default retailer`,
		}
		if diff := cmp.Diff(want, e.Reasons); diff != "" {
			t.Errorf("another line, -want +got:\n%s", diff)
		}
	})
}

// A line without an access node that tells its circuit ID is known by the rest.
func TestLineByVLAN(t *testing.T) {
	pol := mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
		Name: "leased", Authorize: policy.ByLine, LNS: []policy.LNS{firstLNS()},
		Lines: []policy.Lines{{
			Ports: []string{"eth1"}, SVLANs: []policy.VLANs{{First: 100, Last: 100}}, CVLANs: []policy.VLANs{{First: 7, Last: 7}},
			MACs: []policy.Pattern{{Text: "02:00:", Prefix: true}},
		}},
	}}})
	inRig(t, rigOptions{policy: pol, change: tagged}, func(t *testing.T, r *rig) {
		a := onLine(nil)
		upCall(t, r, a)
		a.MAC[5]++
		a.VLANs = wire.VLANs{{TPID: wire.STag, ID: 100}, {TPID: wire.CTag, ID: 8}}
		r.seg.Dial(a)
		settle()
		r.wantLive("another VLAN", 1, 0)
	})
}
