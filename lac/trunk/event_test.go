package trunk_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/lac/trunk"
)

// Others are told of a tunnel when it is up and when it is not any more, and
// why; and of one that never was.
func TestTunnelEvents(t *testing.T) {
	for _, tt := range []struct {
		name string
		far  lactest.Behaviour
		do   func(o *office)
		want []string
	}{
		{"the LNS ends it", lactest.Behaviour{}, func(o *office) { o.up(); o.far.Stop(l2tp.Result{Code: l2tp.StopGeneral}) }, []string{"1 -", "2 tunnel-shutdown"}},
		{"nobody needs it", lactest.Behaviour{}, func(o *office) {
			tun, ref := o.up()
			tun.HangUp(ref, l2tp.Result{Code: 3}, false)
		}, []string{"1 -", "2 idle-timeout"}},
		{"the end", lactest.Behaviour{}, func(o *office) { o.up(); o.tr.Stop(6) }, []string{"1 -", "2 shutdown"}},
		{"refused", lactest.Behaviour{StopCCN: l2tp.Result{Code: 4}}, func(o *office) { o.place(false) }, []string{"3 call-failed"}},
		{"not answered", lactest.Behaviour{Silent: true}, func(o *office) { o.place(false) }, []string{"3 tunnel-lost"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			var got []string
			change := func(c *trunk.Config) {
				c.IdleTimeout = time.Minute
				c.Tunnels = func(ev trunk.TunnelEvent) {
					mu.Lock()
					defer mu.Unlock()
					why := "-"
					if ev.Cause != 0 {
						why = ev.Cause.String()
					}
					got = append(got, fmt.Sprint(uint8(ev.State), " ", why))
					if ev.LNS.Retailer != "acme" || ev.ID == 0 || ev.At.IsZero() || !ev.Local.IsValid() {
						t.Errorf("got %+v, want it complete", ev)
					}
				}
			}
			inOffice(t, change, func(t *testing.T, o *office) {
				o.far.Set(tt.far)
				tt.do(o)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
			})
		})
	}
}
