package radius

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/policy"
)

func TestGrantText(t *testing.T) {
	got, ignored, err := GrantText(`
# as in a users file
	Service-Type = Framed-User,
	Framed-Protocol := PPP, Framed-IP-Address = 192.0.2.200
	Class = 0x6331
	session-timeout = 3600,
	Tunnel-Type:1 = L2TP
	Tunnel-Medium-Type:1 = IPv4
	Tunnel-Server-Endpoint:1 = "192.0.2.1"
	Tunnel-Password:1 = "a \"secret\", with a comma"
	Tunnel-Assignment-ID:1 += residential
	Tunnel-Preference:1 = 10
	Tunnel-Type = 3
	Tunnel-Server-Endpoint = 192.0.2.2
`)
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Grant{
		Class: [][]byte{[]byte("c1")}, SessionTimeout: time.Hour,
		Tunnels: []policy.Tunnel{
			{
				Tag: 1, Server: "192.0.2.1", Medium: 4, Secret: `a "secret", with a comma`, HasSecret: true,
				Assignment: "residential", Preference: 10,
			},
			{Server: "192.0.2.2"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Framed-IP-Address"}, ignored); diff != "" {
		t.Errorf("ignored, -want +got:\n%s", diff)
	}
}

// Every attribute that Grant reads can be written.
func TestGrantTextIsEmpty(t *testing.T) {
	g, ignored, err := GrantText("\n# nothing\n")
	if err != nil || len(ignored) != 0 || len(g.Tunnels) != 0 {
		t.Errorf("got %+v, %q, %v, want an empty grant", g, ignored, err)
	}
}

func TestGrantTextErrors(t *testing.T) {
	for src, want := range map[string]string{
		"\nTunnel-Type":                    `line 2: "Tunnel-Type" is not Attribute-Name = value`,
		"= 3":                              `line 1: "= 3" is not Attribute-Name = value`,
		"Tunnel-Type:32 = L2TP":            "line 1: Tunnel-Type:32: the tag must be from 0 to 31",
		"Class:1 = x":                      "line 1: Class has no tag",
		"Tunnel-Type:1 = L3TP":             `line 1: Tunnel-Type: "L3TP" is not a number`,
		"Tunnel-Preference:1 = 16777216":   "line 1: Tunnel-Preference: 16777216 does not fit into three octets",
		`Class = "open`:                    `line 1: Class: "open is not a quoted string`,
		"Class = 0xzz":                     "line 1: Class: encoding/hex: invalid byte: U+007A 'z'",
		"Service-Type = Login-User":        "Service-Type 1 is not supported",
		"Tunnel-Server-Endpoint = lns1":    "no usable tunnel: tag 0: no Tunnel-Type",
		"Tunnel-Type = PPTP\nClass = \"\"": "an empty Class",
	} {
		if _, _, err := GrantText(src); err == nil || err.Error() != want {
			t.Errorf("%q: got error %v, want %s", src, err, want)
		}
	}
}

func FuzzGrantText(f *testing.F) {
	f.Add("Tunnel-Type:1 = L2TP, Tunnel-Server-Endpoint:1 = \"192.0.2.1\"\n")
	f.Add("Class = 0x00\\,\"")
	f.Add("Tunnel-Password:1 = \"\"")
	f.Fuzz(func(_ *testing.T, src string) {
		_, _, _ = GrantText(src) // it must not panic
	})
}
