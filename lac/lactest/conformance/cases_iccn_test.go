package conformance

import (
	"bytes"
	"crypto/md5"
	"slices"
	"strings"
	"testing"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"lacd/lac/lactest/script"
	"lacd/radius/radiustest"
)

// accessRequests returns the Access-Requests so far, repetitions included.
func accessRequests(rig *script.Rig) []radiustest.Request {
	return slices.DeleteFunc(rig.RADIUS.Requests(), func(r radiustest.Request) bool {
		return r.Packet.Code != layeh.CodeAccessRequest
	})
}

// has wants AVPs with the values.
func has(t *testing.T, m *script.Message, avps ...script.AVP) {
	t.Helper()
	for _, want := range avps {
		got := m.Find(want.Type)
		if got == nil {
			t.Errorf("AVP %d is missing: %v", want.Type, m)
		} else if !bytes.Equal(got.Value, want.Value) || got.H {
			t.Errorf("AVP %d: got % x, want % x", want.Type, got.Value, want.Value)
		}
	}
}

// lacks wants none of the AVPs.
func lacks(t *testing.T, m *script.Message, avps ...uint16) {
	t.Helper()
	for _, a := range avps {
		if m.Has(a) {
			t.Errorf("AVP %d=% x, want none", a, m.Value(a))
		}
	}
}

var (
	proxyLCP  = []uint16{26, 27, 28}
	proxyAuth = []uint16{29, 30, 31, 32, 33}
)

// proxyCHAP wants proxy authentication by CHAP that proves the password, and
// returns its challenge.
func proxyCHAP(t *testing.T, cn *script.Message, user string) []byte {
	t.Helper()
	has(t, cn, script.U16(29, 2), script.Text(30, user))
	id := cn.U16(32)
	challenge, response := cn.Value(31), cn.Value(33)
	sum := md5.Sum(slices.Concat([]byte{byte(id)}, []byte(password), challenge)) // RFC 1994 section 4.1
	if id > 0xff || !bytes.Equal(response, sum[:]) {
		t.Errorf("ID %#x, challenge % x: got response % x, want % x", id, challenge, response, sum)
	}
	return challenge
}

func TestT32_ICCN(t *testing.T) {
	vpn := radiustest.L2TP(3, "192.0.2.11", "")
	vpn.PrivateGroup = "vpn-7"
	rig := start(t, script.Config{RADIUS: server(vpn)})
	lns := rig.LNS(0)
	c := rig.Client()
	c.Discover()

	// A Reject round, then a Nak round; and the gateway's own request is Nak'd.
	magic, pfc, acfc := script.Magic(c.Magic), script.Opt(7), script.Opt(8)
	first := slices.Concat(script.MRU(1500), pfc, magic, acfc)
	last := slices.Concat(script.MRU(1492), magic)
	c.Configure(1, first)
	_, _, data := c.AwaitPPP(script.LCP, script.ConfRej).PPP()
	if !bytes.Equal(data, slices.Concat(pfc, acfc)) {
		t.Fatalf("got Reject % x, want PFC and ACFC", data)
	}
	c.Configure(2, script.MRU(1500), magic)
	_, _, data = c.AwaitPPP(script.LCP, script.ConfNak).PPP()
	if !bytes.Equal(data, script.MRU(1492)) {
		t.Fatalf("got Nak % x, want MRU 1492", data)
	}
	c.OpenLCP(script.PAP, last)
	c.SendPAP(7, user, password)
	call := lns.Open().OpenCall()

	has(t, call.CN, script.U32(19, 1)) // synchronous
	if call.CN.U32(24) == 0 {
		t.Error("Tx Connect Speed is 0")
	}
	lacks(t, call.CN, 38, 39)
	has(t, call.CN,
		script.Bytes(26, first...),
		script.Bytes(27, c.Request...),
		script.Bytes(28, last...),
		script.Text(37, "vpn-7")) // without the tag
	if v := script.Option(call.CN.Value(27), 3); !bytes.Equal(v, []byte{0xc0, 0x23}) {
		t.Errorf("last sent LCP asks for authentication % x, want PAP", v)
	}
	if q := accessRequests(rig); len(q) != 1 || !q[0].Time.Before(call.RQ.At) {
		t.Errorf("got %d Access-Requests, want one before the ICRQ", len(q))
	}
	c.Silent(quiet)
}

