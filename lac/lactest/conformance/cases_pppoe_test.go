package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/lac/lactest/script"
)

// quiet is how long nothing must come where nothing should.
const quiet = 150 * time.Millisecond

// request is a PADI or PADR for any service with a Host-Uniq.
func request(c *script.Client, more ...script.Tag) []script.Tag {
	return append([]script.Tag{{Type: script.ServiceName}, {Type: script.HostUniq, Value: c.MAC[:]}}, more...)
}

// offer sends a PADI and returns the PADO's cookie as a tag.
func offer(c *script.Client, tags ...script.Tag) script.Tag {
	c.Discovery(script.PADI, 0, tags...)
	cookies := c.Await(script.PADO).Tag(script.ACCookie)
	if len(cookies) != 1 {
		return script.Tag{Type: 0xffff}
	}
	return script.Tag{Type: script.ACCookie, Value: cookies[0]}
}

// sameTags compares tags regardless of their order. A tag of the wanted list
// without value stands for any value.
func sameTags(t *testing.T, f *script.Frame, want ...script.Tag) {
	t.Helper()
	form := func(tags []script.Tag) (lines []string) {
		for _, tag := range tags {
			lines = append(lines, fmt.Sprintf("%04x=%x", tag.Type, tag.Value))
		}
		slices.Sort(lines)
		return lines
	}
	got := f.Tags()
	for i := range got {
		if got[i].Type == script.ACCookie {
			if len(got[i].Value) < 8 {
				t.Errorf("AC-Cookie of %d octets", len(got[i].Value))
			}
			got[i].Value = nil
		}
	}
	if d := cmp.Diff(form(want), form(got)); d != "" {
		t.Errorf("%v: tags differ (-want +got):\n%s", f, d)
	}
}

func TestT44_Echoes(t *testing.T) {
	rig := start(t, script.Config{Access: `ac_name = "bras-1"`})
	long := bytes.Repeat([]byte{0, 0xff, 0x41}, 85) // 255 octets with NULs
	for _, uniq := range [][]byte{{}, {0, 1, 0, 2, 0, 0, 0, 3}, long} {
		c := rig.Client()
		relay := script.Tag{Type: script.RelaySessionID, Value: []byte{9, 0, 8, 0, 7, 0, 6, 0, 5, 0, 4, 0}}
		asked := []script.Tag{
			script.T(script.ServiceName, "internet"),
			{Type: 0x0999, Value: []byte{1, 2, 3}}, // unknown: ignored
			{Type: script.HostUniq, Value: uniq},
			relay,
			{Type: script.RelaySessionID, Value: []byte("a second one is nobody's")},
		}
		echoed := []script.Tag{asked[0], script.T(script.ACName, "bras-1"), asked[2], relay}

		c.Discovery(script.PADI, 0, asked...)
		pado := c.Expect(script.PADO)
		if pado.Session != 0 || pado.Dst != c.MAC || len(pado.VLANs) != 0 {
			t.Errorf("PADO to %v, session %d, VLANs %v", pado.Dst, pado.Session, pado.VLANs)
		}
		sameTags(t, pado, append(echoed, script.Tag{Type: script.ACCookie})...)

		c.Discovery(script.PADR, 0, append(asked, script.Tag{Type: script.ACCookie, Value: pado.Tag(script.ACCookie)[0]})...)
		pads := c.Expect(script.PADS)
		if pads.Session == 0 || pads.Session == 0xffff || pads.Dst != c.MAC {
			t.Errorf("PADS to %v, session %#04x", pads.Dst, pads.Session)
		}
		sameTags(t, pads, echoed...)
	}
}

func TestT44_EchoesInErrors(t *testing.T) {
	rig := start(t, script.Config{Access: `service_names = ["internet"]`})
	c := rig.Client()
	echoed := []script.Tag{{Type: script.HostUniq, Value: []byte{0, 1, 0}}, {Type: script.RelaySessionID, Value: make([]byte, 12)}}
	c.Discovery(script.PADR, 0, append(echoed, script.T(script.ServiceName, "iptv"))...)
	pads := c.Expect(script.PADS)
	if pads.Session != 0 {
		t.Errorf("got SESSION_ID %d, want 0", pads.Session)
	}
	sameTags(t, pads, append(echoed, script.Tag{Type: script.ServiceNameError})...)
}

