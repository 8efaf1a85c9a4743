package conformance

import (
	"slices"
	"testing"

	"lacd/lac/lactest/script"
)

// alive reports whether the client's session answers an Echo-Request; LCP must
// be open.
func alive(c *script.Client) bool {
	c.Skip()
	c.LCP(script.EchoReq, 77, be32(c.Magic)...)
	for f := c.Next(quiet * 4); f != nil; f = c.Next(quiet * 4) {
		if code, id, _ := f.PPP(); code == script.EchoReply && id == 77 {
			return true
		}
	}
	return false
}

// as returns a copy of the client that sends with another address and other
// tags, into the same session.
func as(c *script.Client, mac script.MAC, vlans ...script.VLAN) *script.Client {
	other := *c
	other.MAC, other.VLANs = mac, vlans
	return &other
}

func TestT48_OnlyTheOwner(t *testing.T) {
	rig := start(t, script.Config{PPP: "auth_timeout = \"60s\"\necho_interval = \"0s\""})
	c := rig.Client()
	c.Discover()
	c.OpenLCP(0)
	c.AwaitPPP(script.CHAP, script.Challenge)
	stranger := script.MAC{2, 0, 0, 0, 0xee, 1}
	for _, forger := range []*script.Client{
		as(c, stranger), as(c, c.MAC, script.VLAN{TPID: 0x8100, TCI: 100}),
		as(c, c.MAC, script.VLAN{TPID: 0x88a8, TCI: 100}, script.VLAN{TPID: 0x8100, TCI: 200}),
	} {
		forger.HangUp()
		forger.LCP(script.TermReq, 9)
		forger.LCP(script.EchoReq, 9, be32(c.Magic)...)
	}
	// To another than the gateway, and to no session at all.
	away := script.Frame{Dst: stranger, Src: c.MAC, Type: script.Discovery, Code: script.PADT, Session: c.Session}
	c.Send(away.Append(nil))
	for _, id := range []uint16{0, 0xffff, c.Session + 1} {
		c.Discovery(script.PADT, id)
	}
	c.Skip()
	c.Silent(quiet)
	if !alive(c) {
		t.Error("the session did not survive what others sent")
	}
	c.HangUp()
	rig.AwaitLog("session down")
	if alive(c) {
		t.Error("the session survived its own PADT")
	}
}

