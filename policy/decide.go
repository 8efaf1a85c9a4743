package policy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// option is a candidate before it has a place in the order.
type option struct {
	lns   LNS
	from  string  // where it comes from, for its reason
	score float64 // lower is earlier inside equal preference
	now   Condition
}

// Decide says which LNSes may serve s, in the order to try them. The route
// and the grant are what Route and the authorization returned; seed draws the
// order inside equal preference, the same seed gives the same order. An LNS
// that takes no call now, as health says, is left out; of those that are
// locked out the one locked the longest is the last resort. A Decision without
// candidates is a refusal: the last reason says why.
func (p *Policy) Decide(now time.Time, s Subscriber, r Route, g Grant, seed uint64, health Health) Decision {
	d := Decision{
		Realm:          r.Realm,
		Reasons:        slices.Clip(r.Reasons),
		User:           cmp.Or(g.User, r.User, s.User),
		Class:          g.Class,
		SessionTimeout: g.SessionTimeout,
		IdleTimeout:    g.IdleTimeout,
	}
	if r.Retailer == nil {
		return d
	}
	d.Retailer = r.Retailer.Name
	d.InterimInterval = d.interim(r.Retailer, g)

	var options []option
	if len(g.Tunnels) > 0 {
		options = p.granted(&d, r.Retailer, &g)
	} else {
		options = p.own(&d, r.Retailer, r.AsksRADIUS() && !r.silent)
	}
	options, resort := d.dropClosed(now, d.dropRepeats(options), health)
	if len(options) == 0 && resort == nil {
		d.reason("no LNS is left to try")
		return d
	}
	d.order(now, options, seed)
	d.resort(now, resort)
	return d
}

func (d *Decision) reason(format string, args ...any) {
	d.Reasons = append(d.Reasons, fmt.Sprintf(format, args...))
}

// interim settles the interim interval. RFC 2869 section 2.1: "a locally
// configured value on the NAS MUST override the value found in an
// Access-Accept"; RFC 5080 section 2.3.4 makes that a minimum.
func (d *Decision) interim(r *Retailer, g Grant) time.Duration {
	asked := g.InterimInterval
	if asked == 0 {
		return r.InterimInterval
	}
	least := max(r.InterimInterval, MinInterim)
	if asked < least {
		d.reason("interim interval %v of RADIUS raised to %v", asked, least)
		return least
	}
	return asked
}

// own returns the retailer's configured LNSes. Asked says that RADIUS has
// answered, and named no others.
func (p *Policy) own(d *Decision, r *Retailer, asked bool) []option {
	options := make([]option, 0, len(r.LNS))
	for i := range r.LNS {
		l := r.LNS[i]
		p.complete(r, &l)
		options = append(options, option{lns: l, from: "configured"})
	}
	if asked {
		d.reason("RADIUS named no tunnel: %s of retailer %s", count(len(options), "LNS", "LNSes"), r.Name)
	} else {
		d.reason("%s of retailer %s", count(len(options), "LNS", "LNSes"), r.Name)
	}
	return options
}

// complete fills in what neither RADIUS nor the LNS itself says.
func (p *Policy) complete(r *Retailer, l *LNS) {
	l.Retailer, l.Limits.Retailer = r.Name, r.MaxSessions
	l.Handling = cmp.Or(l.Handling, p.Handling)
	l.Host = cmp.Or(l.Host, p.Node)
	l.Weight = max(l.Weight, 1)
	if !l.Local.IsValid() {
		p.chooseLocal(l)
	}
}

// chooseLocal uses the first of our addresses that fits the peer's family.
func (p *Policy) chooseLocal(l *LNS) {
	for _, a := range p.Local {
		if a.Is4() == l.Peer.Addr().Is4() {
			l.Local = a
			return
		}
	}
}

// dropRepeats removes options that would be the same call to the same tunnel:
// having failed once it would fail again.
func (d *Decision) dropRepeats(options []option) []option {
	if len(options) < 2 {
		return options
	}
	kept := options[:0]
	for _, o := range options {
		same := func(k option) bool {
			return k.lns.TunnelKey() == o.lns.TunnelKey() && k.lns.PrivateGroup == o.lns.PrivateGroup
		}
		if i := slices.IndexFunc(kept, same); i >= 0 {
			if k := &kept[i].lns; compareRank(&o.lns, k) < 0 {
				k.Preference, k.Level = o.lns.Preference, o.lns.Level
			}
			d.reason("%s (%s) skipped: the same tunnel as %s", o.lns.label(), o.from, kept[i].lns.label())
			continue
		}
		kept = append(kept, o)
	}
	return kept
}

