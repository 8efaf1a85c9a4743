package pppoe

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"lacd/pppoe/wire"
)

func TestPADOGolden(t *testing.T) {
	cfg := config()
	cfg.MTU, cfg.Services = 1508, []string{"a", "b"}
	r := New(cfg, key)
	f := padi(
		tag(wire.ServiceName, "b"),
		tag(0x0999, "unknown"),
		tag(wire.HostUniq, "u\x00"),
		tag(wire.RelaySessionID, "r"),
		tag(wire.VendorSpecific, "\x00\x00\x0d\xe9\x01\x02n1"),
		tag(wire.PPPMaxPayload, "\x05\xdc"),
	)
	cookie := slices.Clone(r.cookie.issue(epoch, &f))
	want := slices.Concat([]byte{
		0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // DESTINATION_ADDR
		0x02, 0x00, 0x5e, 0x00, 0x53, 0xac, // SOURCE_ADDR
		0x88, 0xa8, 0x00, 0x64, // outer VLAN
		0x81, 0x00, 0x00, 0xc8, // inner VLAN
		0x88, 0x63, // ETHER_TYPE
		0x11,       // VER, TYPE
		0x07,       // CODE
		0x00, 0x00, // SESSION_ID
		0x00, 0x37, // LENGTH
		0x01, 0x01, 0x00, 0x01, 'b', // Service-Name
		0x01, 0x02, 0x00, 0x04, 'l', 'a', 'c', '1', // AC-Name
		0x01, 0x03, 0x00, 0x02, 'u', 0x00, // Host-Uniq
		0x01, 0x10, 0x00, 0x01, 'r', // Relay-Session-Id
		0x01, 0x20, 0x00, 0x02, 0x05, 0xdc, // PPP-Max-Payload
		0x01, 0x04, 0x00, 0x10, // AC-Cookie
	}, cookie, []byte{
		0x01, 0x01, 0x00, 0x01, 'a', // Service-Name, another one
	})
	got, _, v := r.Receive(epoch, &f, nil)
	if v != Answered {
		t.Fatalf("got %v, want %v", v, Answered)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("PADO (-want +got):\n%s", diff)
	}
}

func TestPADSGolden(t *testing.T) {
	r := New(config(), key)
	req := request(t, r, tag(wire.ServiceName, "isp"), tag(wire.HostUniq, ""),
		tag(wire.VendorSpecific, "\x00\x00\x0d\xe9\x01\x02n1"), tag(wire.PPPMaxPayload, "\x05\xdc"))
	want := []byte{
		0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // DESTINATION_ADDR
		0x02, 0x00, 0x5e, 0x00, 0x53, 0xac, // SOURCE_ADDR
		0x88, 0xa8, 0x00, 0x64, // outer VLAN
		0x81, 0x00, 0x00, 0xc8, // inner VLAN
		0x88, 0x63, // ETHER_TYPE
		0x11,       // VER, TYPE
		0x65,       // CODE
		0xff, 0xfe, // SESSION_ID
		0x00, 0x13, // LENGTH
		0x01, 0x01, 0x00, 0x03, 'i', 's', 'p', // Service-Name
		0x01, 0x02, 0x00, 0x04, 'l', 'a', 'c', '1', // AC-Name
		0x01, 0x03, 0x00, 0x00, // Host-Uniq
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // padding
	}
	if diff := cmp.Diff(want, r.AppendPADS(nil, req, 0xfffe)); diff != "" {
		t.Errorf("PADS (-want +got):\n%s", diff)
	}
}

func TestServiceNameErrorGolden(t *testing.T) {
	cfg := config()
	cfg.Services = []string{"a"}
	f := padr(tag(wire.ServiceName, "b"), tag(wire.HostUniq, "u\x00"), tag(wire.RelaySessionID, "r"))
	f.VLANs = wire.VLANs{}
	want := append([]byte{
		0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // DESTINATION_ADDR
		0x02, 0x00, 0x5e, 0x00, 0x53, 0xac, // SOURCE_ADDR
		0x88, 0x63, // ETHER_TYPE
		0x11,       // VER, TYPE
		0x65,       // CODE
		0x00, 0x00, // SESSION_ID
		0x00, 0x0f, // LENGTH
		0x02, 0x01, 0x00, 0x00, // Service-Name-Error
		0x01, 0x03, 0x00, 0x02, 'u', 0x00, // Host-Uniq
		0x01, 0x10, 0x00, 0x01, 'r', // Relay-Session-Id
	}, make([]byte, 25)...)
	got, _, v := New(cfg, key).Receive(epoch, &f, nil)
	if v != RefusedService {
		t.Fatalf("got %v, want %v", v, RefusedService)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("PADS (-want +got):\n%s", diff)
	}
}

func TestPADTGolden(t *testing.T) {
	header := []byte{
		0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // DESTINATION_ADDR
		0x02, 0x00, 0x5e, 0x00, 0x53, 0xac, // SOURCE_ADDR
		0x81, 0x00, 0x00, 0x07, // VLAN
		0x88, 0x63, // ETHER_TYPE
		0x11,       // VER, TYPE
		0xa7,       // CODE
		0x12, 0x34, // SESSION_ID
	}
	tests := map[string][]byte{
		"":     {0x00, 0x00},
		"gone": {0x00, 0x08, 0x02, 0x03, 0x00, 0x04, 'g', 'o', 'n', 'e'}, // Generic-Error
	}
	for text, rest := range tests {
		want := append(header[:len(header):len(header)], rest...)
		want = append(want, make([]byte, 60-len(want))...)
		got := AppendPADT(nil, ac, host, wire.VLANs{{TPID: wire.CTag, ID: 7}}, 0x1234, text)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("PADT %q (-want +got):\n%s", text, diff)
		}
	}
}

