package sim

import "lacd/pppoe/ppp"

// requestIPCP asks for an address, or for the one that was offered.
func (c *Crowd) requestIPCP(i int32) {
	cl := &c.clients[i]
	cl.ipcpID++
	c.control(i, ipcp, ppp.ConfigureRequest, cl.ipcpID, append([]byte{byte(optIPAddress), 6}, cl.addr[:]...))
}

func (c *Crowd) receiveIPCP(now instant, i int32, p ppp.Packet) {
	cl := &c.clients[i]
	if cl.state == proving && cl.proven {
		// An LNS that goes on to IPCP has no doubts; its Ack or Success may have
		// been lost.
		c.enter(now, i, addressing)
	}
	if cl.state != addressing && cl.state != open {
		return
	}
	switch p.Code {
	case ppp.ConfigureRequest:
		var reject []byte
		for o, err := range ppp.Options(p.Data) {
			switch {
			case err != nil:
				c.stats.Odd++
				return
			case o.Type != optIPAddress || len(o.Value) != 4:
				reject = o.AppendTo(reject)
			}
		}
		if reject != nil {
			c.control(i, ipcp, ppp.ConfigureReject, p.ID, reject)
			return
		}
		c.control(i, ipcp, ppp.ConfigureAck, p.ID, p.Data)
		cl.ipAgreed = true
	case ppp.ConfigureAck:
		cl.ipAcked = cl.ipAcked || p.ID == cl.ipcpID
	case ppp.ConfigureNak:
		for o, err := range ppp.Options(p.Data) {
			if err == nil && o.Type == optIPAddress && len(o.Value) == 4 {
				cl.addr = [4]byte(o.Value)
			}
		}
		if cl.state == addressing && p.ID == cl.ipcpID {
			c.retry(now, i)
		}
		return
	default:
		return
	}
	if cl.state == addressing && cl.ipAcked && cl.ipAgreed {
		cl.state, cl.retryAt = open, 0
		if c.cfg.UpAt == Opened {
			c.rise(now, i)
		}
		c.schedule(i)
	}
}

// service is where the clients' payloads go, and those of the LNS come from.
var service = [4]byte{192, 0, 2, 1}

// emitTraffic sends the payloads that are due, by turns.
func (c *Crowd) emitTraffic(now instant) {
	if len(c.up) == 0 || c.ending {
		return
	}
	for range c.pace.due(now) {
		c.pace.turn++
		if c.pace.turn >= len(c.up) {
			c.pace.turn = 0
		}
		i := c.up[c.pace.turn]
		cl := &c.clients[i]
		cl.tx++
		c.ppp = appendPayload(c.ppp[:0], payload{c.token(i), up, cl.tx}, cl.addr, service, c.pace.size)
		c.session(i, c.ppp)
		c.stats.UpTally.Sent++
	}
}

// receivePayload counts a payload.
func (c *Crowd) receivePayload(i int32, frame []byte) {
	p, ok := parsePayload(frame)
	if !ok {
		return // not ours: somebody pings through a session
	}
	if p.way != down || p.token != c.token(i) {
		c.stats.DownTally.Misdelivered++
		return
	}
	c.clients[i].rx.take(&c.stats.DownTally, p.seq, len(frame)-protoLen)
}
