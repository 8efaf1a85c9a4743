package radius

import (
	"container/heap"
	"errors"
	"time"
)

// MaxServers is how many servers an Exchange can tell apart.
const MaxServers = 64

// ExchangeConfig holds the settings of an Exchange. Zero is the default given
// with each field.
type ExchangeConfig struct {
	Kind    Kind
	Servers []Server // at most MaxServers
	NAS     NAS      // what Status-Server packets say of us

	MaxTimeout time.Duration // MRT of RFC 5080; 0: 16 s
	// GiveUp bounds a request over all servers (MRD of RFC 5080). 0: 30 s for
	// authentication, none for accounting.
	GiveUp    time.Duration
	DeadAfter int           // consecutive timeouts that make a server dead; 0: 3
	Revive    time.Duration // how long a dead server is left alone; 0: 60 s
	Sockets   int           // most sockets per server; 0: 16
	Idle      time.Duration // an unused socket is closed after this; 0: 60 s
	Most      int           // requests at once, waiting ones included; 0: 65,536
	// Seed is where Request Authenticators come from. It must be secret and
	// different in every run.
	Seed [32]byte
}

// Exchange is the table of requests that wait for an answer. Requests are
// asked of one server at a time, by priority and weight; a dead server is
// passed over while another lives. Once per Revive interval it is asked whether
// it is back: by one request, sent to it once, or by a Status-Server. When no
// server answers, the request fails.
type Exchange struct {
	cfg     ExchangeConfig
	servers []*server
	levels  [][]int // indices of servers of equal priority, the lowest first
	sockets map[SocketID]*socket
	last    SocketID
	random  source
	due     deadlines
	jobs    int
	crowded uint64 // requests refused as there were too many
	actions []Action
}

// job is one request until it is answered or fails.
type job struct {
	ref     uint64
	request Request
	end     time.Time // when to give up; zero: never
	tried   uint64    // bit per server
	again   bool      // was asked of one server twice, as a connection broke
	dropped Drop      // why the last reply to it was dropped; 0: there was none
}

// NewExchange returns an empty table.
func NewExchange(cfg ExchangeConfig) *Exchange {
	if cfg.GiveUp == 0 && cfg.Kind == Authentication {
		cfg.GiveUp = 30 * time.Second
	}
	fallback(&cfg.MaxTimeout, 16*time.Second)
	fallback(&cfg.DeadAfter, 3)
	fallback(&cfg.Revive, time.Minute)
	fallback(&cfg.Sockets, 16)
	fallback(&cfg.Idle, time.Minute)
	fallback(&cfg.Most, 1<<16)
	cfg.Servers = cfg.Servers[:min(len(cfg.Servers), MaxServers)]
	x := &Exchange{cfg: cfg, sockets: make(map[SocketID]*socket), random: source{seed: cfg.Seed}}
	for i, s := range cfg.Servers {
		x.servers = append(x.servers, newServer(s, i, &cfg))
	}
	x.levels = levels(x.servers)
	return x
}

