package radius

import "time"

// SocketID names one UDP socket, or one connection, of an Exchange. It is never
// used twice.
type SocketID uint32

// idsPerSocket is the size of the Identifier space of a source port.
const idsPerSocket = 256

// socket is the identifiers of one source port.
type socket struct {
	id     SocketID
	server int
	slots  [idsPerSocket]*attempt
	// free holds the free identifiers, least recently used first: "Clients
	// SHOULD allocate Identifiers via a least-recently-used (LRU) method"
	// (RFC 5080 section 2.2.2).
	free  [idsPerSocket]uint8
	first int       // index in free of the next one to give
	idle  int       // how many are free
	since time.Time // it was opened, or an identifier came back
	// For connections.
	heard  time.Time // the last answer on it, or when it was opened
	proven bool      // there was an answer
	asked  bool      // a Status-Server waits for its answer
}

func newSocket(id SocketID, server int, first uint8) *socket {
	s := &socket{id: id, server: server, idle: idsPerSocket}
	for i := range s.free {
		s.free[i] = first + uint8(i)
	}
	return s
}

// take gives an identifier to a.
func (s *socket) take(a *attempt) {
	a.id = s.free[s.first]
	s.first = (s.first + 1) % idsPerSocket
	s.idle--
	s.slots[a.id], a.socket = a, s
}

// release returns the identifier of a: it was answered or has timed out.
func (s *socket) release(now time.Time, a *attempt) {
	s.slots[a.id], a.socket = nil, nil
	s.free[(s.first+s.idle)%idsPerSocket] = a.id
	s.idle++
	s.since = now
}

func (s *socket) unused() bool { return s.idle == idsPerSocket }
