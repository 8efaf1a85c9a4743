package script

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

// Patience is how long a case waits for something that must come. It is for
// machines that are busy: nothing takes that long.
const Patience = 5 * time.Second

// Client is one subscriber's router, played by the test. Fields may be changed
// between any two steps.
type Client struct {
	seg *Segment
	t   testing.TB
	in  *inbox[*Frame]

	sent [][]byte // by PPP

	MAC     MAC
	VLANs   []VLAN // on everything that is sent
	Session uint16 // after Discover
	Magic   uint32 // of our Configure-Requests
	Service string // Service-Name of Discover

	// After OpenLCP.
	Request []byte // options of the gateway's last Configure-Request
	Auth    uint16 // the protocol in it: PAP, CHAP or 0
	Sent    []byte // options of our last Configure-Request
}

func (c *Client) receive(f *Frame) {
	if code, _, _ := f.PPP(); f.Protocol() == LCP && (code == ConfReq || code == TermReq) {
		for _, old := range c.in.all() {
			if bytes.Equal(old.Raw, f.Raw) {
				f.Repeat = true
				break
			}
		}
	}
	c.in.put(f)
}

// Send sends octets as they are.
func (c *Client) Send(b []byte) { c.seg.Send(b) }

// Discovery sends a discovery frame; a PADI is broadcast.
func (c *Client) Discovery(code byte, session uint16, tags ...Tag) {
	f := Frame{
		Dst: c.seg.ac, Src: c.MAC, VLANs: c.VLANs, Type: Discovery,
		Code: code, Session: session, Payload: Tags(tags...),
	}
	if code == PADI {
		f.Dst = Broadcast
	}
	c.Send(f.Append(nil))
}

// PPP sends a PPP frame, from its protocol field, in the client's session.
func (c *Client) PPP(frame []byte) {
	c.sent = append(c.sent, frame)
	c.Send(Frame{
		Dst: c.seg.ac, Src: c.MAC, VLANs: c.VLANs, Type: Session, Session: c.Session, Payload: frame,
	}.Append(nil))
}

// LastSent returns the last PPP frame of a protocol that was sent, nil if there
// was none.
func (c *Client) LastSent(proto uint16) []byte {
	for _, f := range slices.Backward(c.sent) {
		if len(f) >= 2 && be.Uint16(f) == proto {
			return f
		}
	}
	return nil
}

// LCP sends an LCP packet.
func (c *Client) LCP(code, id byte, data ...byte) { c.PPP(Control(LCP, code, id, data...)) }

// Configure sends a Configure-Request with the given options.
func (c *Client) Configure(id byte, options ...[]byte) {
	c.Sent = bytes.Join(options, nil)
	c.LCP(ConfReq, id, c.Sent...)
}

// Next returns the next frame, whatever it is, and nil if none comes within d.
func (c *Client) Next(d time.Duration) *Frame {
	f, _ := c.in.take(time.Now().Add(d))
	return f
}

// fresh returns the next frame that is no mere repetition.
func (c *Client) fresh(deadline time.Time) *Frame {
	for {
		if f, ok := c.in.take(deadline); !ok || !f.Repeat {
			return f
		}
	}
}

// Expect returns the next discovery frame and fails if it has another code, or
// if something else comes first. Repetitions of LCP requests are passed over.
func (c *Client) Expect(code byte) *Frame {
	c.t.Helper()
	f := c.fresh(time.Now().Add(Patience))
	if f == nil || f.Type != Discovery || f.Code != code {
		c.t.Fatalf("client %v: got %v, want discovery code %#02x", c.MAC, f, code)
	}
	return f
}

// ExpectPPP returns the next PPP control packet and fails if it is another.
func (c *Client) ExpectPPP(proto uint16, code byte) *Frame {
	c.t.Helper()
	f := c.fresh(time.Now().Add(Patience))
	if f == nil || !f.is(proto, code) {
		c.t.Fatalf("client %v: got %v, want protocol %#04x code %d", c.MAC, f, proto, code)
	}
	return f
}

func (f *Frame) is(proto uint16, code byte) bool {
	have, _, data := f.PPP()
	return f.Protocol() == proto && have == code && data != nil
}

// Await passes over frames until a discovery frame with the code comes.
func (c *Client) Await(code byte) *Frame {
	c.t.Helper()
	return c.until(Patience, func(f *Frame) bool { return f.Type == Discovery && f.Code == code }, "discovery code %#02x", code)
}

// AwaitPPP passes over frames until a PPP control packet with protocol and code
// comes.
func (c *Client) AwaitPPP(proto uint16, code byte) *Frame {
	c.t.Helper()
	return c.until(Patience, func(f *Frame) bool { return f.is(proto, code) }, "protocol %#04x code %d", proto, code)
}

func (c *Client) until(d time.Duration, match func(*Frame) bool, format string, args ...any) *Frame {
	c.t.Helper()
	for deadline := time.Now().Add(d); ; {
		f, ok := c.in.take(deadline)
		if !ok {
			c.t.Fatalf("client %v: within %v there was no "+format, append([]any{c.MAC, d}, args...)...)
		}
		if match(f) {
			return f
		}
	}
}

// Silent fails if anything but a repetition of an LCP request comes within d.
func (c *Client) Silent(d time.Duration) {
	c.t.Helper()
	if f := c.fresh(time.Now().Add(d)); f != nil {
		c.t.Errorf("client %v: got %v, want silence", c.MAC, f)
	}
}

// Skip forgets what has come so far; Frames still has it.
func (c *Client) Skip() { c.in.skip() }

// Frames returns all that came for the client, in order.
func (c *Client) Frames() []*Frame { return c.in.all() }
