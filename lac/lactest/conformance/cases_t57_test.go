package conformance

import (
	"bytes"
	"slices"
	"testing"

	"lacd/lac/lactest/script"
)

// tunnel is a set of tunnel attributes with the tag, all as it should be but
// what is given in the place of it.
func tunnel(tag byte, instead ...script.Attribute) []script.Attribute {
	set := script.L2TPTo(tag, "192.0.2.11")
	for _, a := range instead {
		set = slices.DeleteFunc(set, func(old script.Attribute) bool { return old.Type == a.Type })
	}
	return append(set, instead...)
}

// refusals are Access-Accepts that must be taken as Access-Rejects.
var refusals = []struct {
	name  string
	reply []script.Attribute
}{
	// RFC 2868 section 3.1: "only unknown or unsupported Tunnel-Types".
	{"PPTP", tunnel(1, script.TaggedU24(script.TunnelType, 1, 1))},
	{"L2F, untagged", tunnel(0, script.TaggedU24(script.TunnelType, 0, 2))},
	{"an unknown type", tunnel(1, script.TaggedU24(script.TunnelType, 1, 0xffffff))},
	{"PPTP and GRE", append(tunnel(1, script.TaggedU24(script.TunnelType, 1, 1)), tunnel(2, script.TaggedU24(script.TunnelType, 2, 10))...)},
	{"no type", script.L2TPTo(1, "192.0.2.11")[1:]},
	// Section 3.4: needed "if the initiation of a tunnel is desired".
	{"no server", script.L2TPTo(1, "192.0.2.11")[:2]},
	{"no server but under another tag", append(script.L2TPTo(1, "192.0.2.11")[:2], script.Tagged(script.TunnelServerEndpoint, 2, "192.0.2.11"))},
	{"an empty server", append(script.L2TPTo(1, "192.0.2.11")[:2], script.Tagged(script.TunnelServerEndpoint, 1, ""))},
	{"a medium without Internet", tunnel(1, script.TaggedU24(script.TunnelMediumType, 1, 6))},
	{"a medium that is not the server's", tunnel(1, script.TaggedU24(script.TunnelMediumType, 1, 2))},
	// RFC 2865 section 5: invalid lengths.
	{"attribute of length 0", append(tunnel(1), script.AttRaw(200, 0, 1, 2))},
	{"attribute of length 1", append(tunnel(1), script.AttRaw(200, 1, 1, 2))},
	{"attribute beyond the end", append(tunnel(1), script.AttRaw(200, 5, 1, 2))},
	{"half an attribute", append(tunnel(1), script.AttRaw(200))},
	{"Session-Timeout of three octets", append(tunnel(1), script.Att(script.SessionTimeout, 0, 0, 60))},
	{"Session-Timeout of five octets", append(tunnel(1), script.Att(script.SessionTimeout, 0, 0, 0, 0, 60))},
	{"Idle-Timeout of two octets", append(tunnel(1), script.Att(script.IdleTimeout, 0, 60))},
	{"Acct-Interim-Interval of one octet", append(tunnel(1), script.Att(script.AcctInterimInterval, 60))},
	{"Service-Type of two octets", append(tunnel(1), script.Att(script.ServiceType, 0, 2))},
	{"Tunnel-Type of three octets", tunnel(1, script.Att(script.TunnelType, 1, 0, 3))},
	{"Tunnel-Preference of five octets", append(tunnel(1), script.Att(script.TunnelPreference, 1, 0, 0, 0, 3))},
	{"empty Tunnel-Server-Endpoint", append(tunnel(1), script.Att(script.TunnelServerEndpoint))},
	// Section 5.6: services that are not supported.
	{"Service-Type Login", append(tunnel(1), script.AttU32(script.ServiceType, 1))},
	{"Service-Type Callback Framed", append(tunnel(1), script.AttU32(script.ServiceType, 4))},
	{"Service-Type Administrative", append(tunnel(1), script.AttU32(script.ServiceType, 6))},
	{"Framed-Protocol SLIP", append(tunnel(1), script.AttU32(script.FramedProtocol, 2))},
	// A tunnel whose secret is not known is not the tunnel that was asked for.
	{"Tunnel-Password longer than it is", append(tunnel(1), script.HiddenRaw(1, 0x8001, 200, 'x'))},
	{"Tunnel-Password of half a block", append(tunnel(1), script.Att(script.TunnelPassword, 1, 0x80, 1, 1, 2, 3, 4, 5, 6, 7, 8))},
}

