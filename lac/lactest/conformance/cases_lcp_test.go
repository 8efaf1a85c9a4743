package conformance

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"lacd/lac/lactest/script"
)

// discovered is a client with a session and the gateway's first
// Configure-Request.
func discovered(t *testing.T, cfg script.Config) (*script.Rig, *script.Client, *script.Frame) {
	t.Helper()
	rig := start(t, cfg)
	c := rig.Client()
	c.Discover()
	return rig, c, c.ExpectPPP(script.LCP, script.ConfReq)
}

// answers sends a Configure-Request and wants the answer, with its identifier.
func answers(t *testing.T, c *script.Client, id, code byte, want []byte, options ...[]byte) {
	t.Helper()
	c.Configure(id, options...)
	f := c.ExpectPPP(script.LCP, code)
	if _, got, data := f.PPP(); got != id || !bytes.Equal(data, want) {
		t.Errorf("Configure-Request % x: got %v, want id %d and % x", c.Sent, f, id, want)
	}
}

func TestT51_RejectThenNak(t *testing.T) {
	_, c, _ := discovered(t, script.Config{})
	accm, acfc, pfc := script.Opt(2, 0, 0, 0, 0), script.Opt(8), script.Opt(7)
	fcs, mrru, short := script.Opt(9, 2), script.Opt(17, 5, 0xdc), script.Opt(18)
	ed, unknown := script.Opt(19, 3, 2, 0, 0, 0, 0, 1), script.Opt(0x2a, 1, 2, 3)
	magic := script.Magic(c.Magic)

	refused := bytes.Join([][]byte{accm, acfc, fcs, pfc, mrru, short, ed, unknown}, nil)
	answers(t, c, 1, script.ConfRej, refused, script.MRU(1500), accm, acfc, magic, fcs, pfc, mrru, short, ed, unknown)
	answers(t, c, 2, script.ConfNak, script.MRU(1492), magic, script.MRU(1500))
	answers(t, c, 3, script.ConfAck, append(bytes.Clone(magic), script.MRU(1492)...), magic, script.MRU(1492))
	// Every request is answered, an empty one too.
	answers(t, c, 4, script.ConfAck, nil)
}

func TestT51_Multilink(t *testing.T) {
	_, c, f := discovered(t, script.Config{PPP: "multilink = true\necho_interval = \"0s\""})
	mrru, short, ed := script.Opt(17, 5, 0xdc), script.Opt(18), script.Opt(19, 3, 2, 0, 0, 0, 0, 1)
	answers(t, c, 1, script.ConfAck, slices.Concat(mrru, short, ed), mrru, short, ed)
	_, _, options := f.PPP()
	for _, o := range [][]byte{mrru, short, ed} {
		if script.Option(options, o[0]) != nil {
			t.Errorf("the gateway asks for option %d itself: %v", o[0], f)
		}
	}
}

func TestT51_NotNegotiable(t *testing.T) {
	_, c, _ := discovered(t, script.Config{})
	for i, o := range [][]byte{
		script.Opt(0, 0, 0, 0, 1), script.Opt(3, 0xc0, 0x23), script.Opt(3, 0xc2, 0x23, 5), script.Opt(4, 0xc0, 0x25, 0, 0, 0, 1),
		script.Opt(10, 4), script.Opt(11, 1, 2), script.Opt(13, 0), script.Opt(15), script.Opt(255),
	} {
		answers(t, c, byte(i+1), script.ConfRej, o, script.Magic(c.Magic), o)
	}
}

func TestT51_Lengths(t *testing.T) {
	_, c, _ := discovered(t, script.Config{})
	answers(t, c, 1, script.ConfNak, script.MRU(1492), script.Opt(1, 5), script.Magic(c.Magic))
	c.Configure(2, script.Opt(5, 1, 2, 3))
	_, _, data := c.ExpectPPP(script.LCP, script.ConfNak).PPP()
	if len(data) != 6 || data[0] != 5 || data[1] != 6 {
		t.Errorf("Magic-Number of 5 octets: got Nak % x, want one of 6", data)
	}
	// What does not add up is no packet.
	for _, options := range [][]byte{{1, 4, 5}, {1, 0, 5, 0xd4}, {1, 1, 5, 0xd4}, {5}, {1, 200, 0, 0}} {
		c.Configure(3, options)
	}
	c.Silent(quiet)
}

