package policy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// portL2TP is where an LNS listens (RFC 2661 section 8.1).
const portL2TP = 1701

// granted turns the tunnels of an authorization into options.
func (p *Policy) granted(d *Decision, r *Retailer, g *Grant) []option {
	tunnels := g.Tunnels
	// Tunnel-Preference 0 and no Tunnel-Preference look the same here. When
	// no tunnel has one, and none ranks several servers, RADIUS is silent, and
	// the configuration orders them.
	silent := !slices.ContainsFunc(tunnels, func(t Tunnel) bool { return t.Preference != 0 || r.ranks(&t) })
	d.reason("RADIUS named %s", count(len(tunnels), "tunnel", "tunnels"))
	var options []option
	for i := range tunnels {
		options = append(options, p.tunnel(d, r, &tunnels[i], g.Hosts, silent)...)
	}
	return options
}

// tunnel turns one tunnel into options: one for each address that its server
// endpoint stands for.
func (p *Policy) tunnel(d *Decision, r *Retailer, t *Tunnel, hosts []Host, silent bool) (options []option) {
	skip := func(why string, args ...any) { d.reason("tunnel %d skipped: %s", t.Tag, fmt.Sprintf(why, args...)) }
	if t.Unusable != "" {
		skip("%s", t.Unusable)
		return nil
	}
	all, more := []endpoint{{text: t.Server}}, false
	if !r.knows(t.Server) {
		all, more = endpoints(t.Server)
	}
	if len(all) == 0 {
		// RFC 2868 section 3.4: needed "if the initiation of a tunnel is desired".
		skip("it names no server")
		return nil
	}
	// A group takes as many levels as it has preferences inside.
	first, deepest, at := 0, 0, uint8(0)
	for _, e := range all {
		if e.level != at {
			first, at = deepest+1, e.level
		}
		found, why := p.alternatives(r, t, &e, hosts)
		if why != "" {
			skip("%s", why)
		}
		for _, o := range found {
			level := first + int(o.lns.Level)
			deepest = max(deepest, level)
			o.lns.Level = uint8(min(level, 255))
			options = append(options, o)
		}
	}
	if more {
		skip("it names more than %d servers", mostEndpoints)
	}
	for i := range options {
		o := &options[i]
		p.grantTo(o, t, silent)
		if t.Client != "" {
			if why := p.local(&o.lns, t.Client); why != "" {
				d.reason("tunnel %d: client endpoint %s ignored: %s", t.Tag, strconv.Quote(t.Client), why)
			}
		}
		p.complete(r, &o.lns)
	}
	return options
}

// ranks reports whether a tunnel names several servers.
func (r *Retailer) ranks(t *Tunnel) bool {
	return t.Unusable == "" && strings.ContainsAny(t.Server, ",/") && !r.knows(t.Server)
}

// alternatives returns what one endpoint stands for: an LNS of the
// configuration, a group of them, an address, or the addresses of a host.
func (p *Policy) alternatives(r *Retailer, t *Tunnel, e *endpoint, hosts []Host) (found []option, skip string) {
	if g := r.group(e.text); g != nil {
		all, ranks := r.members(g)
		for i, l := range all {
			o := option{lns: *l, from: fmt.Sprintf("RADIUS tunnel %d, group %s", t.Tag, g.Name)}
			o.lns.Level = ranks[i]
			found = append(found, o)
		}
		return found, ""
	}
	if e.host != "" && !r.knows(e.text) {
		return p.addresses(r, t, e, hosts)
	}
	o, skip := r.one(t, e)
	if skip != "" {
		return nil, skip
	}
	return []option{o}, ""
}

