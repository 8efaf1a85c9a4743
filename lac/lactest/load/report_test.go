package load

import (
	"testing"
	"time"

	"lacd/lac/lactest/sim"
)

func TestPeak(t *testing.T) {
	var p peak
	now := time.Unix(1000, 0)
	up := uint64(0)
	for ms := range 3000 {
		if ms >= 1200 && ms < 2200 {
			up += 2
		}
		if ms%10 == 0 {
			p.add(now.Add(time.Duration(ms)*time.Millisecond), up)
		}
	}
	if p.best < 1950 || p.best > 2000 {
		t.Errorf("best second %v, want 2000", p.best)
	}
	if len(p.samples) > 102 {
		t.Errorf("%d samples are kept", len(p.samples))
	}
}

// Without the sender what is missing is lost; with it, what it sent and did not
// arrive.
func TestTrafficOf(t *testing.T) {
	tally := sim.Tally{Sent: 100, Received: 90, Missing: 4}
	if got := trafficOf(tally, true).Lost; got != 10 {
		t.Errorf("both ends: %d lost", got)
	}
	if got := trafficOf(tally, false).Lost; got != 4 {
		t.Errorf("one end: %d lost", got)
	}
}

func TestUsage(t *testing.T) {
	if _, rss := usage(); rss < 1<<20 {
		t.Errorf("%d octets of memory", rss)
	}
}
