package file

import "slices"

// accountsTo reports whether a retailer with accounting names the server for it.
func (r *retailerBlock) accountsTo(server string) bool {
	first := r.AcctServers
	if len(first) == 0 {
		first = r.RADIUS
	}
	return slices.Contains(first, server) || slices.Contains(r.AcctCopy, server)
}

// accounting settles whether a retailer's sessions are accounted.
func (c *checker) accounting(r *retailerBlock) {
	can := c.offers(r, "acct") || len(r.acct) > 0
	r.Accounting = can
	if r.accounting != nil {
		r.Accounting = *r.accounting
		if r.Accounting && !can {
			r.b.refuse("accounting", "add acct to one of its radius servers, or name accounting_servers", "needs a radius server with an acct address")
		}
	}
	if !r.Accounting {
		for _, key := range []string{"interim_interval", "accounting_servers", "accounting_copy", "tunnel_accounting"} {
			r.b.idle(key, "there is no accounting")
		}
	}
	switch {
	case r.AsksRADIUS():
	case !r.Accounting:
		r.b.idle("radius", "authorize is %q and there is no accounting", r.Authorize)
	case len(r.acct) > 0:
		r.b.idle("radius", "authorize is %q and accounting goes to accounting_servers", r.Authorize)
	}
	c.accountingServers(r)
}

// accountingServers checks that each server named for accounting does it, and
// that a copy goes elsewhere.
func (c *checker) accountingServers(r *retailerBlock) {
	for key, list := range map[string][]located{"accounting_servers": r.acct, "accounting_copy": r.copy} {
		for _, w := range list {
			if !slices.ContainsFunc(c.servers, func(b *block) bool { return b.label == w.text && b.has("acct") }) {
				c.d.refuse(w.line, "add acct to it", "%s: radius %q has no acct address", key, w.text)
			}
		}
	}
	first := r.AcctServers
	if len(first) == 0 {
		first = r.RADIUS
	}
	for _, w := range r.copy {
		if slices.Contains(first, w.text) {
			c.d.refuse(w.line, "name a server that does not get the records anyway", "accounting_copy: radius %q gets them as it is", w.text)
		}
	}
}
