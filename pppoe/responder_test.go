package pppoe

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/pppoe/wire"
)

func TestReceivePADIVerdicts(t *testing.T) {
	anyName := tag(wire.ServiceName, "")
	edit := func(f wire.Frame, fn func(*wire.Frame)) wire.Frame { fn(&f); return f }
	tests := []struct {
		name     string
		services []string
		frame    wire.Frame
		want     Verdict
	}{
		{name: "any service", frame: padi(anyName), want: Answered},
		{name: "some service", frame: padi(tag(wire.ServiceName, "isp")), want: Answered},
		{name: "unknown tag", frame: padi(anyName, tag(0x0999, "x")), want: Answered},
		{name: "any of ours", services: []string{"a", "b"}, frame: padi(anyName), want: Answered},
		{name: "ours", services: []string{"a", "b"}, frame: padi(tag(wire.ServiceName, "b")), want: Answered},
		{name: "not ours", services: []string{"a", "b"}, frame: padi(tag(wire.ServiceName, "c")), want: UnknownService},
		{name: "longer than ours", services: []string{"a"}, frame: padi(tag(wire.ServiceName, "a\x00")), want: UnknownService},
		{name: "only any, asked for any", services: []string{""}, frame: padi(anyName), want: Answered},
		{name: "only anyName, asked by name", services: []string{""}, frame: padi(tag(wire.ServiceName, "a")), want: UnknownService},
		{name: "no Service-Name", frame: padi(tag(wire.HostUniq, "x")), want: ServiceNames},
		{name: "no tags", frame: padi(), want: ServiceNames},
		{name: "two Service-Names", frame: padi(anyName, anyName), want: ServiceNames},
		{name: "second Service-Name behind End-Of-List", frame: padi(anyName, tag(wire.EndOfList, ""), anyName), want: Answered},
		{name: "tag overrun", frame: edit(padi(anyName, tag(wire.HostUniq, "xy")), func(f *wire.Frame) { f.Payload = f.Payload[:9] }), want: Malformed},
		{name: "half a tag", frame: edit(padi(anyName), func(f *wire.Frame) { f.Payload = append(f.Payload, 1, 3, 0) }), want: Malformed},
		{name: "unicast to us", frame: edit(padi(anyName), func(f *wire.Frame) { f.Dst = ac }), want: NotBroadcast},
		{name: "multicast", frame: edit(padi(anyName), func(f *wire.Frame) { f.Dst = wire.MAC{1} }), want: NotBroadcast},
		{name: "unicast to another", frame: edit(padi(anyName), func(f *wire.Frame) { f.Dst = other }), want: Ignored},
		{name: "SESSION_ID", frame: edit(padi(anyName), func(f *wire.Frame) { f.SessionID = 1 }), want: BadSessionID},
		{name: "from a group", frame: edit(padi(anyName), func(f *wire.Frame) { f.Src = wire.Broadcast }), want: BadSource},
		{name: "from nobody", frame: edit(padi(anyName), func(f *wire.Frame) { f.Src = wire.MAC{} }), want: BadSource},
		{name: "from ourselves", frame: edit(padi(anyName), func(f *wire.Frame) { f.Src = ac }), want: BadSource},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config()
			cfg.Services = tt.services
			b, req, v := New(cfg, key).Receive(epoch, &tt.frame, []byte("before"))
			if v != tt.want {
				t.Fatalf("got %v, want %v", v, tt.want)
			}
			if diff := cmp.Diff(Request{}, req); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			b, ok := bytes.CutPrefix(b, []byte("before"))
			if !ok || (len(b) > 0) != (v == Answered) {
				t.Errorf("got reply %x, prefix kept %v", b, ok)
			}
		})
	}
}

