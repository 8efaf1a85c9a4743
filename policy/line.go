package policy

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Lines are access lines: those that all that is given holds for. Of a list
// one has to fit; an empty one fits every line, and so does the zero Lines.
type Lines struct {
	Ports      []string // access ports
	SVLANs     []VLANs  // outer VLAN ID
	CVLANs     []VLANs  // inner VLAN ID
	CircuitIDs []Pattern
	RemoteIDs  []Pattern
	MACs       []Pattern
	Source     string // where it is written, for reasons
}

// VLANs is a range of VLAN IDs, both ends included.
type VLANs struct{ First, Last uint16 }

// String returns "100" or "100-199".
func (r VLANs) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// Pattern is a text, or the beginning of one.
type Pattern struct {
	Text   string
	Prefix bool // anything may follow
}

// ParsePattern reads a text that may end in "*".
func ParsePattern(s string) Pattern {
	text, prefix := strings.CutSuffix(s, "*")
	return Pattern{text, prefix}
}

// String returns p as it is written.
func (p Pattern) String() string {
	if p.Prefix {
		return p.Text + "*"
	}
	return p.Text
}

// matches reports whether a text fits. One that is not known fits nothing.
func (p Pattern) matches(s string) bool {
	return s != "" && (s == p.Text || p.Prefix && strings.HasPrefix(s, p.Text))
}

// Covers reports whether every line of o is one of l.
func (l *Lines) Covers(o *Lines) bool {
	return within(l.Ports, o.Ports, equal) && within(l.SVLANs, o.SVLANs, VLANs.covers) && within(l.CVLANs, o.CVLANs, VLANs.covers) &&
		within(l.CircuitIDs, o.CircuitIDs, Pattern.covers) && within(l.RemoteIDs, o.RemoteIDs, Pattern.covers) &&
		within(l.MACs, o.MACs, Pattern.covers)
}

// Overlaps reports whether a line may be one of l and of o.
func (l *Lines) Overlaps(o *Lines) bool {
	return meet(l.Ports, o.Ports, equal) && meet(l.SVLANs, o.SVLANs, VLANs.overlaps) && meet(l.CVLANs, o.CVLANs, VLANs.overlaps) &&
		meet(l.CircuitIDs, o.CircuitIDs, Pattern.overlaps) && meet(l.RemoteIDs, o.RemoteIDs, Pattern.overlaps) &&
		meet(l.MACs, o.MACs, Pattern.overlaps)
}

// within reports whether the wide list holds all that the narrow one does.
func within[T any](wide, narrow []T, covers func(T, T) bool) bool {
	if len(wide) == 0 || len(narrow) == 0 {
		return len(wide) == 0
	}
	for _, n := range narrow {
		if !slices.ContainsFunc(wide, func(w T) bool { return covers(w, n) }) {
			return false
		}
	}
	return true
}

func meet[T any](a, b []T, overlaps func(T, T) bool) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x T) bool {
		return slices.ContainsFunc(b, func(y T) bool { return overlaps(x, y) })
	})
}

func equal(a, b string) bool          { return a == b }
func (r VLANs) covers(o VLANs) bool   { return r.First <= o.First && o.Last <= r.Last }
func (r VLANs) overlaps(o VLANs) bool { return r.First <= o.Last && o.First <= r.Last }
func (p Pattern) covers(o Pattern) bool {
	return p == o || p.Prefix && strings.HasPrefix(o.Text, p.Text)
}
func (p Pattern) overlaps(o Pattern) bool { return p.covers(o) || o.covers(p) }

// match reports whether s is one of the lines, and by what. The text of one
// kind is known to fit, if any.
func (l *Lines) match(s *Subscriber, known byte) (why []string, ok bool) {
	for _, t := range []struct {
		kind     byte
		name     string
		patterns []Pattern
		value    string
	}{
		{byCircuitID, "circuit_id", l.CircuitIDs, s.CircuitID},
		{byRemoteID, "remote_id", l.RemoteIDs, s.RemoteID},
		{byMAC, "mac", l.MACs, s.MAC},
	} {
		switch {
		case len(t.patterns) == 0:
			continue
		case t.kind == known:
			why = append(why, t.name+" "+strconv.Quote(t.value))
			continue
		}
		i := slices.IndexFunc(t.patterns, func(p Pattern) bool { return p.matches(t.value) })
		if i < 0 {
			return nil, false
		}
		why = append(why, t.name+" "+strconv.Quote(t.patterns[i].String()))
	}
	if len(l.Ports) > 0 {
		if !slices.Contains(l.Ports, s.Port) {
			return nil, false
		}
		why = append(why, "port "+s.Port)
	}
	for _, t := range []struct {
		name   string
		ranges []VLANs
		id     uint16
	}{{"svlan", l.SVLANs, s.SVLAN}, {"cvlan", l.CVLANs, s.CVLAN}} {
		if len(t.ranges) == 0 {
			continue
		}
		i := slices.IndexFunc(t.ranges, func(r VLANs) bool { return t.id != 0 && r.First <= t.id && t.id <= r.Last })
		if i < 0 {
			return nil, false
		}
		why = append(why, t.name+" "+t.ranges[i].String())
	}
	return why, true
}

