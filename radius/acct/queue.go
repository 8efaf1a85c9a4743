package acct

import (
	"container/list"
	"iter"
	"time"
)

// ID names a queued record.
type ID uint64

// Queue keeps records until they are answered. Records of one session are
// handed out one at a time and in order; an Interim that a newer record of
// its session overtakes is dropped, since counters are cumulative: "a NAS
// MUST ensure that only a single generation of an interim Accounting message
// for a given session is present in the retransmission queue" (RFC 2869
// section 2.1).
//
// When the queue is full the oldest Interim makes room, and only when there is
// none the oldest record. Accounting-On goes alone and first, Off last.
type Queue struct {
	bound    int
	last     ID
	entries  map[ID]*entry
	sessions map[string]*list.List // of *entry, oldest first
	age      list.List             // of *entry: everything, oldest first
	interims list.List             // of *entry: Interim records, oldest first
	ready    list.List             // of *entry: heads of sessions that may be sent now
	later    list.List             // of *entry: heads that failed, the next to retry first
	out      int                   // handed out now
	barrier  *entry                // an Accounting-On handed out: nothing else goes
	stats    Stats
}

// place is where the record at the head of its session stands.
type place uint8

const (
	behind place = 1 + iota // not the head
	ready
	out
	later
)

type entry struct {
	id      ID
	record  *Record
	chain   *list.Element // in its session
	age     *list.Element
	interim *list.Element // nil: not an Interim
	place   place
	slot    *list.Element // in ready or later
	retry   time.Time
}

// Stats counts what happened to records. Counters only grow.
type Stats struct {
	Queued          int // now, those handed out included
	Out             int // handed out now
	Pushed          uint64
	Answered        uint64
	Failed          uint64 // times a record was asked of every server in vain
	Superseded      uint64 // Interims overtaken by a newer record
	Dropped         uint64 // Start, Stop, On and Off pushed out: lost accounting
	DroppedInterims uint64 // Interims pushed out
	Unsendable      uint64 // could not be encoded
}

// RetryAfter is how long a record rests that no server answered. Every round
// backs off by itself; the pause keeps rounds apart.
const RetryAfter = 15 * time.Second

// NewQueue returns an empty queue of at most bound records; 0: 100,000.
func NewQueue(bound int) *Queue {
	if bound <= 0 {
		bound = 100_000
	}
	return &Queue{bound: bound, entries: make(map[ID]*entry), sessions: make(map[string]*list.List)}
}

// Push queues a record. r must not be modified afterwards.
func (q *Queue) Push(r *Record) {
	q.stats.Pushed++
	key := r.key()
	if r.session() {
		q.supersede(key)
	}
	for len(q.entries) >= q.bound {
		if !q.makeRoom(r) {
			q.stats.DroppedInterims++
			return
		}
	}
	q.last++
	e := &entry{id: q.last, record: r, place: behind}
	q.entries[e.id] = e
	e.age = q.age.PushBack(e)
	if r.Status == Interim {
		e.interim = q.interims.PushBack(e)
	}
	l := q.sessions[key]
	if l == nil {
		l = list.New()
		q.sessions[key] = l
	}
	e.chain = l.PushBack(e)
	q.promote(key)
}

// key is the session, or what no session is called.
func (r *Record) key() string {
	if r.session() {
		return "s" + r.Session
	}
	return r.Status.String()
}

// supersede drops the Interims of a session that are not on their way.
func (q *Queue) supersede(key string) {
	l := q.sessions[key]
	if l == nil {
		return
	}
	for el := l.Front(); el != nil; {
		e := el.Value.(*entry)
		el = el.Next()
		if e.interim != nil && e.place != out {
			q.remove(e)
			q.stats.Superseded++
		}
	}
}

// makeRoom pushes out one record. It reports false if r itself is what has to
// go: an Interim where everything else matters more.
func (q *Queue) makeRoom(r *Record) bool {
	if el := q.interims.Front(); el != nil {
		q.remove(el.Value.(*entry))
		q.stats.DroppedInterims++
		return true
	}
	if r.Status == Interim {
		return false
	}
	q.remove(q.age.Front().Value.(*entry))
	q.stats.Dropped++
	return true
}

