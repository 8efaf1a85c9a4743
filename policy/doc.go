// Package policy decides where a subscriber belongs. It is pure.
//
// The caller asks twice, and gets the reasons both times:
//
//	r, ok := p.Line(sub)          // before PPP authentication: does the line tell the retailer?
//	r := p.Route(sub)             // if not, its user name, once that is known
//	...                           // RADIUS answers with a Grant, or line or realm are enough;
//	                              // names that p.Unresolved finds in it are looked up
//	d := p.Decide(now, sub, r, g, seed, health) // the LNSes to try, in order
//
// How a user name bears its realm is a Form; the default is what follows the
// last "@". A Grant without tunnels means the retailer's own LNSes. A tunnel may
// name several servers (endpoint.go): addresses, hosts, LNSes and groups of the
// configuration. A configured LNS adds what RADIUS does not say: secret, auth
// names, local address, weight, quirks; never a Tunnel-Assignment-ID, as a call
// without one must not be put into a named tunnel (RFC 2868 section 3.7).
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
// out, with reasons; the one locked the longest is the last resort. A Policy is immutable after New and safe for concurrent use.
package policy
