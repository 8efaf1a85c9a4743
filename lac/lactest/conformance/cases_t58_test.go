package conformance

import (
	"fmt"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// granted is an Access-Accept with everything that accounting repeats.
func granted() []script.Attribute {
	return append(script.L2TPTo(1, "192.0.2.11",
		script.Tagged(script.TunnelClientEndpoint, 1, "192.0.2.1"), script.Tagged(script.TunnelPrivateGroupID, 1, "group"),
		script.Tagged(script.TunnelAssignmentID, 1, "assignment"), script.Tagged(script.TunnelClientAuthID, 1, "our name"),
		script.Tagged(script.TunnelServerAuthID, 1, "its name"), script.Hidden(1, 0x8001, "a tunnel secret"),
		script.TaggedU24(script.TunnelPreference, 1, 7)),
		script.AttText(script.UserName, "joe the first"), script.Att(script.Class, 0, 1, 2, 0xff), script.AttText(script.Class, "second"),
		script.AttText(script.ReplyMessage, "welcome"), script.AttText(script.State, "state"), script.AttText(script.FilterID, "filter"))
}

// What script checks of every record is not repeated here: the authenticator, what
// has no place in accounting, Acct-Terminate-Cause in Stop alone.
func TestT58_StartStop(t *testing.T) {
	rig := start(t, radiusConfig(""))
	s, lns := rig.Server(0), rig.LNS(0)
	lns.Name, lns.Secret = "its name", "a tunnel secret"
	c, q := dialed(rig, user)
	q.Accept(granted()...)
	call := admitted(rig)
	begin := s.Record(script.AcctStart)
	lives(t, lns, c, call)
	stop := s.Record(script.AcctStop)

	for name, rec := range map[string]*script.Request{"Start": begin, "Stop": stop} {
		carries(t, rec,
			script.AttText(script.UserName, "joe the first"), // RFC 2865 section 5.1
			script.AttText(script.AcctSessionID, q.Text(script.AcctSessionID)),
			script.Att(script.Class, 0, 1, 2, 0xff), script.AttText(script.Class, "second"), // all of them, in order
			script.AttU32(script.AcctAuthentic, 1),
			script.TaggedU24(script.TunnelType, 0, 3), script.TaggedU24(script.TunnelMediumType, 0, 1),
			script.AttText(script.TunnelClientEndpoint, "192.0.2.1"), script.AttText(script.TunnelServerEndpoint, "192.0.2.11"),
			script.AttText(script.TunnelPrivateGroupID, "group"), script.AttText(script.TunnelAssignmentID, "assignment"),
			script.AttText(script.TunnelClientAuthID, "our name"), script.AttText(script.TunnelServerAuthID, "its name"),
		)
		for _, typ := range []byte{script.NASIdentifier, script.NASPort, script.NASPortType, script.NASPortID, script.CallingStationID, script.AcctDelayTime} {
			if !rec.Has(typ) {
				t.Errorf("%s without attribute %d", name, typ)
			}
		}
		for _, typ := range []byte{script.NASPort, script.NASPortID, script.NASIdentifier, script.CallingStationID} {
			if got, want := rec.Text(typ), q.Text(typ); got != want {
				t.Errorf("%s has attribute %d %q, the Access-Request had %q", name, typ, got, want)
			}
		}
		if at := time.Unix(int64(rec.U32(script.EventTimestamp)), 0); rec.At.Sub(at) > script.Patience || at.After(rec.At) {
			t.Errorf("%s has Event-Timestamp %v, and came at %v", name, at, rec.At)
		}
		unlike(t, rec, script.FilterID, script.TunnelPreference, script.TunnelPassword, script.ReplyMessage, script.State)
	}
	if got, want := stop.Text(script.TunnelConnection), begin.Text(script.TunnelConnection); got != want || got == "" {
		t.Errorf("Acct-Tunnel-Connection: got %q in Stop, %q in Start: want the same", got, want)
	}
	unlike(t, begin, script.AcctTerminateCause)
	carries(t, stop, script.AttU32(script.AcctTerminateCause, 1))
	for _, typ := range []byte{
		script.AcctSessionTime, script.AcctInputOctets, script.AcctOutputOctets, script.AcctInputPackets, script.AcctOutputPackets,
	} {
		if !stop.Has(typ) {
			t.Errorf("Stop without attribute %d", typ)
		}
	}
}

// What was not said in the Access-Accept is what it was: the name that the
// subscriber gave, no Class, no name of the LNS.
func TestT58_PlainStart(t *testing.T) {
	rig := start(t, radiusConfig(""))
	_, q := dialed(rig, user)
	q.Accept()
	admitted(rig)
	begin := rig.Server(0).Record(script.AcctStart)
	carries(t, begin, script.AttText(script.UserName, user), script.AttText(script.TunnelServerEndpoint, "192.0.2.11"),
		script.AttText(script.TunnelClientEndpoint, "192.0.2.1"))
	unlike(t, begin, script.Class, script.TunnelAssignmentID, script.TunnelPrivateGroupID, script.TunnelServerAuthID)
}

// Acct-Tunnel-Connection tells calls apart, and Acct-Session-Id sessions.
func TestT58_Distinct(t *testing.T) {
	rig := start(t, radiusConfig(""))
	rig.LNS(0).Serve(&script.Service{})
	connections, sessions := map[string]bool{}, map[string]bool{}
	for range 4 {
		_, q := dialed(rig, user)
		q.Accept()
		begin := rig.Server(0).Record(script.AcctStart)
		connections[begin.Text(script.TunnelConnection)] = true
		sessions[begin.Text(script.AcctSessionID)] = true
	}
	if len(connections) != 4 || len(sessions) != 4 {
		t.Errorf("4 sessions have connections %v and IDs %v", connections, sessions)
	}
}

// Accounting-On comes before all else, Off after it; neither is about a session.
func TestT58_OnOff(t *testing.T) {
	rig := start(t, radiusConfig("", ""))
	s := rig.Server(0)
	s.Serve(func(q *script.Request) { q.Accept() })
	dial(rig)
	admitted(rig)
	s.Record(script.AcctStart)
	rig.Stop()
	all := s.Records()
	var got []uint32
	for _, q := range all {
		got = append(got, q.Status())
	}
	if want := []uint32{script.AcctOn, script.AcctStart, script.AcctStop, script.AcctOff}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got records of status %v, want %v", got, want)
	}
	carries(t, all[2], script.AttU32(script.AcctTerminateCause, 7)) // Admin-Reboot
	for _, q := range []*script.Request{all[0], all[3]} {
		carries(t, q, script.AttText(script.NASIdentifier, "lac.test"))
		unlike(t, q, script.UserName, script.NASPort, script.TunnelType, script.AcctInputOctets, script.Class, script.CallingStationID)
	}
	if n := len(rig.Server(1).Records()); n != 0 {
		t.Errorf("the secondary got %d records, though the primary answers", n)
	}
}

