package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"lacd/kernel/xdp"
)

type fakeStats struct {
	stats xdp.Stats
	err   error
}

func (f fakeStats) Stats() (xdp.Stats, error) { return f.stats, f.err }

func TestPlaneCollector(t *testing.T) {
	got := gather(t, fakeStats{stats: xdp.Stats{SlowUp: 1, SlowDown: 2, Crowded: 3, Long: 4, Device: 5, Room: 6, Refused: 7, Detached: 8, Direct: 9, Indirect: 10}})
	want := map[string]float64{
		"lacd_xdp_slow_frames_total up": 1, "lacd_xdp_slow_frames_total down": 2,
		"lacd_xdp_dropped_frames_total user space is behind":                3,
		"lacd_xdp_dropped_frames_total longer than the access device takes": 4,
		"lacd_xdp_dropped_frames_total device gone":                         5,
		"lacd_xdp_dropped_frames_total driver leaves no room":               6,
		"lacd_xdp_dropped_frames_total refused by socket or device":         7,
		"lacd_xdp_detached_total":                                           8, "lacd_xdp_tunnels XDP": 9, "lacd_xdp_tunnels user space": 10,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := gather(t, fakeStats{err: errors.New("closed")}); len(got) != 0 {
		t.Errorf("of a closed data plane: %v", got)
	}
}

// gather returns the metrics by name and label.
func gather(t *testing.T, p planeStats) map[string]float64 {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(planeCollector{p})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var name strings.Builder
			name.WriteString(f.GetName())
			for _, l := range m.GetLabel() {
				name.WriteString(" " + l.GetValue())
			}
			all[name.String()] = m.GetCounter().GetValue() + m.GetGauge().GetValue() // one of them
		}
	}
	return all
}
