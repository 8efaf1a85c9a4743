package radius

import (
	"strings"
	"testing"

	layeh "layeh.com/radius"
)

func TestBuilderTaggedText(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"192.0.2.9", "192.0.2.9"},
		{"\x20group", "\x20group"},     // above the tags: data
		{"\x01group", "\x00\x01group"}, // would be read as a tag
		{"\x00\x00group", "\x00\x00\x00group"},
	} {
		b := Builder{Packet: &layeh.Packet{}}
		b.TaggedText(82, tt.in)
		if got := string(b.Packet.Get(82)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestBuilderTunnelType(t *testing.T) {
	for server, medium := range map[string]uint32{"192.0.2.9": 1, "2001:db8::9": 2, "lns.example": 1, "::ffff:192.0.2.9": 1} {
		b := Builder{Packet: &layeh.Packet{}}
		b.TunnelType(server)
		if got, _ := layeh.Integer(b.Packet.Get(64)); got != 3 {
			t.Errorf("%s: got Tunnel-Type %d, want 3", server, got)
		}
		if got, _ := layeh.Integer(b.Packet.Get(65)); got != medium {
			t.Errorf("%s: got Tunnel-Medium-Type %d, want %d", server, got, medium)
		}
	}
}

func TestBuilderFirstErrorSticks(t *testing.T) {
	b := Builder{Packet: &layeh.Packet{}}
	b.Text(1, strings.Repeat("x", 254))
	b.Text(2, strings.Repeat("x", 300))
	if b.Err() == nil || !strings.Contains(b.Err().Error(), "attribute 1 has 254") {
		t.Errorf("got %v, want the error of attribute 1", b.Err())
	}
	if len(b.Packet.Attributes) != 0 {
		t.Errorf("got %d attributes, want none", len(b.Packet.Attributes))
	}
	b.Text(3, "")
	if b.Packet.Get(3) != nil {
		t.Error("an empty attribute was added")
	}
}
