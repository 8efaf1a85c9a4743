package conformance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// opened is a client whose LCP is open, and who has not authenticated.
func opened(t *testing.T, cfg script.Config) (*script.Rig, *script.Client) {
	t.Helper()
	rig := start(t, cfg)
	c := rig.Client()
	c.Discover()
	c.OpenLCP(0)
	c.AwaitPPP(script.CHAP, script.Challenge)
	return rig, c
}

func TestT52_UnknownCode(t *testing.T) {
	_, c := opened(t, script.Config{})
	what := []byte("what is this")
	c.LCP(0x20, 5, what...)
	_, id, data := c.ExpectPPP(script.LCP, script.CodeRej).PPP()
	if want := script.Control(script.LCP, 0x20, 5, what...)[2:]; !bytes.Equal(data, want) {
		t.Errorf("Code-Reject: got % x, want % x", data, want)
	}
	c.LCP(0x20, 6, bytes.Repeat([]byte("x"), 1480)...)
	_, next, data := c.ExpectPPP(script.LCP, script.CodeRej).PPP()
	if next == id {
		t.Errorf("two Code-Rejects have identifier %d", id)
	}
	if len(data) > 1500-4 {
		t.Errorf("Code-Reject with %d octets is longer than the MRU", len(data))
	}
}

func TestT52_UnknownProtocol(t *testing.T) {
	_, c, _ := discovered(t, script.Config{})
	unknown := script.Control(0x8031, 1, 1, 1, 2, 3)
	c.PPP(unknown) // LCP is not open: never a Protocol-Reject
	c.PPP([]byte{0x21, 0x45, 0, 0, 20})
	c.Silent(quiet)

	c.OpenLCP(0)
	c.AwaitPPP(script.CHAP, script.Challenge)
	c.PPP(unknown)
	if _, _, data := c.ExpectPPP(script.LCP, script.ProtoRej).PPP(); !bytes.Equal(data, unknown) {
		t.Errorf("Protocol-Reject: got % x, want % x", data, unknown)
	}
}

func TestT52_Echo(t *testing.T) {
	rig, c, _ := discovered(t, script.Config{})
	c.LCP(script.EchoReq, 9, be32(c.Magic)...)
	c.Silent(quiet) // not open yet

	c.OpenLCP(0)
	c.AwaitPPP(script.CHAP, script.Challenge)
	ask := append(be32(c.Magic), "hello"...)
	c.LCP(script.EchoReq, 42, ask...)
	f := c.ExpectPPP(script.LCP, script.EchoReply)
	want := append(bytes.Clone(script.Option(c.Request, 5)), "hello"...)
	if _, id, data := f.PPP(); id != 42 || !bytes.Equal(data, want) {
		t.Errorf("got %v, want id 42 and % x", f, want)
	}
	c.LCP(script.Discard, 43, ask...)
	c.LCP(script.EchoReply, 44, ask...)
	c.Silent(quiet)
	if n := len(rig.Logged("session down")); n != 0 {
		t.Errorf("%d sessions ended", n)
	}
}

func TestT52_DeadClient(t *testing.T) {
	rig, c := opened(t, script.Config{PPP: "echo_interval = \"1s\"\necho_failures = 2\nrestart_timer = \"500ms\""})
	for range 2 {
		f := c.AwaitPPP(script.LCP, script.EchoReq)
		if _, _, data := f.PPP(); !bytes.Equal(data, script.Option(c.Request, 5)) {
			t.Errorf("got %v, want our magic number % x", f, script.Option(c.Request, 5))
		}
	}
	c.Await(script.PADT)
	rig.AwaitLog("session down", "cause", "lost-carrier")
}

