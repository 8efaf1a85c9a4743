package conformance

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// Without PPP in the kernel all data messages reach the gateway's socket, and
// all session frames its port. A kernel that carries them leaves it next to
// none. What the kernel makes of them is in kernel/pppbridge; here the gateway
// is shown to do nothing about them, and to have asked the data plane for the
// right thing.

// Frames of a session that is up, as an LNS and a client send them.
var (
	confReq  = script.Control(script.LCP, script.ConfReq, 1, script.Magic(7)...)
	echo     = script.Control(script.LCP, script.EchoReq, 2, 0, 0, 0, 7)
	termReq  = script.Control(script.LCP, script.TermReq, 3)
	unknown  = script.Control(script.LCP, 77, 4)
	chap     = script.Control(script.CHAP, script.Challenge, 5, 4, 1, 2, 3, 4, 'l', 'n', 's')
	success  = script.Control(script.CHAP, script.Success, 5)
	ipcp     = script.Control(script.IPCP, script.ConfReq, 6, 3, 6, 192, 0, 2, 77)
	strange  = []byte{0x40, 0x77, 1, 2, 3}
	datagram = append([]byte{0x00, 0x21, 0x45}, make([]byte, 1400)...)
)

func TestT35_NothingIsInjected(t *testing.T) {
	rig := start(t, script.Config{PPP: "echo_interval = \"1s\"\nrestart_timer = \"500ms\"", RADIUS: server()})
	lns := rig.LNS(0)
	c, tun, call := rig.Up()
	lns.ExpectData() // the client's answer, once more
	c.Skip()
	for _, f := range [][]byte{confReq, echo, unknown, chap, success, ipcp, strange, datagram} {
		tun.Data(call.Peer, append([]byte{0xff, 0x03}, f...)...)
		tun.Data(call.Peer, f...)
		c.PPP(f)
	}
	// LCP belongs to the LNS: even the client's Terminate-Request.
	c.PPP(termReq)
	tun.Data(call.Peer, termReq...)
	c.Silent(1500 * time.Millisecond) // an echo would have been due
	lns.NoData(quiet)
	lns.Silent(quiet)

	// At the end there is one Terminate-Request, and PADT.
	call.Clear(script.Result(1))
	cut(t, c)
	stays(t, lns, tun)
}

// What the data plane is asked for: the bridge is there before ICCN, with the
// IDs of both sides, the VLANs and the MTU.
func TestT35_Bridge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		vlans []script.VLAN
		block string // of the configuration, that serves them
		log   string
		mru   uint16 // of the client; 0: not negotiated
		mtu   string
	}{
		"untagged":  {nil, "", "", 1492, "1492"},
		"tagged":    {[]script.VLAN{{TPID: 0x8100, TCI: 0x6064}}, `vlan "100" {}`, "8100:100", 1400, "1400"},
		"two tags":  {[]script.VLAN{{TPID: 0x88a8, TCI: 7}, {TPID: 0x8100, TCI: 4094}}, "vlan \"7\" {\ntpid = \"88a8\"\ninner = \"4094\"\n}", "88a8:7 8100:4094", 576, "576"},
		"no option": {nil, "", "", 0, "1492"},
	} {
		t.Run(name, func(t *testing.T) {
			rig := start(t, script.Config{Access: tc.block})
			lns := rig.LNS(0)
			c := rig.Client()
			c.VLANs = tc.vlans
			c.Discover()
			options := [][]byte{script.Magic(c.Magic)}
			if tc.mru != 0 {
				options = append(options, script.MRU(tc.mru))
			}
			c.OpenLCP(script.CHAP, options...)
			c.SendCHAP(c.AwaitPPP(script.CHAP, script.Challenge), user, password)
			tun := lns.Open()
			call := tun.AcceptCall()
			call.Answer()
			l := rig.AwaitLog("no data plane: add bridge",
				"port", "acc0", "vlans", tc.log, "mac", c.MAC.String(), "pppoe", fmt.Sprint(c.Session), "mtu", tc.mtu,
				"tunnel", fmt.Sprint(tun.Peer), "call", fmt.Sprint(call.Peer), "peer_call", fmt.Sprint(call.ID), "sequencing", "false")
			if cn := lns.Expect(script.ICCN); cn.At.Before(l.Time) {
				t.Errorf("ICCN came %v before the bridge was there", l.Time.Sub(cn.At))
			}
			c.HangUp()
			rig.AwaitLog("no data plane: remove bridge", "bridge", l.Text("bridge"))
		})
	}
}