func TestReceivePADRVerdicts(t *testing.T) {
	cfg := config()
	cfg.Services = []string{"a", "b"}
	r := New(cfg, key)
	cookie := cookieTag(t, r, epoch, padr())
	anyName := tag(wire.ServiceName, "")
	edit := func(f wire.Frame, fn func(*wire.Frame)) wire.Frame { fn(&f); return f }
	tests := []struct {
		name  string
		frame wire.Frame
		want  Verdict
	}{
		{"any service", padr(anyName, cookie), Requested},
		{"ours", padr(tag(wire.ServiceName, "b"), cookie), Requested},
		{"not ours", padr(tag(wire.ServiceName, "c"), cookie), RefusedService},
		{"not ours, without cookie", padr(tag(wire.ServiceName, "c")), RefusedService},
		{"no Service-Name", padr(cookie), ServiceNames},
		{"two Service-Names", padr(anyName, anyName, cookie), ServiceNames},
		{"no cookie", padr(anyName), NoCookie},
		{"empty cookie", padr(anyName, tag(wire.ACCookie, "")), BadCookie},
		{"short cookie", padr(anyName, wire.Tag{Type: wire.ACCookie, Value: cookie.Value[:15]}), BadCookie},
		{"long cookie", padr(anyName, tag(wire.ACCookie, string(cookie.Value)+"x")), BadCookie},
		{"tag overrun behind the cookie", edit(padr(anyName, cookie, anyName), func(f *wire.Frame) { f.Payload[len(f.Payload)-1] = 1 }), Malformed},
		{"broadcast", edit(padr(anyName, cookie), func(f *wire.Frame) { f.Dst = wire.Broadcast }), NotUnicast},
		{"to another", edit(padr(anyName, cookie), func(f *wire.Frame) { f.Dst = other }), Ignored},
		{"SESSION_ID", edit(padr(anyName, cookie), func(f *wire.Frame) { f.SessionID = 7 }), BadSessionID},
		{"from a group", edit(padr(anyName, cookie), func(f *wire.Frame) { f.Src = wire.MAC{1} }), BadSource},
	}
	for _, tt := range tests {
		b, req, v := r.Receive(epoch, &tt.frame, nil)
		if v != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, v, tt.want)
		}
		if (len(b) > 0) != (v == RefusedService) {
			t.Errorf("%s: got reply %x", tt.name, b)
		}
		if (req.Cookie != nil) != (v == Requested) {
			t.Errorf("%s: got request %+v", tt.name, req)
		}
	}
}

func TestReceiveIgnores(t *testing.T) {
	r := New(config(), key)
	for _, c := range []wire.Code{wire.Data, wire.PADO, wire.PADS, wire.PADT, 0x0a, 0x0b, 0x0c, 0xd3, 0xd4} {
		for _, dst := range []wire.MAC{ac, wire.Broadcast} {
			f := padr(tag(wire.ServiceName, ""))
			f.Code, f.Dst, f.SessionID = c, dst, 1
			if b, _, v := r.Receive(epoch, &f, nil); v != Ignored || b != nil {
				t.Errorf("%v to %v: got %v, %x, want %v", c, dst, v, b, Ignored)
			}
		}
	}
	f := padi(tag(wire.ServiceName, ""))
	f.EtherType = wire.SessionData
	if _, _, v := r.Receive(epoch, &f, nil); v != Ignored {
		t.Errorf("session frame: got %v, want %v", v, Ignored)
	}
}

