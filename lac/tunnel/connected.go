package tunnel

import (
	"time"

	"lacd/lac/l2tp"
)

// connecting is an ICCN that may still wait for the window.
type connecting struct {
	id       l2tp.SessionID
	position uint64 // among all messages of the channel
}

// sendICCN sends a call's ICCN and remembers to tell when it has left: "An L2TP
// Session MUST be established before L2TP can begin to tunnel PPP frames"
// (RFC 2661 section 5), so none may overtake it.
func (c *Conn) sendICCN(now time.Time, id, peer l2tp.SessionID, m *l2tp.ICCN) {
	c.iccns.push(connecting{id, c.channel.position()})
	c.send(now, peer, m)
}

// announce emits Connected for the ICCNs that were transmitted, unless their
// call has ended since.
func (c *Conn) announce() {
	for {
		i, ok := c.iccns.head()
		if !ok || !c.channel.transmitted(i.position) {
			return
		}
		c.iccns.pop()
		if k := c.calls[i.id]; k != nil && k.state == callConnected {
			c.actions = append(c.actions, Connected{i.id})
		}
	}
}

// position returns the place that the next message given to Send will have.
// Unlike Ns it does not wrap around: more messages than there are numbers may
// be queued.
func (c *Channel) position() uint64 { return c.done + uint64(len(c.queue)) }

// transmitted reports whether the message at a position was sent at least
// once.
func (c *Channel) transmitted(position uint64) bool { return position < c.done+uint64(c.sent) }
