package radiustest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"

	"lacd/policy"
	"lacd/radius"
)

func TestTunnel(t *testing.T) {
	for _, tag := range []uint8{0, 1, 0x1f} {
		p := &layeh.Packet{Code: layeh.CodeAccessAccept, Authenticator: authenticator, Secret: []byte(secret)}
		Tunnel{
			Tag: tag, Type: 3, Medium: 1, Client: "192.0.2.1", Server: "192.0.2.9", Password: "a longer secret, two blocks",
			Assignment: "as", PrivateGroup: "grp", ClientAuthID: "lac1", ServerAuthID: "lns1", Preference: 10,
		}.Attribute()(p)
		Class("c")(p)
		got, err := radius.Grant(p, []byte(secret), authenticator)
		if err != nil {
			t.Fatal(err)
		}
		want := policy.Grant{Class: [][]byte{[]byte("c")}, Tunnels: []policy.Tunnel{{
			Tag: tag, Client: "192.0.2.1", Server: "192.0.2.9", Medium: 4, Secret: "a longer secret, two blocks", HasSecret: true,
			Assignment: "as", PrivateGroup: "grp", ClientAuthID: "lac1", ServerAuthID: "lns1", Preference: 10,
		}}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("tag %d: -want +got:\n%s", tag, d)
		}
	}
}
