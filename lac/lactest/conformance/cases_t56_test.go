package conformance

import (
	"slices"
	"strings"
	"testing"

	"lacd/lac/lactest/script"
)

// named is a tunnel set whose Tunnel-Client-Auth-ID, in SCCRQ the Host Name,
// tells it from others.
func named(tag byte, server, name string, preference uint32) []script.Attribute {
	return script.L2TPTo(tag, server, script.Tagged(script.TunnelClientAuthID, tag, name), script.TaggedU24(script.TunnelPreference, tag, preference))
}

// namedIn wants a SCCRQ with the Host Name, and refuses it.
func namedIn(t *testing.T, lns *script.LNS, host string) {
	t.Helper()
	tun := lns.Accept()
	if got := string(tun.RQ.Value(7)); got != host {
		t.Errorf("%s: got Host Name %q, want %q", lns.Name, got, host)
	}
	tun.Stop(script.Result(2, 7))
}

// Attributes with a tag belong together, wherever they are; each set is one
// alternative. 0x1f is the last tag.
func TestT56_Groups(t *testing.T) {
	cfg := radiusConfig("")
	cfg.LNS = make([]script.LNSConfig, 3)
	rig := start(t, cfg)
	c, q := dialed(rig, user)
	first, second, third := named(1, "192.0.2.11", "one", 30), named(2, "192.0.2.12", "two", 20), named(0x1f, "192.0.2.13", "thirty-one", 10)
	var mixed []script.Attribute
	for i := range first {
		mixed = append(mixed, second[len(second)-1-i], third[i], first[(i+2)%len(first)])
	}
	q.Accept(mixed...)
	namedIn(t, rig.LNS(2), "thirty-one")
	namedIn(t, rig.LNS(1), "two")
	namedIn(t, rig.LNS(0), "one")
	ended(t, c)
}

// Attributes without a tag are one set, no defaults for those with one.
func TestT56_Untagged(t *testing.T) {
	rig := start(t, radiusConfig(""))
	untagged := []script.Attribute{
		script.TaggedU24(script.TunnelType, 0, 3), script.TaggedU24(script.TunnelMediumType, 0, 1), script.AttText(script.TunnelServerEndpoint, "192.0.2.11"),
		script.AttText(script.TunnelClientAuthID, "no tag"), script.TaggedU24(script.TunnelPreference, 0, 1),
	}
	c, q := dialed(rig, user)
	q.Accept(append(script.L2TPTo(4, "192.0.2.12", script.TaggedU24(script.TunnelPreference, 4, 2)), untagged...)...)
	namedIn(t, rig.LNS(0), "no tag")
	namedIn(t, rig.LNS(1), "lac.test")
	ended(t, c)
}

// In the place of a tag, an octet above 0x1f is the first of the string; 0 is none
// at all (RFC 2868 section 3.3).
func TestT56_FirstOctet(t *testing.T) {
	rig := start(t, radiusConfig(""))
	for name, attribute := range map[string]string{" lac": " lac", "\x7flac": "\x7flac", "lac": "\x00lac", "!": "!", "x": "\x00x"} {
		c, q := dialed(rig, user)
		q.Accept(script.TaggedU24(script.TunnelType, 0, 3), script.AttText(script.TunnelServerEndpoint, "192.0.2.66"), script.AttText(script.TunnelClientAuthID, attribute))
		namedIn(t, rig.Stranger(), name)
		ended(t, c)
	}
	// A tag of its own makes a set of its own, which is no tunnel.
	c, q := dialed(rig, user)
	q.Accept(append(script.L2TPTo(0x1e, "192.0.2.66"), script.AttText(script.TunnelClientAuthID, "\x1flac"))...)
	namedIn(t, rig.Stranger(), "lac.test")
	ended(t, c)
}

