package radius

import (
	"container/heap"
	"time"
)

// state is where an attempt stands.
type state uint8

const (
	waiting state = 1 + iota // for an identifier; deadline: the job's end
	sent                     // deadline: the retransmission timeout
	parked                   // its job went on; keeps the identifier to the deadline
	probing                  // a Status-Server; has no job
	ended
)

// attempt is one job at one server.
type attempt struct {
	job           *job
	server        int
	state         state
	tries         int // transmissions allowed
	try           int // transmissions so far
	first         time.Time
	rt            time.Duration
	deadline      time.Time
	index         int // in the heap; -1: not there
	socket        *socket
	id            uint8
	authenticator [16]byte
	datagram      []byte
}

// far is the deadline of what has none.
const far = 100 * 365 * 24 * time.Hour

// begin asks the next server, or fails the job.
func (x *Exchange) begin(now time.Time, j *job) {
	i, tries := x.choose(now, j)
	if i < 0 || (!j.end.IsZero() && !now.Before(j.end)) {
		x.finish(Failed{Ref: j.ref, Dropped: j.dropped})
		return
	}
	j.tried |= 1 << i
	a := &attempt{job: j, server: i, state: waiting, tries: tries, deadline: j.end}
	if j.end.IsZero() {
		a.deadline = now.Add(far)
	}
	heap.Push(&x.due, a)
	if !x.transmit(now, a) {
		x.servers[i].waiting = append(x.servers[i].waiting, a)
	}
}

// transmit sends a waiting attempt for the first time. It reports false if no
// identifier is free and no further socket allowed.
func (x *Exchange) transmit(now time.Time, a *attempt) bool {
	k := x.socketFor(now, a.server)
	if k == nil {
		return false
	}
	s := x.servers[a.server]
	k.take(a)
	a.authenticator = x.random.authenticator()
	b, err := a.job.request.Encode(Try{Now: now, ID: a.id, Authenticator: a.authenticator, Secret: s.secret})
	if err != nil {
		x.end(now, a)
		x.finish(Failed{Ref: a.job.ref, Err: err})
		return true
	}
	copy(a.authenticator[:], b[4:headerLen]) // accounting computes its own
	a.datagram, a.state, a.first = b, sent, now
	a.rt = s.Timeout
	if !s.Reliable {
		a.rt = x.random.firstTimeout(s.Timeout)
	}
	x.send(now, a)
	return true
}

// send transmits the same octets as before, or for the first time: "you MUST
// use the same Request Authenticator, ID, and source port" (RFC 2865 section
// 2.5).
func (x *Exchange) send(now time.Time, a *attempt) {
	s := x.servers[a.server]
	a.try++
	s.stats.Sent++
	if a.try > 1 {
		s.stats.Resent++
	}
	a.deadline = now.Add(a.rt)
	if end := a.job.end; !end.IsZero() && end.Before(a.deadline) {
		a.deadline = end
	}
	heap.Fix(&x.due, a.index)
	x.act(Send{Socket: a.socket.id, Datagram: a.datagram})
}

// socketFor returns a socket with a free identifier.
func (x *Exchange) socketFor(now time.Time, i int) *socket {
	s := x.servers[i]
	for _, k := range s.sockets {
		if k.idle > 0 {
			return k
		}
	}
	if len(s.sockets) >= x.cfg.Sockets {
		return nil
	}
	x.last++
	b := x.random.block()
	k := newSocket(x.last, i, b[0])
	k.since, k.heard = now, now
	s.sockets = append(s.sockets, k)
	x.sockets[k.id] = k
	x.act(Open{Socket: k.id, Server: i})
	return k
}

// expire handles an attempt whose deadline has come.
func (x *Exchange) expire(now time.Time, a *attempt) {
	j := a.job
	switch a.state {
	case sent:
		x.timeout(now, a.server, a)
		if a.state != sent {
			x.unwait(now, a.server)
			return // the server died, and the job went on
		}
		if a.try < a.tries && (j.end.IsZero() || now.Before(j.end)) {
			a.rt = x.random.nextTimeout(a.rt, x.cfg.MaxTimeout)
			x.send(now, a)
			return
		}
		x.end(now, a)
		x.begin(now, j)
		x.unwait(now, a.server)
	case waiting:
		x.end(now, a)
		x.finish(Failed{Ref: j.ref, Dropped: j.dropped})
	case parked:
		x.end(now, a)
		x.unwait(now, a.server)
	case probing:
		k := a.socket
		x.end(now, a)
		x.unheard(now, k)
	case ended: // not in the heap
	}
}

// timeout notes an unanswered transmission. When that makes the server dead,
// whatever waits for it goes on to a live one at once.
func (x *Exchange) timeout(now time.Time, i int, a *attempt) {
	s := x.servers[i]
	if !s.timedOut(now, a.first) {
		return
	}
	x.act(Marked{Server: i, Dead: true})
	for _, k := range append([]*socket(nil), s.sockets...) {
		if s.Reliable {
			x.hangUp(now, k)
			continue
		}
		for _, a := range k.slots {
			if a != nil && a.state == sent && x.better(a.job) {
				// The identifier stays taken until the answer can no
				// longer be expected (RFC 5080 section 2.2.2).
				a.state = parked
				if !a.deadline.After(now) {
					x.end(now, a)
				}
				x.begin(now, a.job)
			}
		}
	}
	x.desert(now, s)
}

// desert moves what waits for an identifier of a dead server on to a live one.
// Where nothing can be expected to come back it moves on in any case.
func (x *Exchange) desert(now time.Time, s *server) {
	queue := s.waiting
	s.waiting = nil
	for _, a := range queue {
		switch {
		case a.state != waiting:
		case s.Reliable || x.better(a.job):
			x.end(now, a)
			x.begin(now, a.job)
		default:
			s.waiting = append(s.waiting, a)
		}
	}
}

// unwait sends what waited for an identifier of the server.
func (x *Exchange) unwait(now time.Time, i int) {
	s := x.servers[i]
	for len(s.waiting) > 0 {
		a := s.waiting[0]
		if a.state == waiting && !x.transmit(now, a) {
			return
		}
		s.waiting[0] = nil
		s.waiting = s.waiting[1:]
	}
}

// end takes an attempt out of every table.
func (x *Exchange) end(now time.Time, a *attempt) {
	a.state = ended
	if a.index >= 0 {
		heap.Remove(&x.due, a.index)
		a.index = -1
	}
	if a.socket != nil {
		a.socket.release(now, a)
	}
}
