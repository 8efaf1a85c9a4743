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
const (
	patience    = time.Second // with silent subscribers, while places are left
	impatience  = patience / 20
	authSlower  = 5 // so many times longer one who speaks may take to authenticate
	crowdedFrom = 4 // one in so many places in use
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

// newcomer is a session that may have to make room.
type newcomer struct {
	ref   ref
	since time.Time
}

// newcomers are sessions in the order they began. Those that went on are among
// them until their turn comes.
type newcomers struct {
	list  []newcomer
	first int
}

func (n *newcomers) push(c newcomer) { n.list = append(n.list, c) }

func (n *newcomers) head() (newcomer, bool) {
	if n.first == len(n.list) {
		return newcomer{}, false
	}
	return n.list[n.first], true
}

func (n *newcomers) pop() {
	if n.first++; n.first*2 >= len(n.list) {
		n.list = append(n.list[:0], n.list[n.first:]...)
		n.first = 0
	}
}

// makeRoom ends the sessions of those who kept others waiting too long.
func (sh *shard) makeRoom(now time.Time) {
	g := &sh.srv.gate
	for c, ok := sh.silent.head(); ok; c, ok = sh.silent.head() {
		sl := sh.at(c.ref)
		switch {
		case sl == nil:
		case sl.request == nil: // it has spoken
			sh.speaking.push(c)
		default:
			if p := g.patience(); p == 0 || now.Sub(c.since) < p {
				return
			}
			sh.putOut(now, sl, "silent")
		}
		sh.silent.pop()
	}
}

// makeMoreRoom does so with those who speak.
func (sh *shard) makeMoreRoom(now time.Time) {
	g := &sh.srv.gate
	for c, ok := sh.speaking.head(); ok; c, ok = sh.speaking.head() {
		if sl := sh.at(c.ref); sl != nil && sl.session.State() < session.Decide {
			if p := g.patience(); p == 0 || now.Sub(c.since) < authSlower*p {
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