// The lowest preference first; of equals either, and the other one after it.
func TestT56_Preference(t *testing.T) {
	cfg := radiusConfig("")
	cfg.LNS = make([]script.LNSConfig, 3)
	cfg.L2TP = `lockout = { cdn = "0s" }`
	rig := start(t, cfg)
	reply := slices.Concat(named(1, "192.0.2.12", "lac", 20), named(2, "192.0.2.13", "lac", 20), named(3, "192.0.2.11", "lac", 10))
	var tunnels [3]*script.Tunnel
	var refused, first [3]int
	called := func(i int) bool {
		if tunnels[i] == nil {
			return len(rig.LNS(i).Of(script.SCCRQ)) > 0
		}
		return len(rig.LNS(i).Of(script.ICRQ)) > refused[i]
	}
	refuse := func(i int) {
		t.Helper()
		if tunnels[i] == nil {
			tunnels[i] = rig.LNS(i).Open()
		}
		tunnels[i].AcceptCall().Clear(script.Result(99))
		refused[i]++
	}
	for range 24 {
		c, q := dialed(rig, user)
		q.Accept(reply...)
		refuse(0)
		waitFor(t, "call with one of the equals", func() bool { return called(1) || called(2) })
		i := 1
		if called(2) {
			i = 2
		}
		first[i]++
		refuse(i)
		refuse(3 - i)
		ended(t, c)
	}
	if first[1] == 0 || first[2] == 0 {
		t.Errorf("of two LNSes with equal preference they were first %d and %d times, want both", first[1], first[2])
	}
}

// Tunnel-Password is the tunnel's secret: both sides prove that they have it.
func TestT56_Password(t *testing.T) {
	rig := start(t, radiusConfig(""))
	lns := rig.Stranger()
	for i, n := range []int{1, 15, 16, 31, 47, 128} {
		secret := long(n)
		_, q := dialed(rig, user)
		salt := []uint16{0x8000, 0xffff, 0x8001, 0xa5a5, 0xc000, 0x80ff}[i]
		q.Accept(append(script.L2TPTo(1, "192.0.2.66"), script.Hidden(1, salt, secret))...)
		lns.Secret = secret
		tun := lns.Open() // proves the gateway's, and is proved
		if len(tun.RQ.Value(11)) == 0 {
			t.Errorf("a secret of %d octets: SCCRQ without Challenge", n)
		}
		tun.OpenCall()
		rig.AwaitLog("session up")
	}
}

// No octets are no secret: the tunnel is not authenticated.
func TestT56_EmptyPassword(t *testing.T) {
	rig := start(t, radiusConfig(""))
	lns := rig.Stranger()
	_, q := dialed(rig, user)
	q.Accept(append(script.L2TPTo(1, "192.0.2.66"), script.Hidden(1, 0x8000, ""))...)
	tun := lns.Open()
	if tun.RQ.Has(11) {
		t.Errorf("got %v, want no Challenge: there is no secret to prove", tun.RQ)
	}
	tun.OpenCall()
	rig.AwaitLog("session up")
}

// Each set has its own secret and salt. The tag octet is always there, and above
// 0x1f means no tag (RFC 2868 section 3.5).
func TestT56_Passwords(t *testing.T) {
	rig := start(t, radiusConfig(""))
	c, q := dialed(rig, user)
	q.Accept(slices.Concat(
		named(1, "192.0.2.11", "a", 10), []script.Attribute{script.Hidden(1, 0x8001, "the first secret")},
		named(2, "192.0.2.12", "b", 20), []script.Attribute{script.Hidden(2, 0x8002, "the second secret")},
	)...)
	rig.LNS(0).Secret, rig.LNS(1).Secret = "the first secret", "the second secret"
	tun := rig.LNS(0).Open()
	tun.AcceptCall().Clear(script.Result(2, 4))
	call := rig.LNS(1).Open().OpenCall()
	rig.AwaitLog("session up")
	lives(t, rig.LNS(1), c, call)

	_, q = dialed(rig, user)
	q.Accept(
		script.TaggedU24(script.TunnelType, 0, 3), script.AttText(script.TunnelServerEndpoint, "192.0.2.66"), script.Hidden(0x42, 0x8003, "the third secret"))
	rig.Stranger().Secret = "the third secret"
	rig.Stranger().Open().OpenCall()
	rig.AwaitLog("session up")
}

