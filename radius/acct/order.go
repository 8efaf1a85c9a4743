package acct

import "time"

// The order of a start: first what earlier runs have left, then Accounting-On,
// then what this run reports. Accounting-On closes the sessions that the server
// believes open: those of earlier runs must be open by then or closed with their
// own figures, and those of this run must not be open yet. While no server
// answers, everything waits in this order.
//
// Nothing may wait for ever for what a server does not want. A record of an
// earlier run that stays unanswered while others are answered holds up
// Accounting-On no longer. Where Accounting-On itself stays unanswered, one
// other record goes before it now and then; if that one is answered, the server
// takes no Accounting-On, and it is dropped.

// onRounds is after how many rounds in vain another record goes before
// Accounting-On. It is seldom, as the server may come back at that very moment.
const onRounds = 8

// next returns the record to hand out, nil if there is none.
func (q *Queue) next(now time.Time) *entry {
	on := q.head(On.String())
	if q.onNext(on) {
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
	if el := q.readyOld.Front(); el != nil {
		return el.Value.(*entry)
	}
	if on != nil && (!q.probing || q.out > 0) {
		return nil
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

// onNext reports whether it is the turn of Accounting-On.
func (q *Queue) onNext(on *entry) bool {
	if q.probing && (on == nil || len(q.entries) == 1) {
		q.probing = false // there is nothing to go before it
	}
	return on != nil && q.old == 0 && !q.probing
}

// take notes that e is on its way.
func (q *Queue) take(e *entry) {
	q.move(e, out)
	e.heard = q.stats.Answered
	if e.record.Status == On {
		q.barrier = e
	}
}

// proven takes the news that a server has answered e: one that was asked before
// Accounting-On shows that the server does not take that.
func (q *Queue) proven(e *entry) {
	if e.record.Status == On {
		q.rounds, q.probing = 0, false
		return
	}
	if on := q.head(On.String()); on != nil && q.probing && q.old == 0 {
		q.probing = false
		q.remove(on)
		q.stats.Dropped++
	}
}

// renew makes a record of an earlier run one like all others.
func (q *Queue) renew(e *entry) {
	if e.old {
		e.old = false
		q.old--
	}
}

// Failed keeps a record that no server answered for another round, later. An
// Interim that a newer record has overtaken is dropped.
func (q *Queue) Failed(now time.Time, id ID) {
	e := q.entries[id]
	if e == nil {
		return // pushed out meanwhile
	}
	q.stats.Failed++
	if e.interim != nil && e.chain.Next() != nil {
		q.remove(e)
		q.stats.Superseded++
		return
	}
	if e.record.Status == On && len(q.entries) == 2 && q.head(Off.String()) != nil {
		q.remove(e) // Accounting-Off closes the same sessions
		q.stats.Superseded++
		return
	}
	if q.stats.Answered > e.heard {
		q.renew(e)
	}
	e.retry = now.Add(RetryAfter)
	q.move(e, later)
	if e.record.Status == On {
		q.rounds++
		q.probing = q.rounds%onRounds == 0
	} else if q.old == 0 {
		q.probing = false
	}
}

// Deadline returns when Ready, if there is room, may hand out more by the
// passing of time alone; zero: never.
func (q *Queue) Deadline() time.Time {
	if on := q.head(On.String()); q.onNext(on) { // everything else waits for it
		if on.place == later && q.out == 0 {
			return on.retry
		}
		return time.Time{}
	}
	if el := q.later.Front(); el != nil {
		return el.Value.(*entry).retry
	}
	return time.Time{}
}