func TestReceiveRequest(t *testing.T) {
	r := New(config(), key)
	line := wire.Line{CircuitID: "n1 eth 1/2:3"}
	cookie := cookieTag(t, r, epoch, padr())
	f := padr(
		tag(wire.VendorSpecific, string(line.AppendTo(nil))),
		tag(wire.ServiceName, "isp"),
		tag(wire.HostUniq, "a\x00b"),
		tag(wire.RelaySessionID, "relay"),
		tag(wire.RelaySessionID, "late"),
		tag(wire.PPPMaxPayload, "\x05\xdc"),
		cookie,
	)
	_, got, v := r.Receive(epoch, &f, nil)
	if v != Requested {
		t.Fatalf("got %v, want %v", v, Requested)
	}
	want := Request{
		Src: host, VLANs: vlans, Service: "isp",
		HostUniq: []byte("a\x00b"), HasHostUniq: true,
		RelayID: []byte("relay"), HasRelayID: true,
		Cookie: cookie.Value, MaxPayload: 1500, Line: &line,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// An access node replaces a line identity made up by the host, or adds its own
// behind it.
func TestReceiveLine(t *testing.T) {
	r := New(config(), key)
	forum := "\x00\x00\x0d\xe9"
	tests := []struct {
		name string
		tags []string
		want string
	}{
		{"none", nil, ""},
		{"one", []string{forum + "\x01\x02n1"}, "n1"},
		{"the last counts", []string{forum + "\x01\x02h1", forum + "\x01\x02n1"}, "n1"},
		{"the last counts, malformed or not", []string{forum + "\x01\x02h1", forum + "\x01\x09n1"}, ""},
		{"another vendor", []string{forum + "\x01\x02n1", "\x00\x00\x00\x09\x01\x02h1"}, "n1"},
		{"vendor cut off", []string{"\x00\x00\x0d"}, ""},
		{"vendor with a high octet", []string{"\x01\x00\x0d\xe9\x01\x02n1"}, ""},
	}
	for _, tt := range tests {
		tags := []wire.Tag{tag(wire.ServiceName, "")}
		for _, v := range tt.tags {
			tags = append(tags, tag(wire.VendorSpecific, v))
		}
		req := request(t, r, tags...)
		if got := req.Line != nil; got != (tt.want != "") {
			t.Errorf("%s: got line %v", tt.name, got)
		} else if got && req.Line.CircuitID != tt.want {
			t.Errorf("%s: got circuit %q, want %q", tt.name, req.Line.CircuitID, tt.want)
		}
	}
}

func TestReceiveLengths(t *testing.T) {
	r := New(config(), key)
	anyName := tag(wire.ServiceName, "")
	opaque := func(n int) string { return strings.Repeat("x", n) }
	line := tag(wire.VendorSpecific, "\x00\x00\x0d\xe9\x01\x02n1")
	tests := []struct {
		name  string
		frame wire.Frame
		want  Verdict
	}{
		// 6 octets of header, 4 of Service-Name, 4 of the other tag's header.
		{"PADI of 1484", padi(anyName, tag(0x0999, opaque(1470))), Answered},
		{"PADI of 1485", padi(anyName, tag(0x0999, opaque(1471))), TooLong},
		{"relay's tag does not count", padi(anyName, tag(0x0999, opaque(1470)), tag(wire.RelaySessionID, opaque(12))), Answered},
		{"access node's tag does not count", padi(anyName, tag(0x0999, opaque(1470)), line), Answered},
		{"another vendor's tag counts", padi(anyName, tag(0x0999, opaque(1470)), tag(wire.VendorSpecific, "\x00\x00\x00\x09")), TooLong},
		// 1494 less Service-Name 4, AC-Name 8, AC-Cookie 20, header of Host-Uniq 4.
		{"PADO that just fits", padi(anyName, tag(wire.HostUniq, opaque(1458))), Answered},
		{"PADO that does not fit", padi(anyName, tag(wire.HostUniq, opaque(1459))), ReplyTooLong},
		{"PADS that just fits", padr(anyName, cookieTag(t, r, epoch, padr()), tag(wire.HostUniq, opaque(1478))), Requested},
		{"PADS that does not fit", padr(anyName, cookieTag(t, r, epoch, padr()), tag(wire.HostUniq, opaque(1479))), ReplyTooLong},
	}
	for _, tt := range tests {
		b, req, v := r.Receive(epoch, &tt.frame, nil)
		if v != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, v, tt.want)
		}
		if v == Requested {
			b = r.AppendPADS(b, &req, 1)
		}
		if want := 14 + 8 + 1500; len(b) > want {
			t.Errorf("%s: reply of %d octets, want %d at most", tt.name, len(b), want)
		}
	}
}

