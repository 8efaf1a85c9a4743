package sim

import (
	"testing"

	"lacd/pppoe/wire"
)

func TestLayout(t *testing.T) {
	l := Layout{
		MAC: wire.MAC{2, 0, 0, 0, 0xff, 0xfe}, TPID: wire.STag, Outer: Range{100, 102}, Inner: Range{7, 8},
		Circuit: "dsl/%d", Remote: "same", Users: []string{"a%d@x.example", "b%d@y.example"},
	}
	for _, tt := range []struct {
		n           uint32
		mac, vlans  string
		user, lined string
	}{
		{0, "02:00:00:00:ff:fe", "100.7", "a0@x.example", "dsl/0"},
		{1, "02:00:00:00:ff:ff", "101.7", "b1@y.example", "dsl/1"},
		{2, "02:00:00:01:00:00", "102.7", "a2@x.example", "dsl/2"},
		{3, "02:00:00:01:00:01", "100.8", "b3@y.example", "dsl/3"},
		{6, "02:00:00:01:00:04", "100.7", "a6@x.example", "dsl/6"},
	} {
		line, ok := l.line(tt.n)
		v := l.vlans(tt.n)
		if l.mac(tt.n).String() != tt.mac || v.String() != tt.vlans || l.user(tt.n) != tt.user || line.CircuitID != tt.lined || line.RemoteID != "same" || !ok {
			t.Errorf("client %d: %v %v %s %+v", tt.n, l.mac(tt.n), v, l.user(tt.n), line)
		}
		if v[0].TPID != wire.STag || v[1].TPID != wire.CTag {
			t.Errorf("client %d: %+v", tt.n, v)
		}
	}
}

func TestLayoutSharedMACs(t *testing.T) {
	l := Layout{MACs: 3}
	if l.mac(1) != l.mac(4) || l.mac(1) == l.mac(2) {
		t.Error("addresses are not shared by threes")
	}
	if v := l.vlans(5); v.Len() != 0 {
		t.Errorf("tags %v without VLANs", v)
	}
	if _, ok := l.line(5); ok {
		t.Error("a line without IDs")
	}
	if l.user(5) != "" {
		t.Error("a user without names")
	}
}
