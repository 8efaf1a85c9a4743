package radius

import (
	"testing"
	"time"
)

func TestServerDeath(t *testing.T) {
	t0 := time.Unix(1000, 0)
	at := func(s float64) time.Time { return t0.Add(time.Duration(s * float64(time.Second))) }
	for _, tt := range []struct {
		name  string
		heard float64 // -1: never
		lost  [][2]float64
		want  float64 // when it died; 0: it lives
	}{
		{"one request, its third timeout", -1, [][2]float64{{0, 2}, {0, 6}, {0, 14}}, 14},
		{"two timeouts", -1, [][2]float64{{0, 2}, {0, 6}}, 0},
		{"a burst of losses", 0, [][2]float64{{0.1, 2}, {0.2, 2.1}, {0.3, 2.2}, {0.4, 2.3}, {0.5, 2.4}}, 0},
		{"many requests", 0, [][2]float64{{0.1, 2}, {0.2, 2.1}, {0.3, 2.2}, {0.4, 2.3}, {0.5, 4.2}}, 4.2},
		{"sent before the last answer", 5, [][2]float64{{1, 5.1}, {2, 6}, {3, 7}, {4, 9}}, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &server{Server: Server{Timeout: 2 * time.Second, DeadAfter: 3, Revive: time.Minute}}
			if tt.heard >= 0 {
				s.heard(at(tt.heard))
			}
			got := 0.0
			for _, l := range tt.lost {
				if s.timedOut(at(l[1]), at(l[0])) {
					got = l[1]
				}
			}
			if got != tt.want || s.dead != (tt.want != 0) {
				t.Errorf("died at %v, want %v", got, tt.want)
			}
			if tt.want != 0 {
				if want := at(tt.want).Add(time.Minute); !s.probe.Equal(want) {
					t.Errorf("asked again at %v, want %v", s.probe, want)
				}
				if !s.heard(at(100)) || s.dead || s.heard(at(101)) {
					t.Error("an answer did not revive it, once")
				}
			}
		})
	}
}
