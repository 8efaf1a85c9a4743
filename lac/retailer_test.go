package lac

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/admin"
	"lacd/lac/lactest"
	"lacd/policy"
	"lacd/radius/radiustest"
)

// retailers returns what the admin API tells, by name.
func (r *rig) retailers() map[string]admin.Retailer {
	r.t.Helper()
	var all []admin.Retailer
	r.get("/v1/retailers", &all)
	by := map[string]admin.Retailer{}
	for _, one := range all {
		by[one.Name] = one
	}
	return by
}

// get asks the admin API.
func (r *rig) get(path string, v any) {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.srv.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK {
		r.t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		r.t.Fatal(err)
	}
}

func TestRetailers(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.radius.SetKnobs(radiustest.Knobs{Delay: 30 * time.Millisecond})
		r.radius.SetUser("far@acme.example", radiustest.User{Password: "x", Reply: []radiustest.Attribute{tunnelTo(0, "192.0.2.12", "", 0)}})
		r.lns2.Set(lactest.Behaviour{Silent: true})
		up := r.seg.Dial(alice)
		r.seg.Dial(lactest.Account{User: "alice@acme.example", Password: "wrong"})
		r.seg.Dial(lactest.Account{User: "bob@nowhere.example", Password: "x"})
		r.seg.Dial(lactest.Account{User: "far@acme.example", Password: "x"})
		after(time.Second)

		all := r.retailers()
		acme, none := all["acme"], all["none"]
		if acme.Sessions != 2 || acme.Up != 1 || acme.Started != 3 || acme.Succeeded != 1 {
			t.Errorf("acme: %d sessions, %d up, %d started, %d succeeded; want 2, 1, 3, 1", acme.Sessions, acme.Up, acme.Started, acme.Succeeded)
		}
		if diff := cmp.Diff(map[string]uint64{"auth-rejected": 1}, acme.Failed); diff != "" {
			t.Errorf("failures of acme, -want +got:\n%s", diff)
		}
		if diff := cmp.Diff(map[string]uint64{"auth-rejected": 1}, none.Failed); diff != "" || none.Started != 1 || none.Sessions != 0 {
			t.Errorf("without a retailer: %+v, failures -want +got:\n%s", none, diff)
		}
		// RADIUS takes 30 ms of virtual time, everything else none.
		for _, st := range acme.Stages {
			want := map[string]time.Duration{"grant": 30 * time.Millisecond, "total": 30 * time.Millisecond}[st.Name]
			if st.Max.Round(time.Millisecond) != want || st.P95 > st.Max || st.P50 > st.P95 {
				t.Errorf("stage %s: %+v, want at most %v", st.Name, st, want)
			}
		}
		if n := acme.Stages[len(acme.Stages)-1].Count; n != 1 {
			t.Errorf("%d set-ups were timed from end to end, want 1", n)
		}
		if len(acme.LNS) != 2 || len(acme.RADIUS) != 4 || acme.RADIUS[0].Name != "r1" || acme.RADIUS[0].Kind != "auth" || acme.RADIUS[0].State != "alive" {
			t.Errorf("LNSes %+v and RADIUS %+v, want two LNSes and four halves of servers", acme.LNS, acme.RADIUS)
		}
		samples := gather(t, r.srv.Collector())
		for key, want := range map[string]float64{
			"lacd_retailer_sessions acme up":                   1,
			"lacd_retailer_sessions acme setup":                1,
			"lacd_retailer_setups_total up acme":               1,
			"lacd_retailer_setups_total auth-rejected acme":    1,
			"lacd_retailer_setups_total auth-rejected none":    1,
			"lacd_retailer_setups_total no-lns acme":           0,
			"lacd_retailer_stage_seconds acme total":           1,
			"lacd_retailer_stage_seconds acme grant":           1,
			"lacd_retailer_limited_total retailer-setups acme": 0,
		} {
			if v, ok := samples[key]; !ok || v != want {
				t.Errorf("%s = %v (there: %v), want %v", key, v, ok, want)
			}
		}

		up.HangUp()
		after(10 * time.Second)
		var one admin.Retailer
		r.get("/v1/retailers/acme", &one)
		if one.Sessions != 0 || one.Up != 0 || one.Started != 3 || one.Ended["user-request"] != 1 || one.Failed["call-failed"] != 1 {
			t.Errorf("after the end: %+v", one)
		}
		w := httptest.NewRecorder()
		r.srv.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/retailers/globex", nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("a retailer that does not exist: status %d, want 404", w.Code)
		}
	})
}

// Over its set-ups in a second a retailer's subscriber is turned away before
// anybody is asked about it.
func TestRetailerSetupLimit(t *testing.T) {
	pol := mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
		Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1", "r2"}, MaxSetups: 3,
	}}})
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.dial(5)
		r.wantLive("five at once", 3, 0)
		if n := r.requests(r.radius, 1); n != 3 {
			t.Errorf("RADIUS was asked about %d, want 3", n)
		}
		acme := r.retailers()["acme"]
		if acme.Failed["retailer-limit"] != 2 || acme.Limited["retailer-setups"] != 2 || acme.MaxSetups != 3 {
			t.Errorf("got %+v, want 2 turned away", acme)
		}
		e := r.explained(admin.Question{User: "alice@acme.example"})
		if want := "retailer acme had its 3 set-ups of this second"; e.Outcome != "refused" || e.Reasons[len(e.Reasons)-1] != want {
			t.Errorf("explained as %s, %q, want refused, %q", e.Outcome, e.Reasons, want)
		}
		after(time.Second)
		r.dial(5)
		r.wantLive("a second later", 6, 0)
	})
}

// A limit that keeps calls from an LNS is counted for its retailer.
func TestLimitsAreCounted(t *testing.T) {
	limited := firstLNS(func(l *policy.LNS) { l.Limits.Sessions = 1 })
	inRig(t, rigOptions{policy: realmPolicy(t, limited, secondLNS())}, func(t *testing.T, r *rig) {
		r.dial(1)
		r.dial(2)
		r.wantLive("one fits", 1, 2)
		if diff := cmp.Diff(map[string]uint64{"lns-sessions": 2}, r.retailers()["acme"].Limited); diff != "" {
			t.Errorf("limits, -want +got:\n%s", diff)
		}
	})
}
