package listener

import (
	"sync/atomic"

	"lacd/radius/coa"
)

// counts are datagrams by client, kind and outcome. The first row is of those
// that are no client.
type counts [][coa.NumKinds][coa.NumOutcomes]atomic.Uint64

func newCounts(clients int) counts { return make(counts, clients+1) }

func (c counts) add(client int, k coa.Kind, o coa.Outcome) { c[client+1][k][o].Add(1) }

// Stat counts the datagrams of one client and kind with one outcome.
type Stat struct {
	Client  string // empty: no client
	Kind    coa.Kind
	Outcome coa.Outcome
	N       uint64
}

// Stats returns what was counted, but zeros.
func (l *Listener) Stats() []Stat {
	var all []Stat
	for i := range l.counts {
		name := ""
		if i > 0 {
			name = l.gate.Clients()[i-1].Name
		}
		for k := range coa.Kind(coa.NumKinds) {
			for o := range coa.NumOutcomes {
				if n := l.counts[i][k][o].Load(); n > 0 {
					all = append(all, Stat{name, k, o, n})
				}
			}
		}
	}
	return all
}
