package radius

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	layeh "layeh.com/radius"

	"lacd/policy"
)

// text is a string attribute with octets in front, a tag or none.
func text(kind uint8, tag, s string) string {
	return fmt.Sprintf("%02x %02x %s %x\n", kind, 2+len(tag)/2+len(s), tag, s)
}

func TestTunnelTags(t *testing.T) {
	attributes := "40 06 00000003" + text(67, "", "192.0.2.10") + // untagged, no tag octet
		"40 06 01000003" + text(67, "01", "192.0.2.11") + "53 06 01000014" +
		"40 06 02000001" + text(67, "02", "192.0.2.12") + // PPTP
		"40 06 1f000003" + text(67, "1f", "lns.example") + "41 06 1f000001" +
		text(82, "20", "as") + // above 0x1f: data of the untagged set
		text(90, "00", "lac") // a tag octet of zero is one
	got, err := Grant(accept(t, attributes), secret, request)
	if err != nil {
		t.Fatal(err)
	}
	want := []policy.Tunnel{
		{Tag: 0, Server: "192.0.2.10", Assignment: " as", ClientAuthID: "lac"},
		{Tag: 1, Server: "192.0.2.11", Preference: 20},
		{Tag: 2, Server: "192.0.2.12", Unusable: "Tunnel-Type 1 (PPTP) is not L2TP"},
		{Tag: 0x1f, Server: "lns.example", Medium: 4},
	}
	if d := cmp.Diff(want, got.Tunnels); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestTunnelUnusable(t *testing.T) {
	good := "40 06 01000003" + text(67, "01", "192.0.2.11")
	for _, tt := range []struct{ name, attributes, want string }{
		{"usable", "40 06 02000003" + text(67, "02", "192.0.2.12"), ""},
		{"IPv6", "40 06 02000003 41 06 02000002" + text(67, "02", "2001:db8::9"), ""},
		{"IPv6, alternate form", "40 06 02000003 41 06 02000002" + text(67, "02", "::ffff:192.0.2.9"), ""},
		{"several over IPv4", "40 06 02000003 41 06 02000001" + text(67, "02", "192.0.2.9,2001:db8::9/lns.example"), ""},
		{"a name over IPv6", "40 06 02000003 41 06 02000002" + text(67, "02", "lns.example"), ""},
		{
			"medium IEEE 802", "40 06 02000003 41 06 02000006" + text(67, "02", "192.0.2.12"),
			"Tunnel-Medium-Type 6 is neither IPv4 nor IPv6",
		},
		{
			"medium against server", "40 06 02000003 41 06 02000001" + text(67, "02", "2001:db8::9"),
			"endpoint 2001:db8::9 does not fit Tunnel-Medium-Type 1",
		},
		{
			"medium against client", "40 06 02000003 41 06 02000002" + text(67, "02", "2001:db8::9") + text(66, "02", "192.0.2.1"),
			"endpoint 192.0.2.1 does not fit Tunnel-Medium-Type 2",
		},
		{"VLAN", "40 06 0200000d 41 06 02000006" + text(81, "02", "100"), "Tunnel-Type 13 is not L2TP"},
		{"no server", "40 06 02000003", "no Tunnel-Server-Endpoint"},
		{
			"two servers", "40 06 02000003" + text(67, "02", "192.0.2.12") + text(67, "02", "192.0.2.13"),
			"Tunnel-Server-Endpoint occurs twice",
		},
		{
			"short password", "40 06 02000003 45 06 02802a00" + text(67, "02", "192.0.2.12"),
			"Tunnel-Password cannot be decrypted: invalid length",
		},
		{
			"password without tag octet only", "40 06 02000003 45 03 02" + text(67, "02", "192.0.2.12"),
			"Tunnel-Password cannot be decrypted: invalid length",
		},
		{
			"password length over data", "40 06 02000003 45 15 02 802aff30ab6322df917ac670dc188af2e809" + text(67, "02", "192.0.2.12"),
			"Tunnel-Password cannot be decrypted: invalid password length",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := Grant(accept(t, good+tt.attributes), secret, request)
			if err != nil {
				t.Fatal(err)
			}
			if len(g.Tunnels) != 2 || g.Tunnels[0].Unusable != "" {
				t.Fatalf("got %+v, want two tunnels, the first usable", g.Tunnels)
			}
			if got := g.Tunnels[1].Unusable; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTunnelPassword(t *testing.T) {
	alphabet := strings.Repeat("abcdefghijklmnopqrstuvwxyz", 2)
	for _, tt := range []struct {
		n      int
		tag    string
		want   uint8
		cipher string
	}{
		{0, "01", 1, "802a4a51c90046baf71dae19b673e69f8666"},
		{1, "01", 1, "802a4b30c90046baf71dae19b673e69f8666"},
		{15, "1f", 0x1f, "802a4530ab6322df917ac670dc188af2e809"},
		{16, "00", 0, "802a5a30ab6322df917ac670dc188af2e80990fecaa9a4a4ec018f3c030d7224b94d"},
		{47, "20", 0, "802a6530ab6322df917ac670dc188af2e809d4a5b62e6ba2c85c89f62d19c71411641d4c8e701996a5e0f1c346a51af64b7e"},
	} {
		b := fmt.Sprintf("45 %02x %s %s", 3+len(tt.cipher)/2, tt.tag, tt.cipher)
		s := tunnelSets{secret: secret, authenticator: request}
		if err := s.add(accept(t, b).Attributes[0]); err != nil {
			t.Fatal(err)
		}
		want := []tunnelSet{{Tunnel: policy.Tunnel{Tag: tt.want, Secret: policy.Secret(alphabet[:tt.n]), HasSecret: true}}}
		if d := cmp.Diff(want, s.sets, cmp.AllowUnexported(tunnelSet{}), cmpopts.IgnoreFields(tunnelSet{}, "seen")); d != "" {
			t.Errorf("%d octets: -want +got:\n%s", tt.n, d)
		}
		if string(s.sets[0].Secret) != alphabet[:tt.n] {
			t.Errorf("%d octets: got another password", tt.n)
		}
	}
}

// Every prefix of a Tunnel-Password, its length corrected, makes the set
// unusable instead of half a password.
func TestTunnelPasswordPrefixes(t *testing.T) {
	whole := "02802a4530ab6322df917ac670dc188af2e809"
	for n := 1; n < len(whole)/2; n++ {
		v, _ := hex.DecodeString(whole[:2*n])
		s := tunnelSets{secret: secret, authenticator: request}
		if err := s.add(&layeh.AVP{Type: 69, Attribute: v}); err != nil {
			t.Fatal(err)
		}
		if got := s.sets[0]; got.Unusable == "" || got.HasSecret {
			t.Errorf("%d octets: got %+v, want an unusable set", n, got)
		}
	}
}

// FuzzTunnelPassword decrypts anything, and what it encrypted itself.
func FuzzTunnelPassword(f *testing.F) {
	f.Add(unhex("01802a4530ab6322df917ac670dc188af2e809"), "secret", uint8(3))
	f.Fuzz(func(t *testing.T, v []byte, password string, tag uint8) {
		s := tunnelSets{secret: secret, authenticator: request}
		_ = s.add(&layeh.AVP{Type: 69, Attribute: v})
		cipher, err := layeh.NewTunnelPassword([]byte(password), []byte{0x80, tag}, secret, request[:])
		if err != nil || tag > maxTag || len(cipher)+1 > maxValue {
			return
		}
		s = tunnelSets{secret: secret, authenticator: request}
		if err := s.add(&layeh.AVP{Type: 69, Attribute: append([]byte{tag}, cipher...)}); err != nil {
			t.Fatal(err)
		}
		if got := s.sets[0]; string(got.Secret) != password || got.Tag != tag || got.Unusable != "" {
			t.Errorf("got %+v, want %q under tag %d", got, password, tag)
		}
	})
}
