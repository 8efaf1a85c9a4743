package file

import "time"

// Where RADIUS servers listen (RFC 2865 section 3, RFC 2866 section 3).
const (
	portAuth = 1812
	portAcct = 1813
)

func radius(b *block) RADIUS {
	r := RADIUS{
		Name:                        b.label,
		Auth:                        b.peer("auth", portAuth),
		Acct:                        b.peer("acct", portAcct),
		Secret:                      b.secret(),
		Timeout:                     b.duration("timeout", 2*time.Second, 100*time.Millisecond, 30*time.Second),
		Tries:                       int(b.number("tries", 3, 1, 10)),
		RequireMessageAuthenticator: b.flag("require_message_authenticator", true),
	}
	if !b.has("auth") && !b.has("acct") {
		b.d.refuse(b.line, `write auth = "192.0.2.1", acct = "192.0.2.1" or both`, "radius %q has no address", b.label)
	}
	if !b.has("secret") && !b.has("secret_file") {
		b.d.refuse(b.line, "add secret or secret_file", "radius %q has no secret", b.label)
	}
	if !b.has("auth") {
		b.idle("require_message_authenticator", "accounting answers have none, and there is no auth address")
	}
	b.done()
	return r
}