// What cannot be served as RADIUS wants it is not served otherwise: the client
// is told that it failed, and there is no tunnel, no further question, and no
// accounting.
func TestT57_AcceptIsReject(t *testing.T) {
	rig := start(t, radiusConfig("timeout = \"2s\""))
	s := rig.Server(0)
	for i, tc := range refusals {
		c := rig.Client()
		if i%2 == 0 {
			c.Dial(user, password)
		} else {
			c.DialPAP(user, password)
		}
		q := s.Expect()
		q.Accept(tc.reply...)
		turnedAway(t, c)
		if line := rig.AwaitLog("session down", "cause", "auth-rejected"); line.Text("detail") == "" {
			t.Errorf("%s: the log does not say why", tc.name)
		}
		if t.Failed() {
			t.Fatal(tc.name)
		}
	}
	nobodyElse(t, rig, len(refusals))
}

// nobodyElse wants n Access-Requests to have been all, and nothing to have come
// of them.
func nobodyElse(t *testing.T, rig *script.Rig, n int) {
	t.Helper()
	s := rig.Server(0)
	s.Silent(2 * quiet)
	if got := len(s.Requests()); got != n {
		t.Errorf("%d Access-Requests of %d subscribers", got, n)
	}
	for i := range 2 {
		if m := rig.LNS(i).Messages(); len(m) > 0 {
			t.Errorf("there is a tunnel: %v", m[0])
		}
	}
	for _, q := range s.Records() {
		if q.Status() != script.AcctOn {
			t.Errorf("there is accounting: %v", q)
		}
	}
	if n := rig.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// A Reject is one, whatever else it says, and so is an Access-Challenge: "a NAS
// that does not support challenge/response" (RFC 2865 section 4.4).
func TestT57_Reject(t *testing.T) {
	rig := start(t, radiusConfig("timeout = \"2s\""))
	s := rig.Server(0)
	everything := append(script.L2TPTo(1, "192.0.2.11", script.Hidden(1, 0x8001, "secret"), script.TaggedU24(script.TunnelPreference, 1, 1)),
		script.AttU32(script.ServiceType, 2), script.AttU32(script.FramedProtocol, 1), script.AttText(script.Class, "class"),
		script.AttText(script.State, "state"))
	n := 0
	for _, reply := range [][]script.Attribute{nil, everything, {script.AttRaw(200, 1)}} {
		for _, code := range []byte{script.AccessReject, script.AccessChallenge} {
			for _, dial := range []func(*script.Client, string, string){(*script.Client).Dial, (*script.Client).DialPAP} {
				c := rig.Client()
				dial(c, user, password)
				s.Expect().Reply(script.Answer{Code: code, Attributes: reply})
				turnedAway(t, c)
				rig.AwaitLog("session down", "cause", "auth-rejected")
				n++
			}
		}
	}
	nobodyElse(t, rig, n)
}

// The subscriber that is refused reads what RADIUS has to say to it, in order
// (RFC 2865 section 5.18).
func TestT57_ReplyMessage(t *testing.T) {
	rig := start(t, radiusConfig(""))
	bill := []script.Attribute{script.AttText(script.ReplyMessage, "your bill"), script.AttText(script.ReplyMessage, "is open")}
	c := rig.Client()
	c.DialPAP(user, password)
	rig.Server(0).Expect().Reject(bill...)
	_, _, data := c.ExpectPPP(script.PAP, script.AuthNak).PPP()
	if got := string(data[min(1, len(data)):]); got != "your bill is open" {
		t.Errorf("the client is told %q, want both messages", got)
	}
	c, q := dialed(rig, user)
	q.Reject(bill...)
	if _, _, data := c.ExpectPPP(script.CHAP, script.Failure).PPP(); string(data) != "your bill is open" {
		t.Errorf("the client is told %q, want both messages", data)
	}
}

// A line that is refused gets an LCP Terminate (RFC 2809 section 4.1.2.2): there is
// no authentication that could fail.
func TestT57_Line(t *testing.T) {
	rig := start(t, leasedLine())
	for _, code := range []byte{script.AccessReject, script.AccessChallenge} {
		c := rig.Client()
		c.Discover(lineTag(sub(1, []byte(circuit)...)))
		c.OpenLCP(0)
		rig.Server(0).Expect().Reply(script.Answer{Code: code, Attributes: tunnel(1)})
		ended(t, c)
		rig.AwaitLog("session down", "cause", "auth-rejected")
	}
	nobodyElse(t, rig, 2)
}

// Without a tunnel, and without an LNS of its retailer, an Accept allows nothing
// that the gateway could give.
func TestT57_NothingUsable(t *testing.T) {
	cfg := radiusConfig("timeout = \"2s\"")
	cfg.Extra = `retailer "bare" {
  realms = ["bare.example"]
  radius = ["r1"]
}`
	rig := start(t, cfg)
	for _, reply := range [][]script.Attribute{nil, script.L2TPTo(1, "224.0.0.1"), script.L2TPTo(1, "0.0.0.0")} {
		c, q := dialed(rig, "joe@bare.example")
		q.Accept(reply...)
		_, id, _ := c.AwaitPPP(script.LCP, script.TermReq).PPP()
		c.LCP(script.TermAck, id)
		c.Await(script.PADT)
		rig.AwaitLog("session down")
	}
	nobodyElse(t, rig, 3)
}

// "A RADIUS client MAY ignore Attributes with an unknown Type" (RFC 2865 section
// 5), and must here: one that is new elsewhere keeps nobody out.
func TestT57_UnknownAttributes(t *testing.T) {
	rig := start(t, radiusConfig(""))
	lns := rig.LNS(0)
	unknown := []script.Attribute{
		script.Att(200, 1, 2, 3), script.Att(254, 0), script.Att(241, 1, 2, 3), script.Att(255, bytes.Repeat([]byte{7}, 253)...),
		script.VSA(32473, 1, 1, 2, 3), script.VSA(9, 1, []byte("ip:addr-pool=x")...), script.VSA(311, 17, make([]byte, 32)...),
		script.Att(script.VendorAttribute, 0, 0, 0, 9), script.Att(script.VendorAttribute, 1, 2), script.Att(script.VendorAttribute, 0, 0, 0, 9, 1, 200),
		script.AttText(script.FilterID, "filter"), script.AttU32(8, 0xfffffffe), script.AttText(script.ReplyMessage, "welcome"),
		script.AttText(script.State, "state"), script.AttText(88, "pool"),
	}
	var tun *script.Tunnel
	for _, a := range append(unknown, script.AttText(script.ReplyMessage, "once more")) {
		c, q := dialed(rig, user)
		q.Accept(append([]script.Attribute{a}, script.L2TPTo(1, "192.0.2.11")...)...)
		if tun == nil {
			tun = lns.Open()
		}
		call := tun.OpenCall()
		rig.AwaitLog("session up")
		lives(t, lns, c, call)
		if t.Failed() {
			t.Fatal(a)
		}
	}
	_, q := dialed(rig, user)
	q.Accept(append(unknown, script.L2TPTo(1, "192.0.2.11")...)...)
	tun.OpenCall()
	rig.AwaitLog("session up")
}