// dropClosed removes the options that take no call now. If some of them are
// locked out, the one locked the longest is returned too.
func (d *Decision) dropClosed(now time.Time, options []option, health Health) (open []option, resort *option) {
	if health == nil {
		return options, nil
	}
	closed := 0
	for i := range options {
		o := &options[i]
		o.now = health(now, &o.lns)
		if o.now.Open() {
			continue
		}
		closed++
		if o.now.Locked() && (resort == nil || o.now.Since.Before(resort.now.Since)) {
			resort = o
		}
	}
	if closed == 0 {
		return options, nil
	}
	open = make([]option, 0, len(options)-closed)
	for i := range options {
		switch o := &options[i]; {
		case o.now.Open():
			open = append(open, *o)
		case o != resort:
			d.reason("%s (%s) skipped: %s", o.lns.label(), o.from, o.now.Describe(now))
		}
	}
	return open, resort
}

// resort appends the option that is tried although it is locked out.
func (d *Decision) resort(now time.Time, o *option) {
	if o == nil {
		return
	}
	why := fmt.Sprintf("%s: last resort, %s", o.from, o.now.Describe(now))
	d.add(Candidate{LNS: o.lns, Reason: why, Resort: true})
}

func (d *Decision) add(c Candidate) {
	d.Candidates = append(d.Candidates, c)
	d.Reasons = append(d.Reasons, strconv.Itoa(len(d.Candidates))+". "+c.LNS.label()+" ("+c.Reason+")")
}

// order sorts the options into d.Candidates.
func (d *Decision) order(now time.Time, options []option, seed uint64) {
	for i := range options {
		options[i].score = score(&options[i].lns, seed)
	}
	slices.SortStableFunc(options, func(a, b option) int {
		return cmp.Or(compareRank(&a.lns, &b.lns), cmp.Compare(a.score, b.score))
	})
	d.Candidates = make([]Candidate, 0, len(options))
	for level := 0; level < len(options); {
		end, total := level, uint64(0)
		for ; end < len(options) && compareRank(&options[end].lns, &options[level].lns) == 0; end++ {
			total += uint64(options[end].lns.Weight)
		}
		alone := end == level+1
		for i := level; i < end; i++ {
			o := &options[i]
			why := fmt.Sprintf("%s: preference %d", o.from, o.lns.Preference)
			if o.lns.Level > 0 {
				why += fmt.Sprintf(", level %d", o.lns.Level+1)
			}
			if !alone {
				why += fmt.Sprintf(", place %d drawn with weight %d of %d", i-level+1, o.lns.Weight, total)
			}
			if o.now.State != Ready {
				why += ", " + o.now.Describe(now)
			}
			d.add(Candidate{LNS: o.lns, Reason: why})
		}
		level = end
	}
}

// compareRank compares the places of two LNSes before anything is drawn.
func compareRank(a, b *LNS) int {
	return cmp.Or(cmp.Compare(a.Preference, b.Preference), cmp.Compare(a.Level, b.Level))
}

// score is the weighted rendezvous score of l: -ln(u)/w with u uniform in
// (0, 1) from the seed and what identifies the LNS on any LAC. The lowest of
// several is l with probability w over the sum of the weights.
func score(l *LNS, seed uint64) float64 {
	h := uint64(14695981039346656037) // FNV-1a
	add := func(b byte) { h = (h ^ uint64(b)) * 1099511628211 }
	for _, b := range l.Peer.Addr().As16() {
		add(b)
	}
	add(byte(l.Peer.Port() >> 8))
	add(byte(l.Peer.Port()))
	for i := range len(l.Assignment) {
		add(l.Assignment[i])
	}
	// FNV alone leaves neighbouring seeds correlated.
	u := (float64(mix(mix(seed)^h)>>11) + 0.5) / (1 << 53)
	return -math.Log(u) / float64(l.Weight)
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// label names l in reasons.
func (l *LNS) label() string {
	addr := l.Peer.Addr().String()
	if l.Name == addr || l.Name == l.Peer.String() || l.Name == "" {
		return l.Peer.String()
	}
	var b strings.Builder
	b.WriteString(l.Name)
	b.WriteString(" at ")
	b.WriteString(l.Peer.String())
	return b.String()
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
