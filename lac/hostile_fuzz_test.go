package lac

import (
	"testing"
	"testing/synctest"
	"time"

	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// What a step of FuzzAccess sends, from the address of the hostile host.
const (
	sendRaw       = iota // octets after the addresses
	sendDiscovery        // code, session ID, tags
	sendRequest          // a PADR with a good cookie, and tags
	sendSession          // a PPP frame in its own session
	sendTags             // a VLAN tag before a PADI
	sendAck              // an answer to the last Configure-Request
	sendWait             // nothing, for so many seconds
	sendKinds
)

// FuzzAccess sends frames to the daemon from a host that begins a session or
// not. The input is steps: what, length, octets. The subscriber that was there
// stays, and the next one is served.
func FuzzAccess(f *testing.F) {
	step := func(what byte, b ...byte) []byte { return append([]byte{what, byte(len(b))}, b...) }
	join := func(steps ...[]byte) (b []byte) {
		for _, s := range steps {
			b = append(b, s...)
		}
		return b
	}
	ask := ppp.Packet{Protocol: ppp.LCP, Code: ppp.ConfigureRequest, ID: 1, Data: []byte{5, 6, 1, 2, 3, 4}}.AppendTo(nil)
	pap := ppp.Packet{
		Protocol: ppp.PAP, Code: ppp.AuthenticateRequest, ID: 1,
		Data: ppp.PAPRequest{Name: []byte("x@acme.example"), Password: []byte("y")}.AppendTo(nil),
	}.AppendTo(nil)
	f.Add(join(step(sendRequest), step(sendSession, ask...), step(sendAck), step(sendSession, pap...), step(sendWait, 9)))
	f.Add(join(step(sendRequest, 1, 3, 0, 1, 7), step(sendDiscovery, byte(wire.PADT), 0, 2), step(sendSession, ask...)))
	f.Add(join(step(sendRaw, 0x88, 0x63, 0x11, 9, 0, 0, 0, 0), step(sendRaw, 0x88, 0x64, 0x11, 0, 0, 1, 0, 2, 0xc0, 0x21)))
	f.Add(join(step(sendTags, 0x81, 0, 0, 100), step(sendTags, 0x88, 0xa8, 0, 1), step(sendDiscovery, byte(wire.PADI), 0, 0, 1, 1, 0, 0)))
	f.Fuzz(func(t *testing.T, in []byte) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, rigOptions{policy: twoRetailers(t), change: func(c *Config) {
				quiet(c)
				c.PPP.Auth = []ppp.Protocol{ppp.PAP}
				c.Access[0].MaxSessionsPerMAC, c.Access[0].Duplicate = 3, Duplicate(len(in)%3)
				c.Access[0].AnswerUnknown = true
			}})
			defer r.stop()
			r.seg.Record = true
			good := &bystanders{r: r}
			good.join(t, "before")
			h := &hostileHost{r: r, ac: wire.MAC(r.srv.access[0].port.MAC())}
			h.discover()
			for len(in) >= 2 {
				n := min(int(in[1]), len(in)-2)
				h.step(in[0]%sendKinds, in[2:2+n])
				in = in[2+n:]
			}
			good.join(t, "after")
			after(10 * time.Second)
			good.check(t, "in the end")
		})
	})
}

// hostileHost is who sends what FuzzAccess says.
type hostileHost struct {
	r       *rig
	ac      wire.MAC
	cookie  []byte
	id      wire.SessionID
	request []byte // the last Configure-Request of the daemon
	seen    int    // frames of the segment
}

func (h *hostileHost) send(f wire.Frame) {
	f.Src = hostileMAC
	if f.Dst == (wire.MAC{}) {
		f.Dst = h.ac
	}
	h.r.seg.Inject(f.AppendTo(nil))
	h.look()
}

// look takes what the daemon has sent to the host.
func (h *hostileHost) look() {
	settle()
	frames := h.r.seg.Frames()
	for _, f := range frames[h.seen:] {
		if f.Dst != hostileMAC {
			continue
		}
		switch {
		case f.Code == wire.PADO:
			for tag, err := range wire.Tags(f.Payload) {
				if err == nil && tag.Type == wire.ACCookie {
					h.cookie = tag.Value
				}
			}
		case f.Code == wire.PADS && f.SessionID != 0:
			h.id = f.SessionID
		case f.Code == wire.Data && len(f.Payload) > 2 && ppp.Code(f.Payload[2]) == ppp.ConfigureRequest:
			h.request = f.Payload
		}
	}
	h.seen = len(frames)
}

func (h *hostileHost) discover() {
	h.send(wire.Frame{Dst: wire.Broadcast, EtherType: wire.Discovery, Code: wire.PADI, Payload: wire.AppendTag(nil, wire.ServiceName, nil)})
}

func (h *hostileHost) step(what byte, b []byte) {
	switch what {
	case sendRaw:
		if len(b) < 2 {
			return
		}
		h.r.seg.Inject(append(append(append([]byte(nil), h.ac[:]...), hostileMAC[:]...), b...))
		h.look()
	case sendDiscovery:
		if len(b) < 3 {
			return
		}
		h.send(wire.Frame{
			EtherType: wire.Discovery, Code: wire.Code(b[0]), SessionID: wire.SessionID(b[1])<<8 | wire.SessionID(b[2]), Payload: b[3:],
		})
	case sendRequest:
		p := wire.AppendTag(wire.AppendTag(nil, wire.ServiceName, nil), wire.ACCookie, h.cookie)
		h.send(wire.Frame{EtherType: wire.Discovery, Code: wire.PADR, Payload: append(p, b...)})
	case sendSession:
		h.send(wire.Frame{EtherType: wire.SessionData, SessionID: h.id, Payload: b})
	case sendTags:
		if len(b) < 4 {
			return
		}
		v := wire.VLANs{{TPID: uint16(b[0])<<8 | uint16(b[1]), ID: (uint16(b[2])<<8 | uint16(b[3])) & 0xfff}}
		h.send(wire.Frame{
			Dst: wire.Broadcast, VLANs: v, EtherType: wire.Discovery, Code: wire.PADI, Payload: wire.AppendTag(nil, wire.ServiceName, nil),
		})
	case sendAck:
		if h.request != nil {
			ack := append([]byte(nil), h.request...)
			ack[2] = byte(ppp.ConfigureAck)
			h.send(wire.Frame{EtherType: wire.SessionData, SessionID: h.id, Payload: ack})
		}
	case sendWait:
		if len(b) > 0 {
			after(time.Duration(b[0]) * time.Second)
			h.look()
		}
	}
}