func TestT45_Cookie(t *testing.T) {
	rig := start(t, script.Config{})
	c, other := rig.Client(), rig.Client()
	foreign := offer(other, request(other)...)
	own := offer(c, request(c)...)
	altered := script.Tag{Type: own.Type, Value: bytes.Clone(own.Value)}
	altered.Value[len(altered.Value)-1] ^= 1

	c.Discovery(script.PADR, 0, request(c)...)
	for _, bad := range []script.Tag{foreign, altered, {Type: own.Type}, {Type: own.Type, Value: own.Value[:4]}} {
		c.Discovery(script.PADR, 0, request(c, bad)...)
	}
	// To everybody, and to somebody else.
	good := script.Frame{Src: c.MAC, Type: script.Discovery, Code: script.PADR, Payload: script.Tags(request(c, own)...)}
	for _, dst := range []script.MAC{script.Broadcast, {2, 0, 0, 0, 0xee, 1}} {
		good.Dst = dst
		c.Send(good.Append(nil))
	}
	c.Silent(quiet)
	if n := rig.Sessions(); n != 0 {
		t.Errorf("got %d sessions of PADRs without a good cookie", n)
	}
	c.Discovery(script.PADR, 0, request(c, own)...)
	if c.Expect(script.PADS).Session == 0 {
		t.Error("the good cookie is refused")
	}
}

func TestT45_Stateless(t *testing.T) {
	rig := start(t, script.Config{})
	for i := range 10_000 {
		f := script.Frame{
			Dst: script.Broadcast, Src: script.MAC{2, 0x77, 0, 0, byte(i >> 8), byte(i)}, Type: script.Discovery,
			Code: script.PADI, Payload: script.Tags(script.Tag{Type: script.ServiceName}),
		}
		rig.Access.Send(f.Append(nil))
	}
	if n := rig.Sessions(); n != 0 {
		t.Errorf("got %d sessions of PADIs", n)
	}
	rig.Client().Discover()
	if n := rig.Sessions(); n != 1 {
		t.Errorf("got %d sessions, want 1", n)
	}
}

func TestT45_RepeatedPADR(t *testing.T) {
	rig := start(t, script.Config{})
	c := rig.Client()
	tags := request(c)
	tags = append(tags, offer(c, tags...))
	var first *script.Frame
	for range 3 {
		c.Discovery(script.PADR, 0, tags...)
		pads := c.Await(script.PADS)
		if first == nil {
			first = pads
		}
		if !bytes.Equal(pads.Raw, first.Raw) {
			t.Errorf("got %v, want the same PADS again: %v", pads, first)
		}
	}
	if n := rig.Sessions(); n != 1 {
		t.Errorf("got %d sessions, want 1", n)
	}
}

func TestT45_Limit(t *testing.T) {
	for name, key := range map[string]string{"port": "max_sessions = 1", "mac": "max_sessions_per_mac = 1"} {
		t.Run(name, func(t *testing.T) {
			rig := start(t, script.Config{Access: key})
			c := rig.Client()
			c.Discover()
			uniq := script.Tag{Type: script.HostUniq, Value: []byte("second")}
			if c.Skip(); name == "port" {
				c = rig.Client()
			}
			c.Discovery(script.PADI, 0, script.Tag{Type: script.ServiceName}, uniq)
			cookie := c.Await(script.PADO).Tag(script.ACCookie)[0]
			c.Discovery(script.PADR, 0, script.Tag{Type: script.ServiceName}, uniq, script.Tag{Type: script.ACCookie, Value: cookie})
			pads := c.Await(script.PADS)
			if pads.Session != 0 || len(pads.Tag(script.ACSystemError)) != 1 || !bytes.Equal(pads.Tag(script.HostUniq)[0], uniq.Value) {
				t.Errorf("got %v, want SESSION_ID 0, AC-System-Error and Host-Uniq", pads)
			}
		})
	}
}

func TestT46_StrictServices(t *testing.T) {
	rig := start(t, script.Config{Access: `service_names = ["internet"]`})
	name := func(s string) script.Tag { return script.T(script.ServiceName, s) }
	c := rig.Client()

	pado := func(asked string) *script.Frame {
		c.Discovery(script.PADI, 0, name(asked))
		return c.Expect(script.PADO)
	}
	known, empty := pado("internet"), pado("")
	if got := known.Tag(script.ServiceName); len(got) != 1 || string(got[0]) != "internet" {
		t.Errorf("asked for a known name: got %q", got)
	}
	if got := empty.Tag(script.ServiceName); len(got) != 2 || len(got[0]) != 0 || string(got[1]) != "internet" {
		t.Errorf("asked for any: got %q, want its own and ours", got)
	}
	cookie := script.Tag{Type: script.ACCookie, Value: known.Tag(script.ACCookie)[0]}

	c.Discovery(script.PADI, 0, name("iptv"))
	for _, code := range []byte{script.PADI, script.PADR} {
		c.Discovery(code, 0, cookie)                                     // no name
		c.Discovery(code, 0, name("internet"), name("internet"), cookie) // two
		c.Discovery(code, 7, name("internet"), cookie)                   // a SESSION_ID
	}
	c.Send(script.Frame{Dst: rig.Access.AC(), Src: c.MAC, Type: script.Discovery, Code: script.PADI, Payload: script.Tags(name(""))}.Append(nil))
	c.Silent(quiet)

	c.Discovery(script.PADR, 0, name("iptv"), cookie)
	pads := c.Expect(script.PADS)
	if pads.Session != 0 {
		t.Errorf("unknown name: got SESSION_ID %d, want 0", pads.Session)
	}
	sameTags(t, pads, script.Tag{Type: script.ServiceNameError})

	c.Discovery(script.PADR, 0, name("internet"), cookie)
	if pads = c.Expect(script.PADS); pads.Session == 0 || !bytes.Equal(pads.Tag(script.ServiceName)[0], []byte("internet")) {
		t.Errorf("known name: got %v", pads)
	}
}

