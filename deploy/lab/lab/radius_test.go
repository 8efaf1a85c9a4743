package lab

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUsers(t *testing.T) {
	sc := demoScene()
	got := users(&sc)
	for _, want := range []string{
		"alice@alpha.example Cleartext-Password := \"alice-pw\"\n\tFall-Through = Yes\n\n",
		"mallory@alpha.example Cleartext-Password := \"mallory-pw\"\n",
		"DEFAULT User-Name =~ \"@beta[.]example$\"\n\tTunnel-Type:1 += L2TP,\n",
		"\tTunnel-Server-Endpoint:1 += \"10.10.0.11\",\n\tTunnel-Preference:1 += 10,\n\tTunnel-Password:1 += \"secret-of-the-tunnels-to-lns1\",\n",
		"\tTunnel-Assignment-Id:1 += \"beta\"\n\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "nobody") || strings.Count(got, "Tunnel-Password") != 1 {
		t.Errorf("too much in\n%s", got)
	}
}

func TestParseDetail(t *testing.T) {
	const detail = "Sat Nov 21 10:29:38 2026\n\tUser-Name = \"a@b\"\n\tAcct-Status-Type = Start\n\tTunnel-Type:0 = L2TP\n" +
		"\tTimestamp = 1\n\nSat Nov 21 10:29:39 2026\n\tUser-Name = \"a@b\"\n\tAcct-Status-Type = Stop\n\n"
	want := []record{
		{"User-Name": "a@b", "Acct-Status-Type": "Start", "Tunnel-Type:0": "L2TP", "Timestamp": "1"},
		{"User-Name": "a@b", "Acct-Status-Type": "Stop"},
	}
	if diff := cmp.Diff(want, parseDetail(detail)); diff != "" {
		t.Error(diff)
	}
	if got := parseDetail(""); got != nil {
		t.Errorf("an empty file: got %v", got)
	}
}
