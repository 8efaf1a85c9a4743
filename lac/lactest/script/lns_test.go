package script

import (
	"net/netip"
	"testing"
)

func TestDatagramTo(t *testing.T) {
	ours, six := netip.MustParseAddr("192.0.2.66"), netip.MustParseAddr("2001:db8::1")
	packet := func(first byte, options int, rest string) []byte {
		b := append([]byte{first, 15: 0}, 192, 0, 2, 66)
		return append(append(b, make([]byte, options)...), rest...)
	}
	for _, tt := range []struct {
		name string
		addr netip.Addr
		b    []byte
		want string
		ok   bool
	}{
		{"for us", ours, packet(0x45, 0, "udp"), "udp", true},
		{"with options", ours, packet(0x46, 4, "udp"), "udp", true},
		{"nothing in it", ours, packet(0x45, 0, ""), "", true},
		{"for another", netip.MustParseAddr("192.0.2.21"), packet(0x45, 0, "udp"), "", false},
		{"no header", ours, packet(0x45, 0, "")[:19], "", false},
		{"a header too short", ours, packet(0x44, 0, "udp"), "", false},
		{"a header longer than the packet", ours, packet(0x46, 0, "udp"), "", false},
		{"IPv6", six, []byte("udp"), "udp", true},
	} {
		if got, ok := datagramTo(tt.addr, tt.b); string(got) != tt.want || ok != tt.ok {
			t.Errorf("%s: got %q, %v, want %q, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}
