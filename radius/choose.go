package radius

import (
	"cmp"
	"slices"
	"time"
)

// levels groups the indices of servers by priority, the lowest first.
func levels(servers []*server) [][]int {
	order := make([]int, len(servers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(servers[a].Priority, servers[b].Priority) })
	var all [][]int
	for n, i := range order {
		if n == 0 || servers[i].Priority != servers[order[n-1]].Priority {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], i)
	}
	return all
}

// choose returns the next server for j and how often to send to it; -1: none.
// A dead server counts when its probe by a request is due, or when nothing else
// is left: then it is asked once. One that is probed otherwise does not count,
// nor one that there is no connection to.
func (x *Exchange) choose(now time.Time, j *job) (server, tries int) {
	last := -1
	for _, level := range x.levels {
		total := 0
		for _, i := range level {
			s := x.servers[i]
			switch {
			case j.tried&(1<<i) != 0:
			case !s.dead:
				total += s.Weight
			case s.Probe == ByStatus:
			case !now.Before(s.probe):
				s.probe = now.Add(s.Revive)
				return i, 1
			case last < 0 && !s.Reliable:
				last = i
			}
		}
		if total > 0 {
			i := x.draw(level, j, total)
			return i, x.servers[i].Tries
		}
	}
	return last, 1
}

// draw returns a live server of a level that j has not asked yet, by weight.
func (x *Exchange) draw(level []int, j *job, total int) int {
	drawn := 0
	if len(level) > 1 {
		drawn = x.random.below(total)
	}
	for _, i := range level {
		s := x.servers[i]
		if s.dead || j.tried&(1<<i) != 0 {
			continue
		}
		if drawn < s.Weight {
			return i
		}
		drawn -= s.Weight
	}
	return -1 // not reached: total is the sum of these weights
}

// better reports whether a live server has not been asked yet.
func (x *Exchange) better(j *job) bool {
	for i, s := range x.servers {
		if !s.dead && j.tried&(1<<i) == 0 {
			return true
		}
	}
	return false
}
