package client

import (
	"errors"
	"net"
	"slices"
	"syscall"
	"time"

	"lacd/radius"
)

// maxDatagram is the largest RADIUS packet; what is longer is cut and then
// fails its length check (RFC 2865 section 3).
const maxDatagram = 4096

// execute does what an exchange says and returns how much that was.
func (c *Client) execute(now time.Time, h *half) int {
	actions := h.x.Take()
	for _, a := range actions {
		switch a := a.(type) {
		case radius.Open:
			c.open(now, h, a)
		case radius.Send:
			h.send(a)
		case radius.Close:
			c.drop(h, a.Socket)
		case radius.Answered:
			c.answered(h, &a)
		case radius.Failed:
			c.failed(now, h, a)
		case radius.Marked:
			if c.changed != nil {
				c.changed(h.side.servers[a.Server].Name, h.kind, a.Dead)
			}
		}
	}
	for _, k := range h.written {
		k.flush()
	}
	clear(h.written)
	h.written = h.written[:0]
	return len(actions)
}

func (h *half) send(a radius.Send) {
	k := h.conns[a.Socket]
	if k == nil {
		return
	}
	if d, ok := k.(*datagrams); ok && len(d.out) == 0 {
		h.written = append(h.written, d)
	}
	// A failure to send is a datagram lost on the way: the retransmission follows.
	_, _ = k.Write(a.Datagram)
}

func (c *Client) open(now time.Time, h *half, a radius.Open) {
	p := &h.side.peers[a.Server]
	if p.tls != nil {
		h.conns[a.Socket] = c.connect(h, a.Socket, a.Server)
		return
	}
	k, err := c.dialUDP(p)
	if err != nil {
		h.x.Lost(now, a.Socket)
		return
	}
	h.conns[a.Socket] = k
	c.readers.Go(func() { c.read(h, a.Socket, k) })
}

// drop closes a socket. Its reader ends.
func (c *Client) drop(h *half, id radius.SocketID) {
	if k := h.conns[id]; k != nil {
		delete(h.conns, id)
		_ = k.Close() // nothing is buffered in a UDP socket that could be lost
	}
}

// lost takes the news that a socket broke.
func (c *Client) lost(now time.Time, it *item) {
	h := it.half
	if h.conns[it.socket] == nil {
		return // closed in the meantime
	}
	if c.parted != nil && it.err != nil {
		c.parted(h.side.servers[it.server].Name, h.kind, it.err)
	}
	c.drop(h, it.socket)
	h.x.Lost(now, it.socket)
}

func (c *Client) answered(h *half, a *radius.Answered) {
	if h.kind == radius.Accounting {
		c.reported(a)
		return
	}
	o := a.Reply.Outcome()
	v := Rejected
	if o.Accepted {
		v = Accepted
	}
	c.answer(Answer{
		Ref: a.Ref, Verdict: v, Grant: o.Grant, Message: o.Message,
		Server: h.side.servers[a.Server].Name, Detail: o.Detail,
	})
}

func (c *Client) failed(now time.Time, h *half, f radius.Failed) {
	switch {
	case h.kind == radius.Accounting:
		c.unreported(now, f)
	case f.Err != nil:
		c.answer(Answer{Ref: f.Ref, Verdict: Rejected, Detail: "not sent: " + f.Err.Error()})
	case f.Crowded:
		c.answer(Answer{Ref: f.Ref, Verdict: NoServer, Detail: "too many RADIUS requests wait"})
	default:
		detail := "no RADIUS server answered"
		if f.Dropped != 0 {
			detail += "; a reply was dropped: " + f.Dropped.String()
		}
		c.answer(Answer{Ref: f.Ref, Verdict: NoServer, Detail: detail})
	}
}

// read posts what comes in on a socket until it is closed or breaks.
func (c *Client) read(h *half, id radius.SocketID, k net.Conn) {
	post := func(b []byte) {
		c.box.putDatagram(item{kind: datagram, half: h, socket: id, data: slices.Clone(b)})
	}
	receive := oneByOne(k)
	if d, ok := k.(*datagrams); ok {
		receive = d.ReadBatch
	}
	for {
		err := receive(post)
		switch {
		case err == nil:
		case errors.Is(err, syscall.ECONNREFUSED):
			// An ICMP message, which anybody can forge: the schedule goes on.
		case errors.Is(err, net.ErrClosed):
			return
		default:
			c.box.put(item{kind: broken, half: h, socket: id})
			return
		}
	}
}

// oneByOne returns what receives a datagram of a Dialer's connection.
func oneByOne(k net.Conn) func(fn func(b []byte)) error {
	buf := make([]byte, maxDatagram)
	return func(fn func(b []byte)) error {
		n, err := k.Read(buf)
		if err == nil {
			fn(buf[:n])
		}
		return err
	}
}