// Ready hands out records that may be sent now, at most room of them.
func (q *Queue) Ready(now time.Time, room int) iter.Seq2[ID, *Record] {
	return func(yield func(ID, *Record) bool) {
		for ; room > 0 && q.barrier == nil; room-- {
			e := q.next(now)
			if e == nil {
				return
			}
			q.take(e)
			if !yield(e.id, e.record) {
				return
			}
		}
	}
}

// next returns the record to hand out, nil if there is none.
func (q *Queue) next(now time.Time) *entry {
	if on := q.head(On.String()); on != nil {
		// Delivered late, it would close the sessions that later records
		// open: it goes alone.
		if q.out > 0 || (on.place == later && now.Before(on.retry)) {
			return nil
		}
		return on
	}
	for el := q.later.Front(); el != nil; el = q.later.Front() {
		e := el.Value.(*entry)
		if now.Before(e.retry) {
			break
		}
		q.move(e, ready)
	}
	if el := q.ready.Front(); el != nil {
		return el.Value.(*entry)
	}
	if off := q.head(Off.String()); off != nil && len(q.entries) == 1 && off.place != out &&
		(off.place != later || !now.Before(off.retry)) {
		return off
	}
	return nil
}

func (q *Queue) head(key string) *entry {
	if l := q.sessions[key]; l != nil {
		return l.Front().Value.(*entry)
	}
	return nil
}

// take notes that e is on its way.
func (q *Queue) take(e *entry) {
	q.move(e, out)
	if e.record.Status == On {
		q.barrier = e
	}
}

// Answered removes a record: a server has it.
func (q *Queue) Answered(id ID) {
	if e := q.entries[id]; e != nil {
		q.stats.Answered++
		q.remove(e)
	}
}

// Unsendable removes a record that no server can be sent.
func (q *Queue) Unsendable(id ID) {
	if e := q.entries[id]; e != nil {
		q.stats.Unsendable++
		q.remove(e)
	}
}

// Failed keeps a record that no server answered for another round, later. An
// Interim that a newer record has overtaken is dropped; so is Accounting-On
// once a session wants to report.
func (q *Queue) Failed(now time.Time, id ID) {
	e := q.entries[id]
	if e == nil {
		return // pushed out meanwhile
	}
	q.stats.Failed++
	switch {
	case e.interim != nil && e.chain.Next() != nil:
		q.remove(e)
		q.stats.Superseded++
		return
	case e.record.Status == On && len(q.entries) > 1:
		q.remove(e)
		q.stats.Dropped++
		return
	}
	e.retry = now.Add(RetryAfter)
	q.move(e, later)
}

// Deadline returns when Ready, if there is room, may hand out more by the
// passing of time alone; zero: never.
func (q *Queue) Deadline() time.Time {
	if on := q.head(On.String()); on != nil { // everything else waits for it
		if on.place == later {
			return on.retry
		}
		return time.Time{}
	}
	if el := q.later.Front(); el != nil {
		return el.Value.(*entry).retry
	}
	return time.Time{}
}

// Len returns how many records are not answered yet.
func (q *Queue) Len() int { return len(q.entries) }

// Stats returns the counters.
func (q *Queue) Stats() Stats {
	s := q.stats
	s.Queued, s.Out = len(q.entries), q.out
	return s
}

// promote makes the head of a session ready.
func (q *Queue) promote(key string) {
	if e := q.head(key); e != nil && e.place == behind {
		q.move(e, ready)
	}
}

// move is the only way an entry changes its place.
func (q *Queue) move(e *entry, to place) {
	switch e.place {
	case ready:
		if e.slot != nil {
			q.ready.Remove(e.slot)
		}
	case later:
		q.later.Remove(e.slot)
	case out:
		q.out--
		if q.barrier == e {
			q.barrier = nil
		}
	case behind:
	}
	e.place, e.slot = to, nil
	switch to {
	case ready:
		if e.record.session() { // On and Off have their own turn
			e.slot = q.ready.PushBack(e)
		}
	case later:
		e.slot = q.later.PushBack(e)
	case out:
		q.out++
	case behind:
	}
}

// remove takes an entry out of every list.
func (q *Queue) remove(e *entry) {
	q.move(e, behind)
	delete(q.entries, e.id)
	q.age.Remove(e.age)
	if e.interim != nil {
		q.interims.Remove(e.interim)
	}
	key := e.record.key()
	l := q.sessions[key]
	l.Remove(e.chain)
	if l.Len() == 0 {
		delete(q.sessions, key)
		return
	}
	q.promote(key)
}
