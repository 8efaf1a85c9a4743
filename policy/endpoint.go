package policy

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Bounds on what one Access-Accept can make us consider.
const (
	mostEndpoints = 32 // of one tunnel, and addresses of one host
	mostHosts     = 8  // names to be looked up
)

// endpoint is one alternative of a Tunnel-Server-Endpoint.
type endpoint struct {
	text  string
	level uint8
	addr  netip.Addr // invalid: a name
	port  uint16     // 0: not given
	host  string     // the name in lower case, without its port; empty: not one that can be looked up
}

// endpoints reads a Tunnel-Server-Endpoint. Several are written as other LACs
// have it: "," stands between those of equal rank, "/" before those that are
// tried when all before it have failed.
func endpoints(s string) (all []endpoint, more bool) {
	level := uint8(0)
	for rank := range strings.SplitSeq(s, "/") {
		found := false
		for text := range strings.SplitSeq(rank, ",") {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			if len(all) == mostEndpoints {
				return all, true
			}
			e := readEndpoint(text)
			e.level = level
			all = append(all, e)
			found = true
		}
		if found {
			level++
		}
	}
	return all, false
}

// readEndpoint reads an address in any of its forms (RFC 2868 sections 3.3 and
// 3.4, RFC 4291 section 2.2) or a name, optionally with a port.
func readEndpoint(s string) endpoint {
	e := endpoint{text: s}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		e.addr, e.port = ap.Addr().Unmap(), ap.Port()
		return e
	}
	bare := s
	if inside, ok := strings.CutPrefix(s, "["); ok {
		if inside, ok = strings.CutSuffix(inside, "]"); ok {
			bare = inside
		}
	}
	if a, err := netip.ParseAddr(bare); err == nil {
		e.addr = a.Unmap()
		return e
	}
	name := s
	if before, port, ok := strings.Cut(s, ":"); ok {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return e
		}
		name, e.port = before, uint16(n)
	}
	if isHost(name) {
		e.host = Lower(strings.TrimSuffix(name, "."))
	}
	return e
}

// isHost reports whether s is a fully qualified domain name. One word is none:
// it would be looked up in whatever domain this host is in.
func isHost(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	last := ""
	for last = range strings.SplitSeq(s, ".") {
		if last == "" || len(last) > 63 || last[0] == '-' || last[len(last)-1] == '-' || strings.ContainsFunc(last, notOfHost) {
			return false
		}
	}
	return strings.Trim(last, "0123456789") != "" // else it is an address written wrong
}

func notOfHost(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
}

// Host is what is known of a name that RADIUS gave for an LNS.
type Host struct {
	Name  string // lower case
	Addrs []netip.Addr
	Note  string // not empty: why the addresses are old, or there are none
}

// Unresolved returns the names among the endpoints of a grant that must be
// looked up before Decide: those that the configuration does not know.
func (p *Policy) Unresolved(r *Retailer, g *Grant) (names []string) {
	if r == nil || g.Hosts != nil {
		return nil
	}
	for i := range g.Tunnels {
		t := &g.Tunnels[i]
		if t.Unusable != "" || r.knows(t.Server) {
			continue
		}
		all, _ := endpoints(t.Server)
		for _, e := range all {
			if e.host != "" && !r.knows(e.text) && !slices.Contains(names, e.host) && len(names) < mostHosts {
				names = append(names, e.host)
			}
		}
	}
	return names
}

// knows reports whether s is the name of an LNS or of a group of r.
func (r *Retailer) knows(s string) bool {
	return r.group(s) != nil || slices.ContainsFunc(r.LNS, func(l LNS) bool { return strings.EqualFold(l.Name, s) })
}

// Group is some LNSes of a retailer, under a name that RADIUS can give.
type Group struct {
	Name    string
	Members []string // names of LNSes
}

func (r *Retailer) group(name string) *Group {
	for i := range r.Groups {
		if strings.EqualFold(r.Groups[i].Name, name) {
			return &r.Groups[i]
		}
	}
	return nil
}

// members returns the LNSes of a group, and the rank of each by preference.
func (r *Retailer) members(g *Group) (all []*LNS, ranks []uint8) {
	var preferences []uint32
	for i := range r.LNS {
		if l := &r.LNS[i]; slices.Contains(g.Members, l.Name) {
			all = append(all, l)
			preferences = append(preferences, l.Preference)
		}
	}
	slices.Sort(preferences)
	preferences = slices.Compact(preferences)
	for _, l := range all {
		rank, _ := slices.BinarySearch(preferences, l.Preference)
		ranks = append(ranks, uint8(min(rank, 255)))
	}
	return all, ranks
}