func fallback[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Ask starts a request. Exactly one Answered or Failed with ref follows. What
// nobody waits for any more, as its subscriber has left, is still asked: where
// servers are silent and subscribers come and go, Most is the bound.
func (x *Exchange) Ask(now time.Time, ref uint64, r Request) {
	if x.jobs >= x.cfg.Most {
		x.crowded++
		x.act(Failed{Ref: ref, Crowded: true})
		return
	}
	j := &job{ref: ref, request: r}
	if x.cfg.GiveUp > 0 {
		j.end = now.Add(x.cfg.GiveUp)
	}
	x.jobs++
	x.begin(now, j)
}

// Receive takes a datagram that came in on a socket. What is not the genuine
// answer to a waiting request is counted and otherwise ignored; it does not
// disturb the request's timers.
func (x *Exchange) Receive(now time.Time, id SocketID, b []byte) {
	k := x.sockets[id]
	if k == nil {
		return // closed in the meantime
	}
	s := x.servers[k.server]
	if len(b) < headerLen {
		s.stats.Dropped[DropShort]++
		return
	}
	a := k.slots[b[1]]
	if a == nil {
		s.stats.Dropped[DropUnknown]++ // unsolicited, or a duplicate (RFC 5080 section 2.2.2)
		return
	}
	r, err := ParseReply(b, &Question{
		Kind: x.cfg.Kind, Authenticator: a.authenticator, Secret: s.secret, RequireSignature: s.RequireSignature,
		Status: a.state == probing,
	})
	if err != nil {
		drop, _ := errors.AsType[Drop](err) // ParseReply returns nothing else
		s.stats.Dropped[drop]++
		if a.job != nil {
			a.job.dropped = drop
		}
		return
	}
	k.heard, k.proven = now, true
	if s.heard(now) {
		x.act(Marked{Server: k.server, Dead: false})
	}
	j, state := a.job, a.state
	x.end(now, a)
	switch state {
	case probing:
		k.asked = false
		s.stats.ProbesHeard++
	case parked:
		s.stats.Answered++
		s.stats.Dropped[DropLate]++ // its request went on to another server
	default:
		s.stats.Answered++
		x.finish(Answered{Ref: j.ref, Server: k.server, Reply: r})
	}
	x.unwait(now, k.server)
}

// Lost says that a socket could not be opened, or broke. Its requests go on
// to the next server.
func (x *Exchange) Lost(now time.Time, id SocketID) {
	if k := x.sockets[id]; k != nil {
		x.sever(now, k)
	}
}

// Advance runs what is due.
func (x *Exchange) Advance(now time.Time) {
	for len(x.due) > 0 && !x.due[0].deadline.After(now) {
		x.expire(now, x.due[0])
	}
	for i, s := range x.servers {
		x.inquire(now, i)
		for i := len(s.sockets) - 1; i >= 0; i-- {
			if k := s.sockets[i]; k.unused() && !s.watched() && now.Sub(k.since) >= x.cfg.Idle {
				x.act(Close{Socket: k.id})
				x.forget(k)
			}
		}
	}
}

// Deadline returns when Advance has to run next; zero: not before a call of
// another method.
func (x *Exchange) Deadline() time.Time {
	var d time.Time
	if len(x.due) > 0 {
		d = x.due[0].deadline
	}
	for _, s := range x.servers {
		d = earlier(d, s.nextInquiry())
		if s.watched() {
			continue
		}
		for _, k := range s.sockets {
			if k.unused() {
				d = earlier(d, k.since.Add(x.cfg.Idle))
			}
		}
	}
	return d
}

// earlier returns the earlier of two times; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// Take returns what has to be done now, in order.
func (x *Exchange) Take() []Action {
	a := x.actions
	x.actions = nil
	return a
}

// Len returns how many requests wait for an answer.
func (x *Exchange) Len() int { return x.jobs }

// Crowded returns how many requests were refused because of Most.
func (x *Exchange) Crowded() uint64 { return x.crowded }

// Stats returns the counters of each server, in the configured order.
func (x *Exchange) Stats() []ServerStats {
	st := make([]ServerStats, 0, len(x.servers))
	for _, s := range x.servers {
		st = append(st, s.snapshot())
	}
	return st
}

// Abandon fails every request, for a shutdown.
func (x *Exchange) Abandon(now time.Time) {
	for len(x.due) > 0 {
		a := x.due[0]
		j, live := a.job, a.state == waiting || a.state == sent
		x.end(now, a)
		if live {
			x.finish(Failed{Ref: j.ref, Dropped: j.dropped})
		}
	}
}

func (x *Exchange) act(a Action) { x.actions = append(x.actions, a) }

// finish ends a job with its one result.
func (x *Exchange) finish(a Action) {
	x.jobs--
	x.act(a)
}

// forget takes a socket out of the tables.
func (x *Exchange) forget(k *socket) {
	delete(x.sockets, k.id)
	s := x.servers[k.server]
	for i := range s.sockets {
		if s.sockets[i] == k {
			s.sockets = append(s.sockets[:i], s.sockets[i+1:]...)
			return
		}
	}
}

// Action is something the owner of an Exchange has to do.
type Action interface{ isAction() }

// Open opens a socket to a server, or begins to connect to it; if that fails,
// call Lost. Datagrams are sent without waiting for the connection.
type Open struct {
	Socket SocketID
	Server int // index in ExchangeConfig.Servers
}

// Send sends a datagram on a socket. A socket that was lost is passed over.
type Send struct {
	Socket   SocketID
	Datagram []byte
}

// Close closes a socket.
type Close struct{ Socket SocketID }

// Answered ends a request with a verified reply.
type Answered struct {
	Ref    uint64
	Server int
	Reply  Reply
}

// Failed ends a request without one: no server answered, or Err says why it
// could not even be sent. Dropped is why the last reply to it was not taken
// for an answer, zero if there was none: most often a server that does not
// sign, or another secret. Crowded: it was not asked, as too many others wait.
type Failed struct {
	Ref     uint64
	Err     error
	Dropped Drop
	Crowded bool
}

// Marked says that a server became dead or is heard again.
type Marked struct {
	Server int
	Dead   bool
}

func (Open) isAction()     {}
func (Send) isAction()     {}
func (Close) isAction()    {}
func (Answered) isAction() {}
func (Failed) isAction()   {}
func (Marked) isAction()   {}

// deadlines is a heap of attempts, the earliest deadline first.
type deadlines []*attempt

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline.Before(d[j].deadline) }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].index, d[j].index = i, j
}

// Push implements heap.Interface.
func (d *deadlines) Push(v any) {
	a := v.(*attempt)
	a.index = len(*d)
	*d = append(*d, a)
}

// Pop implements heap.Interface.
func (d *deadlines) Pop() any {
	old := *d
	a := old[len(old)-1]
	old[len(old)-1] = nil
	*d = old[:len(old)-1]
	return a
}

var _ heap.Interface = (*deadlines)(nil)
