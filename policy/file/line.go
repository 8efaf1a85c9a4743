package file

import (
	"fmt"
	"strings"

	"lacd/policy"
)

// mostPassword is the longest User-Password (RFC 2865 section 5.2).
const mostPassword = 128

// defaultLinePassword is what servers are told about lines. It is no secret:
// the server looks at the name.
const defaultLinePassword = "line"

// lineBlocks reads which access lines are a retailer's.
func lineBlocks(b *block, r *retailerBlock) {
	r.lines = b.nested("line", false)
	for _, l := range r.lines {
		r.Lines = append(r.Lines, lines(l))
	}
	r.ask = askRADIUS(b)
	r.LineUser = b.numberTemplate("line_user")
	r.LinePassword = policy.Secret(b.text("line_password", defaultLinePassword))
	if len(r.LinePassword) > mostPassword {
		b.refuse("line_password", "", "is longer than %d octets", mostPassword)
	}
	if r.LineUser != nil && r.LineUser.String() == "" {
		b.refuse("line_user", "remove the key to get its default", "is empty")
	}
	if r.Authorize == policy.ByLine {
		b.idle("realms", `authorize is "line"`)
		return
	}
	for _, l := range r.lines {
		b.d.refuse(l.line, `write authorize = "line"`, "line has no effect: authorize of retailer %q is %q", r.Name, r.Authorize)
	}
	for _, key := range []string{"ask_radius", "line_user", "line_password"} {
		b.idle(key, "authorize is %q", r.Authorize)
	}
	r.LinePassword = ""
}

// askRADIUS reads whether RADIUS authorizes lines; nil is not written.
func askRADIUS(b *block) *bool {
	if v := b.flag("ask_radius", false); b.has("ask_radius") {
		return &v
	}
	return nil
}

// lines reads one line block.
func lines(b *block) policy.Lines {
	l := policy.Lines{
		Ports:      texts(b.list("port")),
		SVLANs:     vlanRanges(b, "svlan"),
		CVLANs:     vlanRanges(b, "cvlan"),
		CircuitIDs: patterns(b, "circuit_id"),
		RemoteIDs:  patterns(b, "remote_id"),
		MACs:       patterns(b, "mac"),
		Source:     fmt.Sprintf("%s:%d", b.d.name, b.line),
	}
	for i := range l.MACs {
		l.MACs[i].Text = strings.ToLower(l.MACs[i].Text)
		if !isMAC(l.MACs[i]) {
			b.refuse("mac", `write it as 02:00:00:00:00:07, or 02:00:00:* for all that begin so`, "%q is not a MAC address", l.MACs[i])
		}
	}
	b.done()
	return l
}

// isMAC reports whether p is a MAC address, or the first octets of one.
func isMAC(p policy.Pattern) bool {
	text := p.Text
	if p.Prefix {
		if text = strings.TrimSuffix(text, ":"); text == "" || text == p.Text {
			return false
		}
	}
	octets := strings.Split(text, ":")
	for _, o := range octets {
		if len(o) != 2 || strings.Trim(o, "0123456789abcdef") != "" {
			return false
		}
	}
	return len(octets) == 6 && !p.Prefix || len(octets) < 6 && p.Prefix
}

func patterns(b *block, key string) []policy.Pattern {
	var all []policy.Pattern
	for _, w := range b.list(key) {
		p := policy.ParsePattern(w.text)
		if strings.HasSuffix(p.Text, "*") {
			b.d.refuse(w.line, "one * at the end stands for anything", "%s: %q ends in two *", key, w.text)
		}
		all = append(all, p)
	}
	return all
}

func vlanRanges(b *block, key string) []policy.VLANs {
	var all []policy.VLANs
	for _, w := range b.list(key) {
		r := b.ids(w.line, w.text)
		all = append(all, policy.VLANs{First: r.First, Last: r.Last})
	}
	return all
}

// lineRules settles whether RADIUS authorizes a retailer's lines, and checks
// that it has what that takes.
func (c *checker) lineRules(r *retailerBlock) {
	if r.Authorize != policy.ByLine {
		return
	}
	can := c.offers(r, "auth")
	r.AskLine = can
	if r.ask != nil {
		r.AskLine = *r.ask
		if r.AskLine && !can {
			r.b.refuse("ask_radius", "add radius = [...] with a server that has an auth address", "needs a radius server with an auth address")
		}
	}
	if !r.AskLine {
		r.b.idle("line_user", "RADIUS is not asked")
		r.b.idle("line_password", "RADIUS is not asked")
		r.LinePassword = ""
	}
	if len(r.lines) == 0 {
		c.d.refuse(r.b.line, "add line { ... }; one without keys is every line", "retailer %q has no line: no subscriber can reach it", r.Name)
	}
	for i, l := range r.Lines {
		for _, port := range l.Ports {
			if !c.hasPort(port) {
				var known []string
				for _, a := range c.file.Access {
					known = append(known, a.Port)
				}
				r.lines[i].refuse("port", suggest(port, known), "%q is no access port", port)
			}
		}
	}
}

func (c *checker) hasPort(name string) bool {
	for _, a := range c.file.Access {
		if a.Port == name {
			return true
		}
	}
	return false
}

// lineConflicts refuses rules that are never reached, and those of which nobody
// can tell whose the lines are. The first rule that fits decides, so that a
// narrow one may come before a wide one.
func (c *checker) lineConflicts() {
	type claim struct {
		r     *retailerBlock
		lines *policy.Lines
		b     *block
	}
	var claims []claim
	for _, r := range c.retailers {
		if r.Authorize != policy.ByLine {
			continue
		}
		for i := range r.Lines {
			claims = append(claims, claim{r, &r.Lines[i], r.lines[i]})
		}
	}
	for j, later := range claims {
		for _, first := range claims[:j] {
			switch {
			case first.lines.Covers(later.lines):
				c.d.refuse(later.b.line, "put the narrow rule before the wide one, or remove it",
					"line of retailer %q is never reached: all it has is in line %d, of retailer %q", later.r.Name, first.b.line, first.r.Name)
			case first.r != later.r && first.lines.Overlaps(later.lines) && !later.lines.Covers(first.lines):
				c.d.refuse(later.b.line, "make them disjoint, or one a part of the other and put it first",
					"some lines belong to retailer %q, and in line %d to retailer %q", later.r.Name, first.b.line, first.r.Name)
			default:
				continue
			}
			break
		}
	}
}
