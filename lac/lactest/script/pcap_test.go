package script

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCapture(t *testing.T) {
	c := NewCapture()
	at := time.Unix(1_000_000, 5_000)
	c.Frame(at, []byte{1, 2, 3})
	c.Datagram(at, netip.MustParseAddrPort("192.0.2.1:1701"), netip.MustParseAddrPort("192.0.2.11:4000"), 0x1234, []byte("abc"))
	path := filepath.Join(t.TempDir(), "x.pcap")
	if err := c.Save(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	if le.Uint32(b) != 0xa1b2c3d4 || le.Uint32(b[20:]) != 1 {
		t.Errorf("file header % x", b[:24])
	}
	first, second := b[24:24+16+3], b[24+16+3:]
	if le.Uint32(first) != 1_000_000 || le.Uint32(first[4:]) != 5 || le.Uint32(first[8:]) != 3 || !bytes.Equal(first[16:], []byte{1, 2, 3}) {
		t.Errorf("first record % x", first)
	}
	p := second[16:]
	if len(p) != 45 || sum16(p[14:34]) != 0xffff || be.Uint16(p[34:]) != 1701 || be.Uint16(p[38:]) != 11 || be.Uint16(p[40:]) != 0x1234 {
		t.Errorf("datagram % x", p)
	}

	c = NewCapture()
	c.Datagram(at, netip.MustParseAddrPort("[2001:db8::1]:1701"), netip.MustParseAddrPort("[2001:db8::11]:4000"), 0x1234, []byte("abc"))
	if p = c.buf[24+16:]; len(p) != 14+40+8+3 || p[5] != 0x11 || p[11] != 1 || be.Uint16(p[12:]) != 0x86dd || be.Uint16(p[18:]) != 11 || p[20] != 17 || be.Uint16(p[54:]) != 1701 {
		t.Errorf("datagram over IPv6 % x", p)
	}
}
