package file

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"lacd/policy"
)

// decode reads all blocks, whatever is wrong with any of them.
func decode(name string, src []byte, sys system) (*File, *decoder) {
	d := &decoder{name: name, sys: sys, known: make(map[string]bool)}
	h, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		// What the parser recovers from a broken file would be misleading.
		d.errs = fromHCL(name, diags)
		return nil, d
	}
	body, ok := h.Body.(*hclsyntax.Body)
	if !ok {
		d.refuse(1, "", "not a configuration")
		return nil, d
	}
	root := &block{d: d, body: body, line: 1}
	f := &File{}
	nodeBlock := root.one("node")
	f.Node = node(nodeBlock)
	ports := root.many("access")
	for _, b := range ports {
		f.Access = append(f.Access, access(b, f.Node.Name))
	}
	coreBlock := root.one("core")
	f.Core = core(coreBlock)
	pppBlock := root.one("ppp")
	f.PPP = ppp(pppBlock)
	f.L2TP = l2tp(root.one("l2tp"), f.Node.Name)
	servers := root.many("radius")
	for _, b := range servers {
		f.RADIUS = append(f.RADIUS, radius(b))
	}
	userForms := forms(root.one("user_name"))
	var coaAt coaBlock
	f.CoA, coaAt = coa(root.one("coa"))
	retailers := root.many("retailer")
	c := checker{d: d, file: f, node: nodeBlock, ports: ports, core: coreBlock, ppp: pppBlock, servers: servers, coa: coaAt}
	for _, b := range retailers {
		c.retailers = append(c.retailers, retailer(b))
	}
	c.def = root.one("default")
	defaultRetailer := fallback(c.def)
	root.done()
	d.place()
	c.check(defaultRetailer)

	if len(d.errs) > 0 {
		return nil, d
	}
	p := policy.Policy{
		Default: policy.Default{Retailer: defaultRetailer},
		Forms:   userForms,
		Name:    f.Node.Name,
		Node:    f.L2TP.HostName,
		Local:   f.Core.Local,

		Handling: &d.handling,
	}
	for _, r := range c.retailers {
		p.Retailers = append(p.Retailers, r.Retailer)
	}
	var err error
	if f.Policy, err = policy.New(p); err != nil {
		d.refuse(1, "", "%v", err)
	}
	return f, d
}

// result returns the file, or everything that is wrong with it.
func (d *decoder) result(f *File) (*File, error) {
	if len(d.errs) > 0 {
		d.errs.sort()
		return nil, d.errs
	}
	d.warnings.sort()
	f.Warnings = d.warnings.lines()
	return f, nil
}
