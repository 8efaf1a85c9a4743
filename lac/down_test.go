package lac

import (
	"slices"
	"strings"
	"testing"
	"time"

	"layeh.com/radius/rfc2866"

	"lacd/lac/admin"
	"lacd/policy"
	"lacd/radius/radiustest"
)

// downBound is how long a subscriber waits at most for its answer.
const downBound = 31 * time.Second

// With all servers silent every subscriber gets its answer within the bound,
// the first and those after it: it is refused or, where the retailer says so,
// let through to an LNS that authenticates it.
func TestRADIUSDown(t *testing.T) {
	for _, tc := range []struct {
		down policy.Down
		up   bool
	}{{policy.DownRefuse, false}, {policy.DownRealm, true}} {
		t.Run(tc.down.String(), func(t *testing.T) {
			pol := mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
				Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1", "r2"},
				Accounting: true, RADIUSDown: tc.down, LNS: []policy.LNS{firstLNS()},
			}}})
			inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
				settle()
				r.radius.SetKnobs(radiustest.Knobs{Silent: true})
				r.backup.SetKnobs(radiustest.Knobs{Silent: true})
				for round := range 3 {
					r.dial(2)
					after(downBound)
					acme := r.retailers()["acme"]
					n := 2 * (round + 1)
					if tc.up && (acme.Up != n || acme.Sessions != n) || !tc.up && (acme.Sessions != 0 || acme.Failed["auth-unreachable"] != uint64(n)) {
						t.Fatalf("round %d: %+v, want all of %d answered", round, acme, n)
					}
				}
				e := r.explained(admin.Question{User: "alice@acme.example", Password: "secret"})
				if outcome := map[bool]string{false: "refused", true: "accepted"}[tc.up]; e.Outcome != outcome {
					t.Errorf("explained as %s, %q, want %s", e.Outcome, e.Reasons, outcome)
				}
				if !tc.up {
					r.wantLive("refused", 0, 0)
				} else {
					r.wantLive("let through", 6, 0)
					r.wantUnproven()
				}
				r.radius.SetKnobs(radiustest.Knobs{}) // for the records
				after(5 * time.Minute)
				if tc.up {
					start := lastOf(r.radius, rfc2866.AcctStatusType_Value_Start)
					if start == nil || rfc2866.AcctAuthentic_Get(start) != rfc2866.AcctAuthentic_Value_Remote {
						t.Errorf("the Start record is %v, want one with Acct-Authentic Remote", start)
					}
				}
			})
		})
	}
}

// wantUnproven checks that a session tells why it was let through.
func (r *rig) wantUnproven() {
	r.t.Helper()
	var one admin.Session
	r.get("/v1/sessions/alice@acme.example", &one)
	said := func(s string) bool {
		return strings.Contains(s, "no RADIUS server answered") && strings.HasSuffix(s, `radius_down is "realm", the LNS authenticates`)
	}
	if !slices.ContainsFunc(one.Reasons, said) || slices.Contains(one.Reasons, "RADIUS named no tunnel: 1 LNS of retailer acme") {
		r.t.Errorf("reasons %q, want RADIUS's silence among them", one.Reasons)
	}
}