// Connect speeds: of the configuration, of RADIUS, and what 32 bits hold.
func TestT32_Speeds(t *testing.T) {
	t.Parallel()
	rates := func(down, up uint32) *radiustest.Server {
		s := server()
		s.SetUser("", radiustest.User{Password: password, Reply: []radiustest.Attribute{
			radiustest.Integer(255, down), radiustest.Integer(197, up),
		}})
		return s
	}
	for name, tc := range map[string]struct {
		cfg    script.Config
		tx, rx uint32 // rx 0: no AVP 38, the line is symmetric
	}{
		"default":    {script.Config{}, 1e9, 0},
		"configured": {script.Config{Retailer: "tx_speed = 100000000\nrx_speed = 40000000"}, 100e6, 40e6},
		"symmetric":  {script.Config{Retailer: "tx_speed = 100000000\nrx_speed = 100000000"}, 100e6, 0},
		"too fast":   {script.Config{Retailer: "tx_speed = 10000000000\nrx_speed = 1000000000"}, 1<<32 - 1, 1e9},
		"of RADIUS":  {script.Config{RADIUS: rates(50e6, 10e6)}, 50e6, 10e6},
	} {
		t.Run(name, func(t *testing.T) {
			rig := start(t, tc.cfg)
			dial(rig)
			cn := rig.LNS(0).Open().OpenCall().CN
			has(t, cn, script.U32(24, tc.tx))
			if tc.rx == 0 {
				lacks(t, cn, 38)
			} else {
				has(t, cn, script.U32(38, tc.rx))
			}
		})
	}
}

// A client that asks for nothing: the lists are empty, and are sent.
func TestT32_NoOptions(t *testing.T) {
	rig := start(t, script.Config{})
	c := rig.Client()
	c.Discover()
	c.OpenLCP(script.CHAP, []byte{})
	c.SendCHAP(c.AwaitPPP(script.CHAP, script.Challenge), user, password)
	call := rig.LNS(0).Open().OpenCall()
	has(t, call.CN, script.Bytes(26), script.Bytes(27, c.Request...), script.Bytes(28))
}

func TestT32_Modes(t *testing.T) {
	t.Parallel()
	all := slices.Concat(proxyLCP, proxyAuth)
	anyone := `default { retailer = "acme" }`
	for _, tc := range []struct {
		name  string
		cfg   script.Config
		auth  bool // the client is asked to authenticate
		lacks []uint16
		has   []script.AVP
	}{
		{"no proxy", script.Config{LNS: []script.LNSConfig{{Lines: "proxy_lcp = false\nproxy_auth = false"}}}, true, all, nil},
		{"no proxy authentication", script.Config{LNS: []script.LNSConfig{{Lines: "proxy_auth = false"}}}, true, proxyAuth, nil},
		{"nobody authenticates", script.Config{PPP: `auth = ["none"]`, Extra: anyone}, false, proxyAuth[1:], []script.AVP{script.U16(29, 4)}},
		{"by line", script.Config{PPP: `auth = ["none"]`, Extra: anyone, LNS: []script.LNSConfig{{Lines: "proxy_auth = false"}}}, false, proxyAuth, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rig := start(t, tc.cfg)
			c := rig.Client()
			c.Discover()
			c.OpenLCP(0)
			if tc.auth {
				c.SendCHAP(c.AwaitPPP(script.CHAP, script.Challenge), user, password)
			} else if c.Auth != 0 {
				t.Errorf("the gateway asks for authentication by %#04x", c.Auth)
			}
			call := rig.LNS(0).Open().OpenCall()
			lacks(t, call.CN, tc.lacks...)
			has(t, call.CN, tc.has...)
			if !slices.Contains(tc.lacks, 26) {
				has(t, call.CN, script.Bytes(26, c.Sent...), script.Bytes(27, c.Request...), script.Bytes(28, c.Sent...))
			}
			c.Silent(quiet) // neither PAP nor CHAP
		})
	}
}

