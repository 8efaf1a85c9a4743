package file

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"lacd/policy"
)

// decoder collects what is wrong while the blocks are read.
type decoder struct {
	name     string
	sys      system
	errs     Errors
	warnings Errors
	inline   bool            // a secret is written in the file itself
	handling policy.Handling // of LNSes that say nothing else
	known    map[string]bool // every "block.key" that was asked for
	strays   []stray
}

// stray is an unknown key that resembles no key of its block.
type stray struct {
	key string
	err *Error
}

// place tells where stray keys belong, now that all blocks are read.
func (d *decoder) place() {
	for _, s := range d.strays {
		var homes []string
		for known := range d.known {
			if i := strings.LastIndexByte(known, '.'); known[i+1:] == s.key {
				homes = append(homes, strings.ReplaceAll(known[:i], ".", " "))
			}
		}
		if len(homes) > 0 {
			slices.Sort(homes)
			s.err.Hint = s.key + " belongs in " + strings.Join(homes, " or ")
		}
	}
}

func (d *decoder) refuse(line int, hint, format string, args ...any) {
	d.errs = append(d.errs, &Error{File: d.name, Line: line, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (d *decoder) warn(line int, hint, format string, args ...any) {
	d.warnings = append(d.warnings, &Error{File: d.name, Line: line, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// block reads the keys of one block. Each key is asked for by a method of
// value.go, which also makes it a known key; done refuses all others.
type block struct {
	d      *decoder
	path   string // "retailer.lns"; empty: the file
	label  string
	line   int
	body   *hclsyntax.Body
	keys   []string // asked for
	blocks []string // nested blocks asked for
}

// one returns the block of a kind that appears at most once. A missing block
// is an empty one: all its keys have their defaults.
func (b *block) one(kind string) *block {
	found := b.nested(kind, false)
	if len(found) == 0 {
		return b.child(kind, &hclsyntax.Block{Body: &hclsyntax.Body{}})
	}
	for _, again := range found[1:] {
		b.d.refuse(again.line, "put all its keys into one block", "%s is defined twice, first in line %d", kind, found[0].line)
	}
	return found[0]
}

// many returns the blocks of a kind that bears a name.
func (b *block) many(kind string) []*block {
	found := b.nested(kind, true)
	for i, c := range found {
		first := slices.IndexFunc(found, func(o *block) bool { return o.label == c.label })
		if first < i {
			b.d.refuse(c.line, "", "%s %q is defined twice, first in line %d", kind, c.label, found[first].line)
		}
	}
	return found
}

func (b *block) nested(kind string, named bool) []*block {
	b.blocks = append(b.blocks, kind)
	var found []*block
	for _, h := range b.body.Blocks {
		if h.Type != kind {
			continue
		}
		c := b.child(kind, h)
		switch {
		case named && len(h.Labels) != 1:
			b.d.refuse(c.line, "write "+kind+` "name" { ... }`, "%s needs one name", kind)
		case named:
			c.label = h.Labels[0]
			c.checkName()
		case len(h.Labels) > 0:
			b.d.refuse(c.line, "write "+kind+" { ... }", "%s takes no name", kind)
		}
		found = append(found, c)
	}
	return found
}

func (b *block) child(kind string, h *hclsyntax.Block) *block {
	path := kind
	if b.path != "" {
		path = b.path + "." + kind
	}
	return &block{d: b.d, path: path, body: h.Body, line: h.TypeRange.Start.Line}
}

// checkName refuses names that cannot be told apart in logs and metrics.
func (b *block) checkName() {
	if b.label == "" || strings.ContainsFunc(b.label, func(r rune) bool { return r <= ' ' || r == '"' || r > '~' }) {
		b.d.refuse(b.line, "use letters, digits and punctuation without spaces", "%q cannot be the name of %s", b.label, b.kind())
	}
}

// kind is what messages call the block.
func (b *block) kind() string {
	if b.path == "" {
		return "the file"
	}
	return strings.ReplaceAll(b.path, ".", " ")
}

// done refuses what nobody asked for. It is called when all keys are read.
func (b *block) done() {
	where := b.kind()
	for name, a := range b.body.Attributes {
		line := a.NameRange.Start.Line
		switch {
		case slices.Contains(b.keys, name):
		case slices.Contains(b.blocks, name):
			b.d.refuse(line, "write "+name+" { ... } without =", "%s is a block, not a value", name)
		default:
			hint := suggest(name, slices.Concat(b.keys, b.blocks))
			b.d.refuse(line, hint, "unknown key %q in %s", name, where)
			if hint == "" {
				b.d.strays = append(b.d.strays, stray{name, b.d.errs[len(b.d.errs)-1]})
			}
		}
	}
	for _, c := range b.body.Blocks {
		line := c.TypeRange.Start.Line
		switch {
		case slices.Contains(b.blocks, c.Type):
		case slices.Contains(b.keys, c.Type):
			b.d.refuse(line, "write "+c.Type+" = ...", "%s is a value, not a block", c.Type)
		default:
			b.d.refuse(line, suggest(c.Type, slices.Concat(b.blocks, b.keys)), "unknown block %q in %s", c.Type, where)
		}
	}
}

// has tells whether a key is written in the file.
func (b *block) has(key string) bool { return b.body.Attributes[key] != nil }

// at returns the line of a key, or of the block when the key is not written.
func (b *block) at(key string) int {
	if a := b.body.Attributes[key]; a != nil {
		return a.NameRange.Start.Line
	}
	return max(b.line, 1)
}

// refuse reports something wrong with a key.
func (b *block) refuse(key, hint, format string, args ...any) {
	b.d.refuse(b.at(key), hint, "%s "+format, append([]any{key}, args...)...)
}

// idle refuses a key that is written but has no effect.
func (b *block) idle(key, format string, args ...any) {
	if b.has(key) {
		b.refuse(key, "remove it", "has no effect: "+format, args...)
	}
}

// quoteAll lists words for a message.
func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i := range words {
		quoted[i] = strconv.Quote(words[i])
	}
	return strings.Join(quoted, ", ")
}
