package sim

import (
	"slices"
	"time"

	"lacd/pppoe/wire"
)

// uniqLen is the length of Host-Uniq: attempt, and index of the client.
const uniqLen = 5

// discovery sends a PADI or PADR.
func (c *Crowd) discovery(i int32, to wire.MAC, code wire.Code) {
	cl, n := &c.clients[i], c.number(i)
	p := wire.AppendTag(c.ppp[:0], wire.ServiceName, []byte(c.cfg.Service))
	if code == wire.PADR && cl.cookie != nil {
		p = wire.AppendTag(p, wire.ACCookie, cl.cookie)
	}
	uniq := be.AppendUint32([]byte{cl.attempt}, uint32(i))
	p = wire.AppendTag(p, wire.HostUniq, uniq)
	if c.cfg.MaxPayload != 0 {
		p = wire.AppendTag(p, wire.PPPMaxPayload, be.AppendUint16(nil, c.cfg.MaxPayload))
	}
	if line, ok := c.cfg.line(n); ok {
		p = wire.AppendTag(p, wire.VendorSpecific, line.AppendTo(nil))
	}
	c.ppp = p
	c.send(&wire.Frame{Dst: to, Src: c.cfg.mac(n), VLANs: c.cfg.vlans(n), EtherType: wire.Discovery, Code: code, Payload: p})
}

// padt sends PADT, if there is a session.
func (c *Crowd) padt(i int32) {
	cl, n := &c.clients[i], c.number(i)
	if cl.sid == 0 {
		return
	}
	c.send(&wire.Frame{
		Dst: cl.ac, Src: c.cfg.mac(n), VLANs: c.cfg.vlans(n), EtherType: wire.Discovery, Code: wire.PADT, SessionID: cl.sid,
	})
}

func (c *Crowd) send(f *wire.Frame) {
	c.buf = f.AppendTo(c.buf)
	c.ends = append(c.ends, len(c.buf))
}

// Receive takes a frame from the access port.
func (c *Crowd) Receive(now time.Time, frame []byte) {
	f, err := wire.ParseFrame(frame)
	switch {
	case err != nil:
		c.stats.Odd++
	case f.EtherType == wire.SessionData:
		c.receiveSession(instantOf(now), &f)
	case f.Code == wire.PADO || f.Code == wire.PADS:
		c.receiveReply(instantOf(now), &f)
	case f.Code == wire.PADT:
		if i, ok := c.byID[keyOf(f.Dst, f.SessionID)]; ok && c.belongs(i, &f) {
			c.end(instantOf(now), i, PADTReceived)
		}
	}
}

// belongs reports whether a frame of a session came to where its client is.
func (c *Crowd) belongs(i int32, f *wire.Frame) bool {
	if f.VLANs == c.cfg.vlans(c.number(i)) && f.Src == c.clients[i].ac {
		return true
	}
	c.stats.Odd++
	return false
}

// offer is what a PADO or PADS says.
type offer struct {
	uniq, cookie []byte
	acName       string
	failed       bool
}

func parseOffer(b []byte) (o offer, ok bool) {
	for t, err := range wire.Tags(b) {
		if err != nil {
			return o, false
		}
		switch t.Type {
		case wire.HostUniq:
			o.uniq = t.Value
		case wire.ACCookie:
			o.cookie = t.Value
		case wire.ACName:
			o.acName = string(t.Value)
		case wire.ServiceNameError, wire.ACSystemError, wire.GenericError:
			o.failed = true
		default:
		}
	}
	return o, len(o.uniq) == uniqLen
}

// receiveReply takes a PADO or PADS.
func (c *Crowd) receiveReply(now instant, f *wire.Frame) {
	o, ok := parseOffer(f.Payload)
	if !ok {
		c.stats.Odd++
		return
	}
	i := int32(be.Uint32(o.uniq[1:]))
	if i < 0 || int(i) >= len(c.clients) {
		c.stats.Odd++
		return
	}
	cl, n := &c.clients[i], c.number(i)
	switch {
	case f.Dst != c.cfg.mac(n) || f.VLANs != c.cfg.vlans(n):
		c.stats.Odd++
	case cl.attempt != o.uniq[0]: // too late
	case f.Code == wire.PADO && cl.state == soliciting:
		if o.failed || c.cfg.ACName != "" && c.cfg.ACName != o.acName {
			return
		}
		cl.ac, cl.cookie = f.Src, slices.Clone(o.cookie)
		c.enter(now, i, requesting)
	case f.Code == wire.PADS && cl.state == requesting && (o.failed || f.SessionID == 0):
		c.end(now, i, PADSError)
	case f.Code == wire.PADS && cl.state == requesting:
		cl.sid, cl.cookie = f.SessionID, nil
		c.byID[keyOf(f.Dst, f.SessionID)] = i
		c.stats.Discovery.Add(now.since(cl.dialled))
		c.enter(now, i, linking)
	}
}