func TestReceiveRefusalTooLong(t *testing.T) {
	cfg := config()
	cfg.Services = []string{"a"}
	r := New(cfg, key)
	for n, want := range map[int]Verdict{1486: RefusedService, 1487: ReplyTooLong} {
		f := padr(tag(wire.ServiceName, "b"), tag(wire.HostUniq, strings.Repeat("x", n)))
		if _, _, v := r.Receive(epoch, &f, nil); v != want {
			t.Errorf("Host-Uniq of %d octets: got %v, want %v", n, v, want)
		}
	}
}

func TestMRU(t *testing.T) {
	tests := []struct {
		name string
		mtu  int
		tag  string // value of PPP-Max-Payload; empty: no tag
		mru  uint16
		echo bool
	}{
		{"no tag", 0, "", 1492, false},
		{"no tag, large port", 1508, "", 1492, false},
		{"1500, large port", 1508, "\x05\xdc", 1500, true},
		{"1500, port of 1504", 1504, "\x05\xdc", 1496, true},
		{"1500, port of 1501", 1501, "\x05\xdc", 1493, true},
		{"1500, standard port", 1500, "\x05\xdc", 1492, false},
		{"1500, port by default", 0, "\x05\xdc", 1492, false},
		{"2000, large port", 1508, "\x07\xd0", 1500, true},
		{"2000, jumbo port", 9000, "\x07\xd0", 2000, true},
		{"65535, largest port", 70000, "\xff\xff", 65527, true},
		{"1400, large port", 1508, "\x05\x78", 1492, true},
		{"1492, large port", 1508, "\x05\xd4", 1492, true},
		{"0, large port", 1508, "\x00\x00", 1492, false},
		{"one octet", 1508, "\x05", 1492, false},
		{"four octets", 1508, "\x00\x00\x05\xdc", 1492, false},
		{"small port", 1400, "\x05\xdc", 1392, false},
		{"absurd port", 1, "", 568, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config()
			cfg.MTU = tt.mtu
			r := New(cfg, key)
			tags := []wire.Tag{tag(wire.ServiceName, "")}
			if tt.tag != "" {
				tags = append(tags, tag(wire.PPPMaxPayload, tt.tag))
			}
			req := request(t, r, tags...)
			if got := r.MRU(req); got != tt.mru {
				t.Errorf("MRU: got %d, want %d", got, tt.mru)
			}
			i := padi(tags...)
			pado, _, _ := r.Receive(epoch, &i, nil)
			for name, b := range map[string][]byte{"PADO": pado, "PADS": r.AppendPADS(nil, req, 1)} {
				_, got := parse(t, b)
				at := slices.IndexFunc(got, func(tag wire.Tag) bool { return tag.Type == wire.PPPMaxPayload })
				if (at >= 0) != tt.echo {
					t.Errorf("%s: got echo %v, want %v", name, at >= 0, tt.echo)
				} else if tt.echo && string(got[at].Value) != tt.tag {
					t.Errorf("%s: got echo %x, want %x", name, got[at].Value, tt.tag)
				}
			}
		})
	}
}

func TestNewDefaults(t *testing.T) {
	r := New(Config{MAC: ac, CookieLife: -time.Second}, key)
	if got, want := string(r.acName), "02:00:5e:00:53:ac"; got != want {
		t.Errorf("AC-Name: got %q, want %q", got, want)
	}
	if r.cfg.MTU != 1500 || r.cfg.CookieLife != 30*time.Second {
		t.Errorf("got MTU %d, cookie life %v", r.cfg.MTU, r.cfg.CookieLife)
	}
}

// storm is the PADI that a home router sends, behind an access node.
func storm() wire.Frame {
	line := wire.Line{CircuitID: "n1 eth 1/2:3"}
	return padi(
		tag(wire.ServiceName, ""),
		tag(wire.HostUniq, "12345678"),
		tag(wire.PPPMaxPayload, "\x05\xdc"),
		tag(wire.VendorSpecific, string(line.AppendTo(nil))),
	)
}

