package lac

import (
	"container/heap"
	"sync"
	"time"

	"lacd/lac/mailbox"
	"lacd/lac/session"
	"lacd/lac/trunk"
	"lacd/pppoe"
	"lacd/pppoe/wire"
	"lacd/radius/coa"
)

// shard owns a share of the sessions. All fields are its loop's alone, except
// the mailbox.
type shard struct {
	srv   *Server
	index int
	box   *mailbox.Mailbox[input]

	slots    []*slot
	free     []uint32
	ids      []*idTable // per access port
	pending  map[[16]byte]*slot
	unknown  []pppoe.Bucket // per access port: PADTs for sessions that do not exist
	due      deadlines
	configs  map[uint16]*session.Config // by MRU ceiling
	made     *settings                  // that configs were made of
	books    sync.Map                   // retailer → *book; its loop alone adds to it
	live     int
	stopping bool

	lobby lobby

	// See silent.go.
	silent, speaking fifo[newcomer]
	begun            []ref         // in this round
	began            time.Time     // the last round
	lag              time.Duration // how long rounds take
	usual            time.Duration // how long subscribers take to speak

	out  [][][]byte   // frames to send, per access port
	gone []coa.Ticket // whose sessions have ended; see bury
	// mourned are sessions that have ended but for a CDN that may not have left.
	mourned map[ref][]coa.Ticket
}

// slot is where one session lives.
type slot struct {
	index, generation uint32
	port              *access
	id                wire.SessionID
	local, peer       wire.MAC
	vlans             wire.VLANs
	session           *session.Session
	tunnel            *trunk.Tunnel
	request           *pppoe.Request // until the subscriber speaks PPP: a repeated PADR gets the same PADS
	key               [16]byte

	place   place
	entered bool      // place is taken
	open    bool      // counted as half-open
	asking  bool      // counted as awaiting RADIUS
	born    *settings // in force when it began
	book    *book     // where it is counted
	load    *load     // of its retailer, while it is half-open; nil: not known yet
	placed  time.Time // its call
	greeted time.Time // PADS had left

	awaited []coa.Ticket // Disconnect-Requests that wait for its end

	deadline time.Time
	heapAt   int // -1: no deadline
}

func newShard(srv *Server, index int) *shard {
	sh := &shard{
		srv: srv, index: index, box: mailbox.New[input](),
		pending: map[[16]byte]*slot{}, mourned: map[ref][]coa.Ticket{}, configs: map[uint16]*session.Config{},
		out: make([][][]byte, len(srv.cfg.Access)),
	}
	for range srv.cfg.Access {
		sh.ids = append(sh.ids, newIDTable(index, srv.cfg.Shards))
		sh.unknown = append(sh.unknown, pppoe.NewBucket(unknownRate/srv.cfg.Shards))
	}
	return sh
}

// run is the loop: take the mailbox, run what is due, send, sleep.
func (sh *shard) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var spare []input
	for {
		now := time.Now()
		inputs := sh.box.Take(spare)
		for _, in := range inputs {
			in.apply(sh, now)
		}
		spare = inputs
		sh.makeRoom(now)
		sh.makeMoreRoom(now)
		sh.serveLobby(now)
		sh.advance(now)
		sh.flush()
		sh.ran(now)
		sh.bury()
		if sh.box.Closed() {
			return
		}
		wait := time.Hour
		if len(sh.due) > 0 {
			wait = sh.due[0].deadline.Sub(now)
		}
		if sh.lobby.len() > 0 {
			wait = min(wait, lobbyInterval)
		}
		timer.Reset(wait)
		select {
		case <-sh.box.Wake():
		case <-timer.C:
		}
	}
}

func (sh *shard) advance(now time.Time) {
	for len(sh.due) > 0 && !now.Before(sh.due[0].deadline) {
		sl := sh.due[0]
		sl.session.Advance(now)
		sh.settle(now, sl)
	}
}

func (sh *shard) flush() {
	for i, frames := range sh.out {
		if len(frames) > 0 {
			sh.srv.access[i].write(frames)
			clear(frames)
			sh.out[i] = frames[:0]
		}
	}
}

// settle does what a session wants after any of its methods ran.
func (sh *shard) settle(now time.Time, sl *slot) {
	sh.identify(sl)
	for _, a := range sl.session.Take() {
		sh.execute(now, sl, a)
	}
	if sl.session != nil { // not released
		sh.track(sl)
		sh.schedule(sl)
	}
}

func (sh *shard) schedule(sl *slot) {
	d := sl.session.Deadline()
	switch {
	case d.IsZero() && sl.heapAt >= 0:
		heap.Remove(&sh.due, sl.heapAt)
	case d.IsZero() || sl.heapAt >= 0 && d.Equal(sl.deadline):
	case sl.heapAt >= 0:
		sl.deadline = d
		heap.Fix(&sh.due, sl.heapAt)
	default:
		sl.deadline = d
		heap.Push(&sh.due, sl)
	}
}

