package file

import (
	"net/netip"
	"slices"
	"time"

	"lacd/policy"
)

// portCoA is where dynamic authorization is listened for (RFC 5176 section 2.3).
const portCoA = 3799

// CoA is who may end and change sessions by RADIUS. Without its block it is zero.
type CoA struct {
	Listen                      []netip.AddrPort // empty (the default): nobody
	Window                      time.Duration    // of Event-Timestamp and of duplicates; default 300s
	RequireEventTimestamp       bool             // default false
	RequireMessageAuthenticator bool             // default false
	Clients                     []CoAClient      // at least one where Listen is not empty
}

// CoAClient is one source of requests.
type CoAClient struct {
	Name      string
	Address   netip.Prefix
	Secret    policy.Secret
	Retailers []string // whose sessions it may touch; empty (the default): all
}

// coaBlock is a CoA, and where it says what.
type coaBlock struct {
	b         *block
	clients   []*block
	retailers [][]located // of the clients
}

func coa(b *block) (CoA, coaBlock) {
	at := coaBlock{b: b, clients: b.many("client")}
	c := CoA{
		Listen:                      b.listeners("listen", portCoA),
		Window:                      b.duration("window", 300*time.Second, 10*time.Second, time.Hour),
		RequireEventTimestamp:       b.flag("require_event_timestamp", false),
		RequireMessageAuthenticator: b.flag("require_message_authenticator", false),
	}
	for _, cb := range at.clients {
		client := CoAClient{Name: cb.label, Address: cb.prefix("address"), Secret: cb.secret()}
		names := cb.list("retailers")
		client.Retailers = texts(names)
		at.retailers = append(at.retailers, names)
		if !cb.hasSecret() {
			cb.d.refuse(cb.line, "add secret, secret_file or secret_env", "client %q has no secret", cb.label)
		}
		if !cb.has("address") {
			cb.d.refuse(cb.line, `write address = "192.0.2.1" or "192.0.2.0/28"`, "client %q has no address", cb.label)
		}
		first := slices.IndexFunc(c.Clients, func(o CoAClient) bool { return o.Address == client.Address })
		if first >= 0 && client.Address.IsValid() {
			cb.refuse("address", "", "%s is that of client %q in line %d", client.Address, c.Clients[first].Name, at.clients[first].line)
		}
		c.Clients = append(c.Clients, client)
		cb.done()
	}
	b.done()
	if b.line == 0 { // there is none
		return CoA{}, at
	}
	if !b.has("listen") {
		b.d.refuse(b.line, `write listen = ["192.0.2.10"]`, "coa has no address to listen at")
	}
	if len(c.Clients) == 0 {
		b.d.refuse(b.line, `add client "name" { ... }`, "coa has no client: every request would be discarded")
	}
	return c, at
}

// checkCoA checks the retailers that clients name.
func (c *checker) checkCoA(names []string) {
	for _, list := range c.coa.retailers {
		for _, w := range list {
			if !slices.Contains(names, w.text) {
				c.d.refuse(w.line, suggest(w.text, names), "retailer %q is not defined", w.text)
			}
		}
	}
}

// listeners reads addresses of our own; a missing port is def.
func (b *block) listeners(key string, def uint16) (all []netip.AddrPort) {
	for _, w := range b.list(key) {
		ap, err := netip.ParseAddrPort(w.text)
		if err != nil || ap.Port() == 0 {
			a, err := netip.ParseAddr(w.text)
			if err != nil {
				b.d.refuse(w.line, "write addresses such as 192.0.2.10 or [2001:db8::10]:3799", "%s: %q is not an address", key, w.text)
				continue
			}
			ap = netip.AddrPortFrom(a, def)
		}
		ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
		switch a := ap.Addr(); {
		case a.IsUnspecified() || a.IsMulticast():
			b.d.refuse(w.line, "name the addresses: an answer must come from the one that was asked", "%s: %s cannot be listened at", key, a)
		case slices.Contains(all, ap):
			b.d.refuse(w.line, "", "%s names %s twice", key, ap)
		default:
			all = append(all, ap)
		}
	}
	return all
}

// prefix reads an address, or a range of them such as 192.0.2.0/28.
func (b *block) prefix(key string) netip.Prefix {
	s := b.text(key, "")
	if s == "" {
		return netip.Prefix{}
	}
	if p, err := netip.ParsePrefix(s); err == nil && !p.Addr().Is4In6() {
		if p != p.Masked() {
			b.refuse(key, "write "+p.Masked().String(), "%q has bits beyond its length", s)
		}
		return p.Masked()
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		b.refuse(key, "write 192.0.2.1 or 192.0.2.0/28; host names are not looked up", "%q is not an address", s)
		return netip.Prefix{}
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen())
}
