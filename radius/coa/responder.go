package coa

import (
	"container/heap"
	"net/netip"
	"slices"
	"time"
)

// Ticket names a request that is under way.
type Ticket uint64

// Bounds of what verified requests may cost.
const (
	// maxKept bounds the octets of requests that are kept to detect their
	// repetition: about 50,000 of the usual size.
	maxKept = 16 << 20
	// overhead is what a request is kept with beside its answer.
	overhead = 300
	// maxWaiting bounds the requests that wait for a pass over all sessions.
	maxWaiting = 256
)

// key finds the repetition of a request: "the same source IP address, source
// UDP port, and Identifier" (RFC 5176 section 2.3). A client must not use an
// Identifier for another request within the window (section 6.3); where it
// does so after an answer, the authenticators tell the two apart, and neither
// can be replayed.
type key struct {
	from          netip.AddrPort
	id            uint8
	authenticator [16]byte
}

// entry is a request that is kept.
type entry struct {
	key      key
	ticket   Ticket
	socket   int
	request  Request
	received time.Time
	reply    []byte // nil: under way
	cost     int

	asked   bool
	parts   int // that still look for sessions
	matched int
	left    int // sessions that have not ended

	due    time.Time // to give up on; with a reply: to forget
	heapAt int
}

// Responder is the table of requests. See the package comment.
type Responder struct {
	gate    *Gate
	kept    map[key]*entry
	cost    int
	tickets map[Ticket]*entry
	last    Ticket
	due     deadlines
	passing *entry   // looks through all sessions
	waiting []*entry // to do the same
	actions []Action
}

// NewResponder returns an empty table for requests that the gate admits.
func NewResponder(g *Gate) *Responder {
	return &Responder{gate: g, kept: map[key]*entry{}, tickets: map[Ticket]*entry{}}
}

// Action is something that the owner must do.
type Action interface{ isAction() }

// Execute carries an order out. The owner tells with Asked how many parts look
// for the sessions.
type Execute struct {
	Ticket Ticket
	Client *Client
	Order  *Order
}

// Send sends an answer from the socket that the request came to.
type Send struct {
	Socket int
	To     netip.AddrPort
	Answer []byte
}

// Settled tells that a request was answered, for the first time.
type Settled struct {
	Request  *Request
	Cause    ErrorCause
	Executed bool // it was not refused at sight
	Sessions int  // that it was about
	After    time.Duration
}

// Discarded tells that a request was not looked at: it is repeated, or there is
// no room for it.
type Discarded struct {
	Request *Request
	Outcome Outcome
}

func (Execute) isAction()   {}
func (Send) isAction()      {}
func (Settled) isAction()   {}
func (Discarded) isAction() {}

func (r *Responder) do(a Action) { r.actions = append(r.actions, a) }

// Take returns what to do now, in order.
func (r *Responder) Take() []Action {
	a := r.actions
	r.actions = nil
	return a
}

// Receive takes a request that the gate admitted.
func (r *Responder) Receive(now time.Time, socket int, q Request) {
	r.Advance(now)
	k := key{q.From, q.Packet.ID, q.Packet.Authenticator}
	if e := r.kept[k]; e != nil {
		o := UnderWay
		if e.reply != nil {
			o = Repeated
			r.do(Send{socket, q.From, e.reply})
		}
		r.do(Discarded{&e.request, o})
		return
	}
	e := &entry{key: k, socket: socket, request: q, received: now, cost: overhead + len(q.Packet.attributes)}
	pass := q.Cause == 0 && q.Order.Session.AcctSession == ""
	if r.cost+e.cost > maxKept || pass && len(r.waiting) >= maxWaiting {
		r.do(Discarded{&q, Crowded})
		return
	}
	r.keep(e)
	switch {
	case q.Cause != 0:
		r.answer(now, e, q.Cause)
	case !pass:
		r.execute(e)
	default:
		r.waiting = append(r.waiting, e)
		r.pass()
	}
}

// keep enters a request into the table.
func (r *Responder) keep(e *entry) {
	r.last++
	e.ticket = r.last
	e.due = e.received.Add(r.gate.cfg.Patience)
	r.kept[e.key] = e
	r.cost += e.cost
	heap.Push(&r.due, e)
}

