package conformance

import (
	"bytes"
	"strings"
	"testing"

	"lacd/lac/lactest/script"
)

// The data plane xdp needs no PPP in the kernel: here the gateway carries what
// the client and the LNS say to each other, from the first frame to the last.
func TestT35_XDP(t *testing.T) {
	for name, tc := range map[string]struct {
		vlans []script.VLAN
		block string
	}{
		"untagged": {nil, ""},
		"two tags": {[]script.VLAN{{TPID: 0x88a8, TCI: 7}, {TPID: 0x8100, TCI: 4094}}, "vlan \"7\" {\ntpid = \"88a8\"\ninner = \"4094\"\n}"},
	} {
		t.Run(name, func(t *testing.T) {
			rig := start(t, script.Config{Core: `dataplane = "xdp"`, Access: tc.block})
			rig.AwaitLog("started", "dataplane", "xdp generic")
			lns := rig.LNS(0)
			c := rig.Client()
			c.VLANs = tc.vlans
			c.Dial(user, password)
			tun := lns.Open()
			call := tun.OpenCall()
			rig.AwaitLog("session up")
			lns.ExpectData() // the client's answer, once more
			c.Skip()
			for _, f := range [][]byte{echo, termReq, ipcp, datagram, strange} {
				c.PPP(f)
				if d := lns.ExpectData(); d.Session != call.ID || !bytes.Equal(d.Frame, append([]byte{0xff, 0x03}, f...)) {
					t.Errorf("up: got %v, want % x", d, f)
				}
				tun.Data(call.Peer, append([]byte{0xff, 0x03}, f...)...)
				if got := c.Next(script.Patience); got == nil || !bytes.Equal(got.Payload, f) {
					t.Errorf("down: got %v, want % x", got, f)
				}
			}
			if len(rig.Logged("tunnel is forwarded in XDP")) == 0 {
				t.Error("the tunnel's frames took the way through user space")
			}
			c.HangUp()
			lns.Expect(script.CDN)
			end := rig.AwaitLog("session down")
			if end.Text("up_octets") == "0" || end.Text("down_octets") == "0" {
				t.Errorf("nothing was counted: %v", end.Attrs)
			}
		})
	}
}

// Where nothing is asked for the gateway chooses, and says why.
func TestT35_Auto(t *testing.T) {
	rig := start(t, script.Config{Core: `dataplane = "auto"`})
	l := rig.AwaitLog("data plane chosen")
	against := l.Text("not_native") + l.Text("not_xdp")
	if !strings.Contains(against, "acc0 is one of a pair of virtual devices") {
		t.Errorf("chosen was %s, because %q", l.Text("dataplane"), against)
	}
	rig.AwaitLog("started", "dataplane", l.Text("dataplane"))
}
