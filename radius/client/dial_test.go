package client

import (
	"crypto/tls"
	"net/netip"
	"testing"
)

// The caller's TLS settings are not changed, and never weaker than they may be.
func TestPeer(t *testing.T) {
	c := Config{Local: netip.MustParseAddr("192.0.2.10")}
	addr := netip.MustParseAddrPort("[2001:db8::1]:2083")
	given := &tls.Config{MinVersion: tls.VersionTLS10}
	p := c.peer(&Server{TLS: given}, addr)
	if p.tls.MinVersion != tls.VersionTLS12 || p.tls.ServerName != "2001:db8::1" || p.local != c.Local {
		t.Errorf("got TLS from %x for %q, source %v", p.tls.MinVersion, p.tls.ServerName, p.local)
	}
	if given.MinVersion != tls.VersionTLS10 || given.ServerName != "" {
		t.Error("the settings that were given have changed")
	}
	own := netip.MustParseAddr("2001:db8::10")
	p = c.peer(&Server{TLS: &tls.Config{MinVersion: tls.VersionTLS13, ServerName: "radius.example"}, Source: own}, addr)
	if p.tls.MinVersion != tls.VersionTLS13 || p.tls.ServerName != "radius.example" || p.local != own {
		t.Errorf("got TLS from %x for %q, source %v", p.tls.MinVersion, p.tls.ServerName, p.local)
	}
}
