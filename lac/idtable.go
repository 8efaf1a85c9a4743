package lac

import "lacd/pppoe/wire"

// idTable deals the PPPoE session IDs of one access port that belong to one
// shard: those with ID modulo shards equal to the shard. It deals the ID that
// was free the longest, and neither 0 nor 0xFFFF (RFC 2516 section 4).
type idTable struct {
	shards int
	slots  []*slot // by ID / shards
	fresh  int     // next ID / shards never used
	shard  int
	freed  []wire.SessionID // a ring would save little: it is as long as it ever was
	first  int
}

func newIDTable(shard, shards int) *idTable { return &idTable{shards: shards, shard: shard} }

func (t *idTable) take() (wire.SessionID, bool) {
	for {
		id := t.fresh*t.shards + t.shard
		if id >= 0xffff {
			break
		}
		t.fresh++
		if id != 0 {
			return wire.SessionID(id), true
		}
	}
	if t.first == len(t.freed) {
		return 0, false
	}
	id := t.freed[t.first]
	if t.first++; t.first > 1024 && t.first*2 > len(t.freed) {
		t.freed = append(t.freed[:0], t.freed[t.first:]...)
		t.first = 0
	}
	return id, true
}

func (t *idTable) set(id wire.SessionID, sl *slot) {
	i := int(id) / t.shards
	for len(t.slots) <= i {
		t.slots = append(t.slots, nil)
	}
	t.slots[i] = sl
}

func (t *idTable) slot(id wire.SessionID) *slot {
	if i := int(id) / t.shards; i < len(t.slots) {
		return t.slots[i]
	}
	return nil
}

func (t *idTable) release(id wire.SessionID) {
	t.slots[int(id)/t.shards] = nil
	t.freed = append(t.freed, id)
}
