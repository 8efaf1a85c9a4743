package coa_test

import (
	"net/netip"
	"testing"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2869"

	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
)

var (
	start = time.Unix(1_700_000_000, 0)
	dac   = netip.MustParseAddrPort("192.0.2.31:40000")
)

func config() coa.Config {
	return coa.Config{NAS: nas, Clients: []coa.Client{
		{Name: "net", Address: netip.MustParsePrefix("192.0.2.0/24"), Secret: "the-secret-of-the-others"},
		{Name: "dac", Address: netip.MustParsePrefix("192.0.2.31/32"), Secret: secret},
		{Name: "six", Address: netip.MustParsePrefix("fe80::/10"), Secret: secret},
	}}
}

func dated(at time.Time) attr {
	return coatest.Integer(rfc2869.EventTimestamp_Type, uint32(at.Unix()))
}

func TestGateClients(t *testing.T) {
	g := coa.NewGate(config())
	for _, tt := range []struct {
		from, secret, client string
		want                 coa.Outcome
	}{
		{"192.0.2.31:1", secret, "dac", 0},
		{"[::ffff:192.0.2.31]:1", secret, "dac", 0},
		{"192.0.2.31:1", "the-secret-of-the-others", "dac", coa.BadAuthenticator},
		{"192.0.2.30:1", "the-secret-of-the-others", "net", 0},
		{"192.0.2.30:1", secret, "net", coa.BadAuthenticator},
		{"[fe80::1%eth0]:1", secret, "six", 0},
		{"198.51.100.1:1", secret, "", coa.UnknownClient},
	} {
		q, o := g.Admit(start, netip.MustParseAddrPort(tt.from), coatest.Request(layeh.CodeCoARequest, 1, tt.secret, joe))
		name := ""
		if q.Client >= 0 {
			name = g.Clients()[q.Client].Name
		}
		if o != tt.want || name != tt.client {
			t.Errorf("from %s: got %v of client %q, want %v of %q", tt.from, o, name, tt.want, tt.client)
		}
	}
}

func TestGateRequirements(t *testing.T) {
	plain, signed := config(), config()
	signed.RequireSignature, signed.RequireTimestamp = true, true
	for _, tt := range []struct {
		name string
		cfg  coa.Config
		a    []attr
		want coa.Outcome
	}{
		{"now", plain, attrs(joe, dated(start)), 0},
		{"at the edge of the past", plain, attrs(joe, dated(start.Add(-300*time.Second))), 0},
		{"at the edge of the future", plain, attrs(joe, dated(start.Add(300*time.Second))), 0},
		{"too old", plain, attrs(joe, dated(start.Add(-301*time.Second))), coa.Stale},
		{"too new", plain, attrs(joe, dated(start.Add(301*time.Second))), coa.Stale},
		{"stale, and nothing identified", plain, attrs(dated(start.Add(-600 * time.Second))), coa.Stale},
		{"all that is required", signed, attrs(joe, dated(start), coatest.Signature()), 0},
		{"no signature", signed, attrs(joe, dated(start)), coa.Unsigned},
		{"no timestamp", signed, attrs(joe, coatest.Signature()), coa.Undated},
	} {
		g := coa.NewGate(tt.cfg)
		if _, got := g.Admit(start, dac, coatest.Request(layeh.CodeDisconnectRequest, 1, secret, tt.a...)); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// What was admitted is not what the reader's buffer holds next.
func TestAdmitKeepsNothingOfTheBuffer(t *testing.T) {
	b := coatest.Request(layeh.CodeCoARequest, 1, secret, joe, proxy, coatest.Text(25, "class"))
	sent := append([]byte(nil), b...)
	q, _ := coa.NewGate(config()).Admit(start, dac, b)
	clear(b)
	p, err := coatest.Answer(q.Packet.AppendAnswer(nil, []byte(secret), 0), sent, secret)
	if err != nil || string(p.Get(33)) != "proxy" {
		t.Errorf("got %v, %v, want the Proxy-State", p, err)
	}
	if got := string(q.Order.Terms.Class[0]); got != "class" || q.Order.Session.User != "joe@acme.example" {
		t.Errorf("got %q of %q", got, q.Order.Session.User)
	}
}