// lineRule is one of the Lines of a retailer.
type lineRule struct {
	retailer *Retailer
	lines    *Lines
}

// lineKey finds the rules that name a line as a whole: there may be thousands.
type lineKey struct {
	kind  byte
	value string
}

// The kinds of keys.
const (
	byCircuitID = 1 + iota
	byRemoteID
	byMAC
)

// lineTable is the rules for lines, in their order.
type lineTable struct {
	rules []lineRule
	named map[lineKey][]int // ascending
	other []int             // ascending
}

func (t *lineTable) add(r *Retailer) {
	for i := range r.Lines {
		l, at := &r.Lines[i], len(t.rules)
		t.rules = append(t.rules, lineRule{r, l})
		keys := l.keys()
		if keys == nil {
			t.other = append(t.other, at)
			continue
		}
		if t.named == nil {
			t.named = map[lineKey][]int{}
		}
		for _, k := range keys {
			t.named[k] = append(t.named[k], at)
		}
	}
}

// keys returns what all lines of l can be found by, nil if there is no such thing.
func (l *Lines) keys() (keys []lineKey) {
	prefix := func(p Pattern) bool { return p.Prefix }
	for _, t := range []struct {
		kind     byte
		patterns []Pattern
	}{{byCircuitID, l.CircuitIDs}, {byRemoteID, l.RemoteIDs}, {byMAC, l.MACs}} {
		if len(t.patterns) == 0 || slices.ContainsFunc(t.patterns, prefix) {
			continue
		}
		for _, p := range t.patterns {
			keys = append(keys, lineKey{t.kind, p.Text})
		}
		return keys
	}
	return nil
}

// find returns the first rule that fits a line.
func (t *lineTable) find(s *Subscriber) (rule *lineRule, why []string) {
	best := math.MaxInt
	look := func(among []int, known byte) {
		for _, i := range among {
			if i >= best {
				return
			}
			if w, ok := t.rules[i].lines.match(s, known); ok {
				best, why = i, w
				return
			}
		}
	}
	if t.named != nil {
		look(t.named[lineKey{byCircuitID, s.CircuitID}], byCircuitID)
		look(t.named[lineKey{byRemoteID, s.RemoteID}], byRemoteID)
		look(t.named[lineKey{byMAC, s.MAC}], byMAC)
	}
	look(t.other, 0)
	if best == math.MaxInt {
		return nil, nil
	}
	return &t.rules[best], why
}

// KnowsLines reports whether any retailer has lines of its own.
func (p *Policy) KnowsLines() bool { return len(p.lines.rules) > 0 }

// Line says which retailer has the line of a subscriber, who is then not asked
// for its name. The first rule that fits decides; ok is false if none does.
func (p *Policy) Line(s Subscriber) (r Route, ok bool) {
	rule, why := p.lines.find(&s)
	if rule == nil {
		return r, false
	}
	r.Retailer, r.Authorize = rule.retailer, ByLine
	found := "the line belongs to retailer " + rule.retailer.Name + ": "
	if len(why) == 0 {
		found += "every line does"
	} else {
		found += strings.Join(why, ", ")
	}
	if rule.lines.Source != "" {
		found += " (" + rule.lines.Source + ")"
	}
	r.Reasons = []string{found, rule.retailer.reason()}
	p.lineUser(&r, &s)
	return r, true
}

// lineUser settles the User-Name that stands for a line towards RADIUS: "the
// Calling-Station-Id or Called-Station-Id" with a password that means nothing
// (RFC 2809 section 4.1.2.2).
func (p *Policy) lineUser(r *Route, s *Subscriber) {
	if t := r.Retailer.LineUser; t != nil {
		v := p.values(r, s)
		r.User = t.Text(&v)
	}
	if r.User == "" {
		r.User = p.Numbers(r, s).CallingStation
	}
	if r.User == "" {
		r.User = s.MAC
	}
	if r.Retailer.AskLine {
		r.Reasons = append(r.Reasons, "the User-Name for RADIUS is "+strconv.Quote(r.User))
	}
}
