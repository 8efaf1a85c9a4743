package file

import (
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"lacd/policy"
)

// mostCalls is more than a gateway has.
const mostCalls = 1 << 20

// mostSetups is, in a second, more than a gateway does.
const mostSetups = 100_000

// limits reads what an LNS is given at most.
func limits(b *block) policy.Limits {
	return policy.Limits{
		Sessions:       uint32(b.number("max_sessions", 0, 1, mostCalls)),
		TunnelSessions: uint32(b.number("max_sessions_per_tunnel", 0, 1, 65535)),
		Setups:         uint32(b.number("max_setups_per_second", 0, 1, mostSetups)),
	}
}

// handling reads how the failures of LNSes are dealt with. What is not written
// is as in def; nil if nothing is.
func handling(b *block, def policy.Handling) *policy.Handling {
	h := def
	h.Lockouts = lockouts(b, def.Lockouts)
	if words := b.list("give_up_after"); b.has("give_up_after") {
		h.GiveUp = giveUp(b, words)
	}
	word := b.word("moved_peer", policy.MovedWords[def.Moved], policy.MovedWords[:]...)
	h.Moved = policy.Moved(slices.Index(policy.MovedWords[:], word))
	if !b.has("lockout") && !b.has("give_up_after") && !b.has("moved_peer") {
		return nil
	}
	return &h
}

// giveUp reads the refusals after which no other LNS is tried.
func giveUp(b *block, words []located) (set policy.Failures) {
	allowed := []string{policy.CallAdmin.String(), policy.CallInvalid.String()}
	for _, w := range words {
		switch w.text {
		case allowed[0]:
			set = set.With(policy.CallAdmin)
		case allowed[1]:
			set = set.With(policy.CallInvalid)
		default:
			b.d.refuse(w.line, suggest(w.text, allowed), "give_up_after: %q is not one of %s", w.text, quoteAll(allowed))
		}
	}
	return set
}

// longestLockout is what others have as the most, too.
const longestLockout = time.Hour

// lockouts reads a map from failures to durations.
func lockouts(b *block, l policy.Lockouts) policy.Lockouts {
	v, ok := b.value("lockout")
	if !ok {
		return l
	}
	if !v.Type().IsObjectType() {
		b.refuse("lockout", `write lockout = { timeout = "60s" }`, "must be a map of durations, not %s", typeName(v.Type()))
		return l
	}
	lines := itemLines(b.body.Attributes["lockout"].Expr)
	var words []string
	for f := range policy.NumFailures {
		words = append(words, f.String())
	}
	values := v.AsValueMap()
	for _, word := range slices.Sorted(maps.Keys(values)) {
		line := lines[word]
		if line == 0 {
			line = b.at("lockout")
		}
		f := slices.Index(words, word)
		if f < 0 {
			b.d.refuse(line, suggest(word, words), "lockout: %q is not one of %s", word, quoteAll(words))
			continue
		}
		text := values[word]
		if text.IsNull() || text.Type() != cty.String {
			b.d.refuse(line, `write a number and a unit in quotes, such as "30s"`, "lockout: %s must be a string", word)
			continue
		}
		d, err := time.ParseDuration(text.AsString())
		switch {
		case err != nil:
			b.d.refuse(line, `write a number and a unit in quotes, such as "30s"`, "lockout: %q is not a duration", text.AsString())
		case d < 0 || d > longestLockout:
			b.d.refuse(line, `"0s" does not lock the LNS out`, "lockout: %s must be from 0s to %s", word, brief(longestLockout))
		default:
			l[f] = d
		}
	}
	return l
}

// itemLines returns the lines of the keys of a map that is written out.
func itemLines(e hclsyntax.Expression) map[string]int {
	lines := map[string]int{}
	cons, _ := e.(*hclsyntax.ObjectConsExpr)
	if cons == nil {
		return lines
	}
	for _, item := range cons.Items {
		if k, diags := item.KeyExpr.Value(nil); !diags.HasErrors() && !k.IsNull() && k.Type() == cty.String {
			lines[k.AsString()] = item.KeyExpr.Range().Start.Line
		}
	}
	return lines
}
