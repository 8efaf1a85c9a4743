package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAuthorityScene(t *testing.T) {
	two := authorityScene(2)
	for _, want := range []string{
		`radius = ["freeradius", "freeradius2"]`, "tunnel_accounting = true", `auth       = "@RADIUS2@"`, "coa {", "l2tp {",
	} {
		if strings.Count(two.config, want) != 1 {
			t.Errorf("%q is there %d times in\n%s", want, strings.Count(two.config, want), two.config)
		}
	}
	one := authorityScene(1)
	if strings.Contains(one.config, "freeradius2") || strings.Count(one.config, "\nradius ") != 1 {
		t.Errorf("one server:\n%s", one.config)
	}
	// The tunnel that cannot be used is the one that is preferred.
	got := users(&one)
	for _, want := range []string{"Tunnel-Type:2 += PPTP", "Tunnel-Preference:2 += 1,", "Tunnel-Preference:1 += 10,", `Class += "blue-42"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestLogins(t *testing.T) {
	got := logins("Auth: (1) Login OK: [alice@alpha.example] (from client lac port 7)\n" +
		"Auth: (2) Login OK: [bob@alpha.example/<via Auth-Type = PAP>] (from client lac port 8)\n" +
		"Auth: (3) Login incorrect: [eve@alpha.example] (from client lac port 9)\n")
	if d := cmp.Diff(map[string]int{"alice@alpha.example": 1, "bob@alpha.example": 1}, got); d != "" {
		t.Error(d)
	}
}

func TestParticulars(t *testing.T) {
	good := func(with ...string) []record {
		tunnel := []string{
			"Class", "0x626c75652d3432", "Tunnel-Medium-Type:0", "IPv4", "Tunnel-Client-Endpoint:0", lacAddr,
			"Tunnel-Server-Endpoint:0", lnsN(1).addr, "Tunnel-Assignment-Id:0", "homes", "Acct-Tunnel-Connection", "1-2",
		}
		return []record{aRecord("Tunnel-Start", tunnel...), aRecord("Accounting-On"), aRecord("Stop", append(tunnel, with...)...)}
	}
	if err := particulars(good()); err != nil {
		t.Error(err)
	}
	if err := particulars(good()[1:]); err == nil {
		t.Error("no Tunnel-Start: want an error")
	}
	for _, bad := range [][]string{
		{"Class", "0x00"}, {"Tunnel-Server-Endpoint:0", lnsN(2).addr}, {"Acct-Tunnel-Connection", ""}, {"Tunnel-Assignment-Id:0", ""},
	} {
		if err := particulars(good(bad...)); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}

// Accounting-On has to come, and to be the last.
func TestLate(t *testing.T) {
	l, _ := newLab(t)
	path := l.detailOf(1)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	const on, stop = "Sat\n\tAcct-Status-Type = Accounting-On\n\n", "Sat\n\tAcct-Status-Type = Stop\n\n"
	for text, ok := range map[string]bool{"": false, stop: false, on + stop: false, stop + on: true} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := l.late(); (err == nil) != ok {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
