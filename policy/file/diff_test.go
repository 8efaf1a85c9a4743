package file

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const diffBase = `node {
  name = "lac1"
}
access "eth1" {}
core { local = ["198.51.100.10"] }
radius "r1" {
  auth   = "203.0.113.11"
  secret = "marked-secret-of-the-old-file"
}
retailer "acme" {
  realms = ["acme.example", "acme.net"]
  radius = ["r1"]
  lns "lns1" {
    address = "192.0.2.1"
    secret  = "marked-secret-of-the-old-lns"
  }
}
retailer "beta" {
  realms = ["beta.example"]
  lns "lns1" { address = "192.0.2.2" }
}
retailer "leased" {
  authorize = "line"
  line { circuit_id = ["dsl-7"] }
  lns "lns1" { address = "192.0.2.3" }
}
`

// told returns the changes of a file whose text is edited, those that need a
// restart marked.
func told(t *testing.T, edits ...string) []string {
	t.Helper()
	after := diffBase
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(after, edits[i]) {
			t.Fatalf("there is no %q to edit", edits[i])
		}
		after = strings.Replace(after, edits[i], edits[i+1], 1)
	}
	a, err := parseFake("lacd.hcl", diffBase)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parseFake("lacd.hcl", after)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range Diff(a, b) {
		line := c.Text
		if !c.Live {
			line = "restart: " + line
		}
		all = append(all, line)
	}
	return all
}

func TestDiff(t *testing.T) {
	for _, tc := range []struct {
		name  string
		edits []string
		want  []string
	}{
		{"nothing", nil, nil},
		{"a comment", []string{"access", "# the port\naccess"}, nil},
		{"lns added", []string{`lns "lns1" { address = "192.0.2.2" }`, `lns "lns1" { address = "192.0.2.2" }
  lns "lns3" { address = "192.0.2.3" }`}, []string{`retailer "beta": lns "lns3" added`}},
		{"retailer removed", []string{`retailer "beta" {
  realms = ["beta.example"]
  lns "lns1" { address = "192.0.2.2" }
}
`, ""}, []string{`retailer "beta" removed`}},
		{"numbers and durations", []string{`auth   = "203.0.113.11"`, "auth = \"203.0.113.12\"\n timeout = \"3s\"\n tries = 5"}, []string{
			`radius "r1": auth 203.0.113.11:1812 → 203.0.113.12:1812`, `radius "r1": timeout 2s → 3s`, `radius "r1": tries 3 → 5`,
		}},
		{"secrets", []string{"marked-secret-of-the-old-file", "marked-secret-of-the-new-file", "marked-secret-of-the-old-lns", "marked-secret-of-the-new-lns"}, []string{
			`radius "r1": secret changed`, `retailer "acme": lns "lns1": secret changed`,
		}},
		{"lists", []string{`"acme.example", "acme.net"`, `"acme.net", "acme.org"`}, []string{
			`retailer "acme": realms: "acme.example" removed`, `retailer "acme": realms: "acme.org" added`,
		}},
		{"order", []string{`"acme.example", "acme.net"`, `"acme.net", "acme.example"`}, []string{`retailer "acme": realms: order changed`}},
		{"flattened and negated", []string{`secret  = "marked`, `max_sessions = 7
    dscp = "ef"
    proxy_lcp = false
    secret = "marked`}, []string{
			`retailer "acme": lns "lns1": max_sessions 0 → 7`, `retailer "acme": lns "lns1": proxy_lcp true → false`,
			`retailer "acme": lns "lns1": dscp 0 → 46`,
		}},
		{"templates", []string{`realms = ["beta`, `calling_number = "{mac}"
  max_setups_per_second = 9
  realms = ["beta`}, []string{
			`retailer "beta": max_setups_per_second 0 → 9`, `retailer "beta": calling_number default → "{mac}"`,
		}},
		{"tunnels", []string{"radius \"r1\"", `l2tp {
  hello = "20s"
  lockout = { timeout = "2m" }
}
default { retailer = "acme" }
radius "r1"`}, []string{`l2tp: hello 1m → 20s`, `default: retailer "" → "acme"`, `l2tp: lockout: timeout 1m → 2m`}},
		{"a line that moved", []string{"retailer \"acme\"", "\n\nretailer \"acme\""}, nil},
		{"a line that changed", []string{"dsl-7", "dsl-8"}, []string{`retailer "leased": line changed`}},
		{"what needs a restart", []string{`access "eth1" {}`, `access "eth1" {
  max_sessions = 9
  padi_rate_per_mac = 3
}
access "eth2" {}`, `name = "lac1"`, "name = \"lac1\"\n max_half_open = 99\n metrics = \"127.0.0.1:9101\""}, []string{
			`restart: node: metrics none → 127.0.0.1:9101`, `node: max_half_open 8192 → 99`,
			`access "eth1": max_sessions 65534 → 9`, `restart: access "eth1": padi_rate_per_mac 20 → 3`, `restart: access "eth2" added`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := told(t, tc.edits...)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if strings.Contains(strings.Join(got, "\n"), "marked-secret") {
				t.Error("a secret is told")
			}
		})
	}
}

// What nobody has told the differ about is found different, and needs a
// restart.
func TestDiffOfUnknownBlocks(t *testing.T) {
	type journal struct{ Path string }
	d := &differ{}
	d.value(place{}.in("journal"), reflect.ValueOf(journal{"/a"}), reflect.ValueOf(journal{"/b"}))
	if diff := cmp.Diff([]Change{{`journal: path "/a" → "/b"`, false}}, d.changes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"MaxSessionsPerMAC": "max_sessions_per_mac", "ACName": "ac_name", "PADIRate": "padi_rate", "RADIUS": "radius", "SVLANs": "svlans",
		"CircuitIDs": "circuit_ids", "RequireMessageAuthenticator": "require_message_authenticator",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
