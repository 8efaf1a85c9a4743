package file

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/policy"
)

// A retailer whose realm is enough may have accounting, with servers of its own.
func TestAccountingKeys(t *testing.T) {
	f, err := parseFake("lacd.hcl", `
access "eth1" {}
radius "r1" {
  acct   = "203.0.113.1"
  secret = "0123456789abcdef0123456789abcdef"
}
radius "r2" {
  acct   = "203.0.113.2"
  secret = "0123456789abcdef0123456789abcdef"
}
retailer "a" {
  realms = ["a.example"]
  accounting_servers = ["r1"]
  accounting_copy = ["r2"]
  tunnel_accounting = true
  lns "lns1" { address = "192.0.2.1" }
}
`)
	if err != nil {
		t.Fatal(err)
	}
	type said struct {
		By            policy.Authorize
		On, Tunnels   bool
		Servers, Copy []string
	}
	r := f.Policy.Retailers[0]
	got := said{r.Authorize, r.Accounting, r.AcctTunnels, r.AcctServers, r.AcctCopy}
	if d := cmp.Diff(said{policy.ByRealm, true, true, []string{"r1"}, []string{"r2"}}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
