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
func (p *Policy) granted(d *Decision, r *Retailer, tunnels []Tunnel) []option {
	// Tunnel-Preference 0 and no Tunnel-Preference look the same here. When
	// no tunnel has one RADIUS is silent, and the configuration orders them.
	silent := !slices.ContainsFunc(tunnels, func(t Tunnel) bool { return t.Preference != 0 })
	d.reason("RADIUS named %s", count(len(tunnels), "tunnel", "tunnels"))
	options := make([]option, 0, len(tunnels))
	for i := range tunnels {
		t := &tunnels[i]
		o, skip := p.resolve(r, t, silent)
		if skip != "" {
			d.reason("tunnel %d skipped: %s", t.Tag, skip)
			continue
		}
		if t.Client != "" {
			if why := p.local(&o.lns, t.Client); why != "" {
				d.reason("tunnel %d: client endpoint %s ignored: %s", t.Tag, strconv.Quote(t.Client), why)
			}
		}
		p.complete(r, &o.lns)
		options = append(options, o)
	}
	return options
}

// resolve turns one tunnel into an option, or says why it cannot be used.
func (p *Policy) resolve(r *Retailer, t *Tunnel, silent bool) (o option, skip string) {
	if t.Unusable != "" {
		return o, t.Unusable
	}
	if t.Server == "" {
		// RFC 2868 section 3.4: needed "if the initiation of a tunnel is desired".
		return o, "it names no server"
	}
	known, addr, port := r.match(t)
	switch {
	case known != nil:
		o.lns = *known
		o.from = fmt.Sprintf("RADIUS tunnel %d, configured", t.Tag)
	case !addr.IsValid():
		return o, fmt.Sprintf("server %s is neither an address nor an LNS of retailer %s", strconv.Quote(t.Server), r.Name)
	case addr.IsUnspecified() || addr.IsMulticast():
		return o, fmt.Sprintf("server %s cannot be an LNS", t.Server)
	default:
		o.lns = LNS{Name: addr.String(), Peer: netip.AddrPortFrom(addr, cmp.Or(port, portL2TP)), DSCP: r.DSCP}
		o.from = fmt.Sprintf("RADIUS tunnel %d, not configured", t.Tag)
	}
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
	return o, ""
}

// match finds the configured LNS that t.Server names by address or by name,
// and returns the address and port in t.Server, if it is one. Of several LNSes
// at one address the one with the tunnel's assignment is meant.
func (r *Retailer) match(t *Tunnel) (known *LNS, addr netip.Addr, port uint16) {
	addr, port = endpoint(t.Server)
	for i := range r.LNS {
		l := &r.LNS[i]
		if addr.IsValid() {
			if l.Peer.Addr() != addr || port != 0 && l.Peer.Port() != port {
				continue
			}
		} else if !strings.EqualFold(l.Name, t.Server) {
			continue
		}
		if known == nil || known.Assignment != t.Assignment && l.Assignment == t.Assignment {
			known = l
		}
	}
	return known, addr, port
}

// endpoint reads an address, optionally with a port.
func endpoint(s string) (addr netip.Addr, port uint16) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap(), ap.Port()
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}, 0
	}
	return addr.Unmap(), 0
}

// local uses the Tunnel-Client-Endpoint as our address, or says why not. It
// describes the initiator in free form (RFC 2868 section 3.3), so one that
// cannot be used does not make the tunnel unusable.
func (p *Policy) local(l *LNS, client string) (ignored string) {
	a, _ := endpoint(client)
	switch {
	case !a.IsValid():
		return "not an address"
	case a.Is4() != l.Peer.Addr().Is4():
		return "not of the server's address family"
	case len(p.Local) > 0 && !slices.Contains(p.Local, a):
		return "not an address of this node"
	}
	l.Local = a
	return ""
}
