package client

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"testing"

	"lacd/radius"
)

func TestConfigRefused(t *testing.T) {
	addr := netip.MustParseAddrPort("192.0.2.5:1812")
	good := Server{Name: "r1", Auth: addr, Secret: "x"}
	many := make([]Server, radius.MaxServers+1)
	for i := range many {
		many[i] = good
	}
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"no NAS", Config{Servers: []Server{good}}, "neither an identifier nor an address"},
		{"no secret", Config{NAS: NAS{Identifier: "n"}, Servers: []Server{{Name: "r1", Auth: addr}}}, `server "r1" has no secret`},
		{"no accounting secret", Config{NAS: NAS{Identifier: "n"}, AcctServers: []Server{{Name: "a1", Acct: addr}}}, `server "a1" has no secret`},
		{"negative tries", Config{NAS: NAS{Identifier: "n"}, Servers: []Server{{Name: "r1", Secret: "x", Tries: -1}}}, "negative"},
		{"negative weight", Config{NAS: NAS{Identifier: "n"}, Servers: []Server{{Name: "r1", Secret: "x", Weight: -1}}}, "negative"},
		{"TLS that trusts everybody", Config{NAS: NAS{Identifier: "n"}, Servers: []Server{
			{Name: "r1", Secret: "x", TLS: &tls.Config{InsecureSkipVerify: true}},
		}}, "whoever it is"},
		{"too many", Config{NAS: NAS{Identifier: "n"}, Servers: many}, "more than 64 servers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.cfg, nil, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
