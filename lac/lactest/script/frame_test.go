package script

import (
	"bytes"
	"testing"
)

func TestFrame(t *testing.T) {
	want := []byte{
		2, 0, 0, 0, 0, 1, // destination
		2, 0, 0, 0, 0, 2, // source
		0x81, 0x00, 0x20, 0x64, // VLAN 100, priority 1
		0x88, 0x63, // EtherType
		0x11, 0x65, // VER, TYPE, CODE
		0x00, 0x07, // SESSION_ID
		0x00, 0x0b, // LENGTH
		1, 1, 0, 0, // Service-Name
		1, 3, 0, 3, 0xa, 0, 0xb, // Host-Uniq
	}
	f := Frame{
		Dst: MAC{2, 0, 0, 0, 0, 1}, Src: MAC{2, 0, 0, 0, 0, 2}, VLANs: []VLAN{{0x8100, 0x2064}}, Type: Discovery,
		Code: PADS, Session: 7, Payload: Tags(Tag{ServiceName, nil}, Tag{HostUniq, []byte{10, 0, 11}}),
	}
	got := f.Append(nil)
	if len(got) != 60 || !bytes.Equal(got[:len(want)], want) {
		t.Fatalf("got  % x\nwant % x and padding to 60", got, want)
	}
	back, err := ParseFrame(got)
	if err != nil || back.Session != 7 || back.Code != PADS || len(back.Payload) != 11 || back.VLANs[0] != f.VLANs[0] {
		t.Errorf("got %+v, %v", back, err)
	}
	if v := back.Tag(HostUniq); len(v) != 1 || !bytes.Equal(v[0], []byte{10, 0, 11}) {
		t.Errorf("Host-Uniq: got % x", v)
	}
}

func TestParseFrameBad(t *testing.T) {
	good := Frame{Type: Session, Session: 1, Payload: Control(LCP, EchoReq, 1, 0, 0, 0, 0)}.Append(nil)
	for name, change := range map[string]func(b []byte) []byte{
		"short":   func(b []byte) []byte { return b[:13] },
		"header":  func(b []byte) []byte { return b[:19] },
		"type":    func(b []byte) []byte { b[13] = 0; return b },
		"version": func(b []byte) []byte { b[14] = 0x21; return b },
		"length":  func(b []byte) []byte { b[18] = 9; return b },
	} {
		if f, err := ParseFrame(change(bytes.Clone(good))); err == nil {
			t.Errorf("%s: got %v and no error", name, f)
		}
	}
	f, err := ParseFrame(good)
	if code, id, data := f.PPP(); err != nil || code != EchoReq || id != 1 || len(data) != 4 || f.Protocol() != LCP {
		t.Errorf("got code %d id %d data % x, %v", code, id, data, err)
	}
	if tags := (&Frame{Payload: []byte{1, 1, 0, 9, 1}}).Tags(); len(tags) != 1 || tags[0].Type != 0xffff {
		t.Errorf("overrunning tag: got %v", tags)
	}
}
