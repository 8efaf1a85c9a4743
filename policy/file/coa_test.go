package file

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCoA(t *testing.T) {
	f, err := parseFake("lacd.hcl", smallest+`
coa {
  listen                        = ["192.0.2.10", "[2001:db8::10]:13799", "2001:db8::11"]
  window                        = "1m"
  require_event_timestamp       = true
  require_message_authenticator = true
  client "billing" {
    address   = "203.0.113.11"
    secret    = "0123456789abcdef"
    retailers = ["acme"]
  }
  client "six" {
    address     = "2001:db8:1::/64"
    secret_file = "good.secret"
  }
}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := CoA{
		Listen: []netip.AddrPort{
			netip.MustParseAddrPort("192.0.2.10:3799"), netip.MustParseAddrPort("[2001:db8::10]:13799"), netip.MustParseAddrPort("[2001:db8::11]:3799"),
		},
		Window: time.Minute, RequireEventTimestamp: true, RequireMessageAuthenticator: true,
		Clients: []CoAClient{
			{Name: "billing", Address: netip.MustParsePrefix("203.0.113.11/32"), Secret: "0123456789abcdef", Retailers: []string{"acme"}},
			{Name: "six", Address: netip.MustParsePrefix("2001:db8:1::/64"), Secret: "0123456789abcdef0123456789abcdef"},
		},
	}
	if diff := cmp.Diff(want, f.CoA, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Without the block nobody is listened to; in it, the defaults are those of the
// reference.
func TestCoADefaults(t *testing.T) {
	f, err := parseFake("lacd.hcl", smallest)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(CoA{}, f.CoA); diff != "" {
		t.Errorf("without the block, -want +got:\n%s", diff)
	}
	f, err = parseFake("lacd.hcl", smallest+`
coa {
  listen = ["192.0.2.10"]
  client "billing" {
    address = "203.0.113.11"
    secret  = "0123456789abcdef"
  }
}
`)
	if err != nil {
		t.Fatal(err)
	}
	if c := f.CoA; c.Window != 300*time.Second || c.RequireEventTimestamp || c.RequireMessageAuthenticator || c.Clients[0].Retailers != nil {
		t.Errorf("got %+v", c)
	}
}
