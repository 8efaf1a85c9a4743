// Package policy decides where a subscriber belongs. It is pure.
//
// The caller asks twice, and gets the reasons both times:
//
//	r := p.Route(sub)             // which retailer claims the subscriber, how it is authorized
//	...                           // RADIUS answers with a Grant, or the realm is enough
//	d := p.Decide(now, sub, r, g, seed, health) // the LNSes to try, in order
//
// A realm is what follows the last "@" of the user name, compared without
// regard to case. A Grant without tunnels means the retailer's own LNSes. A
// tunnel of a Grant that names a configured LNS of the retailer, by address or
// by name, takes from the configuration what RADIUS does not say: secret, auth
// names, local address, weight and quirks. It never takes a
// Tunnel-Assignment-ID from there: a call without one must not be put into a
// named tunnel (RFC 2868 section 3.7).
//
// Candidates are ordered by preference, lowest first (RFC 2868 section 3.8),
// and inside equal preference drawn by weighted rendezvous hashing: each LNS
// comes first in proportion to its weight, the same seed gives the same order
// on every LAC, and an LNS that goes away moves only its own calls.
//
// A retailer's CallInfo says what its LNSes and RADIUS servers are told about a
// call: numbers (package number), connect speeds, access line attributes.
//
// Health tells which LNSes take no call now: locked out after a failure (see
// Handling), half-open while one call tries it, draining, full. They are left
// out, and the reasons say why; the one locked the longest is the last resort.
//
// A Policy is immutable after New and safe for concurrent use.
package policy