// pass lets the next request look through all sessions: one at a time, so that
// a client cannot make the shards do nothing else.
func (r *Responder) pass() {
	for r.passing == nil && len(r.waiting) > 0 {
		e := r.waiting[0]
		r.waiting = slices.Delete(r.waiting, 0, 1)
		if e.reply == nil { // has not waited in vain
			r.passing = e
			r.execute(e)
		}
	}
}

func (r *Responder) execute(e *entry) {
	r.tickets[e.ticket] = e
	r.do(Execute{e.ticket, &r.gate.clients[e.request.Client], &e.request.Order})
}

// Asked tells how many parts will look for the sessions of an order; 0: there
// can be none.
func (r *Responder) Asked(now time.Time, t Ticket, parts int) {
	if e := r.tickets[t]; e != nil {
		e.asked = true
		e.parts += parts
		r.check(now, e)
	}
}

// Found tells that one part has looked, and how many sessions it found.
func (r *Responder) Found(now time.Time, t Ticket, n int) {
	e := r.tickets[t]
	if e == nil {
		return
	}
	e.parts--
	e.matched += n
	if e.request.Order.Kind == Disconnect {
		e.left += n
	}
	r.check(now, e)
}

// Gone tells that one of the sessions of a Disconnect-Request has ended.
func (r *Responder) Gone(now time.Time, t Ticket) {
	if e := r.tickets[t]; e != nil {
		e.left--
		r.check(now, e)
	}
}

// check answers a request that is done.
func (r *Responder) check(now time.Time, e *entry) {
	if !e.asked || e.parts > 0 {
		return
	}
	if e.left == 0 {
		delete(r.tickets, e.ticket)
		if e.reply == nil {
			var c ErrorCause
			if e.matched == 0 {
				c = SessionNotFound
			}
			r.answer(now, e, c)
		}
	}
	if r.passing == e {
		r.passing = nil
		r.pass()
	}
}

// answer settles a request. It is kept for as long as its Event-Timestamp would
// let it in again: "The time window used for duplicate detection MUST be the
// same as the window used to detect a stale Event-Timestamp Attribute" (RFC
// 5176 section 6.3).
func (r *Responder) answer(now time.Time, e *entry, c ErrorCause) {
	q := &e.request
	e.reply = q.Packet.AppendAnswer(nil, []byte(r.gate.clients[q.Client].Secret), c)
	r.cost += len(e.reply) - len(q.Packet.attributes)
	e.cost += len(e.reply) - len(q.Packet.attributes)
	e.due = e.received
	if q.Packet.Dated.After(e.due) {
		e.due = q.Packet.Dated
	}
	e.due = e.due.Add(r.gate.cfg.Window)
	heap.Fix(&r.due, e.heapAt)
	r.do(Settled{Request: q, Cause: c, Executed: q.Cause == 0, Sessions: e.matched, After: now.Sub(e.received)})
	r.do(Send{e.socket, q.From, e.reply})
	q.Packet.attributes = nil
}

// Deadline returns when Advance must be called; zero means never.
func (r *Responder) Deadline() time.Time {
	if len(r.due) == 0 {
		return time.Time{}
	}
	return r.due[0].due
}

// Advance does what is due: it gives up on requests whose sessions do not end,
// and forgets those whose repetition would be stale.
func (r *Responder) Advance(now time.Time) {
	for len(r.due) > 0 && !now.Before(r.due[0].due) {
		e := r.due[0]
		switch {
		case e.reply != nil:
			heap.Pop(&r.due)
			delete(r.kept, e.key)
			r.cost -= e.cost
		case e.asked && e.parts <= 0:
			r.answer(now, e, SessionNotRemovable)
		default: // it was not looked for, or not to the end
			r.answer(now, e, ResourcesNotAvailable)
		}
	}
}

// deadlines is a heap of entries, the earliest first.
type deadlines []*entry

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].due.Before(d[j].due) }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].heapAt, d[j].heapAt = i, j
}

// Push implements heap.Interface.
func (d *deadlines) Push(x any) {
	e := x.(*entry)
	e.heapAt = len(*d)
	*d = append(*d, e)
}

// Pop implements heap.Interface.
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	e := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return e
}
