package file

import (
	"math/big"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// value evaluates a key; ok is false when it is not written or wrong.
func (b *block) value(key string) (v cty.Value, ok bool) {
	b.keys = append(b.keys, key)
	b.d.known[b.path+"."+key] = true
	a := b.body.Attributes[key]
	if a == nil {
		return v, false
	}
	return b.eval(key, a.Expr)
}

func (b *block) eval(key string, e hclsyntax.Expression) (v cty.Value, ok bool) {
	v, diags := e.Value(nil)
	if diags.HasErrors() {
		b.d.errs = append(b.d.errs, fromHCL(b.d.name, diags)...)
		return v, false
	}
	if v.IsNull() {
		b.refuse(key, "remove the key to get its default", "is null")
		return v, false
	}
	return v, v.IsWhollyKnown()
}

// typed is value for a key of one type.
func (b *block) typed(key string, t cty.Type, hint string) (v cty.Value, ok bool) {
	if v, ok = b.value(key); !ok {
		return v, false
	}
	if !v.Type().Equals(t) {
		b.refuse(key, hint, "must be %s, not %s", typeName(t), typeName(v.Type()))
		return v, false
	}
	return v, true
}

func typeName(t cty.Type) string {
	switch {
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		return "a list"
	case t.IsObjectType() || t.IsMapType():
		return "a map"
	case t == cty.Bool:
		return "true or false"
	}
	return "a " + t.FriendlyName()
}

// text reads a key that must not be empty.
func (b *block) text(key, def string) string {
	v, ok := b.typed(key, cty.String, "put it in double quotes")
	if !ok {
		return def
	}
	s := v.AsString()
	if s == "" {
		b.refuse(key, "remove the key to get its default", "is empty")
		return def
	}
	return s
}

// word reads one of a few words.
func (b *block) word(key, def string, allowed ...string) string {
	s := b.text(key, def)
	if s != "" && !slices.Contains(allowed, s) {
		b.refuse(key, suggest(s, allowed), "%q is not one of %s", s, quoteAll(allowed))
		return def
	}
	return s
}

func (b *block) flag(key string, def bool) bool {
	v, ok := b.typed(key, cty.Bool, "write "+key+" = true or "+key+" = false, without quotes")
	if !ok {
		return def
	}
	return v.True()
}

// number reads a whole number in [least, most].
func (b *block) number(key string, def, least, most int64) int64 {
	v, ok := b.typed(key, cty.Number, "write it without quotes")
	if !ok {
		return def
	}
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact || n < least || n > most {
		b.refuse(key, "", "must be a whole number from %d to %d", least, most)
		return def
	}
	return n
}

// duration reads a duration in [least, most]; it is written as "30s".
func (b *block) duration(key string, def, least, most time.Duration) time.Duration {
	const hint = `write a number and a unit in quotes, such as "500ms", "30s" or "5m"`
	v, ok := b.typed(key, cty.String, hint)
	if !ok {
		return def
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil {
		b.refuse(key, hint, "%q is not a duration", v.AsString())
		return def
	}
	if d < least || d > most {
		b.refuse(key, "", "must be from %s to %s", brief(least), brief(most))
		return def
	}
	return d
}

// located is a word and its line, for checks across blocks.
type located struct {
	text string
	line int
}

// brief writes a duration as an operator would: "1h", not "1h0m0s".
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// list reads a list of texts. None may be empty or written twice.
func (b *block) list(key string) []located {
	v, ok := b.value(key)
	if !ok {
		return nil
	}
	if !v.Type().IsTupleType() {
		b.refuse(key, "write "+key+` = ["..."]`, "must be a list of strings, not %s", typeName(v.Type()))
		return nil
	}
	if v.LengthInt() == 0 {
		b.refuse(key, "remove the key to get its default", "is an empty list")
	}
	// Element lines are known when the list is written out, as it nearly always is.
	cons, _ := b.body.Attributes[key].Expr.(*hclsyntax.TupleConsExpr)
	var words []located
	for i, e := range v.AsValueSlice() {
		w := located{line: b.at(key)}
		if cons != nil && i < len(cons.Exprs) {
			w.line = cons.Exprs[i].Range().Start.Line
		}
		if e.IsNull() || e.Type() != cty.String {
			b.d.refuse(w.line, "put each of them in double quotes", "%s must be a list of strings", key)
			continue
		}
		if w.text = e.AsString(); w.text == "" {
			b.d.refuse(w.line, "", "%s has an empty entry", key)
			continue
		}
		if slices.ContainsFunc(words, func(o located) bool { return o.text == w.text }) {
			b.d.refuse(w.line, "", "%s names %q twice", key, w.text)
			continue
		}
		words = append(words, w)
	}
	return words
}

func texts(words []located) []string {
	var s []string
	for _, w := range words {
		s = append(s, w.text)
	}
	return s
}

// addrPort reads an address; a missing port is def, and def 0 asks for one.
func (b *block) addrPort(key string, def uint16) netip.AddrPort {
	s := b.text(key, "")
	if s == "" {
		return netip.AddrPort{}
	}
	if ap, err := netip.ParseAddrPort(s); err == nil && ap.Port() != 0 {
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err == nil && def != 0 {
		return netip.AddrPortFrom(a.Unmap(), def)
	}
	want, hint := "an address", "write an address such as 192.0.2.1 or [2001:db8::1]:"+strconv.Itoa(int(def))+"; host names are not looked up"
	if def == 0 {
		want, hint = "an address with a port", "write an address and a port such as 127.0.0.1:9101"
	}
	b.refuse(key, hint, "%q is not %s", s, want)
	return netip.AddrPort{}
}

// peer reads the address of another host.
func (b *block) peer(key string, def uint16) netip.AddrPort {
	ap := b.addrPort(key, def)
	if a := ap.Addr(); ap.IsValid() && (a.IsUnspecified() || a.IsMulticast()) {
		b.refuse(key, "", "%s cannot be the address of a host", a)
		return netip.AddrPort{}
	}
	return ap
}

// localAddr reads one of our own addresses.
func (b *block) localAddr(key string, line int, s string) (a netip.Addr) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		b.d.refuse(line, "write an address such as 192.0.2.10, without a port", "%s: %q is not an address", key, s)
		return netip.Addr{}
	}
	if a = a.Unmap(); a.IsUnspecified() || a.IsMulticast() {
		b.d.refuse(line, "leave it out to let the kernel choose", "%s: %s cannot be an address of this node", key, s)
		return netip.Addr{}
	}
	return a
}

// absolute reads an absolute path.
func (b *block) absolute(key, def string) string {
	s := b.text(key, def)
	if !filepath.IsAbs(s) {
		b.refuse(key, "write the whole path, from /", "%q is not an absolute path", s)
		return def
	}
	return filepath.Clean(s)
}
