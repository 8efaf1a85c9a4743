package pppoe

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/pppoe/wire"
)

func TestCookieGolden(t *testing.T) {
	c := newCookies(key, Config{Port: "eth1", CookieLife: 30 * time.Second})
	f := padi()
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte{
		0x00, 0x00, 0x00, 0x00, 0x03, 0x60, 0xaa, 0x2b, // epoch: 1700000010 / 30
		0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // MAC
		0x88, 0xa8, 0x00, 0x64, // outer VLAN
		0x81, 0x00, 0x00, 0xc8, // inner VLAN
		'e', 't', 'h', '1', // port
	})
	if diff := cmp.Diff(h.Sum(nil)[:16], c.issue(epoch, &f)); diff != "" {
		t.Errorf("cookie (-want +got):\n%s", diff)
	}
}

func TestCookieLife(t *testing.T) {
	c := newCookies(key, Config{Port: "eth1", CookieLife: 30 * time.Second})
	f := padi()
	last := epoch.Add(30*time.Second - 1)
	tests := []struct {
		name   string
		issued time.Time
		after  time.Duration
		want   bool
	}{
		{"at once", epoch, 0, true},
		{"made at the start, until the end of the next epoch", epoch, 60*time.Second - 1, true},
		{"made at the start, after it", epoch, 60 * time.Second, false},
		{"made at the end, for a whole life", last, 30 * time.Second, true},
		{"made at the end, after it", last, 30*time.Second + 1, false},
		{"long ago", epoch, 300 * time.Second, false},
		{"from the future", epoch, -1, false},
	}
	for _, tt := range tests {
		cookie := slices.Clone(c.issue(tt.issued, &f))
		if got := c.valid(tt.issued.Add(tt.after), &f, cookie); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCookieForeign(t *testing.T) {
	cfg := config()
	r := New(cfg, key)
	cookie := cookieTag(t, r, epoch, padr())
	try := func(name string, r *Responder, change func(*wire.Frame)) {
		t.Helper()
		f := padr(tag(wire.ServiceName, ""), cookie)
		change(&f)
		if _, _, v := r.Receive(epoch, &f, nil); v != BadCookie {
			t.Errorf("%s: got %v, want %v", name, v, BadCookie)
		}
	}
	try("another host", r, func(f *wire.Frame) { f.Src = other })
	try("another inner VLAN", r, func(f *wire.Frame) { f.VLANs[1].ID++ })
	try("another outer VLAN", r, func(f *wire.Frame) { f.VLANs[0].ID++ })
	try("another TPID", r, func(f *wire.Frame) { f.VLANs[0].TPID = wire.CTag })
	try("no VLAN", r, func(f *wire.Frame) { f.VLANs = wire.VLANs{} })
	try("another key", New(cfg, [32]byte{}), func(*wire.Frame) {})
	cfg.Port = "eth10"
	try("another port", New(cfg, key), func(*wire.Frame) {})
	for i := range cookie.Value {
		for bit := range 8 {
			try("altered", r, func(f *wire.Frame) {
				f.Payload[len(f.Payload)-cookieLen+i] ^= 1 << bit
			})
		}
	}
}

// RFC 2516 section 8: hosts repeat themselves, so nothing is kept for a PADI.
// Cookies of many hosts are good in any order.
func TestCookieStateless(t *testing.T) {
	r := New(config(), key)
	frame := func(i int) wire.Frame {
		f := padi(tag(wire.ServiceName, ""))
		f.Src[4], f.Src[5] = byte(i>>8), byte(i)
		return f
	}
	cookies := make([]wire.Tag, 1000)
	for i := range cookies {
		cookies[i] = cookieTag(t, r, epoch, frame(i))
	}
	for i, cookie := range slices.Backward(cookies) {
		f := frame(i)
		f.Dst, f.Code, f.Payload = ac, wire.PADR, payload(tag(wire.ServiceName, ""), cookie)
		if _, _, v := r.Receive(epoch, &f, nil); v != Requested {
			t.Fatalf("%v: got %v, want %v", f.Src, v, Requested)
		}
	}
}
