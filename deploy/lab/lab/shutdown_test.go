package lab

import (
	"strings"
	"testing"
)

func TestKernelEntry(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
	}{
		{"Id       Address              Device\n", 0},
		{"Id       Address              Device\n01000000 02:00:00:00:01:01     eth1\n", 1},
		{"PPPoL2TP driver info, V2.0\nTUNNEL name, user-data-ok session-count\n  SESSION name, addr/port src-tid/sid\n", 0},
		{"\nTUNNEL 'tunl 12633', N 3\n  SESSION 'unknown' 0A0A000B/1701 3159/CBE4\n", 2},
		{"7: ppp0\n", 1},
	} {
		if got := kernelEntry.FindAllString(tt.text, -1); len(got) != tt.want {
			t.Errorf("%q: got %q, want %d", tt.text, got, tt.want)
		}
	}
}

func TestStopPeers(t *testing.T) {
	l, out := newLab(t)
	p, err := l.start("peer", "", "sleep", "100")
	if err != nil {
		t.Fatal(err)
	}
	l.stopPeers()
	if !p.ended() {
		t.Error("it runs")
	}
	if !strings.Contains(out.String(), "nothing of the lab runs") {
		t.Errorf("got %q", out)
	}
}
