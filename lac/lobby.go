package lac

import "time"

// lobby is where PADRs with a good cookie wait while all places among the
// half-open sessions are in use. Subscribers that dial in the same moment come
// in waves, because RFC 2516 section 8 has all of them wait for the same time:
// those who wait here are served between two waves, when the gateway would have
// nothing to do. The gate answers no more PADIs than it can serve before they
// repeat the PADR.
type lobby struct {
	list  []waiting // in the order they came
	first int
	keys  map[[16]byte]struct{}
}

type waiting struct {
	in    requestIn
	key   [16]byte
	since time.Time
}

const (
	// lobbyLife is shorter than the time after which hosts repeat a PADR.
	lobbyLife = 2500 * time.Millisecond
	// lobbyInterval is how often it is looked whether other shards have left
	// places.
	lobbyInterval = 10 * time.Millisecond
)

func (l *lobby) len() int { return len(l.list) - l.first }

func (l *lobby) has(key [16]byte) bool {
	_, ok := l.keys[key]
	return ok
}

func (l *lobby) push(w waiting) {
	if l.keys == nil {
		l.keys = map[[16]byte]struct{}{}
	}
	l.keys[w.key] = struct{}{}
	l.list = append(l.list, w)
}

// pop returns who waits the longest. There must be somebody.
func (l *lobby) pop() waiting {
	w := l.list[l.first]
	l.list[l.first] = waiting{}
	delete(l.keys, w.key)
	if l.first++; 2*l.first >= len(l.list) { // it may never be empty
		n := copy(l.list, l.list[l.first:])
		clear(l.list[n:])
		l.list, l.first = l.list[:n], 0
	}
	return w
}

// serveLobby lets in as many as there are places for.
func (sh *shard) serveLobby(now time.Time) {
	g := &sh.srv.gate
	for sh.lobby.len() > 0 {
		late := now.Sub(sh.lobby.list[sh.lobby.first].since) >= lobbyLife
		if !late && !sh.stopping && g.taken() {
			return
		}
		switch w := sh.lobby.pop(); {
		case late, !w.in.port.port.up.Load():
			g.coming.Add(-1)
			sh.srv.drop("pppoe: PADR waited too long")
		default:
			sh.letIn(now, w.in, w.key)
		}
	}
}
