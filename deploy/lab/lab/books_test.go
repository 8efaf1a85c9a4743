package lab

import (
	"os"
	"path/filepath"
	"testing"
)

const someDetail = `Sat Nov 21 10:29:38 2026
	User-Name = "alice@alpha.example"
	Acct-Status-Type = Start
	Acct-Session-Id = "1"
	Tunnel-Type:0 = L2TP
	Tunnel-Client-Endpoint:0 = "10.10.0.1"
	Tunnel-Server-Endpoint:0 = "10.10.0.11"
	Acct-Tunnel-Connection = "77"

Sat Nov 21 10:29:39 2026
	User-Name = "alice@alpha.example"
	Acct-Status-Type = Stop
	Acct-Session-Id = "1"
	Acct-Terminate-Cause = User-Request
	Acct-Input-Octets = 1048576
	Acct-Output-Octets = 99

`

func TestBooks(t *testing.T) {
	l, _ := newLab(t)
	path := l.detailOf(0)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(someDetail), 0o644); err != nil {
		t.Fatal(err)
	}
	alice := l.subscribers[0]
	if err := l.awaitStart(t.Context(), alice); err != nil {
		t.Errorf("Start: %v", err)
	}
	if err := l.awaitStop(t.Context(), alice, "Lost-Carrier", "User-Request"); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if err := l.awaitStop(t.Context(), alice, "Admin-Reset"); err == nil {
		t.Error("Stop with another cause: want an error")
	}
	records, err := l.accounting()
	if err != nil {
		t.Fatal(err)
	}
	if err := octets(records, alice.user); err == nil {
		t.Error("99 octets of output: want an error")
	}
	records[1]["Acct-Output-Octets"] = "1048577"
	if err := octets(records, alice.user); err != nil {
		t.Error(err)
	}
	if err := octets(records, "bob"); err == nil {
		t.Error("no record: want an error")
	}
	if err := nobodyElse(records, []string{alice.user}); err != nil {
		t.Error(err)
	}
	if err := nobodyElse(records, nil); err == nil {
		t.Error("a record of a stranger: want an error")
	}
	alice.lns = "lns2"
	if err := l.awaitStart(t.Context(), alice); err == nil {
		t.Error("Start for another LNS: want an error")
	}
}

func TestRecordValue(t *testing.T) {
	r := record{"Tunnel-Type:1": "L2TP", "User-Name": "x"}
	if r.value("Tunnel-Type") != "L2TP" || r.value("User-Name") != "x" || r.value("Tunnel") != "" {
		t.Errorf("got %q, %q, %q", r.value("Tunnel-Type"), r.value("User-Name"), r.value("Tunnel"))
	}
}