// What the client sends too early reaches the LNS, after ICCN and in order.
func TestT32_EarlyFrames(t *testing.T) {
	rig := start(t, script.Config{RADIUS: server()})
	rig.RADIUS.SetKnobs(radiustest.Knobs{Delay: 200 * time.Millisecond})
	lns := rig.LNS(0)
	c := dial(rig)
	ipcp := script.Control(script.IPCP, script.ConfReq, 1, 3, 6, 0, 0, 0, 0)
	ipv6 := script.Control(script.IPv6CP, script.ConfReq, 1, 1, 10, 1, 2, 3, 4, 5, 6, 7, 8)
	c.PPP(ipcp)
	tun := lns.Open()
	call := tun.AcceptCall()
	c.PPP(ipv6)
	lns.NoData(quiet)
	call.Answer()
	cn := lns.Expect(script.ICCN)
	for _, want := range [][]byte{c.LastSent(script.CHAP), ipcp, ipv6} {
		d := lns.ExpectData()
		if d.At.Before(cn.At) || d.Tunnel != tun.ID || d.Session != call.ID {
			t.Errorf("got %v, want it after ICCN, for tunnel %d and session %d", d, tun.ID, call.ID)
		}
		if want = append([]byte{0xff, 0x03}, want...); !bytes.Equal(d.Frame, want) {
			t.Errorf("got % x, want % x", d.Frame, want)
		}
	}
	lns.NoData(quiet)
	c.Silent(quiet) // the gateway has no NCP to answer with
}

// names are user names as octets: CHAP and PAP know no character set. RADIUS
// has room for 253.
var names = map[string]string{
	"plain":      user,
	"253 octets": strings.Repeat("x", 253-len("@acme.example")) + "@acme.example",
	"UTF-8":      "jürgen@acme.example",
	"binary":     "a\x00\xff\x80\n@acme.example",
	"empty":      "",
}

func TestT33_PAP(t *testing.T) {
	t.Parallel()
	for name, user := range names {
		t.Run(name, func(t *testing.T) {
			rig := start(t, script.Config{Extra: `default { retailer = "acme" }`, RADIUS: server()})
			c := rig.Client()
			c.Discover()
			c.OpenLCP(script.PAP)
			c.SendPAP(0xa7, user, password)
			lns := rig.LNS(0)
			call := lns.Open().OpenCall()
			has(t, call.CN, script.U16(29, 3), script.Text(30, user), script.U16(32, 0xa7), script.Text(33, password))
			lacks(t, call.CN, 31, 36)
			// Neither Ack nor Nak comes from the gateway: the LNS gets the
			// request again, and answers it.
			c.Silent(quiet)
			want := slices.Concat([]byte{0xff, 0x03}, c.LastSent(script.PAP))
			if d := lns.ExpectData(); !bytes.Equal(d.Frame, want) {
				t.Errorf("got %v, want the request % x", d, want)
			}
			if q := accessRequests(rig); len(q) != 1 || q[0].User != user || q[0].Password != password {
				t.Errorf("RADIUS was asked %d times, about %q", len(q), q[0].User)
			}
		})
	}
}

func TestT33_HiddenPassword(t *testing.T) {
	rig := start(t, script.Config{LNS: []script.LNSConfig{{Secret: "tunnel-secret-1"}}})
	var vectors [][]byte
	lns := rig.LNS(0)
	var tun *script.Tunnel
	for _, password := range []string{"", "secret", "sixteen octets !", strings.Repeat("long ", 51)} {
		rig.Client().DialPAP(user, password)
		if tun == nil {
			tun = lns.Open()
		}
		cn := tun.OpenCall().CN
		has(t, cn, script.U16(29, 3), script.Text(30, user), script.U16(32, 1))
		vector, hidden := cn.Value(36), cn.Find(33)
		if hidden == nil || !hidden.H || hidden.M {
			t.Fatalf("Proxy Authen Response is not hidden: %v", cn)
		}
		got, err := hidden.Reveal("tunnel-secret-1", vector)
		if err != nil || string(got) != password {
			t.Errorf("the password decrypts to %q, %v, want %q", got, err, password)
		}
		if slices.ContainsFunc(vectors, func(v []byte) bool { return bytes.Equal(v, vector) }) {
			t.Errorf("Random Vector % x is used twice", vector)
		}
		vectors = append(vectors, vector)
	}
}

