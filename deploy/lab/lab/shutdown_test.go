package lab

import (
	"strings"
	"testing"
)

func TestWithoutHeading(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Id       Address              Device\n", ""},
		{"Id       Address              Device\n01000000 02:00:00:00:01:01     eth1\n", "01000000 02:00:00:00:01:01     eth1"},
		{"\n", ""},
		{"Tunnel 1, encap UDP\n", "Tunnel 1, encap UDP"},
	} {
		if got := withoutHeading(tt.text); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
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
