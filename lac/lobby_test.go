package lac

import (
	"testing"
	"time"

	"lacd/lac/lactest"
)

func TestLobbyIsAQueue(t *testing.T) {
	var l lobby
	key := func(i byte) [16]byte { return [16]byte{i} }
	for round := range 3 {
		for i := range byte(5) {
			l.push(waiting{key: key(i)})
		}
		if l.len() != 5 || !l.has(key(4)) || l.has(key(5)) {
			t.Errorf("round %d: %d wait, the last %v, a stranger %v", round, l.len(), l.has(key(4)), l.has(key(5)))
		}
		for i := range byte(5) {
			w, _ := l.head()
			if l.pop(); w.key != key(i) || l.has(key(i)) {
				t.Errorf("round %d: got %d, want %d", round, w.key[0], i)
			}
		}
	}
	if l.len() != 0 || len(l.keys) != 0 {
		t.Errorf("%d wait, %d keys, want none", l.len(), len(l.keys))
	}
}

// TestLobby: whoever finds all places in use waits for one, as long as he would
// not ask again.
func TestLobby(t *testing.T) {
	for name, wait := range map[string]time.Duration{"served": lobbyLife - 2*lobbyInterval, "forgotten": lobbyLife} {
		t.Run(name, func(t *testing.T) {
			inRig(t, gated(Gate{HalfOpen: 40}, realmPolicy(t, firstLNS())), func(t *testing.T, r *rig) {
				g := &r.srv.gate
				g.halfOpen.Add(50)
				g.room.Store(20)
				sub := r.seg.Dial(alice)
				settle()
				if sub.State() == lactest.Proven || g.coming.Load() != 1 {
					t.Errorf("without a place: state %d, %d wait", sub.State(), g.coming.Load())
				}
				after(wait)
				g.halfOpen.Add(-50)
				after(lobbyInterval)
				late := gather(t, r.srv.Collector())["lacd_dropped_total pppoe: PADR waited in vain"]
				switch name {
				case "served":
					if sub.State() != lactest.Proven || late != 0 {
						t.Errorf("with a place: state %d, %v waited too long", sub.State(), late)
					}
				case "forgotten":
					if sub.State() == lactest.Proven || late != 1 {
						t.Errorf("after its time: state %d, %v waited too long", sub.State(), late)
					}
				}
				r.wantNothingHalfOpen()
			})
		})
	}
}

// TestRoom: as many may wait as are served in time, by what was measured when
// there was much to do.
func TestRoom(t *testing.T) {
	var g gate
	g.cfg.Store(&Gate{HalfOpen: 8000})
	looks := func(n int, open, done int64) {
		for range n {
			g.halfOpen.Store(open)
			g.done.Store(done)
			g.measure()
		}
	}
	for _, step := range []struct {
		what        string
		looks       int
		open, done  int64
		least, most int64
	}{
		{"before anything was done", 1, 8000, 0, 0, 0},
		{"at 10000 a second", 30, 4000, 1000, 19_000, 20_000},
		{"with little to do", 100, 100, 1, 19_000, 20_000},
		{"when nobody gets on", 30, 8000, 0, 0, 100},
		{"at 50000 a second", 50, 8000, 5000, 32_000, 32_000},
	} {
		looks(step.looks, step.open, step.done)
		if got := g.room.Load(); got < step.least || got > step.most {
			t.Errorf("%s: room for %d, want %d to %d", step.what, got, step.least, step.most)
		}
	}
}