// at returns the slot of a ref, nil when the session is gone.
func (sh *shard) at(r ref) *slot {
	if i := int(r.slot()); i < len(sh.slots) {
		if sl := sh.slots[i]; sl.session != nil && sl.generation == r.generation() {
			return sl
		}
	}
	return nil
}

// find returns the slot of a session frame: port, VLANs and MAC must match,
// not only the session ID.
func (sh *shard) find(a *access, f *wire.Frame) *slot {
	sl := sh.ids[a.index].slot(f.SessionID)
	if sl == nil || sl.peer != f.Src || sl.vlans != f.VLANs {
		a.strays.Add(1)
		return nil
	}
	return sl
}

func (sh *shard) ref(sl *slot) ref { return newRef(sh.index, sl.index, sl.generation) }

// next returns the ref of the session that take would return a slot for.
func (sh *shard) next() ref {
	if n := len(sh.free); n > 0 {
		sl := sh.slots[sh.free[n-1]]
		return newRef(sh.index, sl.index, sl.generation+1)
	}
	return newRef(sh.index, uint32(len(sh.slots)), 1)
}

// take returns a free slot for a session of the port.
func (sh *shard) take(a *access, req *pppoe.Request, key [16]byte) *slot {
	id, ok := sh.ids[a.index].take()
	if !ok {
		return nil
	}
	var sl *slot
	if n := len(sh.free); n > 0 {
		sl = sh.slots[sh.free[n-1]]
		sh.free = sh.free[:n-1]
	} else {
		sl = &slot{index: uint32(len(sh.slots))}
		sh.slots = append(sh.slots, sl)
	}
	*sl = slot{
		index: sl.index, generation: (sl.generation + 1) & maxGeneration, port: a, id: id, local: a.front.Load().mac, peer: req.Src,
		vlans: req.VLANs, request: req, key: key, open: true, heapAt: -1,
	}
	sh.ids[a.index].set(id, sl)
	sh.pending[sl.key] = sl
	sh.srv.gate.halfOpen.Add(1)
	sh.live++
	sh.srv.live.Add(1)
	a.sessions.Add(1)
	return sl
}

// release frees the slot and all it is known by.
func (sh *shard) release(sl *slot) {
	sh.track(sl)
	sh.answered(sl)
	if sl.heapAt >= 0 {
		heap.Remove(&sh.due, sl.heapAt)
	}
	sh.ids[sl.port.index].release(sl.id)
	sl.port.sessions.Add(-1)
	sh.mourn(sl)
	sl.born.sessions.Add(-1)
	sl.session, sl.tunnel, sl.awaited, sl.born = nil, nil, nil, nil
	sh.free = append(sh.free, sl.index)
	sh.live--
	sh.srv.live.Add(-1)
}

// answered forgets the PADR: PADS has arrived, or the session is over.
func (sh *shard) answered(sl *slot) {
	if sl.request == nil {
		return
	}
	if sh.pending[sl.key] == sl {
		delete(sh.pending, sl.key)
	}
	sl.request = nil
}

// config returns the session settings for an MRU ceiling.
func (sh *shard) config(st *settings, mru uint16) *session.Config {
	if sh.made != st {
		clear(sh.configs)
		sh.made = st
	}
	c := sh.configs[mru]
	if c == nil {
		p := st.ppp
		p.MRU = mru
		p.Name = sh.srv.cfg.Node
		c = &session.Config{
			PPP: p, CallTimeout: st.callTimeout, InterimInterval: st.interimInterval, Health: sh.health,
		}
		sh.configs[mru] = c
	}
	return c
}

// frame wraps a PPP frame for the subscriber of a slot.
func (sh *shard) frame(sl *slot, payload []byte) {
	f := wire.Frame{
		Dst: sl.peer, Src: sl.local, VLANs: sl.vlans, EtherType: wire.SessionData,
		Code: wire.Data, SessionID: sl.id, Payload: payload,
	}
	sh.send(sl.port, f.AppendTo(make([]byte, 0, max(60, 34+len(payload)))))
}

func (sh *shard) send(a *access, frame []byte) { sh.out[a.index] = append(sh.out[a.index], frame) }

// deadlines is a heap of slots, earliest first.
type deadlines []*slot

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline.Before(d[j].deadline) }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].heapAt, d[j].heapAt = i, j
}

func (d *deadlines) Push(x any) {
	sl := x.(*slot)
	sl.heapAt = len(*d)
	*d = append(*d, sl)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	sl := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	sl.heapAt = -1
	return sl
}
