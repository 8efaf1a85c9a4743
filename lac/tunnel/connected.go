package tunnel

import (
	"time"

	"lacd/lac/l2tp"
)

// connecting is an ICCN that may still wait for the window.
type connecting struct {
	id l2tp.SessionID
	ns uint16
}

// sendICCN sends a call's ICCN and remembers to tell when it has left: "data
// may be sent once the session is established", not while ICCN is queued.
func (c *Conn) sendICCN(now time.Time, id, peer l2tp.SessionID, m *l2tp.ICCN) {
	c.iccns.push(connecting{id, c.channel.nextNs()})
	c.send(now, peer, m)
}

// announce emits Connected for the ICCNs that were transmitted.
func (c *Conn) announce() {
	for {
		i, ok := c.iccns.head()
		if !ok || !c.channel.transmitted(i.ns) {
			return
		}
		c.iccns.pop()
		c.actions = append(c.actions, Connected{i.id})
	}
}

// nextNs returns the number that the next message given to Send will have.
func (c *Channel) nextNs() uint16 { return c.una + uint16(len(c.queue)) }

// transmitted reports whether a message given to Send was sent at least once.
func (c *Channel) transmitted(ns uint16) bool { return int16(ns-(c.una+uint16(c.sent))) < 0 }
