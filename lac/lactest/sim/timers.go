package sim

import "time"

// An instant is a time in nanoseconds since 1970: a third of a time.Time, of
// which there are several per client. Zero is never.
type instant int64

func instantOf(t time.Time) instant { return instant(t.UnixNano()) }

func (i instant) add(d time.Duration) instant { return i + instant(d) }

func (i instant) since(earlier instant) time.Duration { return time.Duration(i - earlier) }

func (i instant) due(now instant) bool { return i != 0 && i <= now }

// time returns i as a time, zero for never.
func (i instant) time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(i))
}

// sooner returns the earlier of two instants.
func sooner(a, b instant) instant {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// timers is a heap of one deadline for each of many numbered things.
type timers struct {
	heap []int32   // numbers, the earliest first
	at   []instant // by number; zero: not in the heap
	pos  []int32   // by number: where in the heap
}

// grow makes room for numbers below n.
func (t *timers) grow(n int) {
	for len(t.at) < n {
		t.at, t.pos = append(t.at, 0), append(t.pos, 0)
	}
}

// set gives i the deadline at; zero takes it away.
func (t *timers) set(i int32, at instant) {
	was := t.at[i]
	t.at[i] = at
	switch {
	case was == at:
	case at == 0:
		t.remove(t.pos[i])
	case was == 0:
		t.heap = append(t.heap, i)
		t.pos[i] = int32(len(t.heap) - 1)
		t.up(len(t.heap) - 1)
	case at < was:
		t.up(int(t.pos[i]))
	default:
		t.down(int(t.pos[i]))
	}
}

// next returns the earliest deadline; zero: there is none.
func (t *timers) next() instant {
	if len(t.heap) == 0 {
		return 0
	}
	return t.at[t.heap[0]]
}

// pop takes the first one that is due.
func (t *timers) pop(now instant) (int32, bool) {
	if !t.next().due(now) {
		return 0, false
	}
	i := t.heap[0]
	t.at[i] = 0
	t.remove(0)
	return i, true
}

func (t *timers) remove(p int32) {
	last := int32(len(t.heap) - 1)
	t.swap(p, last)
	t.heap = t.heap[:last]
	if p < last {
		t.up(int(p))
		t.down(int(p))
	}
}

func (t *timers) swap(a, b int32) {
	t.heap[a], t.heap[b] = t.heap[b], t.heap[a]
	t.pos[t.heap[a]], t.pos[t.heap[b]] = a, b
}

func (t *timers) less(a, b int) bool { return t.at[t.heap[a]] < t.at[t.heap[b]] }

func (t *timers) up(p int) {
	for p > 0 {
		parent := (p - 1) / 2
		if !t.less(p, parent) {
			return
		}
		t.swap(int32(p), int32(parent))
		p = parent
	}
}

func (t *timers) down(p int) {
	for {
		child := 2*p + 1
		if child >= len(t.heap) {
			return
		}
		if child+1 < len(t.heap) && t.less(child+1, child) {
			child++
		}
		if !t.less(child, p) {
			return
		}
		t.swap(int32(p), int32(child))
		p = child
	}
}
