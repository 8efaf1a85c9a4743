package script

import "sync"

// Service lets an LNS answer by itself: every tunnel, and every call. It is
// for cases that are about something else, or about many calls.
type Service struct {
	NoCalls bool // ICRQs are acknowledged only

	mu      sync.Mutex // guards what follows
	tunnels []*Tunnel
	calls   []*Call
}

// Serve makes the LNS answer by itself from now on. Expect, Next and Messages
// go on as before.
func (l *LNS) Serve(s *Service) *Service {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serve = s
	return s
}

// handle answers a message; it runs on the reader of the LNS.
func (s *Service) handle(l *LNS, t *Tunnel, m *Message) {
	switch {
	case t == nil && m.Type == SCCRQ:
		t = l.AcceptFrom(m.To.Port(), m)
		s.mu.Lock()
		s.tunnels = append(s.tunnels, t)
		s.mu.Unlock()
		t.Send(SCCRP, 0, t.Reply()...)
	case t != nil && m.Type == ICRQ && !s.NoCalls:
		c := t.acceptCall(m)
		s.mu.Lock()
		s.calls = append(s.calls, c)
		s.mu.Unlock()
		c.Answer()
	}
}

// Tunnels returns the tunnels that were answered.
func (s *Service) Tunnels() []*Tunnel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Tunnel(nil), s.tunnels...)
}

// Calls returns the calls that were answered, without their ICCN.
func (s *Service) Calls() []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Call(nil), s.calls...)
}