// An LNS that does not have the secret is not one.
func TestT56_WrongPassword(t *testing.T) {
	rig := start(t, radiusConfig(""))
	c, q := dialed(rig, user)
	q.Accept(append(script.L2TPTo(1, "192.0.2.66"), script.Hidden(1, 0x8001, "the secret"))...)
	lns := rig.Stranger()
	lns.Secret = "another secret"
	tun := lns.Accept()
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	stopped(t, lns, tun, tun.ID, 4, -1)
	ended(t, c)
}

// Endpoints in every form that RFC 2868 section 3.4 names.
func TestT56_Endpoints(t *testing.T) {
	rig := start(t, radiusConfig(""))
	for _, server := range []string{"2001:db8:1::11", "2001:db8:1:0:0:0:0:11", "2001:0DB8:0001::0011", "2001:db8:1::0.0.0.17"} {
		c, q := dialed(rig, user)
		q.Accept(script.TaggedU24(script.TunnelType, 1, 3), script.TaggedU24(script.TunnelMediumType, 1, 2), script.Tagged(script.TunnelServerEndpoint, 1, server),
			script.Tagged(script.TunnelAssignmentID, 1, server))
		lns := rig.LNS6()
		call := lns.Open().OpenCall()
		rig.AwaitLog("session up")
		lives(t, lns, c, call)
		start := rig.Server(0).Record(script.AcctStart)
		carries(t, start, script.TaggedU24(script.TunnelMediumType, 0, 2), script.AttText(script.TunnelServerEndpoint, "2001:db8:1::11"))
	}
	// A host that the configuration does not have.
	_, q := dialed(rig, user)
	q.Accept(script.L2TPTo(1, "192.0.2.66")...)
	rig.Stranger().Open().OpenCall()
	rig.AwaitLog("session up")
}

// Endpoints by name: a host with one address, of IPv6, of several, of which the
// next follows where one refuses; and one that does not exist.
func TestT56_HostNames(t *testing.T) {
	cfg := radiusConfig("")
	cfg.Hosts = "127.0.0.1 localhost\n192.0.2.66 lns.far.example\n2001:db8:1::11 six.far.example\n" +
		"192.0.2.11 pool.far.example\n192.0.2.12 pool.far.example\n"
	rig := start(t, cfg)
	toName := func(name string, more ...script.Attribute) []script.Attribute {
		return append([]script.Attribute{script.TaggedU24(script.TunnelType, 1, 3), script.Tagged(script.TunnelServerEndpoint, 1, name)}, more...)
	}
	for name, lns := range map[string]*script.LNS{"lns.far.example": rig.Stranger(), "LNS.Far.Example": rig.Stranger(), "six.far.example": rig.LNS6()} {
		c, q := dialed(rig, user)
		q.Accept(toName(name, script.Tagged(script.TunnelAssignmentID, 1, name))...)
		call := lns.Open().OpenCall()
		rig.AwaitLog("session up")
		carries(t, rig.Server(0).Record(script.AcctStart), script.AttText(script.TunnelServerEndpoint, lns.Addr.String()))
		lives(t, lns, c, call)
	}
	c, q := dialed(rig, user)
	q.Accept(toName("pool.far.example")...)
	waitFor(t, "SCCRQ for the name", func() bool {
		return len(rig.LNS(0).Of(script.SCCRQ))+len(rig.LNS(1).Of(script.SCCRQ)) > 0
	})
	first, second := rig.LNS(0), rig.LNS(1)
	if len(first.Of(script.SCCRQ)) == 0 {
		first, second = second, first
	}
	first.Accept().Stop(script.Result(2, 4))
	call := second.Open().OpenCall()
	rig.AwaitLog("session up")
	lives(t, second, c, call)

	// What is not a name of any host is no endpoint.
	for _, name := range []string{"no.such.host.invalid", "lns", "192.0.2", "a host", "x..example"} {
		c, q := dialed(rig, user)
		q.Accept(toName(name)...)
		ended(t, c)
		rig.AwaitLog("session down")
	}
}

