package main

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lacd/kernel/nodata"
	"lacd/kernel/xdp"
	"lacd/policy"
	"lacd/policy/file"
)

func TestXDPConfig(t *testing.T) {
	lns := func(s string) policy.LNS { return policy.LNS{Peer: netip.MustParseAddrPort(s)} }
	f := &file.File{
		Access: []file.Access{
			{Port: "eth1", Untagged: true},
			{Port: "eth2", VLANs: []file.VLANs{{TPID: 0x8100, Outer: file.IDs{First: 7, Last: 7}}}},
			{Port: "eth3", VLANs: []file.VLANs{
				{TPID: 0x88a8, Outer: file.IDs{First: 1, Last: 2}, Inner: file.IDs{First: 3, Last: 4}},
				{TPID: 0x8100, Outer: file.IDs{First: 7, Last: 7}},
			}},
		},
		Core: file.Core{Interfaces: []string{"eth0"}},
		Policy: &policy.Policy{Retailers: []policy.Retailer{
			{LNS: []policy.LNS{lns("192.0.2.1:1701"), lns("192.0.2.2:1701"), {}}},
			{LNS: []policy.LNS{lns("192.0.2.1:1702"), lns("[2001:db8::1]:1701")}},
		}},
	}
	want := xdp.Config{
		Ports: []xdp.Port{{Name: "eth1"}, {Name: "eth2", Tags: 1}, {Name: "eth3", Tags: 2}},
		Core:  []string{"eth0"},
		Peers: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("2001:db8::1")},
		Mode:  xdp.Native,
	}
	got := xdpConfig(f, nil, nil, xdp.Native)
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}), cmpopts.IgnoreFields(xdp.Config{}, "Lost", "Log")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFragments(t *testing.T) {
	four, six := netip.MustParseAddrPort("192.0.2.1:1701"), netip.MustParseAddrPort("[2001:db8::1]:1701")
	for _, tt := range []struct {
		lns      policy.LNS
		mru      uint16
		mtu      int
		fragment bool
	}{
		{policy.LNS{Peer: four}, 1492, 1530, false},
		{policy.LNS{Peer: four}, 1492, 1529, true},
		{policy.LNS{Peer: four, Sequencing: true}, 1492, 1530, true},
		{policy.LNS{Peer: six}, 1492, 1549, true},
		{policy.LNS{Peer: six}, 1492, 1550, false},
		{policy.LNS{Peer: four}, 1462, 1500, false},
	} {
		f := &file.File{
			Core: file.Core{MTU: tt.mtu}, PPP: file.PPP{MRU: tt.mru},
			Policy: &policy.Policy{Retailers: []policy.Retailer{{LNS: []policy.LNS{tt.lns}}}},
		}
		if err := fragments(f); (err != nil) != tt.fragment {
			t.Errorf("%+v: got %v", tt, err)
		}
	}
}

func TestExecutors(t *testing.T) {
	if n := executors(&xdp.Dataplane{}); n < 64 {
		t.Errorf("%d for xdp", n)
	}
	if n := executors(nodata.New(nil)); n != 0 {
		t.Errorf("%d for no data plane", n)
	}
}

func TestOpenPlaneNone(t *testing.T) {
	p, name, err := openPlane(&file.File{Core: file.Core{Dataplane: "none"}}, nil, nil)
	if err != nil || name != "none" {
		t.Fatalf("got %q, %v", name, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
