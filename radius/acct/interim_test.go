package acct

import (
	"fmt"
	"testing"
	"time"
)

func TestInterval(t *testing.T) {
	for _, tt := range []struct{ granted, configured, want time.Duration }{
		{0, 0, 0},
		{0, 5 * time.Minute, 5 * time.Minute},
		{time.Minute, 5 * time.Minute, 5 * time.Minute}, // the local value is a minimum
		{10 * time.Minute, 5 * time.Minute, 10 * time.Minute},
		{10 * time.Minute, 0, 10 * time.Minute},
		{time.Second, 0, MinInterim},
	} {
		if got := Interval(tt.granted, tt.configured); got != tt.want {
			t.Errorf("granted %v, configured %v: got %v, want %v", tt.granted, tt.configured, got, tt.want)
		}
	}
}

func TestNextInterim(t *testing.T) {
	const interval = 10 * time.Minute
	var sum time.Duration
	for i := range 1000 {
		session := fmt.Sprintf("%08x", i)
		at := NextInterim(event, event, interval, session)
		first := at.Sub(event)
		if first < interval/2 || first >= interval*3/2 {
			t.Fatalf("got the first after %v, want it between 5 and 15 minutes", first)
		}
		sum += first / 1000
		for range 3 { // from then on every interval
			next := NextInterim(at, event, interval, session)
			if got := next.Sub(at); got != interval {
				t.Fatalf("got the next after %v, want %v", got, interval)
			}
			at = next
		}
		if got := NextInterim(at.Add(-time.Second), event, interval, session); !got.Equal(at) {
			t.Fatalf("just before: got %v, want %v", got, at)
		}
	}
	if sum < 9*time.Minute || sum > 11*time.Minute {
		t.Errorf("got the first after %v on average, want about %v", sum, interval)
	}
	if got := NextInterim(event, event, 0, "x"); !got.IsZero() {
		t.Errorf("without an interval: got %v, want none", got)
	}
}
