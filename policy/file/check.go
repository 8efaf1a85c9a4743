package file

import (
	"slices"
	"time"

	"lacd/policy"
)

// checker looks at what the blocks say about each other.
type checker struct {
	d         *decoder
	file      *File
	node      *block
	ports     []*block // access
	core      *block
	ppp       *block
	servers   []*block // radius
	coa       coaBlock
	retailers []*retailerBlock
	def       *block
}

func (c *checker) check(defaultRetailer string) {
	if len(c.file.Access) == 0 {
		c.d.refuse(1, `add access "eth1" {}`, "there is no access port")
	}
	if len(c.retailers) == 0 {
		c.d.refuse(1, `add a retailer with its realms and an lns`, "there is no retailer: every subscriber would be refused")
	}
	c.realms()
	c.lineConflicts()
	for _, r := range c.retailers {
		c.lineRules(r)
		if c.references(r) {
			c.accounting(r)
		}
		c.radiusDown(r)
		c.locals(r)
		c.idleGroups(r)
		if !r.AsksRADIUS() && len(r.LNS) == 0 {
			c.d.refuse(r.b.line, `add lns "name" { address = "192.0.2.1" }`, "retailer %q authorizes by %v and has no lns", r.Name, r.Authorize)
		}
		if r.Authorize != policy.ByLine && !r.b.has("realms") && r.Name != defaultRetailer {
			c.d.refuse(r.b.line, "add realms, or make it the default", "retailer %q has no realms: no subscriber can reach it", r.Name)
		}
	}
	c.unused()
	c.weights()
	c.nameless(defaultRetailer)
	c.mtu()
	c.callDelay()
	names := make([]string, 0, len(c.retailers))
	for _, r := range c.retailers {
		names = append(names, r.Name)
	}
	c.checkCoA(names)
	switch i := slices.Index(names, defaultRetailer); {
	case defaultRetailer == "":
	case i < 0:
		c.def.refuse("retailer", suggest(defaultRetailer, names), "%q is not defined", defaultRetailer)
	case c.retailers[i].Authorize == policy.ByLine:
		c.def.refuse("retailer", "a line block without keys is every line", "%q authorizes by line: it has its lines and no others", defaultRetailer)
	}
}

// callDelay settles when calls take too long: before they are given up.
func (c *checker) callDelay() {
	const usual = 2 * time.Second
	n, most := &c.file.Node, c.file.L2TP.AnswerTimeout
	switch {
	case n.MaxCallDelay == 0:
		n.MaxCallDelay = min(usual, most/2)
	case n.MaxCallDelay >= most:
		c.node.refuse("max_call_delay", "make it less than answer_timeout", "has no effect: answer_timeout in l2tp is %s", brief(most))
	}
}

// nameless checks that subscribers who are not asked for their name are served:
// they have no realm, and nothing that RADIUS could judge.
func (c *checker) nameless(defaultRetailer string) {
	if !slices.Contains(c.file.PPP.Auth, authNone) {
		return
	}
	for _, r := range c.retailers {
		if r.Name != defaultRetailer {
			continue
		}
		if r.Authorize == policy.ByRADIUS {
			c.d.refuse(r.b.line, `write authorize = "realm"`, "retailer %q authorizes by radius, and auth in ppp is %q", r.Name, authNone)
		}
		return
	}
	byLine := slices.ContainsFunc(c.retailers, func(r *retailerBlock) bool { return r.Authorize == policy.ByLine })
	if defaultRetailer == "" && !byLine {
		c.d.refuse(c.ppp.at("auth"), `add default { retailer = "name" }`, "auth is %q and there is no default retailer: every subscriber would be refused", authNone)
	}
}

// realms refuses a realm claimed twice.
func (c *checker) realms() {
	type claim struct {
		by   string
		line int
	}
	claims := make(map[string]claim)
	for _, r := range c.retailers {
		for i, realm := range r.Realms {
			line := r.realms[i].line
			if first, ok := claims[realm]; ok {
				c.d.refuse(line, "", "realm %q is already claimed by retailer %q in line %d", realm, first.by, first.line)
				continue
			}
			claims[realm] = claim{r.Name, line}
		}
	}
}

// offers tells whether one of a retailer's servers has the address key.
func (c *checker) offers(r *retailerBlock, key string) bool {
	return slices.ContainsFunc(c.servers, func(b *block) bool {
		return slices.Contains(r.RADIUS, b.label) && b.has(key)
	})
}

// references checks the servers a retailer names.
func (c *checker) references(r *retailerBlock) (ok bool) {
	var names []string
	for _, b := range c.servers {
		names = append(names, b.label)
	}
	ok = true
	for _, w := range slices.Concat(r.servers, r.acct, r.copy) {
		if !slices.Contains(names, w.text) {
			ok = false
			c.d.refuse(w.line, suggest(w.text, names), "radius %q is not defined", w.text)
		}
	}
	if !ok || r.Authorize != policy.ByRADIUS {
		return ok
	}
	switch {
	case !r.b.has("radius"):
		c.d.refuse(r.b.at("authorize"), `add radius = ["name"]`, "retailer %q authorizes by radius and names no server", r.Name)
	case len(r.servers) > 0 && !c.offers(r, "auth"):
		c.d.refuse(r.b.at("radius"), "add auth to one of them", "no radius server of retailer %q has an auth address", r.Name)
	}
	return ok
}

// radiusDown checks that subscribers have somewhere to go without RADIUS.
func (c *checker) radiusDown(r *retailerBlock) {
	switch {
	case !r.AsksRADIUS():
		r.b.idle("radius_down", "authorize is %q and RADIUS is not asked", r.Authorize)
	case r.RADIUSDown == policy.DownRealm && len(r.LNS) == 0:
		r.b.refuse("radius_down", `add lns "name" { address = "192.0.2.1" }`, `is "realm", and retailer %q has no lns of its own`, r.Name)
	}
}

// locals checks the local addresses of a retailer's LNSes.
func (c *checker) locals(r *retailerBlock) {
	for i, l := range r.LNS {
		if l.Local.IsValid() && len(c.file.Core.Local) > 0 && !slices.Contains(c.file.Core.Local, l.Local) {
			r.lns[i].refuse("local", "add it to local in core", "%s is not an address of this node", l.Local)
		}
	}
}

// unused refuses servers, and addresses of servers, that nobody asks.
func (c *checker) unused() {
	for _, b := range c.servers {
		var named, asked, told bool
		for _, r := range c.retailers {
			if slices.Contains(r.RADIUS, b.label) {
				named = true
				asked = asked || r.AsksRADIUS()
			}
			if r.accountsTo(b.label) {
				named = true
				told = told || r.Accounting
			}
		}
		switch {
		case !named:
			c.d.refuse(b.line, "name it in the radius list of a retailer, or remove it", "radius %q is used by no retailer", b.label)
		case !asked && !told: // refused where the retailers name it
		case !asked:
			b.idle("auth", `no retailer that names radius %q authorizes by radius`, b.label)
		case !told:
			b.idle("acct", `no retailer sends accounting to radius %q`, b.label)
		}
	}
}