// Sessions that were refused, or ended before their call was there, are nothing to
// account for.
func TestT58_NothingToAccount(t *testing.T) {
	rig := start(t, radiusConfig(""))
	s := rig.Server(0)
	c, q := dialed(rig, user)
	q.Reject()
	turnedAway(t, c)

	c, q = dialed(rig, user)
	q.Accept()
	tun := rig.LNS(0).Open()
	call := tun.AcceptCall()
	c.HangUp()
	cleared(t, rig.LNS(0), call.RQ, 0, 1, 0)

	c, q = dialed(rig, user)
	q.Accept(script.L2TPTo(1, "192.0.2.11")...)
	tun.AcceptCall().Clear(script.Result(2, 4))
	ended(t, c)
	rig.LNS(0).Silent(quiet)
	for _, q := range s.Records() {
		if q.Status() != script.AcctOn {
			t.Errorf("got %v, want no record", q)
		}
	}
}

// How a session ends is what Acct-Terminate-Cause says. The codes of CDN are in
// T40.
func TestT58_TerminateCause(t *testing.T) {
	for _, tc := range []struct {
		name  string
		grant []script.Attribute
		end   func(rig *script.Rig, c *script.Client, tun *script.Tunnel, call *script.Call)
		cause uint32
		cdn   uint16 // 0: the LNS is told nothing
	}{
		{"user request", nil, func(_ *script.Rig, c *script.Client, _ *script.Tunnel, _ *script.Call) { c.HangUp() }, 1, 1},
		{"lost carrier", nil, func(_ *script.Rig, _ *script.Client, _ *script.Tunnel, call *script.Call) {
			call.Clear(script.Result(1))
		}, 2, 0},
		{"lost service", nil, func(_ *script.Rig, _ *script.Client, tun *script.Tunnel, _ *script.Call) { tun.Stop(script.Result(6)) }, 3, 0},
		{"idle timeout", []script.Attribute{script.AttU32(script.IdleTimeout, 1)}, nil, 4, 3},
		{"session timeout", []script.Attribute{script.AttU32(script.SessionTimeout, 1)}, nil, 5, 3},
		{"operator", nil, func(rig *script.Rig, _ *script.Client, _ *script.Tunnel, _ *script.Call) { rig.Disconnect(user) }, 6, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rig := start(t, radiusConfig(""))
			c, q := dialed(rig, user)
			q.Accept(tc.grant...)
			tun := rig.LNS(0).Open()
			call := tun.OpenCall()
			begin := rig.Server(0).Record(script.AcctStart)
			if tc.end != nil {
				tc.end(rig, c, tun, call)
			}
			stop := rig.Server(0).Record(script.AcctStop)
			carries(t, stop, script.AttU32(script.AcctTerminateCause, tc.cause))
			if got, want := stop.U32(script.AcctSessionTime), uint32(stop.At.Sub(begin.At)/time.Second); got > want+1 || got+1 < want {
				t.Errorf("Acct-Session-Time: got %d, want %d", got, want)
			}
			if tc.cdn != 0 {
				cleared(t, rig.LNS(0), call.RQ, call.ID, tc.cdn, 0)
			}
			if tc.cause != 1 {
				c.Await(script.PADT)
			}
		})
	}
}

