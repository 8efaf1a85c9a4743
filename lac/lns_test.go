package lac

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/admin"
	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/policy"
)

// ask puts a question to the admin API and reads the answer into v.
func (r *rig) ask(method, path, body string, v any) int {
	r.t.Helper()
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(r.t.Context(), method, path, strings.NewReader(body))
	r.srv.AdminHandler().ServeHTTP(rec, req)
	if err := json.Unmarshal(rec.Body.Bytes(), v); err != nil {
		r.t.Errorf("%s %s: %v: %s", method, path, err, rec.Body)
	}
	return rec.Code
}

// states returns the LNSes as "retailer/name state sessions".
func (r *rig) states() map[string]string {
	var all []admin.LNS
	r.ask(http.MethodGet, "/v1/lns", "", &all)
	out := map[string]string{}
	for _, l := range all {
		out[l.Retailer+"/"+l.Name] = strings.TrimSpace(l.State + " " + l.Why)
	}
	return out
}

func TestDrain(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS(), secondLNS())}, func(t *testing.T, r *rig) {
		sub := r.dial(1)[0]
		var d admin.Drained
		if code := r.ask(http.MethodPost, "/v1/lns/lns1/drain", "", &d); code != 200 || len(d.LNS) != 1 || d.LNS[0].Sessions != 1 || d.LNS[0].State != "draining" {
			t.Fatalf("got %d, %+v, want LNS 1 with its session", code, d)
		}
		r.dial(2)
		r.wantLive("draining", 1, 2)
		after(90 * time.Second)
		want := map[string]string{"acme/lns1": "draining draining for 1m30s: by the operator", "acme/lns2": "ready"}
		if diff := cmp.Diff(want, r.states()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if sub.State() == lactest.Ended {
			t.Error("draining ended a session")
		}
		if code := r.ask(http.MethodDelete, "/v1/lns/192.0.2.11/drain", "", &d); code != 200 || d.LNS[0].State != "ready" {
			t.Errorf("got %d, %+v, want LNS 1 ready", code, d)
		}
		r.dial(2)
		r.wantLive("ready again", 3, 2)
	})
}

func TestDrainByAnyName(t *testing.T) {
	pol := mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{
		{Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm, LNS: []policy.LNS{firstLNS()}},
		{Name: "bob", Realms: []string{"bob.example"}, Authorize: policy.ByRealm, LNS: []policy.LNS{{Name: "lns1", Peer: netip.MustParseAddrPort(lns2Addr)}}},
	}})
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		settle()
		for _, tc := range []struct {
			who  string
			code int
			want string // addresses
		}{
			{"lns1", 200, lns1Addr + " " + lns2Addr},
			{"bob%2Flns1", 200, lns2Addr},
			{"192.0.2.11:1701", 200, lns1Addr},
			{"192.0.2.11:1702", 200, "192.0.2.11:1702"},
			{"[2001:db8::7]", 200, "[2001:db8::7]:1701"},
			{"2001:db8::7", 200, "[2001:db8::7]:1701"},
			{"lns9", 404, ""},
		} {
			for _, method := range []string{http.MethodPost, http.MethodDelete} {
				var d admin.Drained
				code := r.ask(method, "/v1/lns/"+tc.who+"/drain", "", &d)
				var at []string
				for _, l := range d.LNS {
					at = append(at, l.Peer)
				}
				if got := strings.Join(at, " "); code != tc.code || got != tc.want {
					t.Errorf("%s %s: got %d, %q, want %d, %q", method, tc.who, code, got, tc.code, tc.want)
				}
			}
			var e admin.Error
			if code := r.ask(http.MethodDelete, "/v1/lns/"+tc.who+"/drain", "", &e); code == 200 || e.Error == "" {
				t.Errorf("%s is undrained twice: got %d, %+v", tc.who, code, e)
			}
		}
	})
}

// An LNS that RADIUS alone knows is drained by its address, before it was ever
// called.
func TestDrainOfAnUnknownAddress(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		twoLNS(r)
		var d admin.Drained
		r.ask(http.MethodPost, "/v1/lns/192.0.2.11/drain", "", &d)
		r.dial(1)
		r.wantLive("draining", 0, 1)
		want := map[string]string{"/192.0.2.11": "draining draining for 0s: by the operator", "acme/192.0.2.12": "ready"}
		if diff := cmp.Diff(want, r.states()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestShowLNSStates(t *testing.T) {
	pol := realmPolicy(t, firstLNS(), secondLNS())
	pol.Retailers[0].LNS[1].Limits.Sessions = 1
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{StopCCN: l2tp.Result{Code: 6}})
		r.dial(1)
		after(12 * time.Second)
		want := map[string]string{
			"acme/lns1": "locked locked out 12s ago for 48s more: StopCCN 6 from the LNS",
			"acme/lns2": "full full: it has its 1 sessions",
		}
		if diff := cmp.Diff(want, r.states()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		after(48 * time.Second)
		if got := r.states()["acme/lns1"]; !strings.HasPrefix(got, "half-open") {
			t.Errorf("LNS 1 is %s, want half-open", got)
		}
	})
}

// A session tells by which LNSes it came to its own.
func TestSessionTellsItsWay(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS(), secondLNS())}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{CDN: l2tp.Result{Code: 4, Message: "busy"}})
		r.dial(1)
		var s admin.Session
		r.ask(http.MethodGet, "/v1/sessions/alice@acme.example", "", &s)
		want := []string{
			`realm "acme.example" belongs to retailer acme`,
			"its realm is enough, the LNS authenticates",
			"2 LNSes of retailer acme",
			"1. lns1 at 192.0.2.11:1701 (configured: preference 0)",
			"2. lns2 at 192.0.2.12:1701 (configured: preference 1)",
			`lns1: CDN 4 from the LNS: "busy"`,
		}
		if diff := cmp.Diff(want, s.Reasons); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
