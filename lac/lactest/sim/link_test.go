package sim

import (
	"testing"
	"time"

	"lacd/pppoe/ppp"
)

func TestLCPAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		pap     bool
		options []byte
		want    string
	}{
		"all is well":          {false, []byte{1, 4, 5, 0xd4, 5, 6, 1, 2, 3, 4}, "LCP 2 010405d4050601020304"},
		"CHAP":                 {false, []byte{3, 5, 0xc2, 0x23, 5}, "LCP 2 0305c22305"},
		"PAP":                  {true, []byte{3, 4, 0xc0, 0x23}, "LCP 2 0304c023"},
		"PAP, not CHAP":        {true, []byte{3, 5, 0xc2, 0x23, 5}, "LCP 3 0304c023"},
		"MS-CHAP":              {false, []byte{3, 5, 0xc2, 0x23, 0x81}, "LCP 3 0305c22305"},
		"compression":          {false, []byte{7, 2, 8, 2}, "LCP 4 07020802"},
		"multilink, with more": {false, []byte{1, 4, 5, 0xd4, 17, 4, 5, 0xd4}, "LCP 4 110405d4"},
	} {
		a := newAC(t, Config{PAP: tt.pap})
		a.sent()
		a.pado(0, 1)
		a.pads(0, 7)
		a.want("PADR", "LCP 1 010405d4050601000000")
		a.ppp(ppp.LCP, ppp.ConfigureRequest, 4, tt.options...)
		if got := a.sent(); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// What the other end does not like is given way in.
func TestLCPGivesWay(t *testing.T) {
	a := newAC(t, Config{MaxPayload: 1500})
	a.sent()
	a.pado(0, 1)
	a.pads(0, 7)
	a.want("PADR", "LCP 1 010405dc050601000000")
	a.ppp(ppp.LCP, ppp.ConfigureNak, 1, 1, 4, 5, 0xd4)
	a.want("LCP 1 010405d4050601000000")
	a.ppp(ppp.LCP, ppp.ConfigureReject, 2, 5, 6, 1, 0, 0, 0)
	a.want("LCP 1 010405d4")
	a.ppp(ppp.LCP, ppp.ConfigureNak, 1, 1, 4, 5, 0) // of an old request
	a.want()
}

// PAP is repeated until it is answered.
func TestPAP(t *testing.T) {
	a := newAC(t, Config{PAP: true, Password: "secret"})
	a.sent()
	a.pado(0, 1)
	a.pads(0, 7)
	a.ppp(ppp.LCP, ppp.ConfigureAck, 1)
	a.sent()
	a.ppp(ppp.LCP, ppp.ConfigureRequest, 1, 3, 4, 0xc0, 0x23)
	request := "PAP 1 1275736572304061636d652e6578616d706c6506736563726574"
	a.want("LCP 2 0304c023", request)
	a.wait(3 * time.Second)
	a.want(request)
	a.ppp(ppp.PAP, ppp.AuthenticateAck, 2, 0)
	a.want("IPCP 1 030600000000")
}

func TestRefused(t *testing.T) {
	for name, refuse := range map[string]func(a *ac){
		"CHAP": func(a *ac) { a.ppp(ppp.CHAP, ppp.Failure, 9) },
		"PAP":  func(a *ac) { a.ppp(ppp.PAP, ppp.AuthenticateNak, 1, 0) },
	} {
		a := newAC(t, Config{})
		a.sent()
		a.link(chapMD5...)
		refuse(a)
		a.want("PADT")
		if a.crowd.Stats().Failed[Refused] != 1 {
			t.Errorf("%s: failed %v", name, a.crowd.Stats().Failed)
		}
	}
}

// RFC 1994 section 4.1: MD5 of identifier, secret and challenge.
func TestCHAPResponse(t *testing.T) {
	a := newAC(t, Config{Password: "secret"})
	a.sent()
	a.link(chapMD5...)
	a.ppp(ppp.CHAP, ppp.Challenge, 9, 4, 1, 2, 3, 4)
	a.want("CHAP 2 10326e94a2d20562c83ccbe6c275dd41a275736572304061636d652e6578616d706c65")
	a.ppp(ppp.CHAP, ppp.Challenge, 9)
	a.want()
	if a.crowd.Stats().Odd != 1 {
		t.Error("a challenge without a value is nothing odd")
	}
}

// An LNS that begins LCP anew is followed, and all that came after it is done
// again.
func TestRenegotiation(t *testing.T) {
	a := newAC(t, Config{})
	a.sent()
	a.open()
	a.ppp(ppp.LCP, ppp.ConfigureRequest, 77, 1, 4, 5, 0xd4)
	a.want("LCP 1 010405d4050601000000", "LCP 2 010405d4")
	a.ppp(ppp.LCP, ppp.ConfigureAck, 2)
	a.want("IPCP 1 030664400001")
	if a.crowd.Up() != 1 || a.crowd.Stats().Up != 1 {
		t.Error("it counts twice")
	}
}

func TestEchoes(t *testing.T) {
	a := newAC(t, Config{Echo: 10 * time.Second})
	a.sent()
	a.open()
	a.ppp(ppp.LCP, ppp.EchoRequest, 3, 9, 9, 9, 9, 'x')
	a.want("LCP 10 0100000078")
	for range 3 {
		a.wait(10 * time.Second)
		a.want("LCP 9 01000000")
	}
	a.ppp(ppp.LCP, ppp.EchoReply, 4, 9, 9, 9, 9)
	for range 3 {
		a.wait(10 * time.Second)
		a.want("LCP 9 01000000")
	}
	a.wait(10 * time.Second)
	a.want("PADT")
	if a.crowd.Stats().Lost[NoEcho] != 1 {
		t.Errorf("lost %v", a.crowd.Stats().Lost)
	}
}

func TestTerminatedByLAC(t *testing.T) {
	a := newAC(t, Config{})
	a.sent()
	a.link(chapMD5...)
	a.ppp(ppp.LCP, ppp.TerminateRequest, 5)
	a.want("LCP 6 ")
	if a.crowd.Stats().Failed[Terminated] != 1 {
		t.Errorf("failed %v", a.crowd.Stats().Failed)
	}
}

func TestProtocolReject(t *testing.T) {
	a := newAC(t, Config{})
	a.sent()
	a.open()
	a.ppp(0x8057, ppp.ConfigureRequest, 1)
	a.want("LCP 8 805701010004")
}
