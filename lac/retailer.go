package lac

import (
	"maps"
	"sync/atomic"
	"time"

	"lacd/lac/cause"
	"lacd/lac/session"
	"lacd/policy"
)

// noRetailer is what sessions are counted under whose retailer is not known:
// yet, or at all. No retailer can have the name.
const noRetailer = "none"

// stages are the parts of a set-up whose times are kept: each lasts from the
// end of the one before, the first one from PADR.
var stages = [...]session.Step{
	session.LCPOpen, session.Authenticated, session.Permitted, session.Answered, session.Bridged, session.Connected,
}

// total is the place behind the stages, for the whole set-up.
const total = len(stages)

// stageName returns the stable word for a stage, or for the whole.
func stageName(i int) string {
	if i == total {
		return "total"
	}
	return stages[i].String()
}

// book is what a shard knows of the sessions of one retailer. Its shard alone
// writes it, so that counting takes no lock; whoever asks reads the books of
// all shards as they are, and waits for none of them.
type book struct {
	retailer      string       // noRetailer: not known
	sessions      atomic.Int64 // all, those being set up included
	up            atomic.Int64
	succeeded     atomic.Uint64   // set-ups
	failed, ended []atomic.Uint64 // by cause: sessions that were never up, and those that were
	refused       [policy.NumLimits]atomic.Uint64
	stages        [total + 1]histogram
}

func newBook(retailer string) *book {
	n := len(cause.All()) + 1
	return &book{retailer: retailer, failed: make([]atomic.Uint64, n), ended: make([]atomic.Uint64, n)}
}

// started returns how many set-ups began.
func (b *book) started() uint64 {
	n := b.succeeded.Load() + uint64(max(0, b.sessions.Load()-b.up.Load()))
	for i := range b.failed {
		n += b.failed[i].Load()
	}
	return n
}

func (b *book) add(o *book) {
	b.sessions.Add(o.sessions.Load())
	b.up.Add(o.up.Load())
	b.succeeded.Add(o.succeeded.Load())
	for i := range o.failed {
		b.failed[i].Add(o.failed[i].Load())
		b.ended[i].Add(o.ended[i].Load())
	}
	for i := range o.refused {
		b.refused[i].Add(o.refused[i].Load())
	}
	for i := range o.stages {
		b.stages[i].add(&o.stages[i])
	}
}

// timed takes the steps of a set-up, as far as it came.
func (b *book) timed(v *session.View) {
	var before time.Duration
	for i, step := range stages {
		at := v.Steps[step]
		if at == 0 {
			return
		}
		// A step that is repeated has the time of its last repetition.
		b.stages[i].observe(max(0, at-before))
		before = at
	}
	b.stages[total].observe(before)
}

// book returns the book of a retailer. Only the shard's loop makes one.
func (sh *shard) book(retailer string) *book {
	if b, ok := sh.books.Load(retailer); ok {
		return b.(*book)
	}
	b := newBook(retailer)
	sh.books.Store(retailer, b)
	return b
}

// identify books a session under its retailer as soon as that is known, or is
// another one: a subscriber may start over under another name.
func (sh *shard) identify(sl *slot) {
	name := noRetailer
	if r := sl.session.Retailer(); r != nil {
		name = r.Name
	}
	switch {
	case sl.book == nil:
		sl.book = sh.book(name)
	case sl.book.retailer != name:
		sl.book.sessions.Add(-1)
		sl.book = sh.book(name)
	default:
		return
	}
	sl.book.sessions.Add(1)
}

// complete books a set-up that is complete.
func (b *book) complete(v *session.View) {
	b.up.Add(1)
	b.succeeded.Add(1)
	b.timed(v)
}

// over books the end of a session.
func (b *book) over(v *session.View) {
	b.sessions.Add(-1)
	if v.UpSince.IsZero() {
		b.failed[v.Cause].Add(1)
		b.timed(v)
		return
	}
	b.up.Add(-1)
	b.ended[v.Cause].Add(1)
}

// health tells a session the condition of an LNS, and counts where a limit
// keeps it from there.
func (sh *shard) health(now time.Time, l *policy.LNS) policy.Condition {
	c := sh.srv.trunk.Condition(now, l)
	if c.State == policy.Full {
		sh.book(l.Retailer).refused[c.Limit].Add(1)
	}
	return c
}

// books adds up what the shards know, by retailer. Every retailer of the
// policy is there, and noRetailer; one that the policy has no more is there
// while it has sessions.
func (s *Server) books() map[string]*book {
	sum := map[string]*book{noRetailer: newBook(noRetailer)}
	pol := s.policy()
	for i := range pol.Retailers {
		name := pol.Retailers[i].Name
		sum[name] = newBook(name)
	}
	configured := maps.Clone(sum)
	for _, sh := range s.shards {
		sh.books.Range(func(_, v any) bool {
			b := v.(*book)
			if sum[b.retailer] == nil {
				sum[b.retailer] = newBook(b.retailer)
			}
			sum[b.retailer].add(b)
			return true
		})
	}
	maps.DeleteFunc(sum, func(name string, b *book) bool { return configured[name] == nil && b.sessions.Load() == 0 })
	return sum
}
