package trunk

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"lacd/lac/l2tp"
)

func TestNewID(t *testing.T) {
	next := uint16(0)
	tr := New(Config{Random: func(b []byte) {
		binary.BigEndian.PutUint16(b, next)
		next++
	}})
	tr.byID[1] = &Tunnel{}
	tr.held[2] = time.Now().Add(time.Hour)
	tr.held[3] = time.Now().Add(-time.Second)
	for _, want := range []l2tp.TunnelID{3, 4} {
		if got, err := tr.newID(); got != want || err != nil {
			t.Errorf("got %d, %v, want %d: 0, and those in use or on hold, are not dealt", got, err, want)
		}
	}
	for id := range 60001 {
		tr.byID[l2tp.TunnelID(id)] = nil
	}
	if _, err := tr.newID(); err == nil {
		t.Error("no end of tunnel IDs")
	}
}

// A path belongs to one tunnel at a time.
func TestClaim(t *testing.T) {
	tr := New(Config{})
	local := netip.MustParseAddr("192.0.2.1")
	old, moved := netip.MustParseAddrPort("192.0.2.11:1701"), netip.MustParseAddrPort("192.0.2.11:40000")
	claimed := func(peer netip.AddrPort) *Tunnel {
		pth := path{local, peer}
		tr.paths[pth] = struct{}{}
		return &Tunnel{path: &pth, group: &group{}}
	}
	a := claimed(old)
	if !tr.claim(a, moved) {
		t.Fatal("a free path is refused")
	}
	b := claimed(old) // which a has left
	if tr.claim(b, moved) {
		t.Error("two tunnels have one path")
	}
	own := &Tunnel{group: &group{}}
	if !tr.claim(own, moved) {
		t.Error("a tunnel with a local port of its own cannot move")
	}
	tr.release(a)
	if !tr.claim(b, moved) || len(tr.paths) != 1 {
		t.Errorf("paths %v, want the one of b", tr.paths)
	}
}
