package lac

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2867"

	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/policy"
)

// Two records of the tunnel and two of each link (RFC 2867 section 3), which is
// eight where there are three.
func TestAccountingTunnels(t *testing.T) {
	pol := accounted(t, func(r *policy.Retailer) { r.AcctTunnels = true })
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		after(time.Second)
		for i := range 3 {
			a := alice
			a.MAC[5] += byte(i)
			r.seg.Dial(a)
			settle()
		}
		r.lns1.Stop(l2tp.Result{Code: l2tp.StopGeneral})
		after(time.Minute)
		count := map[string]int{}
		of := map[string][]string{} // sessions: their records with Acct-Tunnel-Connection
		for _, p := range r.radius.Accounting() {
			status := rfc2866.AcctStatusType_Get(p)
			count[status.String()]++
			id := rfc2866.AcctSessionID_GetString(p)
			of[id] = append(of[id], fmt.Sprint(uint32(status), " ", rfc2867.AcctTunnelConnection_GetString(p)))
		}
		want := map[string]int{
			"Accounting-On": 1, "Tunnel-Start": 1, "Tunnel-Stop": 1, "Tunnel-Link-Start": 3, "Tunnel-Link-Stop": 3, "Start": 3, "Stop": 3,
		}
		if d := cmp.Diff(want, count); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		for id, all := range of {
			if strings.HasPrefix(id, "on-") {
				continue
			}
			var statuses []string
			for _, one := range all {
				status, conn, _ := strings.Cut(one, " ")
				statuses = append(statuses, status)
				if _, first, _ := strings.Cut(all[0], " "); conn != first || conn == "" {
					t.Errorf("session %s: Acct-Tunnel-Connection differs: %q", id, all)
				}
			}
			if s := strings.Join(statuses, " "); s != "9 10" && s != "12 1 2 13" {
				t.Errorf("session %s: got records %s", id, s)
			}
		}
	})
}

// A tunnel that an LNS refuses, and a call that one refuses in an open tunnel.
func TestAccountingRejects(t *testing.T) {
	pol := accounted(t, func(r *policy.Retailer) { r.AcctTunnels = true })
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{StopCCN: l2tp.Result{Code: l2tp.StopGeneral}})
		r.lns2.Set(lactest.Behaviour{CDN: l2tp.Result{Code: 4}})
		after(time.Second)
		r.seg.Dial(alice)
		after(30 * time.Second)
		got := kindsOf(r.radius)
		for _, kind := range []string{"Tunnel-Reject", "Tunnel-Start", "Tunnel-Link-Reject"} {
			if !slices.Contains(got, kind) {
				t.Errorf("got %q, want %s among them", got, kind)
			}
		}
		for _, p := range r.radius.Accounting() {
			status, why := rfc2866.AcctStatusType_Get(p), rfc2866.AcctTerminateCause_Get(p)
			if (status == 11 || status == 14) && why != 15 {
				t.Errorf("got Acct-Terminate-Cause %v, want Service-Unavailable", why)
			}
		}
	})
}
