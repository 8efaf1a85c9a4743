package policy

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	l := LNS{Name: "lns1", Secret: "hush"}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("dial", "lns", l, "secret", l.Secret, "key", l.TunnelKey())
	for _, got := range []string{
		fmt.Sprint(l), fmt.Sprintf("%v %+v %#v %s %q", l, l, l, l.Secret, l.Secret), string(text), log.String(),
		fmt.Sprintf("%x %X", l.Secret, l.Secret),
	} {
		if strings.Contains(got, "hush") || strings.Contains(strings.ToLower(got), "68757368") {
			t.Errorf("the secret is in %q", got)
		}
	}
}

func TestTunnelKey(t *testing.T) {
	base := LNS{Peer: peer("192.0.2.1:1701"), Secret: "s", Assignment: "a", Host: "h", PeerHost: "p"}
	same, other := base, base
	same.Weight, same.Preference, same.NoProxyLCP, same.PrivateGroup = 9, 9, true, "g"
	other.Assignment = "b"
	if base.TunnelKey() != same.TunnelKey() {
		t.Error("weight, preference, quirks and group part tunnels")
	}
	if base.TunnelKey() == other.TunnelKey() {
		t.Error("assignments share a tunnel")
	}
}
