package coa

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"lacd/policy"
)

// Client is who may send requests: a Dynamic Authorization Client.
type Client struct {
	Name      string
	Address   netip.Prefix // its source addresses
	Secret    policy.Secret
	Retailers []string // whose sessions it may touch; empty: all
}

// Config is what requests are judged by. Zero is the default given with each
// field.
type Config struct {
	Clients          []Client
	NAS              NAS
	Window           time.Duration // of Event-Timestamp and of duplicates; 0: 300 s
	RequireTimestamp bool          // discard requests without Event-Timestamp
	RequireSignature bool          // discard requests without Message-Authenticator
	Patience         time.Duration // for the sessions of a request to end; 0: 10 s
}

// Gate decides which datagrams are requests of a client, and what they ask
// for. It is immutable.
type Gate struct {
	cfg     Config
	clients []Client // the narrowest address first
}

// NewGate returns a Gate. It keeps cfg's slices.
func NewGate(cfg Config) *Gate {
	if cfg.Window == 0 {
		cfg.Window = 300 * time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = 10 * time.Second
	}
	g := &Gate{cfg: cfg, clients: slices.Clone(cfg.Clients)}
	slices.SortStableFunc(g.clients, func(a, b Client) int { return cmp.Compare(b.Address.Bits(), a.Address.Bits()) })
	return g
}

// Clients returns the clients in the order that Request.Client counts.
func (g *Gate) Clients() []Client { return g.clients }

// Request is a genuine request.
type Request struct {
	Client int // of Gate.Clients
	From   netip.AddrPort
	Packet Packet
	Order  Order
	Cause  ErrorCause // not 0: it is refused
}

// Admit verifies a datagram and judges what it asks for. The result does not
// alias b unless it is discarded: an Outcome other than 0 says why. Client is
// -1 where it is of none.
func (g *Gate) Admit(now time.Time, from netip.AddrPort, b []byte) (Request, Outcome) {
	r := Request{From: from, Client: g.client(from.Addr().Unmap().WithZone(""))}
	if r.Client < 0 {
		return r, UnknownClient
	}
	var o Outcome
	if r.Packet, o = Parse(b, []byte(g.clients[r.Client].Secret)); o != 0 {
		return r, o
	}
	switch d := r.Packet.Dated; {
	case g.cfg.RequireSignature && !r.Packet.Signed:
		return r, Unsigned
	case d.IsZero() && g.cfg.RequireTimestamp:
		return r, Undated
	case !d.IsZero() && now.Sub(d).Abs() > g.cfg.Window:
		// "If the Event-Timestamp Attribute is not current, then the packet MUST
		// be silently discarded" (RFC 5176 section 6.3).
		return r, Stale
	}
	r.Packet.attributes = slices.Clone(r.Packet.attributes)
	r.Order, r.Cause = r.Packet.Judge(&g.cfg.NAS)
	return r, 0
}

// client returns who has a source address: it MUST be used "to decide which
// shared secret to use" (RFC 5176 section 2.3).
func (g *Gate) client(a netip.Addr) int {
	return slices.IndexFunc(g.clients, func(c Client) bool { return c.Address.Contains(a) })
}
