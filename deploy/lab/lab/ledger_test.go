package lab

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func aRecord(status string, with ...string) record {
	r := record{
		"Acct-Status-Type": status, "Acct-Session-Id": "1", "User-Name": "joe", "Class": "0x01", "Tunnel-Type:0": "L2TP",
		"Event-Timestamp": "Nov 21 2026 10:29:38 UTC", "Acct-Delay-Time": "0",
	}
	for i := 0; i < len(with); i += 2 {
		r[with[i]] = with[i+1]
	}
	return r
}

func TestOnce(t *testing.T) {
	start := aRecord("Start")
	again := maps.Clone(start)
	again["Acct-Delay-Time"], again["Timestamp"] = "7", "8"
	other := aRecord("Start", "Acct-Session-Id", "2")
	first, more := once([]record{start, other, again})
	if d := cmp.Diff([]record{start, other}, first); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]record{again}, more); d != "" {
		t.Error(d)
	}
	if _, more := once([]record{start, aRecord("Start", "Class", "0x02")}); more != nil {
		t.Errorf("different records: got %v", more)
	}
}

func TestPaired(t *testing.T) {
	start, stop := aRecord("Start"), aRecord("Stop", "Event-Timestamp", "Nov 21 2026 10:29:39 UTC")
	if n, err := paired([]record{start, stop, aRecord("Accounting-On", "Acct-Session-Id", "x")}, "Start", "Stop"); n != 1 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	for name, all := range map[string][]record{
		"no Stop":         {start},
		"no Start":        {stop},
		"two Starts":      {start, start, stop},
		"another Class":   {start, aRecord("Stop", "Class", "0x02")},
		"no Tunnel-Type":  {aRecord("Start", "Tunnel-Type:0", ""), stop},
		"ended too early": {start, aRecord("Stop", "Event-Timestamp", "Nov 21 2026 10:29:37 UTC")},
		"no time":         {aRecord("Start", "Event-Timestamp", ""), stop},
	} {
		if _, err := paired(all, "Start", "Stop"); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	if got, want := start.event(), time.Date(2026, 11, 21, 10, 29, 38, 0, time.UTC); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHolds(t *testing.T) {
	p, err := parsePassed([]byte(`[{"ifname":"eth0","stats64":{"rx":{"bytes":9,"packets":9},"tx":{"bytes":9,"packets":9}}},
		{"ifname":"ppp0","stats64":{"rx":{"bytes":2000,"packets":20},"tx":{"bytes":100,"packets":10}}}]`))
	if want := (passed{10, 100, 20, 2000}); err != nil || p != want {
		t.Fatalf("got %+v, %v, want %+v", p, err, want)
	}
	if _, err := parsePassed([]byte(`[]`)); err == nil {
		t.Error("no interface: want an error")
	}
	good := []string{"Acct-Input-Packets", "15", "Acct-Input-Octets", "190", "Acct-Output-Packets", "20", "Acct-Output-Octets", "2000"}
	if err := aRecord("Stop", good...).holds(p); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]string{
		{"Acct-Input-Packets", "9"},
		{"Acct-Output-Packets", "81"},
		{"Acct-Input-Octets", "99"},
		{"Acct-Output-Octets", "8081"},
		{"Acct-Input-Gigawords", "1"},
		{"Acct-Output-Packets", ""},
	} {
		if err := aRecord("Stop", append(good[:8:8], bad...)...).holds(p); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}