// Appendix A: Host-Uniq and Relay-Session-Id come back unmodified, in errors too.
func TestEchoes(t *testing.T) {
	cfg := config()
	cfg.Services = []string{"a"}
	r := New(cfg, key)
	all := make([]byte, 255)
	for i := range all {
		all[i] = byte(i)
	}
	cookie := cookieTag(t, r, epoch, padr())
	for _, v := range []string{"", "\x00", "\x00\x00\x00\x00\x00\x00\x00\x00", string(all), strings.Repeat("x", 700)} {
		want := []wire.Tag{tag(wire.HostUniq, v), tag(wire.RelaySessionID, v)}
		i := padi(append(want, tag(wire.ServiceName, "a"))...)
		pado, _, _ := r.Receive(epoch, &i, nil)
		bad := padr(append(want, tag(wire.ServiceName, "b"), cookie)...)
		refused, _, _ := r.Receive(epoch, &bad, nil)
		good := padr(append(want, tag(wire.ServiceName, "a"), cookie)...)
		_, req, _ := r.Receive(epoch, &good, nil)
		for name, b := range map[string][]byte{
			"PADO":               pado,
			"Service-Name-Error": refused,
			"PADS":               r.AppendPADS(nil, &req, 1),
			"AC-System-Error":    r.AppendRefusal(nil, &req, wire.ACSystemError, strings.Repeat("t", 300)),
		} {
			f, tags := parse(t, b)
			got := slices.DeleteFunc(tags, func(tag wire.Tag) bool {
				return tag.Type != wire.HostUniq && tag.Type != wire.RelaySessionID
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if f.Dst != host || f.Src != ac || f.VLANs != vlans {
				t.Errorf("%s: to %v from %v in %v", name, f.Dst, f.Src, f.VLANs)
			}
		}
	}
}

func TestPADOServices(t *testing.T) {
	long := strings.Repeat("x", 1000)
	tests := []struct {
		name     string
		services []string
		asked    string
		want     []string
	}{
		{"any name", nil, "isp", []string{"isp"}},
		{"any name, none asked", nil, "", []string{""}},
		{"all of ours", []string{"a", "b"}, "", []string{"", "a", "b"}},
		{"the one asked first", []string{"a", "b", "c"}, "b", []string{"b", "a", "c"}},
		{"those that fit", []string{"a", long, long, "b"}, "a", []string{"a", long, "b"}},
		{"only by no name", []string{""}, "", []string{""}},
	}
	for _, tt := range tests {
		cfg := config()
		cfg.Services = tt.services
		f := padi(tag(wire.ServiceName, tt.asked))
		b, _, v := New(cfg, key).Receive(epoch, &f, nil)
		if v != Answered {
			t.Errorf("%s: got %v, want %v", tt.name, v, Answered)
			continue
		}
		var got []string
		_, tags := parse(t, b)
		for _, tag := range tags {
			if tag.Type == wire.ServiceName {
				got = append(got, string(tag.Value))
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestRefusalText(t *testing.T) {
	r := New(config(), key)
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"plain", "session limit reached", "session limit reached"},
		{"UTF-8", "überlastet", "überlastet"},
		{"controls", "a\x00b\nc\x1b[31m", "a?b?c?[31m"},
		{"not UTF-8", "a\xff\xfeb", "a??b"},
		{"long", strings.Repeat("x", 300), strings.Repeat("x", 255)},
		{"cut between characters", strings.Repeat("x", 254) + "é", strings.Repeat("x", 254)},
	}
	for _, tt := range tests {
		req := request(t, r, tag(wire.ServiceName, ""))
		f, tags := parse(t, r.AppendRefusal(nil, req, wire.GenericError, tt.text))
		if f.Code != wire.PADS || f.SessionID != 0 {
			t.Errorf("%s: got %v, session %d", tt.name, f.Code, f.SessionID)
		}
		if diff := cmp.Diff([]wire.Tag{tag(wire.GenericError, tt.want)}, tags); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// What must be echoed goes before what would be nice to say.
func TestRefusalRoom(t *testing.T) {
	r := New(config(), key)
	req := request(t, r, tag(wire.ServiceName, ""), tag(wire.HostUniq, strings.Repeat("x", 1478)))
	f, tags := parse(t, r.AppendRefusal(nil, req, wire.ACSystemError, strings.Repeat("é", 100)))
	if len(f.Payload) > 1494 || len(tags) != 2 || len(tags[1].Value) != 1478 {
		t.Fatalf("got %d octets in %d tags", len(f.Payload), len(tags))
	}
	if text := tags[0].Value; len(text) != 8 || !utf8.Valid(text) {
		t.Errorf("got text %q, want four characters", text)
	}
}

func BenchmarkAppendPADT(b *testing.B) {
	buf := make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		AppendPADT(buf[:0], ac, host, vlans, 7, "the LNS hung up")
	}
}
