package conformance

import (
	"fmt"
	"slices"
	"testing"

	"lacd/lac/lactest/script"
)

// tunnelRecords are the records of RFC 2867 that have come, in order.
func tunnelRecords(rig *script.Rig) (all []*script.Request) {
	for _, q := range rig.Server(0).Records() {
		if q.Status() >= script.AcctTunnelStart && q.Status() <= script.AcctLinkReject && !q.Repeat {
			all = append(all, q)
		}
	}
	return all
}

// A tunnel with three links makes 2(M+1) = 8 records (RFC 2867 section 3), each with
// what its table wants.
func TestT58_TunnelAndLinks(t *testing.T) {
	cfg := radiusConfig("")
	cfg.Retailer = "tunnel_accounting = true"
	cfg.L2TP = `idle_timeout = "1s"`
	rig := start(t, cfg)
	lns := rig.LNS(0)
	var tun *script.Tunnel
	var members []*script.Client
	var calls []*script.Call
	for i := range 3 {
		c, q := dialed(rig, nth(i))
		q.Accept(script.L2TPTo(1, "192.0.2.11", script.Tagged(script.TunnelAssignmentID, 1, "A"))...)
		if tun == nil {
			tun = lns.Open()
		}
		members, calls = append(members, c), append(calls, tun.OpenCall())
		rig.AwaitLog("session up")
	}
	for i, c := range members {
		lives(t, lns, c, calls[i])
	}
	waitFor(t, "8 records", func() bool { return len(tunnelRecords(rig)) >= 8 })
	rig.Stop()
	count := map[uint32]int{}
	connections := map[string]int{}
	all := tunnelRecords(rig)
	for _, q := range all {
		count[q.Status()]++
		connections[q.Text(script.TunnelConnection)]++
		carries(t, q, script.TaggedU24(script.TunnelType, 0, 3), script.TaggedU24(script.TunnelMediumType, 0, 1),
			script.AttText(script.TunnelServerEndpoint, "192.0.2.11"), script.AttText(script.NASIdentifier, "lac.test"))
		want := []byte{script.AcctDelayTime, script.EventTimestamp, script.TunnelConnection, script.TunnelClientEndpoint, script.AcctSessionID}
		switch q.Status() {
		case script.AcctTunnelStop, script.AcctLinkStop:
			want = append(want, script.AcctInputOctets, script.AcctOutputOctets, script.AcctInputPackets, script.AcctOutputPackets,
				script.AcctSessionTime, script.AcctTerminateCause)
		}
		if q.Status() == script.AcctLinkStart || q.Status() == script.AcctLinkStop {
			want = append(want, script.UserName, script.NASPort)
		}
		if q.Status() == script.AcctLinkStop {
			want = append(want, script.NASPortType)
		}
		// Acct-Tunnel-Packets-Lost would be made up: no data plane counts what is
		// missing between the sequence numbers of data.
		unlike(t, q, script.TunnelPacketsLost)
		for _, typ := range want {
			if !q.Has(typ) {
				t.Errorf("record of status %d without attribute %d", q.Status(), typ)
			}
		}
	}
	if got, want := fmt.Sprint(count), "map[9:1 10:1 12:3 13:3]"; got != want || all[0].Status() != script.AcctTunnelStart || all[len(all)-1].Status() != script.AcctTunnelStop {
		t.Errorf("got %s, the first %d and the last %d, want %s", got, all[0].Status(), all[len(all)-1].Status(), want)
	}
	for c, n := range connections {
		if n != 2 {
			t.Errorf("Acct-Tunnel-Connection %q is in %d records, want a start and a stop", c, n)
		}
	}
}

// A tunnel and a link that are refused are told of, with the cause.
func TestT58_TunnelAndLinkRejects(t *testing.T) {
	cfg := radiusConfig("")
	cfg.Retailer = "tunnel_accounting = true"
	rig := start(t, cfg)
	c, q := dialed(rig, user)
	q.Accept(slices.Concat(
		script.L2TPTo(1, "192.0.2.11", script.TaggedU24(script.TunnelPreference, 1, 1)),
		script.L2TPTo(2, "192.0.2.12", script.TaggedU24(script.TunnelPreference, 2, 2)))...)
	rig.LNS(0).Accept().Stop(script.Result(2, 4))
	rig.LNS(1).Open().AcceptCall().Clear(script.Result(2, 4))
	ended(t, c)
	reject := rig.Server(0).Record(script.AcctTunnelReject)
	carries(t, reject, script.AttText(script.TunnelServerEndpoint, "192.0.2.11"), script.TaggedU24(script.TunnelType, 0, 3))
	link := rig.Server(0).Record(script.AcctLinkReject)
	carries(t, link, script.AttText(script.TunnelServerEndpoint, "192.0.2.12"), script.TaggedU24(script.TunnelType, 0, 3))
	for _, q := range []*script.Request{reject, link} {
		for _, typ := range []byte{script.TunnelClientEndpoint, script.AcctTerminateCause, script.EventTimestamp, script.AcctDelayTime, script.TunnelConnection} {
			if !q.Has(typ) {
				t.Errorf("record of status %d without attribute %d", q.Status(), typ)
			}
		}
	}
}

// What nobody has answered outlives the gateway: the next run delivers it, before it
// says that it begins, and Acct-Delay-Time tells how old it is.
func TestT58_Restart(t *testing.T) {
	rig := start(t, radiusConfig("timeout = \"500ms\"\ntries = 2"))
	s := rig.Server(0)
	s.Record(script.AcctOn)
	s.Account(nil)
	_, q := dialed(rig, user)
	q.Accept(script.AttText(script.Class, "class"))
	admitted(rig)
	lost := s.Record(script.AcctStart)
	rig.Signal()
	rig.AwaitLog("stopping")
	rig.LNS(0).Expect(script.StopCCN)
	rig.Stop()
	before := len(s.Records())
	s.Account((*script.Request).Acknowledge)
	rig.Restart()
	waitFor(t, "Accounting-On of the next run", func() bool {
		return slices.ContainsFunc(s.Records()[before:], func(q *script.Request) bool { return q.Status() == script.AcctOn })
	})
	var got []uint32
	for _, q := range s.Records()[before:] {
		if got = append(got, q.Status()); q.Status() > script.AcctStop {
			continue
		}
		carries(t, q, script.AttText(script.AcctSessionID, lost.Text(script.AcctSessionID)), script.AttText(script.Class, "class"))
		if q.U32(script.AcctDelayTime) == 0 || q.Authenticator == lost.Authenticator {
			t.Errorf("got %v, want it encoded anew, with its age", q)
		}
	}
	// Accounting-Off has nothing to say any more that Accounting-On does not.
	if want := []uint32{script.AcctStart, script.AcctStop, script.AcctOn}; !slices.Equal(got, want) {
		t.Errorf("the next run sent records of status %v, want %v", got, want)
	}
}
