package lac

import (
	"sync/atomic"
	"time"
)

// offers are the PADOs that may still bring a PADR. A place among the half-open
// sessions is kept for each for offerLife, by how many of the last ones came to
// something: all, where subscribers dial; hardly any in a flood of PADIs from
// addresses that nobody has. Else the flood would hold all places by asking for
// them.
type offers struct {
	made, taken atomic.Int64 // since the last look
	open        atomic.Int64 // made before that, and neither taken nor too old
	vain        atomic.Int64 // how many of oddsOf come to nothing

	// The loop that looks owns the rest.
	recent [offerLife / gateInterval]offered // a ring
	next   int
}

// offered are the offers between two looks.
type offered struct{ made, open int64 }

const (
	// offerLife is how long a subscriber that dials in earnest may take to answer,
	// and the port to look at the answer. The shorter it is, the sooner a flood is
	// known for one.
	offerLife = 300 * time.Millisecond
	oddsOf    = 1024
	// oddsFrom is how many offers between two looks say something of the odds. As
	// many within their life keep the odds as they are; fewer let them return to
	// all.
	oddsFrom = 64
)

// expected returns how many more PADRs are to be expected.
func (o *offers) expected() int64 {
	return max(0, (o.open.Load()+o.made.Load()-o.taken.Load())*(oddsOf-o.vain.Load())/oddsOf)
}

// look takes stock. It is called each gateInterval.
func (o *offers) look() {
	made, taken := o.made.Swap(0), o.taken.Swap(0)
	past := o.recent[o.next]
	o.recent[o.next] = offered{made, made}
	o.next = (o.next + 1) % len(o.recent)
	all, open := int64(0), int64(0)
	for i := range o.recent { // the oldest are taken first
		r := &o.recent[(o.next+i)%len(o.recent)]
		n := min(taken, r.open)
		r.open -= n
		taken -= n
		all += r.made
		open += r.open
	}
	o.open.Store(open)
	vain := o.vain.Load()
	switch {
	case past.made >= oddsFrom:
		vain += (oddsOf*past.open/past.made - vain) * 7 / 8
	case all < oddsFrom:
		vain = max(0, vain-max(1, vain/32))
	}
	o.vain.Store(vain)
}
