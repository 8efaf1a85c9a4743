package radius

import (
	"errors"
	"strings"
	"testing"

	layeh "layeh.com/radius"
)

// parsed returns what b has collected.
func parsed(t *testing.T, b *Builder) *layeh.Attributes {
	t.Helper()
	all, err := b.Attributes()
	if err != nil {
		t.Fatal(err)
	}
	attrs, err := layeh.ParseAttributes(all)
	if err != nil {
		t.Fatal(err)
	}
	return &attrs
}

func TestBuilderTaggedText(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"192.0.2.9", "192.0.2.9"},
		{"\x20group", "\x20group"},     // above the tags: data
		{"\x01group", "\x00\x01group"}, // would be read as a tag
		{"\x00\x00group", "\x00\x00\x00group"},
	} {
		var b Builder
		b.TaggedText(82, tt.in)
		if got := string(parsed(t, &b).Get(82)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestBuilderTunnelType(t *testing.T) {
	for server, medium := range map[string]uint32{"192.0.2.9": 1, "2001:db8::9": 2, "lns.example": 1, "::ffff:192.0.2.9": 1} {
		var b Builder
		b.TunnelType(server)
		if got, _ := layeh.Integer(parsed(t, &b).Get(64)); got != 3 {
			t.Errorf("%s: got Tunnel-Type %d, want 3", server, got)
		}
		if got, _ := layeh.Integer(parsed(t, &b).Get(65)); got != medium {
			t.Errorf("%s: got Tunnel-Medium-Type %d, want %d", server, got, medium)
		}
	}
}

func TestBuilderFirstErrorSticks(t *testing.T) {
	var b Builder
	b.Text(1, strings.Repeat("x", 254))
	b.Text(2, strings.Repeat("x", 300))
	got, err := b.Attributes()
	if err == nil || !strings.Contains(err.Error(), "attribute 1 has 254") || len(got) != 0 {
		t.Errorf("got %x, %v, want the error of attribute 1", got, err)
	}
	b.Text(3, "")
	b.Octets(4, nil)
	if got, _ := b.Attributes(); len(got) != 0 {
		t.Errorf("got %x, want no empty attributes", got)
	}
}

// A packet that is too long is not sent (RFC 2865 section 3).
func TestTooLong(t *testing.T) {
	try := Try{Secret: []byte("secret")}
	for _, tt := range []struct {
		attributes int // of 255 octets
		ok         bool
	}{{15, true}, {16, false}} {
		signed, plain := newSigned(layeh.CodeAccessRequest, try), Builder{}
		for range tt.attributes {
			signed.Octets(25, make([]byte, maxValue))
			plain.Octets(25, make([]byte, maxValue))
		}
		b, err := signed.sign(try)
		if (err == nil) != tt.ok || tt.ok && int(b[2])<<8|int(b[3]) != len(b) {
			t.Errorf("%d attributes, signed: got %d octets, %v", tt.attributes, len(b), err)
		}
		attrs, _ := plain.Attributes()
		b, err = AccountingRequest(try, attrs[:255], attrs[255:])
		if (err == nil) != tt.ok || tt.ok && !layeh.IsAuthenticRequest(b, try.Secret) {
			t.Errorf("%d attributes of accounting: got %d octets, %v", tt.attributes, len(b), err)
		}
	}
	if _, err := AccountingRequest(Try{}, nil); !errors.Is(err, errNoSecret) {
		t.Errorf("without a secret: got %v", err)
	}
}
