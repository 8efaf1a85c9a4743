package conformance

import (
	"testing"

	"lacd/lac/lactest/script"
)

// One Tunnel-Server-Endpoint may hold several servers, as other LACs have it:
// "," between equals, "/" before those that are tried when all before have failed.
// What else the set says holds for each of them.
func TestT56_Servers(t *testing.T) {
	cfg := radiusConfig("")
	cfg.LNS = make([]script.LNSConfig, 3)
	cfg.L2TP = `lockout = { stopccn = "0s", stopccn_2_4 = "0s" }`
	rig := start(t, cfg)
	c, q := dialed(rig, user)
	q.Accept(script.L2TPTo(1, "192.0.2.13/192.0.2.11:1701/no.such/192.0.2.12", script.Tagged(script.TunnelClientAuthID, 1, "several"))...)
	namedIn(t, rig.LNS(2), "several")
	namedIn(t, rig.LNS(0), "several")
	namedIn(t, rig.LNS(1), "several")
	ended(t, c)

	var first [2]int
	asked := func(i int) int { return len(rig.LNS(i).Of(script.SCCRQ)) }
	for range 24 {
		c, q := dialed(rig, user)
		before := [2]int{asked(0), asked(1)}
		q.Accept(script.L2TPTo(1, "192.0.2.11, 192.0.2.12 / 192.0.2.13")...)
		waitFor(t, "SCCRQ for one of the equals", func() bool { return asked(0) > before[0] || asked(1) > before[1] })
		i := 0
		if asked(1) > before[1] {
			i = 1
		}
		first[i]++
		namedIn(t, rig.LNS(i), "lac.test")
		namedIn(t, rig.LNS(1-i), "lac.test")
		namedIn(t, rig.LNS(2), "lac.test")
		ended(t, c)
	}
	if first[0] == 0 || first[1] == 0 {
		t.Errorf("of two servers of equal rank they were first %d and %d times, want both", first[0], first[1])
	}
}

// Of a list only those of the tunnel's medium are tried.
func TestT56_ServersOfTheMedium(t *testing.T) {
	rig := start(t, radiusConfig(""))
	_, q := dialed(rig, user)
	q.Accept(script.TaggedU24(script.TunnelType, 1, 3), script.TaggedU24(script.TunnelMediumType, 1, 2),
		script.Tagged(script.TunnelServerEndpoint, 1, "192.0.2.11/[2001:db8:1::11]:1701"))
	rig.LNS6().Open().OpenCall()
	rig.AwaitLog("session up")
	if m := rig.LNS(0).Messages(); len(m) > 0 {
		t.Errorf("got %v over IPv4", m[0])
	}
}
