package lac

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"layeh.com/radius/rfc2866"

	"lacd/policy"
	"lacd/radius/radiustest"
	"lacd/radius/spool"
)

// accounted is a retailer whose realm is enough, as change has it.
func accounted(tb testing.TB, change func(*policy.Retailer)) *policy.Policy {
	r := policy.Retailer{
		Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm, Accounting: true, AcctServers: []string{"r1"},
		LNS: []policy.LNS{
			{Name: "lns1", Peer: netip.MustParseAddrPort(lns1Addr)},
			{Name: "lns2", Peer: netip.MustParseAddrPort(lns2Addr), Preference: 1},
		},
	}
	change(&r)
	return mustPolicy(tb, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{r}})
}

// kinds returns the kinds of the records that a server got.
func kindsOf(s *radiustest.Server) (all []string) {
	for _, p := range s.Accounting() {
		all = append(all, rfc2866.AcctStatusType_Get(p).String())
	}
	return all
}

// Records that no server took are delivered by the next run, as old as they
// are, and before it says that no session is open.
func TestAccountingOutlivesTheDaemon(t *testing.T) {
	dir := t.TempDir()
	o := rigOptions{policy: accounted(t, func(*policy.Retailer) {}), change: func(c *Config) { c.StateDir = dir }}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, o)
		after(time.Second) // Accounting-On is answered
		sub := r.seg.Dial(alice)
		settle()
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		sub.HangUp()
		after(time.Second)
		r.stop() // without waiting for ever
		time.Sleep(time.Hour)

		r = newRig(t, o)
		settle()
		if d := cmp.Diff([]string{"Stop", "Accounting-On"}, kindsOf(r.radius)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		stop := lastOf(r.radius, rfc2866.AcctStatusType_Value_Stop)
		if stop == nil {
			t.Error("no Stop after the restart")
		} else if age := rfc2866.AcctDelayTime_Get(stop); age < 3600 || age > 3700 {
			t.Errorf("got Acct-Delay-Time %d, want a little over an hour", age)
		}
		r.stop()
		s, left, err := spool.Open(spool.Config{Dir: filepath.Join(dir, "accounting")})
		if err != nil || len(left) > 0 {
			t.Errorf("got %d records on disk, %v; want none", len(left), err)
		} else {
			_ = s.Close()
		}
	})
}

// A spool that another process has, or that cannot be made, costs no subscriber
// anything.
func TestAccountingWithoutSpool(t *testing.T) {
	dir := t.TempDir()
	s, _, err := spool.Open(spool.Config{Dir: filepath.Join(dir, "accounting")})
	if err != nil {
		t.Fatal(err)
	}
	o := rigOptions{policy: accounted(t, func(*policy.Retailer) {}), change: func(c *Config) { c.StateDir = dir }}
	inRig(t, o, func(t *testing.T, r *rig) {
		sub := r.seg.Dial(alice)
		settle()
		sub.HangUp()
		after(time.Second)
		if d := cmp.Diff([]string{"start", "stop User-Request"}, r.records(r.radius)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		if !strings.Contains(r.log.String(), "accounting records are in memory alone") {
			t.Errorf("got log %s, want it to say so", r.log)
		}
	})
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Where the realm is enough, accounting has servers of its own, and says that
// the LNS authenticated.
func TestAccountingServers(t *testing.T) {
	pol := accounted(t, func(*policy.Retailer) {})
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		after(time.Second)
		r.seg.Dial(alice)
		settle()
		if d := cmp.Diff([]string{"Accounting-On", "Start"}, kindsOf(r.radius)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		start := lastOf(r.radius, rfc2866.AcctStatusType_Value_Start)
		if got := rfc2866.AcctAuthentic_Get(start); got != rfc2866.AcctAuthentic_Value_Remote {
			t.Errorf("got Acct-Authentic %v, want Remote", got)
		}
		if n := len(r.backup.Requests()); n != 0 {
			t.Errorf("the other server got %d requests", n)
		}
	})
}

// A server of copies gets every record, and holds up none.
func TestAccountingCopy(t *testing.T) {
	pol := accounted(t, func(r *policy.Retailer) { r.AcctCopy = []string{"r2"} })
	inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
		r.backup.SetKnobs(radiustest.Knobs{Silent: true})
		after(time.Second)
		sub := r.seg.Dial(alice)
		settle()
		sub.HangUp()
		after(time.Second)
		want := []string{"start", "stop User-Request"}
		if d := cmp.Diff(want, r.records(r.radius)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		after(time.Hour)
		r.backup.SetKnobs(radiustest.Knobs{})
		r.backup.Forget()
		after(time.Minute + 30*time.Second)
		if d := cmp.Diff(want, r.records(r.backup)); d != "" {
			t.Errorf("the copy: -want +got:\n%s", d)
		}
		if n := len(r.records(r.radius)); n != 2 {
			t.Errorf("the first server got %d records, want 2", n)
		}
	})
}

func TestAccountingLost(t *testing.T) {
	pol := accounted(t, func(*policy.Retailer) {})
	inRig(t, rigOptions{policy: pol, change: func(c *Config) { c.MaxRecords = 1 }}, func(t *testing.T, r *rig) {
		after(time.Second) // Accounting-On is answered
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		for i := range 3 {
			a := alice
			a.MAC[5] += byte(i)
			r.seg.Dial(a)
		}
		after(time.Second)
		if got := r.srv.authorities.accounting.losses["acme"]; got != 2 {
			t.Errorf("got %d lost, want the Starts behind the first one", got)
		}
		if n := strings.Count(r.log.String(), "accounting records are lost"); n != 1 {
			t.Errorf("got %d alarms, want one", n)
		}
		r.radius.SetKnobs(radiustest.Knobs{})
		after(time.Minute)
	})
}
