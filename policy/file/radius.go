package file

import (
	"crypto/tls"
	"slices"
	"time"
)

// Where RADIUS servers listen (RFC 2865 section 3, RFC 2866 section 3, RFC 6614
// section 2.1).
const (
	portAuth   = 1812
	portAcct   = 1813
	portRadSec = 2083
)

// secretRadSec is the shared secret of RADIUS over TLS, which protects by itself
// (RFC 6614 section 2.3).
const secretRadSec = "radsec"

// The probes of a RADIUS server.
const (
	probeRequest = "request"
	probeStatus  = "status-server"
)

func radius(b *block) RADIUS {
	overTLS := b.one("tls")
	auth, acct, timeout := uint16(portAuth), uint16(portAcct), 2*time.Second
	isTLS := overTLS.line > 0
	if isTLS {
		auth, acct, timeout = portRadSec, portRadSec, 10*time.Second
	}
	r := RADIUS{
		Name:                        b.label,
		Auth:                        b.peer("auth", auth),
		Acct:                        b.peer("acct", acct),
		Secret:                      b.secret(),
		Timeout:                     b.duration("timeout", timeout, 100*time.Millisecond, 30*time.Second),
		Tries:                       int(b.number("tries", 3, 1, 10)),
		RequireMessageAuthenticator: b.flag("require_message_authenticator", !isTLS),
		Priority:                    int(b.number("priority", 0, 1, 1000)),
		Weight:                      int(b.number("weight", 1, 1, 1000)),
		Probe:                       b.word("probe", probeRequest, probeRequest, probeStatus),
		DeadAfter:                   int(b.number("dead_after", 3, 1, 100)),
		DeadTime:                    b.duration("dead_time", time.Minute, time.Second, time.Hour),
		TLS:                         radiusTLS(overTLS),
	}
	if s := b.text("source", ""); s != "" {
		r.Source = b.localAddr("source", b.at("source"), s)
	}
	b.checkRADIUS(&r, isTLS)
	b.done()
	return r
}

func (b *block) checkRADIUS(r *RADIUS, isTLS bool) {
	if !b.has("auth") && !b.has("acct") {
		b.d.refuse(b.line, `write auth = "192.0.2.1", acct = "192.0.2.1" or both`, "radius %q has no address", b.label)
	}
	switch {
	case b.hasSecret():
	case isTLS:
		r.Secret = secretRadSec
	default:
		b.d.refuse(b.line, "add secret, secret_file or secret_env", "radius %q has no secret", b.label)
	}
	if isTLS {
		r.Tries = 1
		b.idle("tries", "nothing is lost over TLS, and nothing sent again")
	}
	if !b.has("auth") {
		b.idle("require_message_authenticator", "accounting answers have none, and there is no auth address")
	}
	for key, a := range map[string]bool{"auth": r.Auth.Addr().Is4(), "acct": r.Acct.Addr().Is4()} {
		if b.has(key) && r.Source.IsValid() && r.Source.Is4() != a {
			b.refuse("source", "", "%s and the address of %s are of different address families", r.Source, key)
		}
	}
}

// radiusTLS reads how a RadSec server is trusted, and trusts us; nil: there is
// no such block.
func radiusTLS(b *block) *tls.Config {
	ca, cert, key := b.text("ca_file", ""), b.text("cert_file", ""), b.text("key_file", "")
	c := &tls.Config{ServerName: b.text("server_name", ""), MinVersion: tls.VersionTLS12}
	b.done()
	if b.line == 0 {
		return nil
	}
	for _, k := range []string{"ca_file", "cert_file", "key_file"} {
		if !b.has(k) {
			b.d.refuse(b.line, "add "+k, "%s has no %s", b.kind(), k)
		}
	}
	c.RootCAs = b.authorities("ca_file", ca)
	if pair := b.keyPair(cert, key); pair != nil {
		c.Certificates = []tls.Certificate{*pair}
	}
	return c
}

// weights refuses a weight that no other server's is compared with.
func (c *checker) weights() {
	for _, b := range c.servers {
		if !slices.ContainsFunc(c.retailers, func(r *retailerBlock) bool { return c.shares(r, b.label) }) {
			b.idle("weight", "no retailer's list has another server of the same priority")
		}
	}
}

// shares tells whether a server of a retailer's list has one of its priority
// beside it.
func (c *checker) shares(r *retailerBlock, name string) bool {
	priorities := make(map[string]int)
	for i, other := range r.RADIUS {
		priorities[other] = i + 1
		for _, s := range c.file.RADIUS {
			if s.Name == other && s.Priority != 0 {
				priorities[other] = s.Priority
			}
		}
	}
	own, named := priorities[name]
	delete(priorities, name)
	for _, p := range priorities {
		if named && p == own {
			return true
		}
	}
	return false
}
