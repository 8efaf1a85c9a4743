package sim

import (
	"crypto/md5"

	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// IPCP and its one option (RFC 1332).
const (
	ipcp         ppp.Protocol   = 0x8021
	optIPAddress ppp.OptionType = 3
)

// control sends a packet of a control protocol.
func (c *Crowd) control(i int32, proto ppp.Protocol, code ppp.Code, id uint8, data []byte) {
	c.ppp = ppp.Packet{Protocol: proto, Code: code, ID: id, Data: data}.AppendTo(c.ppp[:0])
	c.session(i, c.ppp)
}

// session sends a PPP frame, protocol field first.
func (c *Crowd) session(i int32, frame []byte) {
	cl, n := &c.clients[i], c.number(i)
	c.send(&wire.Frame{
		Dst: cl.ac, Src: c.cfg.mac(n), VLANs: c.cfg.vlans(n), EtherType: wire.SessionData, Code: wire.Data,
		SessionID: cl.sid, Payload: frame,
	})
}

// receiveSession takes a PPP frame.
func (c *Crowd) receiveSession(now instant, f *wire.Frame) {
	i, ok := c.byID[keyOf(f.Dst, f.SessionID)]
	if !ok {
		return // of a session that is over, or of another host
	}
	if !c.belongs(i, f) {
		return
	}
	cl := &c.clients[i]
	if len(f.Payload) >= 2 && be.Uint16(f.Payload) == protoIP {
		c.receivePayload(i, f.Payload)
		return
	}
	p, err := ppp.ParsePacket(f.Payload)
	if err != nil {
		c.stats.Odd++
		return
	}
	switch p.Protocol {
	case ppp.LCP:
		c.receiveLCP(now, i, p)
	case ppp.CHAP:
		c.receiveCHAP(now, i, p)
	case ppp.PAP:
		c.receivePAP(now, i, p)
	case ipcp:
		c.receiveIPCP(now, i, p)
	default:
		// RFC 1661 section 5.7: a protocol that is not known is rejected while
		// the link is open.
		if cl.acked && cl.agreed {
			cl.lcpID++
			c.control(i, ppp.LCP, ppp.ProtocolReject, cl.lcpID, f.Payload[:min(len(f.Payload), 64)])
		}
	}
}

// requestLCP sends our Configure-Request.
func (c *Crowd) requestLCP(i int32) {
	cl := &c.clients[i]
	cl.lcpID++
	opts := []byte{byte(ppp.OptMRU), 4, byte(cl.mru >> 8), byte(cl.mru)}
	if !cl.plain {
		opts = be.AppendUint32(append(opts, byte(ppp.OptMagic), 6), uint32(c.token(i)))
	}
	c.control(i, ppp.LCP, ppp.ConfigureRequest, cl.lcpID, opts)
}

func (c *Crowd) receiveLCP(now instant, i int32, p ppp.Packet) {
	cl := &c.clients[i]
	switch p.Code {
	case ppp.ConfigureRequest:
		c.judgeLCP(now, i, p)
	case ppp.ConfigureAck:
		if cl.state == linking && p.ID == cl.lcpID {
			cl.acked = true
			c.linked(now, i)
		}
	case ppp.ConfigureNak, ppp.ConfigureReject:
		if cl.state == linking && p.ID == cl.lcpID {
			for o, err := range ppp.Options(p.Data) {
				if err == nil && o.Type == ppp.OptMRU && len(o.Value) == 2 && p.Code == ppp.ConfigureNak {
					cl.mru = be.Uint16(o.Value)
				}
				cl.plain = cl.plain || o.Type == ppp.OptMagic && p.Code == ppp.ConfigureReject
			}
			c.retry(now, i)
		}
	case ppp.TerminateRequest:
		c.control(i, ppp.LCP, ppp.TerminateAck, p.ID, nil)
		c.end(now, i, Terminated)
	case ppp.TerminateAck:
		if cl.state == leaving && p.ID == cl.lcpID {
			c.padt(i)
			c.over(now, i)
		}
	case ppp.EchoRequest:
		data := be.AppendUint32(nil, uint32(c.token(i)))
		c.control(i, ppp.LCP, ppp.EchoReply, p.ID, append(data, p.Data[min(4, len(p.Data)):]...))
	case ppp.EchoReply:
		cl.missed = 0
	default:
	}
}

// judgeLCP answers a Configure-Request. One that comes when LCP is open begins
// the negotiation anew, as an LNS does that does not trust proxy LCP.
func (c *Crowd) judgeLCP(now instant, i int32, p ppp.Packet) {
	cl := &c.clients[i]
	if cl.state < linking || cl.state > open {
		return
	}
	var reject, nak []byte
	auth := ppp.Protocol(0)
	for o, err := range ppp.Options(p.Data) {
		switch {
		case err != nil:
			c.stats.Odd++
			return
		case o.Type == ppp.OptMRU || o.Type == ppp.OptMagic || o.Type == ppp.OptACCM:
		case o.Type == ppp.OptAuth && len(o.Value) >= 2:
			auth = ppp.Protocol(be.Uint16(o.Value))
			if auth != ppp.PAP && (c.cfg.PAP || auth != ppp.CHAP || len(o.Value) != 3 || o.Value[2] != 5) {
				nak = append(nak, c.wanted()...)
			}
		default:
			reject = o.AppendTo(reject)
		}
	}
	if cl.state > linking {
		cl.acked, cl.agreed, cl.ipAcked, cl.ipAgreed = false, false, false, false
		c.enter(now, i, linking)
	}
	switch {
	case reject != nil:
		c.control(i, ppp.LCP, ppp.ConfigureReject, p.ID, reject)
	case nak != nil:
		c.control(i, ppp.LCP, ppp.ConfigureNak, p.ID, nak)
	default:
		c.control(i, ppp.LCP, ppp.ConfigureAck, p.ID, p.Data)
		cl.auth, cl.agreed = auth, true
		c.linked(now, i)
	}
}

// wanted is the Authentication-Protocol that the clients ask for.
func (c *Crowd) wanted() []byte {
	if c.cfg.PAP {
		return []byte{byte(ppp.OptAuth), 4, 0xc0, 0x23}
	}
	return []byte{byte(ppp.OptAuth), 5, 0xc2, 0x23, 5}
}

// linked goes on when LCP is open.
func (c *Crowd) linked(now instant, i int32) {
	cl := &c.clients[i]
	switch {
	case cl.state != linking || !cl.acked || !cl.agreed:
	case cl.auth == 0:
		c.prove(now, i)
		c.enter(now, i, addressing)
	default:
		c.enter(now, i, proving)
	}
}

// prove notes that the credentials were sent.
func (c *Crowd) prove(now instant, i int32) {
	c.clients[i].proven = true
	if c.cfg.UpAt == Proven {
		c.rise(now, i)
	}
}

// provePAP sends an Authenticate-Request.
func (c *Crowd) provePAP(now instant, i int32) {
	cl := &c.clients[i]
	cl.authID++
	r := ppp.PAPRequest{Name: []byte(c.cfg.user(c.number(i))), Password: []byte(c.cfg.Password)}
	c.control(i, ppp.PAP, ppp.AuthenticateRequest, cl.authID, r.AppendTo(nil))
	c.prove(now, i)
}

func (c *Crowd) receivePAP(now instant, i int32, p ppp.Packet) {
	switch {
	case c.clients[i].state != proving:
	case p.Code == ppp.AuthenticateAck:
		c.enter(now, i, addressing)
	case p.Code == ppp.AuthenticateNak:
		c.padt(i)
		c.end(now, i, Refused)
	}
}

func (c *Crowd) receiveCHAP(now instant, i int32, p ppp.Packet) {
	cl := &c.clients[i]
	if cl.state < linking || cl.state > open {
		return
	}
	switch p.Code {
	case ppp.Challenge:
		v, err := ppp.ParseCHAPValue(p.Data)
		if err != nil {
			c.stats.Odd++
			return
		}
		sum := chapResponse(p.ID, c.cfg.Password, v.Value)
		r := ppp.CHAPValue{Value: sum[:], Name: []byte(c.cfg.user(c.number(i)))}
		c.control(i, ppp.CHAP, ppp.Response, p.ID, r.AppendTo(nil))
		c.prove(now, i)
	case ppp.Success:
		if cl.state == proving {
			c.enter(now, i, addressing)
		}
	case ppp.Failure:
		c.padt(i)
		c.end(now, i, Refused)
	default:
	}
}

// chapResponse is the response value of RFC 1994 section 4.1.
func chapResponse(id uint8, password string, challenge []byte) [md5.Size]byte {
	b := append([]byte{id}, password...)
	return md5.Sum(append(b, challenge...))
}

// echo asks the other end for a sign of life.
func (c *Crowd) echo(now instant, i int32) {
	const limit = 3
	cl := &c.clients[i]
	if cl.missed >= limit {
		c.padt(i)
		c.end(now, i, NoEcho)
		return
	}
	cl.missed++
	cl.lcpID++
	c.control(i, ppp.LCP, ppp.EchoRequest, cl.lcpID, be.AppendUint32(nil, uint32(c.token(i))))
	cl.echoAt = now.add(c.cfg.Echo)
	c.schedule(i)
}