// A record that is sent again is the same; for another server it is encoded anew:
// another identifier and authenticator, and Acct-Delay-Time says how old it is
// (RFC 2866 sections 3 and 5.2). Later rounds: lac.TestT58_DelayTime.
func TestT58_DelayTime(t *testing.T) {
	cfg := radiusConfig("timeout = \"600ms\"\ntries = 2", "")
	cfg.Servers[1].Secret = "the secret of the secondary server"
	rig := start(t, cfg)
	r1, r2 := rig.Server(0), rig.Server(1)
	r1.Record(script.AcctOn)
	r1.Account(nil)
	_, q := dialed(rig, user)
	q.Accept()
	admitted(rig)
	first := r1.Record(script.AcctStart)
	again := r1.NextRecord(script.Patience)
	if again == nil || !again.Repeat || again.From != first.From {
		t.Fatalf("got %v, want the same octets again from %v", again, first.From)
	}
	other := r2.Record(script.AcctStart)
	if other.Authenticator == first.Authenticator {
		t.Error("another server got the same authenticator")
	}
	carries(t, first, script.AttU32(script.AcctDelayTime, 0))
	if got, want := other.U32(script.AcctDelayTime), uint32(other.At.Sub(first.At)/time.Second); got < 1 || got > want+1 {
		t.Errorf("Acct-Delay-Time: got %d after %v", got, other.At.Sub(first.At))
	}
	for _, typ := range []byte{script.EventTimestamp, script.AcctSessionID, script.TunnelConnection, script.UserName} {
		if first.Text(typ) != other.Text(typ) {
			t.Errorf("attribute %d changed from %q to %q", typ, first.Text(typ), other.Text(typ))
		}
	}
}

// Nothing of an Accounting-Response counts but that it is one (RFC 2867 section 5);
// one that is forged is none.
func TestT58_Responses(t *testing.T) {
	rig := start(t, radiusConfig("timeout = \"300ms\"\ntries = 5"))
	s := rig.Server(0)
	s.Record(script.AcctOn)
	s.Account(nil)
	c, q := dialed(rig, user)
	q.Accept()
	call := admitted(rig)
	rec := s.Record(script.AcctStart)
	rec.Reply(script.Answer{Code: script.AccountingResponse, Secret: "not the secret"})
	rec.Reply(script.Answer{Code: script.AccountingResponse, ID: 1})
	rec.Reply(script.Answer{Code: script.AccessAccept})
	if again := s.NextRecord(script.Patience); again == nil || !again.Repeat {
		t.Errorf("got %v, want the record again: it was not answered", again)
	}
	rec.Reply(script.Answer{Code: script.AccountingResponse, Attributes: append(script.L2TPTo(1, "192.0.2.12"),
		script.AttText(script.Class, "other"), script.AttU32(script.SessionTimeout, 1), script.Att(200, 1))})
	s.Account((*script.Request).Acknowledge)
	waitFor(t, "answer", func() bool { return rig.Metric("lacd_radius_records_queued", "") == 0 })
	c.Silent(quiet)
	lives(t, rig.LNS(0), c, call)
	unlike(t, s.Record(script.AcctStop), script.Class)
}

// With accounting off nothing is sent, whatever RADIUS grants.
func TestT58_Off(t *testing.T) {
	cfg := radiusConfig("")
	cfg.Retailer = "accounting = false"
	cfg.Extra = `retailer "other" {
  realms = ["other.example"]
  radius = ["r1"]
}`
	rig := start(t, cfg)
	_, q := dialed(rig, user)
	q.Accept(script.AttU32(script.AcctInterimInterval, 60))
	admitted(rig)
	rig.LNS(0).Silent(quiet)
	for _, q := range rig.Server(0).Records() {
		if q.Status() != script.AcctOn {
			t.Errorf("got %v, want no record", q)
		}
	}
}