func TestT46_AnyService(t *testing.T) {
	rig := start(t, script.Config{})
	for _, s := range []string{"", "internet", "dienst fünf"} {
		c := rig.Client()
		c.Discovery(script.PADI, 0, script.T(script.ServiceName, s))
		pado := c.Expect(script.PADO)
		c.Discovery(script.PADR, 0, script.T(script.ServiceName, s), script.Tag{Type: script.ACCookie, Value: pado.Tag(script.ACCookie)[0]})
		pads := c.Expect(script.PADS)
		for _, f := range []*script.Frame{pado, pads} {
			if got := f.Tag(script.ServiceName); len(got) != 1 || string(got[0]) != s {
				t.Errorf("asked for %q: got %q", s, got)
			}
		}
		if pads.Session == 0 {
			t.Errorf("asked for %q: no session", s)
		}
	}
}

func TestT47_MaxPayload(t *testing.T) {
	large, standard := `mru = 1500`, `mru = 1492`
	for _, tc := range []struct {
		name string
		mtu  int
		ppp  string
		tag  []byte // nil: absent
		echo bool
		mru  uint16 // most that is agreed to
	}{
		{"1500", 1508, large, []byte{0x05, 0xdc}, true, 1500},
		{"1496", 1508, large, []byte{0x05, 0xd8}, true, 1496},
		{"2000", 1508, large, []byte{0x07, 0xd0}, true, 1500},
		{"MTU between", 1504, large, []byte{0x05, 0xdc}, true, 1496},
		{"1400", 1508, large, []byte{0x05, 0x78}, true, 1492},
		{"absent", 1508, large, nil, false, 1492},
		{"bad length", 1508, large, []byte{5, 0xdc, 0}, false, 1492},
		{"no room", 1500, large, []byte{0x05, 0xdc}, false, 1492},
		{"not wanted", 1508, standard, []byte{0x05, 0xdc}, false, 1492},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rig := start(t, script.Config{MTU: tc.mtu, PPP: tc.ppp})
			c := rig.Client()
			var tags, want []script.Tag
			if tc.tag != nil {
				tags = append(tags, script.Tag{Type: script.PPPMaxPayload, Value: tc.tag})
			}
			if tc.echo {
				want = tags
			}
			pado, pads := c.Discover(tags...)
			for _, f := range []*script.Frame{pado, pads} {
				got := f.Tag(script.PPPMaxPayload)
				if len(got) != len(want) || len(got) == 1 && !bytes.Equal(got[0], tc.tag) {
					t.Errorf("%v: got PPP-Max-Payload % x, want echo %v", f, got, tc.echo)
				}
			}
			// What the gateway asks for, and what it grants.
			ours := c.ExpectPPP(script.LCP, script.ConfReq)
			_, _, options := ours.PPP()
			asked := uint16(1500) // RFC 1661 section 6.1: the default, not to be named
			if v := script.Option(options, 1); len(v) == 2 {
				asked = uint16(v[0])<<8 | uint16(v[1])
			}
			if asked != tc.mru {
				t.Errorf("the gateway asks for MRU %d, want %d", asked, tc.mru)
			}
			c.Configure(1, script.MRU(tc.mru+1), script.Magic(c.Magic))
			_, _, data := c.ExpectPPP(script.LCP, script.ConfNak).PPP()
			if !bytes.Equal(data, script.MRU(tc.mru)) {
				t.Errorf("MRU %d: got Nak % x, want % x", tc.mru+1, data, script.MRU(tc.mru))
			}
			c.Configure(2, script.MRU(tc.mru), script.Magic(c.Magic))
			c.ExpectPPP(script.LCP, script.ConfAck)
		})
	}
}
