package lac

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/admin"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/radius/radiustest"
)

// explained asks for an explanation.
func (r *rig) explained(q admin.Question) *admin.Explanation {
	r.t.Helper()
	body, err := json.Marshal(q)
	if err != nil {
		r.t.Fatal(err)
	}
	var e admin.Explanation
	if code := r.ask(http.MethodPost, "/v1/explain", string(body), &e); code != 200 {
		r.t.Errorf("got status %d", code)
	}
	return &e
}

func TestExplainByRealm(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS(), secondLNS())}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{StopCCN: l2tp.Result{Code: 6}})
		r.dial(1)
		after(12 * time.Second)
		var e admin.Explanation
		r.ask(http.MethodGet, "/v1/explain?user=bob@acme.example", "", &e)
		want := admin.Explanation{
			User: "bob@acme.example", Realm: "acme.example", Retailer: "acme", Authorize: "realm", Outcome: "accepted",
			Reasons: []string{
				`realm "acme.example" belongs to retailer acme`,
				"its realm is enough, the LNS authenticates",
				"2 LNSes of retailer acme",
				"1. lns2 at 192.0.2.12:1701 (configured: preference 1)",
				"2. lns1 at 192.0.2.11:1701 (configured: last resort, locked out 12s ago for 48s more: StopCCN 6 from the LNS)",
			},
			LNS: []admin.Choice{
				{Name: "lns2", Peer: lns2Addr, HostName: "lac1", State: "ready", Reason: "configured: preference 1"},
				{
					Name: "lns1", Peer: lns1Addr, HostName: "lac1", State: "locked",
					Reason: "configured: last resort, locked out 12s ago for 48s more: StopCCN 6 from the LNS",
				},
			},
		}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if n := len(r.lns2.Calls()); n != 1 {
			t.Errorf("an explanation placed a call: %d", n)
		}
		// What is told is what happens.
		r.dial(1)
		r.wantLive("a real call", 0, 2)
	})
}

func TestExplainByRADIUS(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		twoLNS(r)
		user := "alice@acme.example"
		for _, tc := range []struct {
			name    string
			q       admin.Question
			outcome string
			radius  string
			first   string
			last    string // reason
		}{
			{"nobody's", admin.Question{User: "x@nowhere"}, "refused", "", "", `no retailer claims realm "nowhere", and there is no default retailer`},
			{"not asked", admin.Question{User: user}, "open", "not asked", "", "no LNS is left to try"},
			{
				"reply",
				admin.Question{User: user, Reply: "Tunnel-Type:1 = L2TP\nTunnel-Server-Endpoint:1 = 192.0.2.77\nFramed-IP-Address = 192.0.2.3"},
				"accepted", "as in the reply given", "192.0.2.77", "1. 192.0.2.77:1701 (RADIUS tunnel 1, not configured, no secret: preference 0)",
			},
			{
				"reply that is none",
				admin.Question{User: user, Reply: "Service-Type = Login-User"},
				"refused", "as in the reply given", "", "Access-Accept cannot be honoured: Service-Type 1 is not supported",
			},
			{
				"password",
				admin.Question{User: user, Password: "secret"},
				"accepted", "accepted by r1", "192.0.2.11",
				"2. 192.0.2.12:1701 (RADIUS tunnel 2, not configured, no secret: preference 20)",
			},
			{"wrong password", admin.Question{User: user, Password: "wrong"}, "refused", "rejected by r1", "", "rejected by r1"},
		} {
			e := r.explained(tc.q)
			first := ""
			if len(e.LNS) > 0 {
				first = e.LNS[0].Name
			}
			last := e.Reasons[len(e.Reasons)-1]
			if e.Outcome != tc.outcome || e.RADIUS != tc.radius || first != tc.first || last != tc.last {
				t.Errorf("%s: got %s, radius %q, first %q, last reason %q", tc.name, e.Outcome, e.RADIUS, first, last)
			}
		}
		if n := len(r.lns1.Calls()) + len(r.lns2.Calls()); n != 0 {
			t.Errorf("explanations placed %d calls", n)
		}
		if log := r.log.String(); strings.Contains(log, "wrong") {
			t.Errorf("a password is in the log: %s", log)
		}
		if got := r.records(r.radius); len(got) != 0 {
			t.Errorf("explanations left accounting records: %v", got)
		}
	})
}

func TestExplainWithoutRADIUS(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		r.backup.SetKnobs(radiustest.Knobs{Silent: true})
		begun := time.Now()
		e := r.explained(admin.Question{User: "alice@acme.example", Password: "secret"})
		if e.Outcome != "refused" || !strings.HasPrefix(e.RADIUS, "no-server") || time.Since(begun) > 25*time.Second {
			t.Errorf("got %s, %q after %v, want it refused before lacctl gives up", e.Outcome, e.RADIUS, time.Since(begun))
		}
		r.radius.SetKnobs(radiustest.Knobs{})
		r.backup.SetKnobs(radiustest.Knobs{})
	})
}

func TestExplainBadQuestions(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		settle()
		for body, want := range map[string]string{
			"{":                                     "the question makes no sense: unexpected EOF",
			`{"user":"a@acme.example","reply":"x"}`: `line 1: "x" is not Attribute-Name = value`,
		} {
			var e admin.Error
			if code := r.ask(http.MethodPost, "/v1/explain", body, &e); code != 400 || e.Error != want {
				t.Errorf("%s: got %d, %q, want 400, %q", body, code, e.Error, want)
			}
		}
	})
}
