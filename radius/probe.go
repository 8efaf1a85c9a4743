package radius

import (
	"container/heap"
	"time"
)

// watchdog is the silence on a connection after which its server is asked
// whether it is still there: Tw of RFC 3539 section 3.4.1, which RFC 5997
// section 4.3 makes the rule for reliable transports.
const watchdog = 30 * time.Second

// watched reports whether connections to s are kept open by Status-Server.
func (s *server) watched() bool { return s.Reliable && s.Probe == ByStatus }

// nextInquiry returns when s is to be sent a Status-Server next; zero: never.
func (s *server) nextInquiry() (t time.Time) {
	switch {
	case s.Probe != ByStatus:
	case s.dead:
		return s.probe
	case s.Reliable:
		for _, k := range s.sockets {
			if !k.asked && k.idle > 0 {
				t = earlier(t, k.heard.Add(watchdog))
			}
		}
	}
	return t
}

// inquire sends the Status-Servers that are due.
func (x *Exchange) inquire(now time.Time, i int) {
	s := x.servers[i]
	switch {
	case s.Probe != ByStatus:
	case s.dead && !now.Before(s.probe):
		s.probe = now.Add(s.Revive)
		if k := x.socketFor(now, i); k != nil {
			x.sendStatus(now, k)
		}
	case !s.dead && s.Reliable:
		for _, k := range s.sockets {
			if !k.asked && k.idle > 0 && !now.Before(k.heard.Add(watchdog)) {
				x.sendStatus(now, k)
			}
		}
	}
}

// sendStatus sends one Status-Server. It is never sent again: "they MUST NOT be
// retransmitted. Instead, the Identity field MUST be changed every time a
// packet is transmitted" (RFC 5997 section 4.1).
func (x *Exchange) sendStatus(now time.Time, k *socket) {
	s := x.servers[k.server]
	a := &attempt{server: k.server, state: probing, first: now, deadline: now.Add(s.Timeout)}
	heap.Push(&x.due, a)
	k.take(a)
	k.heard = now
	a.authenticator = x.random.authenticator()
	status := Status{NAS: x.cfg.NAS}
	b, err := status.Encode(Try{Now: now, ID: a.id, Authenticator: a.authenticator, Secret: s.secret})
	if err != nil { // the NAS has no name, or the server no secret: requests fail for it too
		x.end(now, a)
		return
	}
	k.asked = true
	s.stats.Probes++
	x.act(Send{Socket: k.id, Datagram: b})
}

// unheard handles a Status-Server on k that was not answered.
func (x *Exchange) unheard(now time.Time, k *socket) {
	k.asked = false
	if x.servers[k.server].Reliable {
		x.hangUp(now, k)
		return
	}
	x.unwait(now, k.server)
}

// hangUp gives up a connection on which nothing comes any more.
func (x *Exchange) hangUp(now time.Time, k *socket) {
	if x.sockets[k.id] == nil {
		return
	}
	x.act(Close{Socket: k.id})
	x.sever(now, k)
}

// sever takes a socket that is closed out of the tables. Its requests go on to
// the next server. A connection that worked may have been closed by a server
// that restarts: what was under way on it is asked of the same server once
// more where there is no other.
func (x *Exchange) sever(now time.Time, k *socket) {
	s := x.servers[k.server]
	x.forget(k)
	if s.Reliable {
		s.stats.Disconnects++
		if !k.proven && !s.connected() && s.unreachable(now) {
			x.act(Marked{Server: k.server, Dead: true})
		}
	}
	var orphans []*attempt
	for _, a := range k.slots {
		if a != nil {
			orphans = append(orphans, a)
		}
	}
	for _, a := range orphans {
		state, j := a.state, a.job
		x.end(now, a)
		if state != sent {
			continue
		}
		switch {
		case !s.Reliable:
			x.timeout(now, k.server, a)
		case k.proven && !j.again && !x.better(j):
			j.again = true
			j.tried &^= 1 << k.server
		}
		x.begin(now, j)
	}
	if s.Reliable && s.dead {
		x.desert(now, s)
	}
	x.unwait(now, k.server)
}

// connected reports whether there is a connection that works.
func (s *server) connected() bool {
	for _, k := range s.sockets {
		if k.proven {
			return true
		}
	}
	return false
}
