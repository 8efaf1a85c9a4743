package lactest

import (
	"bytes"
	"slices"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
)

// cross answers the LAC's SCCRQ as an LNS does that has just sent one itself
// (RFC 2661 section 4.4.3, Tie Breaker). It returns the connection that takes
// the LAC's SCCRQ, nil if none does.
func (l *LNS) cross(now time.Time, s *socket, rq *l2tp.SCCRQ) *lnsConn {
	l.behaviour.Cross = false
	tie := l.behaviour.TieBreaker
	if tie != nil && len(tie) == 0 {
		tie = slices.Clone(rq.TieBreaker)
	}
	cfg := l.config(s)
	cfg.Reverse = true
	c := &lnsConn{conn: tunnel.Dial(now, cfg), sock: s, id: cfg.LocalID, calls: map[l2tp.SessionID]*Call{}, dialled: true}
	for _, a := range c.conn.Take() {
		if send, ok := a.(tunnel.Send); ok {
			l.send(s, withTieBreaker(send.Datagram, tie))
		}
	}
	order := 1
	if tie != nil {
		order = bytes.Compare(tie, rq.TieBreaker)
	}
	switch order {
	case -1:
		l.conns[s] = c
		return nil
	case 0:
		return nil
	}
	return l.accept(now, s)
}

func withTieBreaker(b, tie []byte) []byte {
	rq := parseSCCRQ(b)
	rq.TieBreaker = tie
	return l2tp.AppendMessage(nil, l2tp.Header{}, rq, nil)
}

// parseSCCRQ returns nil for what is none.
func parseSCCRQ(b []byte) *l2tp.SCCRQ {
	_, payload, err := l2tp.ParseHeader(slices.Clone(b))
	if err != nil {
		return nil
	}
	m, _ := (&l2tp.Parser{}).Parse(payload)
	rq, _ := m.(*l2tp.SCCRQ)
	return rq
}

// adopt finds the tunnel of a message that comes from a new socket of the LAC.
func (l *LNS) adopt(s *socket, id l2tp.TunnelID) *lnsConn {
	for old, c := range l.conns {
		if c.id == id && c.dialled {
			delete(l.conns, old)
			l.conns[s], c.sock = c, s
			return c
		}
	}
	return nil
}
