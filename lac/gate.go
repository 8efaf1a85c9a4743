package lac

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lacd/lac/cause"
	"lacd/lac/rate"
	"lacd/lac/session"
	"lacd/policy"
)

// Gate says when the front door closes: a PADI is then met with silence, so
// that the subscriber tries again later, or elsewhere, instead of waiting for
// what cannot be done in time. Zero fields take their defaults.
type Gate struct {
	HalfOpen  int           // sessions between PADR and ICCN; 0: 8192
	Asking    int           // sessions of a retailer that await RADIUS; 0: 4096
	CallDelay time.Duration // until a call of a retailer is answered; 0: 2 s
	Backlog   int           // data plane operations that wait; 0: 4096
}

func (g *Gate) setDefaults() {
	fallback(&g.HalfOpen, 8192)
	fallback(&g.Asking, 4096)
	fallback(&g.CallDelay, 2*time.Second)
	fallback(&g.Backlog, 4096)
}

func fallback[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// gate is the front door of all access ports.
//
// It is fair between retailers: what is wrong with the RADIUS servers or the
// LNSes of one never closes it for the others. A retailer that is behind is
// refused by itself, as soon as a subscriber's realm is known; the door closes
// for its sake only when all retailers are behind. And as soon as half of the
// half-open sessions are in use, a retailer may have its share of the other
// half, no more: one that gets nowhere holds half of all at most, and leaves
// the others the rest.
type gate struct {
	cfg      atomic.Pointer[Gate]
	closed   atomic.Bool
	closures atomic.Uint64

	halfOpen  atomic.Int64
	coming    atomic.Int64 // PADRs with a good cookie that wait for their shard
	offers    offers
	done      atomic.Int64 // sessions that came up since the last look
	rate      int64        // of them, in a second, when there was much to do; for update alone
	room      atomic.Int64 // PADRs that may wait for a place: as many as get one in time
	retailers atomic.Int64 // configured; the shares depend on it
	loads     sync.Map     // name → *load
}

// load is what one retailer keeps busy.
type load struct {
	name     string
	halfOpen atomic.Int64
	asking   atomic.Int64
	setups   rate.Bucket
	late     atomic.Int64           // when a call was answered too late, and none in time since; nanoseconds; 0: none
	busy     atomic.Pointer[string] // why it is refused; nil: it is not
}

const (
	gateInterval = 100 * time.Millisecond
	// lateFor is how long a retailer counts as behind after a call that was late.
	// Then some are let in and show whether it still is.
	lateFor = time.Second
)

// load returns the load of a retailer.
func (g *gate) load(retailer string) *load {
	if l, ok := g.loads.Load(retailer); ok {
		return l.(*load)
	}
	l, _ := g.loads.LoadOrStore(retailer, &load{name: retailer})
	return l.(*load)
}

// full reports whether the door has to be closed for half-open sessions, even
// if nobody has looked at it since: in a tenth of a second thousands come in. A
// place is offered to one only, as long as offers are taken.
func (g *gate) full() bool {
	return g.halfOpen.Load()+g.coming.Load()+g.offers.expected() >= int64(g.cfg.Load().HalfOpen)+g.room.Load()
}

// takes counts a PADR with a good cookie, which was offered a place.
func (g *gate) takes() {
	g.coming.Add(1)
	g.offers.taken.Add(1)
}

// crowded reports whether not even a PADR with a good cookie can be served.
// Those who were given a cookie may come in through a closed door, but only so
// many.
func (g *gate) crowded() bool {
	return g.halfOpen.Load()+g.coming.Load() >= g.most()+g.room.Load()
}

// taken reports whether all places are in use, so that a PADR has to wait.
func (g *gate) taken() bool { return g.halfOpen.Load() >= g.most() }

// most is how many may be half-open, with those who were offered a place that
// they took a while later.
func (g *gate) most() int64 {
	n := int64(g.cfg.Load().HalfOpen)
	return n + n/4
}

const (
	// roomFor is how long a PADR may have to wait; see lobbyLife.
	roomFor = 2 * time.Second
	// mostRoom bounds what waits, in times the sessions that may be half-open.
	mostRoom = 4
)

// measure takes note of how fast set-ups come to an end. How few they are when
// there is little to do says nothing.
func (g *gate) measure() {
	rate := g.done.Swap(0) * int64(time.Second/gateInterval)
	n := int64(g.cfg.Load().HalfOpen)
	if g.halfOpen.Load() >= n/crowdedFrom || rate > g.rate {
		g.rate += (rate - g.rate) / 4
	}
	g.room.Store(min(g.rate*int64(roomFor/time.Second), mostRoom*n))
}

// refuses says why a retailer's subscriber is refused, or "".
func (g *gate) refuses(l *load) string {
	n := g.retailers.Load()
	if n < 2 {
		return "" // the door says it earlier
	}
	if why := l.busy.Load(); why != nil {
		return *why
	}
	half := int64(g.cfg.Load().HalfOpen) / 2
	share := max(1, half/n)
	if has := l.halfOpen.Load(); g.halfOpen.Load() >= half && has >= share {
		return fmt.Sprintf("%d sessions of retailer %s are half-open, its share is %d", has, l.name, share)
	}
	return ""
}

// above tells whether a value is too high. What was too high stays so until it
// is down to three quarters.
func above(value, limit int64, was bool) bool {
	if was {
		return value > limit-limit/4
	}
	return value >= limit
}

// answered takes the time that an LNS took to answer a call, from when it was
// placed: when set-ups come faster than the LNS's receive window allows, they
// wait in the tunnel. An LNS that does not answer at all is not the gate's
// concern. One that answers in time is enough for a retailer of several.
func (g *gate) answered(l *load, now time.Time, took time.Duration) {
	switch {
	case l == nil:
	case took >= g.cfg.Load().CallDelay:
		l.late.Store(now.UnixNano())
	case l.late.Load() != 0:
		l.late.Store(0)
	}
}

// judge says why a retailer is behind, or "".
func (g *gate) judge(now time.Time, l *load) string {
	asking := l.asking.Load()
	switch was := l.busy.Load() != nil; {
	case above(asking, int64(g.cfg.Load().Asking), was):
		return fmt.Sprintf("%d sessions of retailer %s await RADIUS", asking, l.name)
	case now.UnixNano()-l.late.Load() < int64(lateFor):
		return fmt.Sprintf("calls of retailer %s take longer than %v to be answered", l.name, g.cfg.Load().CallDelay)
	}
	return ""
}

// update decides anew, and returns why the door is closed, or "".
func (g *gate) update(now time.Time, pol *policy.Policy, backlog int) string {
	g.retailers.Store(int64(len(pol.Retailers)))
	g.offers.look()
	g.measure()
	behind, why := 0, ""
	for i := range pol.Retailers {
		l := g.load(pol.Retailers[i].Name)
		if w := g.judge(now, l); w != "" {
			l.busy.Store(&w)
			behind, why = behind+1, w
		} else {
			l.busy.Store(nil)
		}
	}
	was := g.closed.Load()
	open := g.halfOpen.Load()
	switch {
	case above(open+g.coming.Load(), int64(g.cfg.Load().HalfOpen)+g.room.Load(), was):
		return fmt.Sprintf("%d sessions are half-open", open)
	case above(int64(backlog), int64(g.cfg.Load().Backlog), was):
		return fmt.Sprintf("%d data plane operations wait", backlog)
	case behind > 0 && behind == len(pol.Retailers):
		return why
	}
	return ""
}

// watchGate opens and closes the door until the daemon stops.
func (s *Server) watchGate() {
	g := &s.gate
	var since time.Time
	for s.pause(gateInterval) {
		now := time.Now()
		why := g.update(now, s.policy(), s.exec.backlog())
		switch was := g.closed.Load(); {
		case why != "" && !was:
			g.closed.Store(true)
			g.closures.Add(1)
			since = now
			s.cfg.Log.Warn("front door closed: PADI is not answered", "why", why, "sessions", s.live.Load())
		case why == "" && was:
			g.closed.Store(false)
			s.cfg.Log.Info("front door open", "after", now.Sub(since).Round(gateInterval), "shed", s.shed())
		}
	}
}

// shed returns how many discovery frames were not looked at so far.
func (s *Server) shed() (n uint64) {
	for _, a := range s.access {
		n += a.shedPADI.Load() + a.shedPADR.Load()
	}
	return n
}

// enter counts a session for its retailer, as soon as that is known. Where the
// retailer is behind, or has had its set-ups, the session ends, and enter
// reports false.
func (sh *shard) enter(now time.Time, sl *slot, r *policy.Retailer) bool {
	g := &sh.srv.gate
	l := g.load(r.Name)
	if l == sl.load {
		return true
	}
	if why := g.refuses(l); why != "" {
		sh.box.Put(endIn{sh.ref(sl), cause.RetailerBusy, why})
		return false
	}
	if !l.setups.Take(now.Sub(sh.srv.since), r.MaxSetups) {
		sl.book.refused[policy.RetailerSetups].Add(1)
		sh.box.Put(endIn{sh.ref(sl), cause.RetailerLimit, setupsReached(r)})
		return false
	}
	sh.depart(sl)
	sl.load = l
	l.halfOpen.Add(1)
	return true
}

func setupsReached(r *policy.Retailer) string {
	return fmt.Sprintf("retailer %s had its %d set-ups of this second", r.Name, r.MaxSetups)
}

// depart takes a session off its retailer's load.
func (sh *shard) depart(sl *slot) {
	if sl.load == nil {
		return
	}
	if sl.asking {
		sl.asking = false
		sl.load.asking.Add(-1)
	}
	sl.load.halfOpen.Add(-1)
	sl.load = nil
}

// track counts where a session stands. It gives back its place on the port as
// soon as it begins to end.
func (sh *shard) track(sl *slot) {
	st := sl.session.State()
	if asks := st == session.Decide && sl.load != nil; asks != sl.asking {
		sl.asking = asks
		if asks {
			sl.load.asking.Add(1)
		} else {
			sl.load.asking.Add(-1)
		}
	}
	if sl.open && st >= session.Up {
		sl.open = false
		sh.srv.gate.halfOpen.Add(-1)
		if st == session.Up {
			sh.srv.gate.done.Add(1)
		}
		sh.depart(sl)
	}
	if sl.entered && st >= session.Finishing {
		sl.entered = false
		if next := sl.port.admission.leave(sl.place); next != nil {
			sh.srv.gate.coming.Add(1)
			sh.srv.shards[sl.port.shard(&next.req)].box.Put(*next)
		}
	}
}
