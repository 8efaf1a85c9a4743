package lac

import (
	"time"

	"lacd/lac/cause"
	"lacd/lac/session"
)

// Whoever sees the frames to some address can have sessions begun for it, at
// two frames each, and hold a place among the half-open ones for as long as
// LCP is repeated in vain. So as soon as a quarter of the places are in use,
// those who say nothing go first, then those who do not authenticate; the
// sooner, the fewer places are left. A subscriber that goes on at once finds a
// place even while somebody floods the port.
//
// Nobody pays for what the gateway itself is late with. Patience starts when
// PADS has left, and is compared with when the shard last emptied its mailbox:
// what came until then has been looked at. It is longer, too, while rounds of
// the shard take long, because then the port's reader is late as well; and while
// those who speak take long to do so, as when everybody dials at once and the
// network between is busy.
const (
	patience    = time.Second // with silent subscribers, while places are left
	impatience  = patience / 20
	authSlower  = 5 // so many times longer one who speaks may take to authenticate
	crowdedFrom = 4 // one in so many places in use
	lagWeight   = 2 // so many rounds of the shard a subscriber is given besides
	lagFades    = 4 // the longest round is forgotten in so many times its length
	usualTimes  = 4 // so many times longer than usual one may be silent
	usualWeight = 8 // one in so many first words makes what is usual
)

// patience returns how long a subscriber may be silent after PADS; 0: as long
// as LCP lets it.
func (g *gate) patience() time.Duration {
	most := int64(g.cfg.Load().HalfOpen)
	low := most / crowdedFrom
	open := g.halfOpen.Load()
	if open <= low {
		return 0
	}
	return max(impatience, patience*time.Duration(most-open)/time.Duration(max(1, most-low)))
}

// patience is that of the gate, and what the shard has to be given.
func (sh *shard) patience(now time.Time) time.Duration {
	p := sh.srv.gate.patience()
	if p == 0 {
		return 0
	}
	return max(p, min(usualTimes*sh.usual, patience)) + lagWeight*min(sh.lag, patience) + min(sh.srv.lag(now), patience)
}

// lag returns how late the readers of the ports are.
func (s *Server) lag(now time.Time) (most time.Duration) {
	for _, a := range s.access {
		most = max(most, a.lag(now))
	}
	return most
}

// spoke takes note of a subscriber's first word, and of how long that took.
func (sh *shard) spoke(now time.Time, sl *slot) {
	if sl.request != nil && !sl.greeted.IsZero() {
		sh.usual += (now.Sub(sl.greeted) - sh.usual) / usualWeight
	}
}

// ran takes note of a round that has begun at a time and has sent what it had to
// send.
func (sh *shard) ran(began time.Time) {
	now := time.Now()
	sh.lag = max(now.Sub(began), sh.lag-began.Sub(sh.began)/lagFades)
	sh.began = began
	for _, r := range sh.begun {
		sh.silent.push(newcomer{r, now})
		if sl := sh.at(r); sl != nil {
			sl.greeted = now
		}
	}
	sh.begun = sh.begun[:0]
}

// newcomer is a session that may have to make room.
type newcomer struct {
	ref   ref
	since time.Time // when its PADS had left
}

// makeRoom ends the sessions of those who kept others waiting too long.
func (sh *shard) makeRoom(now time.Time) {
	for c, ok := sh.silent.head(); ok; c, ok = sh.silent.head() {
		sl := sh.at(c.ref)
		switch {
		case sl == nil:
		case sl.request == nil: // it has spoken
			sh.speaking.push(c)
		default:
			if p := sh.patience(now); p == 0 || now.Sub(c.since) < p {
				return
			}
			sh.putOut(now, sl, "silent")
		}
		sh.silent.pop()
	}
}

// makeMoreRoom does so with those who speak.
func (sh *shard) makeMoreRoom(now time.Time) {
	for c, ok := sh.speaking.head(); ok; c, ok = sh.speaking.head() {
		if sl := sh.at(c.ref); sl != nil && sl.session.State() < session.Decide {
			if p := sh.patience(now); p == 0 || now.Sub(c.since) < authSlower*p {
				return
			}
			sh.putOut(now, sl, "not authenticated")
		}
		sh.speaking.pop()
	}
}

// putOut ends a session without waiting for its subscriber.
func (sh *shard) putOut(now time.Time, sl *slot, what string) {
	sh.srv.drop("pppoe: session made room, " + what)
	sl.session.Disconnect(now, cause.LostCarrier, what+", and others need its place")
	sh.settle(now, sl)
}
