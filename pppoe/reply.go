package pppoe

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"lacd/pppoe/wire"
)

// maxPayload is the room for tags in a discovery packet: an Ethernet payload
// less the PPPoE header. Larger MTUs are not used, since what lies between host
// and concentrator need not know about them yet.
const maxPayload = 1500 - pppoeHeaderLen

// fits reports whether n octets of tags fit into a frame of this port.
func (r *Responder) fits(n int) bool { return n <= r.room() }

func (r *Responder) room() int { return min(maxPayload, r.cfg.MTU-pppoeHeaderLen) }

// appendPADO appends the answer to a PADI. It is not ok if what must be in the
// PADO does not fit.
func (r *Responder) appendPADO(b []byte, f *wire.Frame, t *tags, cookie []byte) (reply []byte, ok bool) {
	req := t.request(f)
	if !r.fits(tagHeaderLen + len(t.service) + r.commonLen(&req) + tagHeaderLen + len(cookie)) {
		return b, false
	}
	var buf [maxPayload]byte
	// RFC 2516 section 5.2: "one AC-Name TAG containing the Access
	// Concentrator's name, a Service-Name TAG identical to the one in the PADI,
	// and any number of other Service-Name TAGs".
	p := wire.AppendTag(buf[:0], wire.ServiceName, t.service)
	p = r.appendCommon(p, &req)
	p = wire.AppendTag(p, wire.ACCookie, cookie)
	for _, s := range r.services {
		if !bytes.Equal(s, t.service) && r.fits(len(p)+tagHeaderLen+len(s)) {
			p = wire.AppendTag(p, wire.ServiceName, s)
		}
	}
	return r.appendFrame(b, &req, wire.PADO, 0, p), true
}

// AppendPADS appends the Ethernet frame that confirms session sid, 1 to 0xfffe,
// to the host that asked for it. Safe for concurrent use.
func (r *Responder) AppendPADS(b []byte, req *Request, sid wire.SessionID) []byte {
	var buf [maxPayload]byte
	// Section 5.4: "contains exactly one TAG of TAG_TYPE Service-Name".
	p := wire.AppendTag(buf[:0], wire.ServiceName, []byte(req.Service))
	p = r.appendCommon(p, req)
	return r.appendFrame(b, req, wire.PADS, sid, p)
}

// AppendRefusal appends the Ethernet frame of a PADS that refuses a session: its
// SESSION_ID is 0, tag is ServiceNameError, ACSystemError or GenericError, and
// text, which may be empty, says why to a person. Text is cut to what fits and
// is cleared of what cannot be printed. Safe for concurrent use.
func (r *Responder) AppendRefusal(b []byte, req *Request, tag wire.TagType, text string) []byte {
	var buf [maxPayload]byte
	p := appendText(buf[:0], tag, text, r.room()-refusalLen(req))
	// Echoed in errors too, or the host does not know the PADS for its own.
	p = appendEchoes(p, req)
	return r.appendFrame(b, req, wire.PADS, 0, p)
}

// AppendPADT appends the Ethernet frame that tells peer that session sid is
// over. Text, if not empty, becomes a Generic-Error tag, cut and cleared as in
// AppendRefusal.
func AppendPADT(b []byte, local, peer wire.MAC, vlans wire.VLANs, sid wire.SessionID, text string) []byte {
	var buf [tagHeaderLen + maxText]byte
	f := wire.Frame{
		Dst: peer, Src: local, VLANs: vlans,
		EtherType: wire.Discovery, Code: wire.PADT, SessionID: sid,
	}
	if text != "" {
		f.Payload = appendText(buf[:0], wire.GenericError, text, maxText)
	}
	return f.AppendTo(b)
}

func (r *Responder) appendFrame(b []byte, req *Request, c wire.Code, sid wire.SessionID, payload []byte) []byte {
	f := wire.Frame{
		Dst: req.Src, Src: r.cfg.MAC, VLANs: req.VLANs,
		EtherType: wire.Discovery, Code: c, SessionID: sid, Payload: payload,
	}
	return f.AppendTo(b)
}

// appendCommon appends what PADO and a confirming PADS share. The line identity
// is not among it: TR-101 R-116 forbids to send it to a host.
func (r *Responder) appendCommon(p []byte, req *Request) []byte {
	p = wire.AppendTag(p, wire.ACName, r.acName)
	p = appendEchoes(p, req)
	// RFC 4638 section 4: if it can do more than 1492, the server "MUST respond
	// with an echo of the clients tag".
	if req.MaxPayload != 0 && r.largeMRU() {
		p = wire.AppendTag(p, wire.PPPMaxPayload, []byte{byte(req.MaxPayload >> 8), byte(req.MaxPayload)})
	}
	return p
}

// commonLen is the length of what appendCommon appends.
func (r *Responder) commonLen(req *Request) int {
	n := tagHeaderLen + len(r.acName) + echoesLen(req)
	if req.MaxPayload != 0 && r.largeMRU() {
		n += tagHeaderLen + 2
	}
	return n
}

// appendEchoes appends the tags that appendix A wants back "unmodified".
func appendEchoes(p []byte, req *Request) []byte {
	if req.HasHostUniq {
		p = wire.AppendTag(p, wire.HostUniq, req.HostUniq)
	}
	if req.HasRelayID {
		p = wire.AppendTag(p, wire.RelaySessionID, req.RelayID)
	}
	return p
}

func echoesLen(req *Request) (n int) {
	if req.HasHostUniq {
		n += tagHeaderLen + len(req.HostUniq)
	}
	if req.HasRelayID {
		n += tagHeaderLen + len(req.RelayID)
	}
	return n
}

// refusalLen is the length of the tags of a refusal without text.
func refusalLen(req *Request) int { return tagHeaderLen + echoesLen(req) }

// maxText is the longest text of an error tag. It is for a log or a screen.
const maxText = 255

// appendText appends an error tag with what of text is printable, at most room
// octets. Appendix A: "it MUST be a printable UTF-8 string".
func appendText(p []byte, t wire.TagType, text string, room int) []byte {
	var buf [maxText]byte
	v := buf[:0]
	for _, c := range text {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			c = '?'
		}
		if len(v)+utf8.RuneLen(c) > min(room, maxText) {
			break
		}
		v = utf8.AppendRune(v, c)
	}
	return wire.AppendTag(p, t, v)
}