// A profile without proxy authentication tells nothing of the subscriber's
// answer; one without replay does not send it again.
func TestT33_Profiles(t *testing.T) {
	t.Parallel()
	for lines, what := range map[string]struct{ auth, replay bool }{
		"proxy_auth = false":                      {false, true},
		"replay_auth = false":                     {true, false},
		"proxy_auth = false\nreplay_auth = false": {false, false},
	} {
		t.Run(strings.ReplaceAll(lines, "\n", ", "), func(t *testing.T) {
			rig := start(t, script.Config{LNS: []script.LNSConfig{{Lines: lines}}})
			lns := rig.LNS(0)
			rig.Client().DialPAP(user, password)
			cn := lns.Open().OpenCall().CN
			if what.auth {
				has(t, cn, script.U16(29, 3), script.Text(33, password))
			} else {
				lacks(t, cn, proxyAuth...)
			}
			if what.replay {
				lns.ExpectData()
			}
			lns.NoData(quiet)
		})
	}
}

func TestT34_CHAP(t *testing.T) {
	t.Parallel()
	for name, user := range names {
		t.Run(name, func(t *testing.T) {
			rig := start(t, script.Config{Extra: `default { retailer = "acme" }`, RADIUS: server()})
			c := rig.Client()
			c.Discover()
			c.OpenLCP(script.CHAP)
			asked := c.AwaitPPP(script.CHAP, script.Challenge)
			c.SendCHAP(asked, user, password)
			lns := rig.LNS(0)
			call := lns.Open().OpenCall()
			challenge := proxyCHAP(t, call.CN, user)
			_, id, data := asked.PPP()
			if call.CN.U16(32) != uint16(id) || !bytes.Equal(challenge, data[1:1+data[0]]) {
				t.Errorf("the client was asked ID %d, challenge % x; the LNS was told %d, % x", id, data[1:1+data[0]], call.CN.U16(32), challenge)
			}
			c.Silent(quiet) // neither Success nor Failure

			// RADIUS has accepted the very same answer.
			q := accessRequests(rig)
			if len(q) != 1 || q[0].User != user {
				t.Fatalf("RADIUS was asked %d times", len(q))
			}
			p := q[0].Packet
			if got := rfc2865.CHAPChallenge_Get(p); !bytes.Equal(got, challenge) {
				t.Errorf("CHAP-Challenge % x, the LNS has % x", got, challenge)
			}
			if got, want := rfc2865.CHAPPassword_Get(p), append([]byte{id}, call.CN.Value(33)...); !bytes.Equal(got, want) {
				t.Errorf("CHAP-Password % x, want % x", got, want)
			}
		})
	}
}

// Where no RADIUS is asked, a name may be as long as CHAP and PAP allow.
func TestT34_LongestName(t *testing.T) {
	rig := start(t, script.Config{})
	longest := strings.Repeat("x", 255-len("@acme.example")) + "@acme.example"
	rig.Client().Dial(longest, password)
	tun := rig.LNS(0).Open()
	proxyCHAP(t, tun.OpenCall().CN, longest)
	rig.Client().DialPAP(longest, password)
	has(t, tun.OpenCall().CN, script.U16(29, 3), script.Text(30, longest))
}

func TestT34_Challenges(t *testing.T) {
	rig := start(t, script.Config{})
	seen := map[string]bool{}
	var tun *script.Tunnel
	for range 5 {
		dial(rig)
		if tun == nil {
			tun = rig.LNS(0).Open()
		}
		challenge := proxyCHAP(t, tun.OpenCall().CN, user)
		if seen[string(challenge)] || len(challenge) < 16 {
			t.Errorf("challenge % x is short or was used before", challenge)
		}
		seen[string(challenge)] = true
	}
}
