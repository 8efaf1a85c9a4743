package file

import (
	"net/netip"
	"slices"
	"strings"

	"lacd/policy"
)

// groups reads the names under which RADIUS can give several LNSes at once.
func groups(b *block, r *retailerBlock) {
	var names []string
	for _, l := range r.LNS {
		names = append(names, l.Name)
	}
	for _, g := range b.many("lns_group") {
		members := g.list("members")
		for _, m := range members {
			if !slices.Contains(names, m.text) {
				b.d.refuse(m.line, suggest(m.text, names), "members: retailer %q has no lns %q", r.Name, m.text)
			}
		}
		if !g.has("members") {
			b.d.refuse(g.line, `add members = ["lns1"]`, "lns_group %q has no members", g.label)
		}
		same := func(o string) bool { return strings.EqualFold(o, g.label) }
		switch _, err := netip.ParseAddr(g.label); {
		case err == nil:
			b.d.refuse(g.line, "", "lns_group %q has an address for a name", g.label)
		case slices.ContainsFunc(names, same):
			b.d.refuse(g.line, "", "lns_group %q is the name of an lns, too", g.label)
		}
		r.groups = append(r.groups, g)
		r.Groups = append(r.Groups, policy.Group{Name: g.label, Members: texts(members)})
		g.done()
	}
}

// idleGroups refuses groups that nobody can name.
func (c *checker) idleGroups(r *retailerBlock) {
	for _, g := range r.groups {
		if !r.AsksRADIUS() {
			c.d.refuse(g.line, "remove it", "lns_group %q has no effect: RADIUS is not asked", g.label)
		}
	}
}