func TestT36_Headers(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	c, tun, call := rig.Up()
	lns.ExpectData()
	for _, flags := range []uint16{0x0002, 0x4002, 0x0802, 0x4802, 0x4a02, 0x0202, 0x0102, 0x4b02} {
		for _, pad := range []int{0, 4, 15} {
			for i, f := range [][]byte{ipcp, echo, datagram} {
				d := script.DataMessage{
					Flags: flags, Tunnel: tun.Peer, Session: call.Peer, Ns: uint16(i), Nr: uint16(0xbeef * i),
					Offset: uint16(pad), Pad: make([]byte, pad), Frame: append([]byte{0xff, 0x03}, f...),
				}
				tun.Write(d.Append(nil))
			}
		}
	}
	// Headers that end too early, or say more than there is.
	for _, b := range [][]byte{
		{0x00, 0x02}, {0x40, 0x02, 0xff, 0xff, 0, 1, 0, 1}, {0x02, 0x02, 0, 1, 0, 1, 0xff, 0xff}, {0x08, 0x02, 0, 1, 0, 1}, {0}, {},
	} {
		tun.Write(b)
	}
	stays(t, lns, tun)
	lns.Silent(quiet)
	lns.NoData(quiet)
	c.Silent(quiet)
	lives(t, lns, c, call)
}

func TestT37_SequencingRequired(t *testing.T) {
	rig := start(t, script.Config{LNS: []script.LNSConfig{{Lines: "sequencing = true"}}})
	lns := rig.LNS(0)
	c := dial(rig)
	c.PPP(ipcp)
	tun := lns.Open()
	call := tun.OpenCall()
	if a := call.CN.Find(39); a == nil || !a.M || len(a.Value) != 0 {
		t.Errorf("Sequencing Required: got %v, want it without value", a)
	}
	rig.AwaitLog("no data plane: add bridge", "sequencing", "true")
	// "sequence numbers MUST be present on all data messages": what came
	// before the data plane could number it is left out.
	for _, d := range lns.DataMessages() {
		if d.Flags&0x0800 == 0 {
			t.Errorf("data message without Ns: %v", d)
		}
	}
	// The LNS may send without; that changes nothing of what was agreed.
	tun.Data(call.Peer, ipcp...)
	lns.Silent(quiet)
	for _, d := range lns.DataMessages() {
		if d.Flags&0x0800 == 0 {
			t.Errorf("data message without Ns: %v", d)
		}
	}
	lives(t, lns, c, call)
}

func TestT37_SequencingOfTheLNS(t *testing.T) {
	rig := start(t, script.Config{})
	lns := rig.LNS(0)
	c, tun, call := rig.Up()
	lacks(t, call.CN, 39)
	if d := lns.ExpectData(); d.Flags != 0x0002 {
		t.Errorf("got %v, want a data message without numbers", d)
	}
	// On, off, on, out of order, with gaps and twice: nothing stalls the call.
	for _, ns := range []int{0, 1, 3, 2, 2, 100, 65535, 5} {
		tun.Write(script.DataMessage{Flags: 0x0802, Tunnel: tun.Peer, Session: call.Peer, Ns: uint16(ns), Frame: echo}.Append(nil))
		tun.Data(call.Peer, echo...)
	}
	lns.Silent(quiet)
	stays(t, lns, tun)
	lives(t, lns, c, call)
}

func TestT38_DataForNobody(t *testing.T) {
	rig := start(t, script.Config{})
	lns, stranger := rig.LNS(0), rig.Stranger()
	a := dial(rig)
	tun := lns.Accept()
	frame := append([]byte{0xff, 0x03}, echo...)
	data := func(tunnel, session uint16) []byte {
		return script.DataMessage{Flags: 0x0002, Tunnel: tunnel, Session: session, Frame: frame}.Append(nil)
	}
	tun.Write(data(tun.Peer, 1)) // no tunnel yet
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	lns.Expect(script.SCCCN)
	call := tun.AcceptCall()
	tun.Write(data(tun.Peer, call.Peer)) // no call yet
	call.Answer()
	lns.Expect(script.ICCN)
	rig.AwaitLog("session up")
	lns.ExpectData()

	before := rig.Metric("lacd_dropped_total", "data of no session")
	for _, ids := range [][2]uint16{
		{tun.Peer, unused(call.Peer)}, {tun.Peer, 0}, {unused(tun.Peer), call.Peer}, {0, call.Peer}, {0, 0},
	} {
		tun.Write(data(ids[0], ids[1]))
	}
	for _, b := range [][]byte{data(tun.Peer, call.Peer), data(unused(tun.Peer), 1)} {
		stranger.SendFrom(1701, tun.To, b)
		lns.SendFrom(1702, tun.To, b) // the right host, another port
	}
	lns.Silent(quiet)
	stranger.Silent(quiet / 3)
	a.Silent(quiet)
	if n := rig.Metric("lacd_dropped_total", "data of no session") - before; n != 5 {
		t.Errorf("counted %v of 5 data messages for nobody", n)
	}
	if got := append(lns.Of(script.CDN), slices.Concat(lns.Of(script.StopCCN), stranger.Messages())...); len(got) > 0 {
		t.Errorf("data for nobody was answered: %v", got)
	}
	stays(t, lns, tun)
	lives(t, lns, a, call)
}