func TestT52_Loopback(t *testing.T) {
	_, c, f := discovered(t, script.Config{})
	c.Configure(1, script.Magic(0)) // illegal, and always Nak'd
	if _, _, data := c.ExpectPPP(script.LCP, script.ConfNak).PPP(); binary.BigEndian.Uint32(script.Option(data, 5)) == 0 {
		t.Errorf("Nak of magic number 0 proposes % x", data)
	}
	_, _, options := f.PPP()
	own := script.Option(options, 5)
	for id := byte(2); ; id++ {
		c.Configure(id, script.Opt(5, own...))
		f = c.AwaitPPP(script.LCP, script.ConfNak)
		if _, _, data := f.PPP(); bytes.Equal(script.Option(data, 5), own) {
			t.Errorf("our own magic number came back: got %v, want another", f)
		}
		if id == 5 {
			break
		}
	}
	// The fifth in a row: it is a loop.
	c.Configure(6, script.Opt(5, own...))
	c.AwaitPPP(script.LCP, script.TermReq)
}

func TestT52_Terminate(t *testing.T) {
	rig, c := opened(t, script.Config{PPP: "restart_timer = \"1s\"\necho_interval = \"0s\""})
	begun := time.Now()
	c.LCP(script.TermReq, 33)
	if f := c.ExpectPPP(script.LCP, script.TermAck); f.Payload[3] != 33 {
		t.Errorf("got %v, want identifier 33", f)
	}
	// RFC 1661 section 3.7: at least one restart time for the client to go.
	f := c.Expect(script.PADT)
	if d := f.At.Sub(begun); d < time.Second {
		t.Errorf("PADT after %v, want 1s at least", d)
	}
	rig.AwaitLog("session down", "cause", "user-request")
	// RFC 2516 section 5.5: no PPP any more, not even an answer. The session
	// does not exist, and that is all the client is told.
	c.LCP(script.EchoReq, 1, be32(c.Magic)...)
	c.LCP(script.ConfReq, 2)
	c.Expect(script.PADT)
	c.Expect(script.PADT)
	c.Silent(quiet)
}

func TestT52_SilentClient(t *testing.T) {
	rig, c, first := discovered(t, script.Config{PPP: `restart_timer = "500ms"`})
	var gaps []time.Duration
	last := first.At
	for {
		f := c.Next(3 * time.Second)
		if f == nil || f.Code == script.PADT {
			break
		}
		if code, id, _ := f.PPP(); code != script.ConfReq || id != first.Payload[3] {
			t.Fatalf("got %v, want the same Configure-Request again", f)
		}
		gaps = append(gaps, f.At.Sub(last))
		last = f.At
	}
	if len(gaps) != 9 {
		t.Errorf("got %d Configure-Requests, want 10", len(gaps)+1)
	}
	sum, want := time.Duration(0), 300*time.Millisecond // the first comes again early
	for i, d := range gaps {
		sum += d
		due(t, fmt.Sprintf("Configure-Request %d", i+2), sum, want)
		want += 500 * time.Millisecond
	}
	if frames := c.Frames(); frames[len(frames)-1].Code != script.PADT {
		t.Errorf("got %v at last, want PADT", frames[len(frames)-1])
	}
	rig.AwaitLog("session down", "cause", "lcp-failed")
}

func TestT52_BadPackets(t *testing.T) {
	_, c := opened(t, script.Config{})
	echo := script.Control(script.LCP, script.EchoReq, 1, be32(c.Magic)...)
	for _, n := range []uint16{0, 3, uint16(len(echo)), 0xffff} { // Length, below 4 or too long
		bad := bytes.Clone(echo)
		binary.BigEndian.PutUint16(bad[4:], n)
		c.PPP(bad)
	}
	c.PPP(echo[:5])
	c.LCP(script.EchoReq, 2, 1, 2) // half a magic number
	c.LCP(script.TermAck+1, 3)     // Code-Reject of nothing
	c.Silent(quiet)
	c.PPP(append(echo, "padding"...))
	if _, _, data := c.ExpectPPP(script.LCP, script.EchoReply).PPP(); len(data) != 4 {
		t.Errorf("Echo-Reply has %d octets of data, want 4", len(data))
	}
}
