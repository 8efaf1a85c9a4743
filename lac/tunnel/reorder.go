package tunnel

import (
	"slices"

	"lacd/lac/l2tp"
)

// holdOctets bounds what one channel keeps of messages that came early.
const holdOctets = 1 << 20

// A reorder keeps messages that came before their predecessors: "Messages
// arriving out of order may be queued for in-order delivery" (RFC 2661
// section 5.8). It holds at most limit messages and holdOctets octets.
type reorder struct {
	limit  int
	octets int
	held   map[uint16]early
}

type early struct {
	header  l2tp.Header
	payload []byte
}

// put keeps a message that is ahead by the given distance. It reports false
// if it is beyond the window that was advertised, or memory is used up.
func (r *reorder) put(h l2tp.Header, payload []byte, ahead int) bool {
	if ahead >= r.limit || r.octets+len(payload) > holdOctets {
		return false
	}
	if _, ok := r.held[h.Ns]; ok {
		return true
	}
	if r.held == nil {
		r.held = make(map[uint16]early)
	}
	r.held[h.Ns] = early{h, slices.Clone(payload)}
	r.octets += len(payload)
	return true
}

// take removes and returns the message with number ns.
func (r *reorder) take(ns uint16) (l2tp.Header, []byte, bool) {
	e, ok := r.held[ns]
	if !ok {
		return l2tp.Header{}, nil, false
	}
	delete(r.held, ns)
	r.octets -= len(e.payload)
	return e.header, e.payload, true
}