// addresses returns the options for a host that was looked up.
func (p *Policy) addresses(r *Retailer, t *Tunnel, e *endpoint, hosts []Host) (found []option, skip string) {
	i := slices.IndexFunc(hosts, func(h Host) bool { return h.Name == e.host })
	if i < 0 {
		return nil, fmt.Sprintf("server %s was not looked up", e.host)
	}
	h := &hosts[i]
	if len(h.Addrs) == 0 {
		return nil, fmt.Sprintf("server %s has no address: %s", e.host, h.Note)
	}
	var why []string
	for _, a := range h.Addrs[:min(len(h.Addrs), mostEndpoints)] {
		o, skip := r.one(t, &endpoint{text: a.String(), addr: a, port: e.port})
		if skip != "" {
			why = append(why, skip)
			continue
		}
		if o.lns.Name == a.String() {
			o.lns.Name = e.host
		} else {
			o.from += " as " + e.host
		}
		if h.Note != "" {
			o.from += ", " + h.Note
		}
		found = append(found, o)
	}
	return found, strings.Join(why, "; ")
}

// one returns the option for an address, or for the name of an LNS.
func (r *Retailer) one(t *Tunnel, e *endpoint) (o option, skip string) {
	if is4 := e.addr.Is4(); e.addr.IsValid() && (t.Medium == 4 && !is4 || t.Medium == 6 && is4) {
		return o, fmt.Sprintf("%s does not fit Tunnel-Medium-Type IPv%d", e.addr, t.Medium)
	}
	switch known := r.match(t, e); {
	case known != nil:
		o.lns = *known
		o.from = fmt.Sprintf("RADIUS tunnel %d, configured", t.Tag)
	case !e.addr.IsValid():
		return o, fmt.Sprintf("server %s is neither an address nor an LNS of retailer %s", strconv.Quote(e.text), r.Name)
	case e.addr.IsUnspecified() || e.addr.IsMulticast() || e.addr.Zone() != "":
		return o, fmt.Sprintf("server %s cannot be an LNS", strconv.Quote(e.text))
	default:
		o.lns = LNS{Name: e.addr.String(), Peer: netip.AddrPortFrom(e.addr, cmp.Or(e.port, portL2TP)), DSCP: r.DSCP}
		o.from = fmt.Sprintf("RADIUS tunnel %d, not configured", t.Tag)
	}
	return o, ""
}

// grantTo gives an option what the tunnel says.
func (p *Policy) grantTo(o *option, t *Tunnel, silent bool) {
	l := &o.lns
	l.Assignment = t.Assignment
	l.PrivateGroup = cmp.Or(t.PrivateGroup, l.PrivateGroup)
	l.Host = cmp.Or(t.ClientAuthID, l.Host)
	l.PeerHost = cmp.Or(t.ServerAuthID, l.PeerHost)
	if t.HasSecret {
		l.Secret = t.Secret
	}
	if l.Secret == "" {
		o.from += ", no secret"
	}
	if !silent {
		l.Preference = t.Preference
	}
}

// match finds the configured LNS that an endpoint names by address or by name.
// Of several LNSes at one address the one with the tunnel's assignment is meant.
func (r *Retailer) match(t *Tunnel, e *endpoint) (known *LNS) {
	for i := range r.LNS {
		l := &r.LNS[i]
		if e.addr.IsValid() {
			if l.Peer.Addr() != e.addr || e.port != 0 && l.Peer.Port() != e.port {
				continue
			}
		} else if !strings.EqualFold(l.Name, e.text) {
			continue
		}
		if known == nil || known.Assignment != t.Assignment && l.Assignment == t.Assignment {
			known = l
		}
	}
	return known
}

// local uses the Tunnel-Client-Endpoint as our address, or says why not. It
// describes the initiator in free form (RFC 2868 section 3.3), so one that
// cannot be used does not make the tunnel unusable.
func (p *Policy) local(l *LNS, client string) (ignored string) {
	a := readEndpoint(client).addr
	switch {
	case !a.IsValid():
		return "not an address"
	case a.Is4() != l.Peer.Addr().Is4():
		return "not of the server's address family"
	case len(p.Local) > 0 && !slices.Contains(p.Local, a):
		return "not an address of this node"
	}
	l.Local, l.LocalIsWish = a, true
	return ""
}