func TestT51_FiveNaks(t *testing.T) {
	_, c, _ := discovered(t, script.Config{})
	for id := byte(1); id <= 5; id++ {
		answers(t, c, id, script.ConfNak, script.MRU(1492), script.MRU(1500), script.Magic(c.Magic))
	}
	answers(t, c, 6, script.ConfRej, script.MRU(1500), script.MRU(1500), script.Magic(c.Magic))
}

func TestT51_OwnRequest(t *testing.T) {
	rig, c, f := discovered(t, script.Config{})
	_, id, options := f.PPP()
	opts := script.Options(options)
	if len(opts) != 3 || !bytes.Equal(opts[0], script.MRU(1492)) || !bytes.Equal(opts[1], script.Opt(3, 0xc2, 0x23, 5)) {
		t.Errorf("got %v, want MRU 1492, CHAP with MD5, Magic-Number", f)
	}
	if m := script.Option(options, 5); len(m) != 4 || binary.BigEndian.Uint32(m) == 0 {
		t.Errorf("got Magic-Number % x", m)
	}
	c.Configure(1, script.Magic(c.Magic))
	c.ExpectPPP(script.LCP, script.ConfAck)

	// An Ack that is not exact is no Ack, nor is one with another identifier.
	reordered := slices.Concat(opts[2], opts[1], opts[0])
	c.LCP(script.ConfAck, id, reordered...)
	c.LCP(script.ConfAck, id, options[:len(options)-6]...)
	c.LCP(script.ConfAck, id+1, options...)
	c.Silent(quiet)
	c.LCP(script.ConfAck, id, options...)
	c.ExpectPPP(script.CHAP, script.Challenge)
	if n := len(rig.Logged("session down")); n != 0 {
		t.Errorf("%d sessions ended", n)
	}
}

func TestT51_AuthFallback(t *testing.T) {
	_, c, f := discovered(t, script.Config{})
	_, id, _ := f.PPP()
	c.LCP(script.ConfNak, id, script.Opt(3, 0xc0, 0x23)...)
	f = c.ExpectPPP(script.LCP, script.ConfReq)
	_, next, options := f.PPP()
	if next == id || !bytes.Equal(script.Option(options, 3), []byte{0xc0, 0x23}) {
		t.Errorf("after Nak for PAP: got %v, want PAP and a new identifier", f)
	}
	if n := bytes.Count(options, script.Opt(3, 0xc0, 0x23)); n != 1 {
		t.Errorf("Authentication-Protocol %d times", n)
	}
	// Nothing is left when that is refused too.
	c.LCP(script.ConfRej, next, script.Opt(3, 0xc0, 0x23)...)
	ends(t, c)
}

// ends acknowledges the Terminate-Request and wants PADT, and nothing more.
func ends(t *testing.T, c *script.Client) {
	t.Helper()
	_, id, _ := c.ExpectPPP(script.LCP, script.TermReq).PPP()
	c.LCP(script.TermAck, id)
	if f := c.Expect(script.PADT); f.Session != c.Session {
		t.Errorf("PADT for session %d, want %d", f.Session, c.Session)
	}
	c.Silent(quiet)
}

func TestT51_AuthNotAllowed(t *testing.T) {
	_, c, f := discovered(t, script.Config{PPP: "auth = [\"chap\"]\necho_interval = \"0s\""})
	_, id, _ := f.PPP()
	c.LCP(script.ConfNak, id, script.Opt(3, 0xc0, 0x23)...)
	ends(t, c)
}

func TestT51_Rejected(t *testing.T) {
	_, c, f := discovered(t, script.Config{})
	_, id, options := f.PPP()
	magic := script.Options(options)[2]
	c.LCP(script.ConfRej, id, magic...)
	f = c.ExpectPPP(script.LCP, script.ConfReq)
	_, id, options = f.PPP()
	if script.Option(options, 5) != nil {
		t.Errorf("Magic-Number was rejected: got %v", f)
	}
	c.LCP(script.ConfRej, id, script.MRU(1492)...)
	f = c.ExpectPPP(script.LCP, script.ConfReq)
	if _, id, options = f.PPP(); !bytes.Equal(options, script.Opt(3, 0xc2, 0x23, 5)) {
		t.Errorf("MRU was rejected too: got %v", f)
	}
	// A Reject of something that was not asked for is no answer.
	c.LCP(script.ConfRej, id, magic...)
	c.Silent(quiet)
	c.LCP(script.ConfRej, id, options...)
	ends(t, c)
}
