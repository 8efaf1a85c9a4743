package conformance

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// radiusConfig has one scripted RADIUS server for each text, the lines of its
// block, and two LNSes.
func radiusConfig(lines ...string) script.Config {
	cfg := script.Config{LNS: make([]script.LNSConfig, 2)}
	for _, l := range lines {
		cfg.Servers = append(cfg.Servers, script.ServerConfig{Lines: l})
	}
	return cfg
}

// prompt are the times of a RADIUS server that cases wait for.
const prompt = "timeout = \"200ms\"\ntries = 4"

// dialed returns a new client with its Access-Request.
func dialed(rig *script.Rig, user string) (*script.Client, *script.Request) {
	c := rig.Client()
	c.Dial(user, password)
	return c, rig.Server(0).Expect()
}

// admitted wants a call to come up at the first LNS, which has no tunnel yet.
func admitted(rig *script.Rig) *script.Call {
	call := rig.LNS(0).Open().OpenCall()
	rig.AwaitLog("session up")
	return call
}

// turnedAway wants a client to be told that its credentials are not good, and
// its link to end.
func turnedAway(t *testing.T, c *script.Client) {
	t.Helper()
	if c.LastSent(script.PAP) != nil {
		c.ExpectPPP(script.PAP, script.AuthNak)
	} else {
		c.ExpectPPP(script.CHAP, script.Failure)
	}
	_, id, _ := c.ExpectPPP(script.LCP, script.TermReq).PPP()
	c.LCP(script.TermAck, id)
	c.Expect(script.PADT)
}

// dropped returns how many replies the gateway has discarded for a reason.
func dropped(rig *script.Rig, reason string) int {
	return int(rig.Metric("lacd_radius_replies_dropped_total", `reason="`+reason+`"`))
}

// carries wants attributes with the values, and no others of their types, in
// this order.
func carries(t *testing.T, q *script.Request, want ...script.Attribute) {
	t.Helper()
	values := map[byte][][]byte{}
	for _, a := range want {
		values[a.Type] = append(values[a.Type], a.Value)
	}
	for typ, v := range values {
		if got := q.Values(typ); !slices.EqualFunc(got, v, bytes.Equal) {
			t.Errorf("attribute %d: got %q, want %q", typ, got, v)
		}
	}
}

// unlike wants none of the attributes.
func unlike(t *testing.T, q *script.Request, types ...byte) {
	t.Helper()
	for _, typ := range types {
		if q.Has(typ) {
			t.Errorf("attribute %d: got %q, want none", typ, q.Values(typ))
		}
	}
}

// paced fails if requests are not that far apart, counted from the first: one
// that is late makes the next seem early. RFC 5080 section 2.2.1 makes each
// interval a tenth longer or shorter.
func paced(t *testing.T, all []*script.Request, want ...time.Duration) {
	t.Helper()
	if len(all) != len(want)+1 {
		t.Fatalf("%d transmissions, want %d", len(all), len(want)+1)
	}
	var sum time.Duration
	for i, d := range want {
		sum += d
		due(t, "Access-Request", all[i+1].At.Sub(all[0].At), sum)
	}
}

// long returns a password of n octets, none like the other.
func long(n int) string {
	return strings.Repeat("A long password, of which no block is like another. 0123456789 abcdefghijklmnopqrstuvw", 3)[:n]
}
