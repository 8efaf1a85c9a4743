package main

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/policy/file"
	"lacd/radius/coa"
)

// Every setting arrives, and the node is known by all its addresses.
func TestCoAConfig(t *testing.T) {
	f := &file.File{
		Core: file.Core{Local: []netip.Addr{netip.MustParseAddr("198.51.100.10"), netip.MustParseAddr("2001:db8::10")}},
		CoA: file.CoA{
			Listen: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.10:3799")}, Window: time.Minute,
			RequireEventTimestamp: true, RequireMessageAuthenticator: true,
			Clients: []file.CoAClient{{Name: "dac", Address: netip.MustParsePrefix("192.0.2.0/28"), Secret: "s", Retailers: []string{"acme"}}},
		},
	}
	want := coa.Config{
		Clients: []coa.Client{{Name: "dac", Address: netip.MustParsePrefix("192.0.2.0/28"), Secret: "s", Retailers: []string{"acme"}}},
		NAS: coa.NAS{Addresses: []netip.Addr{
			netip.MustParseAddr("198.51.100.10"), netip.MustParseAddr("2001:db8::10"), netip.MustParseAddr("192.0.2.10"),
		}},
		Window: time.Minute, RequireTimestamp: true, RequireSignature: true,
	}
	if diff := cmp.Diff(want, coaConfig(f), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What is open is returned with the error, to be closed.
func TestOpenCoA(t *testing.T) {
	free, first := netip.MustParseAddrPort("127.0.0.1:0"), netip.MustParseAddrPort("192.0.2.200:3799") // of no host
	c, err := openCoA(&file.File{CoA: file.CoA{Listen: []netip.AddrPort{free, first}}})
	if err == nil || len(c.Sockets) != 1 {
		t.Errorf("got %d sockets, error %v, want one and an error", len(c.Sockets), err)
	}
	for _, s := range c.Sockets {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