func TestT48_ThreeSessionsOfOneMAC(t *testing.T) {
	rig := start(t, script.Config{})
	var clients []*script.Client
	var ids []uint16
	for i := range 3 {
		c := rig.Access.ClientAt(script.MAC{2, 0, 0, 0, 1, 1})
		uniq := []script.Tag{{Type: script.ServiceName}, {Type: script.HostUniq, Value: []byte{byte(i)}}}
		cookie := offer(c, uniq...)
		c.Discovery(script.PADR, 0, append(uniq, cookie)...)
		c.Session = c.Await(script.PADS).Session
		c.OpenLCP(0)
		clients, ids = append(clients, c), append(ids, c.Session)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 3 {
		t.Fatalf("SESSION_IDs %v are not unique", ids)
	}
	// Frames to that address reach the client that was made last.
	last := clients[2]
	clients[1].HangUp()
	rig.AwaitLog("session down")
	for i, want := range []bool{true, false, true} {
		one := *last
		one.Session = clients[i].Session
		if got := alive(&one); got != want {
			t.Errorf("session %d of 3 after the PADT of the second: alive %v", i+1, got)
		}
	}
}

func TestT48_VLANs(t *testing.T) {
	rig := start(t, script.Config{Access: `untagged = true
vlan "100" {}
vlan "300" {
  tpid  = "88a8"
  inner = "200"
}`})
	for _, vlans := range [][]script.VLAN{ // not served
		{{TPID: 0x8100, TCI: 101}},
		{{TPID: 0x88a8, TCI: 300}},
		{{TPID: 0x88a8, TCI: 300}, {TPID: 0x8100, TCI: 201}},
		{{TPID: 0x8100, TCI: 300}, {TPID: 0x8100, TCI: 200}},
	} {
		c := rig.Client()
		c.VLANs = vlans
		c.Discovery(script.PADI, 0, script.Tag{Type: script.ServiceName})
		c.Silent(quiet)
	}
	for _, vlans := range [][]script.VLAN{
		nil, {{TPID: 0x8100, TCI: 100}}, {{TPID: 0x88a8, TCI: 300}, {TPID: 0x8100, TCI: 200}},
	} {
		c := rig.Client()
		c.VLANs = vlans
		c.Discover()
		c.OpenLCP(0)
		for _, f := range c.Frames() {
			if !slices.Equal(f.VLANs, vlans) {
				t.Errorf("got tags %x, want %x: %v", f.VLANs, vlans, f)
			}
		}
	}
}

func TestT48_SessionIDs(t *testing.T) {
	rig := start(t, script.Config{})
	seen := map[uint16]bool{}
	for range 200 {
		c := rig.Client()
		c.Discover() // wants neither 0 nor 0xffff
		if seen[c.Session] {
			t.Fatalf("SESSION_ID %d twice", c.Session)
		}
		seen[c.Session] = true
		if c.Session%2 == 0 {
			delete(seen, c.Session) // free to be dealt again
			c.HangUp()
		}
	}
}

func TestT50_Malformed(t *testing.T) {
	rig := start(t, script.Config{})
	c := rig.Client()
	padi := script.Frame{Dst: script.Broadcast, Src: c.MAC, Type: script.Discovery, Code: script.PADI, Payload: script.Tags(request(c)...)}
	change := func(f func(*script.Frame)) []byte {
		bad := padi
		f(&bad)
		return bad.Append(nil)
	}
	for _, b := range [][]byte{
		change(func(f *script.Frame) { f.VerType = 0x21 }),
		change(func(f *script.Frame) { f.VerType = 0x12 }),
		change(func(f *script.Frame) { f.Length = 1000 }),
		change(func(f *script.Frame) { f.Payload = append(f.Payload, 1, 3, 0, 9, 'x') }), // a tag overruns
		change(func(f *script.Frame) { f.Payload = append(f.Payload, 1, 3, 0) }),         // half a tag
		change(func(f *script.Frame) { f.Length = 3 }),                                   // inside a tag
		change(func(f *script.Frame) { f.Src[0] |= 1 }),                                  // from a group
		change(func(f *script.Frame) { f.Code = 0x0a }),                                  // PADG
		padi.Append(nil)[:16], padi.Append(nil)[:19],
	} {
		c.Send(b)
	}
	c.Silent(quiet)
	// Padding is none of it, nor is what follows End-Of-List.
	c.Send(append(padi.Append(nil), make([]byte, 40)...))
	c.Expect(script.PADO)
	c.Send(change(func(f *script.Frame) { f.Payload = append(f.Payload, 0, 0, 0, 0, 1, 3) }))
	c.Expect(script.PADO)
}

func TestT50_MalformedSession(t *testing.T) {
	rig := start(t, script.Config{PPP: "auth_timeout = \"60s\"\necho_interval = \"0s\""})
	c := rig.Client()
	c.Discover()
	c.OpenLCP(0)
	c.AwaitPPP(script.CHAP, script.Challenge)
	echo := script.Frame{
		Dst: rig.Access.AC(), Src: c.MAC, Type: script.Session, Session: c.Session,
		Payload: script.Control(script.LCP, script.EchoReq, 1, be32(c.Magic)...),
	}
	change := func(f func(*script.Frame)) []byte {
		bad := echo
		f(&bad)
		return bad.Append(nil)
	}
	for _, b := range [][]byte{
		change(func(f *script.Frame) { f.Code = 1 }),
		change(func(f *script.Frame) { f.VerType = 0x21 }),
		change(func(f *script.Frame) { f.Length = 500 }),
		change(func(f *script.Frame) { f.Dst = script.Broadcast }),
		change(func(f *script.Frame) { f.Payload = f.Payload[:5] }),
		change(func(f *script.Frame) { f.Payload = nil }),
	} {
		c.Send(b)
	}
	c.Silent(quiet)
	if !alive(c) {
		t.Error("the session did not survive")
	}
}