// Tunnel-Client-Auth-ID is what the gateway calls itself, and tells tunnels apart.
func TestT56_ClientAuthID(t *testing.T) {
	rig := start(t, radiusConfig(""))
	lns := rig.LNS(0)
	for _, name := range []string{"wholesale", "", strings.Repeat("n", 100)} {
		_, q := dialed(rig, user)
		to := script.L2TPTo(1, "192.0.2.11")
		want := "lac.test"
		if name != "" {
			to, want = append(to, script.Tagged(script.TunnelClientAuthID, 1, name)), name
		}
		q.Accept(to...)
		tun := lns.Open()
		if got := string(tun.RQ.Value(7)); got != want {
			t.Errorf("Host Name: got %q, want %q", got, want)
		}
		tun.OpenCall()
		rig.AwaitLog("session up")
	}
	_, q := dialed(rig, user)
	q.Accept(append(script.L2TPTo(1, "192.0.2.11"), script.Tagged(script.TunnelClientAuthID, 1, "wholesale"))...)
	lns.Expect(script.ICRQ) // in the tunnel that has the name
}

// Tunnel-Server-Auth-ID is what the LNS must call itself.
func TestT56_ServerAuthID(t *testing.T) {
	rig := start(t, radiusConfig(""))
	_, q := dialed(rig, user)
	expects := func(tag byte, server string, preference uint32) []script.Attribute {
		return append(named(tag, server, "lac", preference), script.Tagged(script.TunnelServerAuthID, tag, "the right one"))
	}
	q.Accept(append(expects(1, "192.0.2.11", 1), expects(2, "192.0.2.12", 2)...)...)
	wrong, right := rig.LNS(0), rig.LNS(1)
	right.Name = "the right one"
	tun := wrong.Accept()
	tun.Send(script.SCCRP, 0, tun.Reply()...)
	stopped(t, wrong, tun, tun.ID, 4, -1)
	right.Open().OpenCall()
	rig.AwaitLog("session up")
}

// Tunnel-Client-Endpoint is our address where it is one of ours; it is a hint, and
// where it is not one the tunnel is still good.
func TestT56_ClientEndpoint(t *testing.T) {
	rig := start(t, radiusConfig(""))
	for i, client := range []string{"192.0.2.1", "a name", "192.0.2.1:1701"} {
		_, q := dialed(rig, user)
		q.Accept(script.L2TPTo(1, "192.0.2.11", script.Tagged(script.TunnelClientEndpoint, 1, client), script.Tagged(script.TunnelAssignmentID, 1, nth(i)))...)
		tun := rig.LNS(0).Open()
		if tun.To.Addr() != rig.Gateway {
			t.Errorf("%s: the gateway comes from %v", client, tun.To)
		}
		tun.OpenCall()
		rig.AwaitLog("session up")
	}
}

// "The user ID only routes": what the tunnel attributes say goes before what the
// realm has (RFC 2809 section 7).
func TestT56_TunnelBeforeRealm(t *testing.T) {
	cfg := radiusConfig("")
	cfg.Extra = `retailer "other" {
  realms = ["other.example"]
  lns "other" {
    address = "192.0.2.12"
  }
}`
	rig := start(t, cfg)
	c, q := dialed(rig, user)
	q.Accept(append(script.L2TPTo(1, "192.0.2.66"), script.AttText(script.UserName, "joe@other.example"))...)
	call := rig.Stranger().Open().OpenCall()
	rig.AwaitLog("session up")
	for i := range 2 {
		if m := rig.LNS(i).Messages(); len(m) > 0 {
			t.Errorf("got %v, want the LNS that RADIUS names alone", m[0])
		}
	}
	lives(t, rig.Stranger(), c, call)
}
