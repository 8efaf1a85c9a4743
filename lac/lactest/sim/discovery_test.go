package sim

import (
	"testing"

	"lacd/pppoe/wire"
)

// What discovery frames say is what the client was told to say.
func TestDiscoveryTags(t *testing.T) {
	a := newAC(t, Config{
		Layout: Layout{First: 3, Circuit: "dsl/%d", Outer: Range{100, 100}}, Service: "internet", MaxPayload: 1500,
	})
	check := func(code wire.Code, dst wire.MAC, cookie string) {
		t.Helper()
		out := a.crowd.Take()
		if len(out) != 1 {
			t.Fatalf("%d frames", len(out))
		}
		f, err := wire.ParseFrame(out[0])
		if err != nil || f.Code != code || f.Dst != dst || f.Src != (wire.MAC{2, 0x10, 0, 0, 0, 3}) || f.VLANs[0].ID != 100 {
			t.Fatalf("%+v, %v", f, err)
		}
		got := map[wire.TagType]string{}
		for tag, err := range wire.Tags(f.Payload) {
			if err != nil {
				t.Fatal(err)
			}
			got[tag.Type] = string(tag.Value)
		}
		line, ok := wire.ParseLine([]byte(got[wire.VendorSpecific]))
		if got[wire.ServiceName] != "internet" || got[wire.PPPMaxPayload] != "\x05\xdc" || got[wire.ACCookie] != cookie || !ok || line.CircuitID != "dsl/3" {
			t.Errorf("%v: %v", code, got)
		}
	}
	check(wire.PADI, wire.Broadcast, "")
	f := wire.Frame{
		Dst: wire.MAC{2, 0x10, 0, 0, 0, 3}, Src: a.mac, VLANs: a.crowd.cfg.vlans(3), EtherType: wire.Discovery, Code: wire.PADO,
		Payload: wire.AppendTag(uniq(0, 1), wire.ACCookie, []byte("biscuit")),
	}
	a.crowd.Receive(a.now, f.AppendTo(nil))
	check(wire.PADR, a.mac, "biscuit")
}

// Offers that are not for a client, or not for this set-up, do nothing.
func TestForeignReplies(t *testing.T) {
	for name, send := range map[string]func(a *ac){
		"no Host-Uniq":    func(a *ac) { a.send(0, wire.PADO, 0, nil) },
		"unknown client":  func(a *ac) { a.send(0, wire.PADO, 0, uniq(9, 1)) },
		"another address": func(a *ac) { a.send(1, wire.PADO, 0, uniq(0, 1)) },
		"half a tag":      func(a *ac) { a.send(0, wire.PADO, 0, append(uniq(0, 1), 1)) },
		"PADS too early":  func(a *ac) { a.pads(0, 7) },
		"old set-up":      func(a *ac) { a.pado(0, 2) },
		"an error":        func(a *ac) { a.send(0, wire.PADO, 0, wire.AppendTag(uniq(0, 1), wire.ServiceNameError, nil)) },
		"no PPPoE":        func(a *ac) { a.crowd.Receive(a.now, make([]byte, 60)) },
		"another VLAN": func(a *ac) {
			f := wire.Frame{Dst: a.crowd.cfg.mac(0), Src: a.mac, EtherType: wire.Discovery, Code: wire.PADO, Payload: uniq(0, 1)}
			f.VLANs[0] = wire.VLAN{TPID: wire.CTag, ID: 5}
			a.crowd.Receive(a.now, f.AppendTo(nil))
		},
		"PADT for nobody": func(a *ac) { a.send(0, wire.PADT, 7, nil) },
	} {
		a := newAC(t, Config{Number: 2})
		a.want("PADI", "PADI")
		send(a)
		if got := a.sent(); len(got) != 0 {
			t.Errorf("%s: sent %q", name, got)
		}
	}
}

// The first offer is taken, unless another concentrator is wanted.
func TestACName(t *testing.T) {
	a := newAC(t, Config{ACName: "lac2"})
	a.want("PADI")
	a.send(0, wire.PADO, 0, wire.AppendTag(uniq(0, 1), wire.ACName, []byte("lac1")))
	a.want()
	a.send(0, wire.PADO, 0, wire.AppendTag(uniq(0, 1), wire.ACName, []byte("lac2")))
	a.want("PADR")
	a.send(0, wire.PADO, 0, wire.AppendTag(uniq(0, 1), wire.ACName, []byte("lac2")))
	a.want()
}

// A frame that comes from elsewhere does not belong to the session.
func TestForeignSessionFrame(t *testing.T) {
	a := newAC(t, Config{})
	a.sent()
	a.open()
	mac := a.mac
	a.mac = wire.MAC{2, 0xbd}
	a.send(0, wire.PADT, 7, nil)
	a.mac = mac
	if s := a.crowd.Stats(); s.Losses() != 0 || s.Odd != 1 {
		t.Errorf("lost %d, odd %d", s.Losses(), s.Odd)
	}
}

// Frames of anybody are read without harm.
func FuzzCrowd(f *testing.F) {
	for _, code := range []wire.Code{wire.PADO, wire.PADS, wire.PADT, wire.Data} {
		fr := wire.Frame{Dst: wire.MAC{2, 0x10}, Src: wire.MAC{2, 0xac}, EtherType: wire.Discovery, Code: code, Payload: uniq(0, 1)}
		if code == wire.Data {
			fr.EtherType, fr.SessionID, fr.Payload = wire.SessionData, 7, []byte{0xc0, 0x21, 1, 1, 0, 9, 3, 5, 0xc2, 0x23, 5}
		}
		f.Add(fr.AppendTo(nil), fr.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		a := newAC(t, Config{Number: 2, Redial: true})
		a.sent()
		a.pado(0, 1)
		a.pads(0, 7)
		for _, b := range [][]byte{one, two, one} {
			a.crowd.Receive(a.now, b)
			a.crowd.Take()
		}
		for range 100 {
			a.wait(500e6)
		}
		if s := a.crowd.Stats(); s.Attempted < s.Up+s.Failures() {
			t.Errorf("%d attempted, %d up, %d failed", s.Attempted, s.Up, s.Failures())
		}
	})
}
