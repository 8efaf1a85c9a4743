package main

import (
	"strings"
	"testing"

	"lacd/lac/lactest/load"
)

func TestTable(t *testing.T) {
	var b strings.Builder
	err := table(&b, &load.Report{
		Seconds: 2.5, CPUSeconds: 1,
		Clients: &load.Clients{
			Attempted: 12, Up: 10, Failed: 2, FailedBy: map[string]uint64{"no_pado": 1, "no_lcp": 1}, HungUp: 10, PerSecond: 5,
			Setup: load.Times{P50: 1.5, P95: 2, P99: 3, Max: 4},
		},
		LNS:     []load.LNS{{Address: "192.0.2.11:1701", Tunnels: 1, Requested: 10, Connected: 10, Ended: 10}},
		Traffic: &load.TrafficPair{Up: load.Traffic{Sent: 9, Received: 8, Lost: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `  set-ups  attempted  up  failed  lost  hung up  repeated  per second  peak
                  12  10       2     0       10         0           5     0

  milliseconds  p50  p95  p99  max
  PADI to PADS  0.0  0.0  0.0  0.0
    PADI to up  1.5  2.0  3.0  4.0

              LNS  tunnels  requested  connected  address  refused  ended  resent
  192.0.2.11:1701        1         10         10        0        0     10       0

  packets  sent  received  lost  reordered  duplicated  misdelivered
       up     9         8     1          0           0             0
     down     0         0     0          0           0             0

failed: no_lcp 1, no_pado 1
2.5 s, 1.0 s of CPU
`
	var got strings.Builder
	for line := range strings.Lines(b.String()) {
		got.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", &got, want)
	}
}

// Only a terminal gets the line that is written again and again.
func TestProgress(t *testing.T) {
	var b strings.Builder
	if newProgress(&b) != nil {
		t.Error("a buffer is taken for a terminal")
	}
	p := &progress{&b}
	p.show(&load.Report{Seconds: 3, Clients: &load.Clients{UpNow: 5}, LNS: []load.LNS{{Address: "a", Calls: 4}}, Traffic: &load.TrafficPair{}})
	p.end()
	if got := b.String(); !strings.HasPrefix(got, "\r") || !strings.Contains(got, "up 5") || !strings.Contains(got, "a 4") || !strings.HasSuffix(got, "\n") {
		t.Errorf("%q", got)
	}
}
