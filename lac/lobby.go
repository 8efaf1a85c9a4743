package lac

import "time"

// lobby is where PADRs with a good cookie wait while all places among the
// half-open sessions are in use. Subscribers that dial in the same moment come
// in waves, because RFC 2516 section 8 has all of them wait for the same time:
// those who wait here are served between two waves, when the gateway would have
// nothing to do. The gate answers no more PADIs than it can serve before they
// repeat the PADR.
type lobby struct {
	fifo[waiting]
	keys map[[16]byte]struct{}
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

func (l *lobby) has(key [16]byte) bool {
	_, ok := l.keys[key]
	return ok
}

func (l *lobby) push(w waiting) {
	if l.keys == nil {
		l.keys = map[[16]byte]struct{}{}
	}
	l.keys[w.key] = struct{}{}
	l.fifo.push(w)
}

// pop removes who waits the longest. There must be somebody.
func (l *lobby) pop() {
	delete(l.keys, l.list[l.first].key)
	l.fifo.pop()
}

// serveLobby lets in as many as there are places for.
func (sh *shard) serveLobby(now time.Time) {
	g := &sh.srv.gate
	for w, ok := sh.lobby.head(); ok; w, ok = sh.lobby.head() {
		late := now.Sub(w.since) >= lobbyLife
		if !late && !sh.stopping && g.taken() {
			return
		}
		sh.lobby.pop()
		if late || !w.in.port.port.up.Load() {
			g.coming.Add(-1)
			sh.srv.drop("pppoe: PADR waited in vain")
			continue
		}
		sh.letIn(now, w.in, w.key)
	}
}