func TestPADIAllocs(t *testing.T) {
	cfg := config()
	cfg.MTU, cfg.Services = 1508, []string{"a", "b"}
	r := New(cfg, key)
	raw := new(storm()).AppendTo(nil)
	buf := make([]byte, 0, 1600)
	n := testing.AllocsPerRun(1000, func() {
		f, err := wire.ParseFrame(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, v := r.Receive(epoch, &f, buf[:0]); v != Answered {
			t.Fatalf("got %v, want %v", v, Answered)
		}
	})
	if n != 0 {
		t.Errorf("got %v allocations for a PADI, want 0", n)
	}
}

func BenchmarkPADI(b *testing.B) {
	cfg := config()
	cfg.Limits = Limits{PADI: 1 << 30, PADIPerHost: 1 << 30} // looked at, never reached
	r := New(cfg, key)
	raw := new(storm()).AppendTo(nil)
	buf := make([]byte, 0, 1600)
	b.ReportAllocs()
	for b.Loop() {
		f, err := wire.ParseFrame(raw)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, v := r.Receive(epoch, &f, buf[:0]); v != Answered {
			b.Fatal(v)
		}
	}
}

func BenchmarkPADR(b *testing.B) {
	r := New(config(), key)
	i := padi(tag(wire.ServiceName, ""))
	cookie := r.cookie.issue(epoch, &i)
	f := padr(tag(wire.ServiceName, "isp"), tag(wire.HostUniq, "12345678"), wire.Tag{Type: wire.ACCookie, Value: cookie})
	buf := make([]byte, 0, 1600)
	b.ReportAllocs()
	for b.Loop() {
		_, req, v := r.Receive(epoch, &f, buf[:0])
		if v != Requested {
			b.Fatal(v)
		}
		r.AppendPADS(buf[:0], &req, 1)
	}
}

func FuzzReceive(f *testing.F) {
	cfg := config()
	cfg.MTU, cfg.Services = 1508, []string{"a", "isp"}
	r := New(cfg, key)
	i := padi(tag(wire.ServiceName, "a"))
	cookie := wire.Tag{Type: wire.ACCookie, Value: slices.Clone(r.cookie.issue(epoch, &i))}
	for _, seed := range []wire.Frame{
		i, storm(),
		padr(tag(wire.ServiceName, "isp"), cookie, tag(wire.HostUniq, ""), tag(wire.RelaySessionID, "r")),
		padr(tag(wire.ServiceName, "isp"), cookie, tag(wire.VendorSpecific, "\x00\x00\x0d\xe9\x01\x02n1")),
		padr(tag(wire.ServiceName, "b"), tag(wire.HostUniq, "u")),
		padr(tag(wire.ServiceName, ""), tag(wire.ACCookie, "forged"), tag(wire.EndOfList, "")),
	} {
		f.Add(seed.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := wire.ParseFrame(b)
		if err != nil {
			return
		}
		reply, req, v := r.Receive(epoch, &frame, nil)
		if v.String() == "unknown" {
			t.Fatalf("got verdict %d", v)
		}
		if v == Requested {
			check(t, &frame, r.AppendPADS(nil, &req, 1))
			check(t, &frame, r.AppendRefusal(nil, &req, wire.ACSystemError, strings.Repeat("é", 200)))
		}
		if (v == Answered || v == RefusedService) != (len(reply) > 0) {
			t.Fatalf("%v with a reply of %d octets", v, len(reply))
		}
		if len(reply) > 0 {
			check(t, &frame, reply)
		}
	})
}

// check checks what every answer to frame has in common.
func check(t *testing.T, frame *wire.Frame, reply []byte) {
	t.Helper()
	f, tags := parse(t, reply)
	if f.Dst != frame.Src || f.Src != ac || f.VLANs != frame.VLANs || f.EtherType != wire.Discovery {
		t.Errorf("got %+v in answer to %+v", f, frame)
	}
	if len(f.Payload) > 1494 {
		t.Errorf("payload of %d octets", len(f.Payload))
	}
	for _, tag := range tags {
		if tag.Type == wire.VendorSpecific {
			t.Errorf("vendor-specific tag %x sent to a host", tag.Value)
		}
	}
}
