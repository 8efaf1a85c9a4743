package lab

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testMAC = "02:00:00:00:01:0a"

// frame is an Ethernet frame of the subscriber, up or down, followed by PPPoE.
func frame(up bool, etherType uint16, rest string) []byte {
	sub, lac := "\x02\x00\x00\x00\x01\x0a", "\x02\x00\x00\x00\x00\x01"
	if up {
		sub, lac = lac, sub
	}
	b := binary.BigEndian.AppendUint16([]byte(sub+lac), etherType)
	return append(append(b, rest...), make([]byte, 32)...)
}

func TestTimeline(t *testing.T) {
	discovery := func(up bool, code string) []byte { return frame(up, etherDiscovery, "\x11"+code+"\x00\x01\x00\x00") }
	session := func(up bool, ppp string) []byte { return frame(up, etherSession, "\x11\x00\x00\x01\x00\x20"+ppp) }
	ip := func(icmp string) string {
		return "\x00\x21\x45\x00\x00\x54\x00\x00\x00\x00\x40\x01\x00\x00\x0a\x01\x01\x01\x0a\x01\x00\x01" + icmp
	}
	other := frame(true, etherDiscovery, "\x11\x09\x00\x00\x00\x00")
	other[11] = 0x0b
	frames := [][]byte{
		other,
		discovery(true, "\x09"), discovery(true, "\x09"), discovery(false, "\x07"), discovery(true, "\x19"), discovery(false, "\x65"),
		session(false, "\xc0\x21\x01\x01"), session(true, "\xc2\x23\x02\x01"), session(false, "\xc0\x21\x01\x07"),
		session(false, "\xc2\x23\x03\x01"), session(false, "\x80\x21\x02\x01"),
		session(true, ip("\x08\x00")), session(false, ip("\x00\x00")),
	}
	var packets []packet
	begin := time.Unix(1000, 0)
	for i, f := range frames {
		packets = append(packets, packet{begin.Add(time.Duration(i) * time.Millisecond), f})
	}
	got, err := timeline(packets, testMAC)
	want := []Moment{
		{"PADI", 0},
		{"PADO", 2 * time.Millisecond},
		{"PADR", 3 * time.Millisecond},
		{"PADS", 4 * time.Millisecond},
		{"LCP request from the network", 5 * time.Millisecond},
		{"CHAP response", 6 * time.Millisecond},
		{"LCP request from the LNS", 7 * time.Millisecond},
		{"CHAP success", 8 * time.Millisecond},
		{"IPCP address acknowledged", 9 * time.Millisecond},
		{"first ping sent", 10 * time.Millisecond},
		{"first ping answered", 11 * time.Millisecond},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got := formatTimeline(want[:2]); got != "PADI 0.0 ms, PADO 2.0 ms" {
		t.Errorf("got %q", got)
	}
	for _, f := range frames {
		for n := range f {
			if _, err := timeline([]packet{{begin, f[:n]}}, testMAC); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestReadPcap(t *testing.T) {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, make([]byte, 20)...)
	for _, v := range []uint32{7, 500000, 3, 3} {
		b = le.AppendUint32(b, v)
	}
	b = append(b, "abc"...)
	path := filepath.Join(t.TempDir(), "x.pcap")
	for n := range len(b) + 1 {
		if err := os.WriteFile(path, b[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := readPcap(path)
		switch {
		case n < 24 && err == nil:
			t.Errorf("%d octets: want an error", n)
		case n >= 24 && n < len(b) && (err != nil || len(got) != 0):
			t.Errorf("%d octets: got %v, %v, want no packet yet", n, got, err)
		case n == len(b) && (err != nil || len(got) != 1 || string(got[0].data) != "abc" || !got[0].at.Equal(time.Unix(7, 5e8))):
			t.Errorf("got %v, %v", got, err)
		}
	}
}

func TestParseMAC(t *testing.T) {
	if got, err := parseMAC(testMAC); err != nil || got != "\x02\x00\x00\x00\x01\x0a" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := parseMAC("02:00"); err == nil {
		t.Errorf("got %q, want an error", got)
	}
}

func TestValidAddr(t *testing.T) {
	for addr, want := range map[string]bool{"10.1.1.7": true, "10.2.1.7": false, "10.1.0.1": false, "": false, "::1": false} {
		if got := validAddr(addr, lnsN(1)); got != want {
			t.Errorf("%s: got %v, want %v", addr, got, want)
		}
	}
}
