package lac

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"lacd/lac/lactest"
)

// gather returns all samples as "name{label values}".
func gather(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	if err := reg.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	samples := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var key strings.Builder
			key.WriteString(f.GetName())
			for _, l := range m.GetLabel() {
				key.WriteString(" " + l.GetValue())
			}
			switch {
			case m.GetCounter() != nil:
				samples[key.String()] = m.GetCounter().GetValue()
			case m.GetGauge() != nil:
				samples[key.String()] = m.GetGauge().GetValue()
			case m.GetHistogram() != nil:
				samples[key.String()] = float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return samples
}

func TestMetrics(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.seg.Dial(alice)
		r.seg.Dial(lactest.Account{User: "bob@nowhere.example", Password: "x"})
		settle()
		r.seg.Inject(make([]byte, 60)) // not PPPoE
		settle()
		got := gather(t, r.srv.Collector())
		for key, want := range map[string]float64{
			"lacd_sessions eth1":                                                  1,
			"lacd_pppoe_discovery_total eth1 answered":                            2,
			"lacd_pppoe_discovery_total eth1 requested":                           2,
			"lacd_pppoe_malformed_total eth1":                                     1,
			"lacd_session_setup_seconds":                                          1,
			"lacd_sessions_ended_total auth-rejected":                             1,
			"lacd_sessions_ended_total user-request":                              0,
			"lacd_tunnels up":                                                     1,
			"lacd_tunnels opening":                                                0,
			"lacd_radius_requests_total auth answered r1":                         1,
			"lacd_radius_replies_dropped_total auth bad-message-authenticator r1": 0,
			"lacd_radius_overload_total user":                                     0,
			"lacd_radius_records_total answered":                                  2,
			"lacd_lns_calls_total 192.0.2.11 answered " + lns1Addr + " acme":      1,
		} {
			if v, ok := got[key]; !ok || v != want {
				t.Errorf("%s = %v (there: %v), want %v", key, v, ok, want)
			}
		}
	})
}
