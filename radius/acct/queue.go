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
// When the queue is full the oldest Interim makes room; when there is none what
// is new is lost. Accounting-On goes alone, after the records of earlier runs and
// before those of this one (order.go), Off last.
type Queue struct {
	bound    int
	last     ID
	entries  map[ID]*entry
	sessions map[string]*list.List // of *entry, oldest first
	age      list.List             // of *entry: everything, oldest first
	interims list.List             // of *entry: Interim records, oldest first
	ready    list.List             // of *entry: heads of sessions that may be sent now
	readyOld list.List             // the same, of earlier runs
	later    list.List             // of *entry: heads that failed, the next to retry first
	out      int                   // handed out now
	barrier  *entry                // an Accounting-On handed out: nothing else goes
	old      int                   // records of earlier runs that Accounting-On waits for
	rounds   int                   // that Accounting-On was asked in vain
	probing  bool                  // one record goes before Accounting-On
	gone     []uint64              // Entry of records that are in the queue no more
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
	old     bool          // Accounting-On waits for it
	heard   uint64        // Stats.Answered when it was handed out
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
	Dropped         uint64 // lost accounting: there was no room, or nobody takes an Accounting-On
	DroppedInterims uint64 // Interims there was no room for
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

// Push queues a record, unless there is no room for it: then it is lost. r must
// not be modified afterwards, but for Entry. A record of an earlier run has its
// room already.
func (q *Queue) Push(r *Record) bool {
	q.stats.Pushed++
	key := r.key()
	if r.session() {
		q.supersede(key)
	}
	if len(q.entries) >= q.bound && !r.Old && !q.makeRoom(r) {
		return false
	}
	q.last++
	e := &entry{id: q.last, record: r, place: behind}
	q.entries[e.id] = e
	e.age = q.age.PushBack(e)
	if r.Status == Interim {
		e.interim = q.interims.PushBack(e)
	}
	if r.Old {
		e.old = true
		q.old++
	}
	l := q.sessions[key]
	if l == nil {
		l = list.New()
		q.sessions[key] = l
	}
	e.chain = l.PushBack(e)
	q.promote(key)
	return true
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

// makeRoom pushes out the oldest Interim. It reports false if there is none:
// then r has to go, since what is older was promised to be kept.
func (q *Queue) makeRoom(r *Record) bool {
	el := q.interims.Front()
	switch {
	case el != nil:
		q.remove(el.Value.(*entry))
		q.stats.DroppedInterims++
		return true
	case r.Status == Interim:
		q.stats.DroppedInterims++
	default:
		q.stats.Dropped++
	}
	return false
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

func (q *Queue) head(key string) *entry {
	if l := q.sessions[key]; l != nil {
		return l.Front().Value.(*entry)
	}
	return nil
}

// Answered removes a record: a server has it.
func (q *Queue) Answered(id ID) {
	if e := q.entries[id]; e != nil {
		q.stats.Answered++
		q.remove(e)
		q.proven(e)
	}
}

// Unsendable removes a record that no server can be sent.
func (q *Queue) Unsendable(id ID) {
	if e := q.entries[id]; e != nil {
		q.stats.Unsendable++
		q.remove(e)
	}
}

// Len returns how many records are not answered yet.
func (q *Queue) Len() int { return len(q.entries) }

// Oldest returns when the event of the oldest record was; zero: there is none.
func (q *Queue) Oldest() time.Time {
	if el := q.age.Front(); el != nil {
		return el.Value.(*entry).record.EventTime
	}
	return time.Time{}
}

// Gone returns the Entry of each record that has left the queue since the last
// call, whatever became of it.
func (q *Queue) Gone() []uint64 {
	gone := q.gone
	q.gone = nil
	return gone
}

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
	readyList := &q.ready
	if e.old {
		readyList = &q.readyOld
	}
	switch e.place {
	case ready:
		if e.slot != nil {
			readyList.Remove(e.slot)
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
			e.slot = readyList.PushBack(e)
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
	q.renew(e)
	if e.record.Entry != 0 {
		q.gone = append(q.gone, e.record.Entry)
	}
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
