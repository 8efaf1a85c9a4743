package main

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lacd/lac/l2tp"
	"lacd/lac/lactest/sim"
	"lacd/pppoe/ppp"
)

func TestParseLNS(t *testing.T) {
	for text, want := range map[string]sim.LNSConfig{
		"192.0.2.1":        {Addr: netip.MustParseAddrPort("192.0.2.1:1701")},
		"[2001:db8::1]:17": {Addr: netip.MustParseAddrPort("[2001:db8::1]:17")},
		"192.0.2.1,check":  {Addr: netip.MustParseAddrPort("192.0.2.1:1701"), Password: "pw"},
		"192.0.2.1,cdn=4":  {Addr: netip.MustParseAddrPort("192.0.2.1:1701"), CDN: l2tp.Result{Code: 4}},
		"::1,stopccn=2/4":  {Addr: netip.MustParseAddrPort("[::1]:1701"), StopCCN: l2tp.Result{Code: 2, Error: 4}},
		"::1,cdn=2/4/10":   {Addr: netip.MustParseAddrPort("[::1]:1701"), CDN: l2tp.Result{Code: 2, Error: 4}, RefuseEvery: 10},
		"::1,auth=again":   {Addr: netip.MustParseAddrPort("[::1]:1701"), AuthAgain: true, Auth: ppp.CHAP},
		"::1,auth=again-pap,lcp=again": {
			Addr: netip.MustParseAddrPort("[::1]:1701"), AuthAgain: true, LCPAgain: true, Auth: ppp.PAP,
		},
		"192.0.2.1:1,name=x,window=8,hello=5s,pool=10.0.0.1,ppp=none,delay=1s,silent=2s,stop=3s,die=4s": {
			Addr: netip.MustParseAddrPort("192.0.2.1:1"), Name: "x", Window: 8, Hello: 5 * time.Second,
			Pool: netip.MustParseAddr("10.0.0.1"), NoPPP: true, Delay: time.Second, SilentAfter: 2 * time.Second,
			StopAfter: 3 * time.Second, DieAfter: 4 * time.Second,
		},
	} {
		got, err := parseLNS(text, "pw")
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{}, netip.Addr{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", text, diff)
		}
	}
}

// Where no data is carried the LNSes have nothing to say in their calls.
func TestNoPPPWithoutData(t *testing.T) {
	for up, want := range map[string]bool{"iccn": true, "ipcp": false} {
		o, err := parse([]string{"-access", "eth1", "-lns", "::1", "-up", up})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.load.LNS[0].NoPPP; got != want {
			t.Errorf("-up %s: no PPP is %v", up, got)
		}
	}
}
