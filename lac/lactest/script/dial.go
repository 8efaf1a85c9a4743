package script

import (
	"bytes"
	"crypto/md5"
	"time"
)

// Discover brings the client from PADI to PADS, with its Service-Name, a
// Host-Uniq and the given further tags in PADI and PADR. It sets Session.
func (c *Client) Discover(tags ...Tag) (pado, pads *Frame) {
	c.t.Helper()
	tags = append([]Tag{T(ServiceName, c.Service), {HostUniq, c.MAC[:]}}, tags...)
	pado = c.ask(PADI, PADO, tags)
	for _, cookie := range pado.Tag(ACCookie) {
		tags = append(tags, Tag{ACCookie, cookie})
	}
	pads = c.ask(PADR, PADS, tags)
	if c.Session = pads.Session; c.Session == 0 || c.Session == 0xffff {
		c.t.Fatalf("client %v: PADS has SESSION_ID %#04x: %v", c.MAC, c.Session, pads)
	}
	return pado, pads
}

// ask sends a discovery frame until it is answered, once a second: "the host
// should resend" (RFC 2516 section 8).
func (c *Client) ask(code, answer byte, tags []Tag) *Frame {
	c.t.Helper()
	for deadline := time.Now().Add(Patience); ; {
		c.Discovery(code, 0, tags...)
		again := time.Now().Add(time.Second)
		f := c.fresh(again)
		for f != nil && f.Type == Discovery && f.Code == PADO && answer == PADS {
			f = c.fresh(again) // the late answer to a repeated PADI
		}
		switch {
		case f != nil && f.Type == Discovery && f.Code == answer:
			return f
		case f != nil || time.Now().After(deadline):
			c.t.Fatalf("client %v: got %v, want discovery code %#02x", c.MAC, f, answer)
		}
	}
}

// OpenLCP negotiates LCP until both sides have acknowledged. The options asked
// for are those given, or a Magic-Number alone. If auth is not 0, a request for
// another authentication protocol is refused with a Nak that asks for it.
func (c *Client) OpenLCP(auth uint16, options ...[]byte) {
	c.t.Helper()
	if len(options) == 0 {
		options = [][]byte{Magic(c.Magic)}
	}
	c.Configure(1, options...)
	acked, answered := false, false
	for deadline := time.Now().Add(Patience); !acked || !answered; {
		f, ok := c.in.take(deadline)
		if !ok {
			c.t.Fatalf("client %v: LCP did not open: ours acknowledged %v, theirs %v", c.MAC, acked, answered)
		}
		code, id, data := f.PPP()
		switch {
		case f.Session != c.Session: // of another one at this address
		case f.is(LCP, ConfReq):
			answered = c.answer(id, data, auth)
		case f.is(LCP, ConfAck) && bytes.Equal(data, c.Sent):
			acked = true
		default:
			c.t.Fatalf("client %v: got %v (code %d), want LCP to open", c.MAC, f, code)
		}
	}
}

// answer acknowledges the gateway's Configure-Request, or asks for another
// authentication protocol.
func (c *Client) answer(id byte, options []byte, auth uint16) bool {
	c.Request, c.Auth = options, 0
	if v := Option(options, 3); len(v) >= 2 {
		c.Auth = be.Uint16(v)
	}
	switch auth {
	case 0, c.Auth:
		c.LCP(ConfAck, id, options...)
		return true
	case CHAP:
		c.LCP(ConfNak, id, Opt(3, 0xc2, 0x23, 5)...)
	default:
		c.LCP(ConfNak, id, Opt(3, be.AppendUint16(nil, auth)...)...)
	}
	return false
}

// SendPAP sends an Authenticate-Request.
func (c *Client) SendPAP(id byte, user, password string) {
	b := append([]byte{byte(len(user))}, user...)
	b = append(append(b, byte(len(password))), password...)
	c.PPP(Control(PAP, AuthReq, id, b...))
}

// SendCHAP answers a Challenge.
func (c *Client) SendCHAP(challenge *Frame, user, password string) {
	c.t.Helper()
	_, id, data := challenge.PPP()
	if len(data) < 1 || len(data) < 1+int(data[0]) {
		c.t.Fatalf("client %v: Challenge without a value: %v", c.MAC, challenge)
	}
	sum := CHAPResponse(id, password, data[1:1+int(data[0])])
	c.PPP(Control(CHAP, Response, id, append(append([]byte{16}, sum[:]...), user...)...))
}

// CHAPResponse is MD5 over identifier, secret and challenge (RFC 1994 section 4.1).
func CHAPResponse(id byte, secret string, challenge []byte) [16]byte {
	return md5.Sum(append(append([]byte{id}, secret...), challenge...))
}

// Dial brings the client from PADI to its credentials, sent by CHAP. What
// follows depends on RADIUS and the LNS.
func (c *Client) Dial(user, password string) {
	c.t.Helper()
	c.Discover()
	c.OpenLCP(CHAP)
	c.SendCHAP(c.AwaitPPP(CHAP, Challenge), user, password)
}

// DialPAP is Dial with PAP.
func (c *Client) DialPAP(user, password string) {
	c.t.Helper()
	c.Discover()
	c.OpenLCP(PAP)
	c.SendPAP(1, user, password)
}

// HangUp sends PADT.
func (c *Client) HangUp() { c.Discovery(PADT, c.Session) }
