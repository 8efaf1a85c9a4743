package script

import (
	"net/netip"
	"strings"
	"testing"

	"lacd/policy/file"
	"lacd/radius/radiustest"
)

func TestConfig(t *testing.T) {
	c := Config{
		PPP: "echo_interval = \"9s\"", L2TP: "resend = \"200ms\"", RADIUS: radiustest.New(RADIUSSecret),
		LNS: []LNSConfig{{Secret: "0123456789"}, {Lines: "preference = 3"}}, Extra: `default { retailer = "acme" }`,
	}
	lns := []*LNS{{Addr: firstLNS, Secret: "0123456789"}, {Addr: firstLNS.Next()}}
	text := c.text("/tmp/x.sock", lns, netip.MustParseAddrPort("127.0.0.1:1812"))
	f, err := file.Parse("lacd.hcl", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	r := f.Policy.Retailers[0]
	if len(r.LNS) != 2 || r.LNS[0].Secret != "0123456789" || r.LNS[0].Preference != 10 || r.LNS[1].Preference != 3 {
		t.Errorf("LNSes: got %+v", r.LNS)
	}
	if f.Core.Dataplane != "none" || len(f.RADIUS) != 1 || f.PPP.EchoInterval.String() != "9s" || f.L2TP.Resend.String() != "200ms" {
		t.Errorf("got %+v", f)
	}
	if strings.Count(text, "echo_interval") != 1 {
		t.Errorf("a default was not replaced:\n%s", text)
	}
}

func TestConfigServers(t *testing.T) {
	c := Config{
		LNS: make([]LNSConfig, 1), Servers: []ServerConfig{{}, {Secret: "the other secret", Lines: "tries = 1"}},
	}
	text := c.text("/tmp/x.sock", []*LNS{{Addr: firstLNS}}, netip.AddrPort{})
	f, err := file.Parse("lacd.hcl", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(f.RADIUS) != 2 || f.RADIUS[0].Auth.String() != "192.0.2.21:1812" || f.RADIUS[1].Acct.String() != "192.0.2.22:1813" ||
		f.RADIUS[0].Secret != RADIUSSecret || f.RADIUS[1].Secret != "the other secret" || f.RADIUS[1].Tries != 1 {
		t.Errorf("got %+v", f.RADIUS)
	}
	if got := f.Policy.Retailers[0].RADIUS; len(got) != 2 || got[1] != "r2" {
		t.Errorf("the retailer has servers %v", got)
	}
}
