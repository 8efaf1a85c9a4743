package xdp

import (
	"bytes"
	"testing"

	"lacd/kernel"
)

func TestParseData(t *testing.T) {
	ppp := []byte{0, 0x21, 0x45}
	for _, tt := range []struct {
		name     string
		msg      []byte
		numbered bool
		want     []byte // nil: refused
	}{
		{"least", []byte{0, 2, 0, 7, 0, 9, 0, 0x21, 0x45}, false, ppp},
		{"FF 03", []byte{0, 2, 0, 7, 0, 9, 0xff, 3, 0, 0x21, 0x45}, false, ppp},
		{"all", []byte{0x4b, 2, 0, 19, 0, 7, 0, 9, 0, 1, 0, 2, 0, 1, 0xaa, 0xff, 3, 0, 0x21, 0x45}, true, ppp},
		{"another tunnel", []byte{0, 2, 0, 8, 0, 9, 0, 0x21, 0x45}, false, nil},
		{"control", []byte{0x80, 2, 0, 7, 0, 9, 0, 0x21, 0x45}, false, nil},
		{"version 3", []byte{0, 3, 0, 7, 0, 9, 0, 0x21, 0x45}, false, nil},
		{"no frame", []byte{0, 2, 0, 7, 0, 9}, false, nil},
		{"FF 03 alone", []byte{0, 2, 0, 7, 0, 9, 0xff, 3}, false, nil},
		{"cut in Length", []byte{0x40, 2, 0, 6, 0, 7}, false, nil},
		{"cut in Ns", []byte{8, 2, 0, 7, 0, 9, 0}, false, nil},
		{"offset too far", []byte{2, 2, 0, 7, 0, 9, 0, 9, 1}, false, nil},
		{"empty", nil, false, nil},
	} {
		session, numbered, got, ok := parseData(7, tt.msg)
		if ok != (tt.want != nil) || ok && (session != 9 || numbered != tt.numbered || !bytes.Equal(got, tt.want)) {
			t.Errorf("%s: got session %d, numbered %v, % x, %v", tt.name, session, numbered, got, ok)
		}
	}
}

func FuzzParseData(f *testing.F) {
	f.Add([]byte{0, 2, 0, 7, 0, 9, 0, 0x21, 0x45})
	f.Add([]byte{0x4b, 2, 0, 19, 0, 7, 0, 9, 0, 1, 0, 2, 0, 1, 0xaa, 0xff, 3, 0, 0x21, 0x45})
	f.Fuzz(func(t *testing.T, msg []byte) {
		_, _, ppp, ok := parseData(7, msg)
		if ok && !bytes.HasSuffix(msg, ppp) {
			t.Errorf("% x is not the end of % x", ppp, msg)
		}
	})
}

// A record of a session that has ended is not sent for its successor.
func TestStaleRecord(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	at := r.dp.bridges[b.ID].up
	generation := r.dp.tables.ups[at].Generation
	record := func(generation uint32) []byte {
		rec := native.AppendUint32(native.AppendUint32(nil, at), generation)
		rec = native.AppendUint16(native.AppendUint16(native.AppendUint32(rec, 0), 0), 64)
		return append(rec, packet(int(generation), 64)...)
	}
	if _, err := r.dp.RemoveBridge(t.Context(), b.ID); err != nil {
		t.Fatal(err)
	}
	r.dp.slow.up(record(generation), nil)
	if err := r.dp.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r.dp.slow.up(record(generation), nil)
	next := r.dp.tables.ups[at].Generation
	r.dp.slow.up(record(next)[:40], nil) // cut
	r.dp.slow.up(nil, nil)
	r.dp.slow.up(record(next), nil)
	if got := r.receiveUp(b); !bytes.Equal(got, packet(int(next), 64)) {
		t.Errorf("got % x", got)
	}
}

// Receive takes what is for a bridge of the tunnel and nothing else.
func TestReceive(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	for name, msg := range map[string][]byte{
		"another session": dataMessage(2, kernel.Bridge{Tunnel: b.Tunnel, Session: 1}, 0, 0, packet(1, 50)),
		"control":         {0xc8, 2, 0, 12, 3, 0xe9, 0, 0, 0, 1, 0, 1},
	} {
		if r.dp.Receive(b.Tunnel, msg) {
			t.Errorf("%s was taken", name)
		}
	}
	if r.dp.Receive(b.Tunnel+1, dataMessage(2, b, 0, 0, packet(1, 50))) {
		t.Error("a message of another tunnel was taken")
	}
	if !r.dp.Receive(b.Tunnel, dataMessage(2, b, 0, 0, packet(1, 50))) {
		t.Error("a message of the session was not taken")
	}
	if got := r.receiveDown(b); !bytes.Equal(got, packet(1, 50)) {
		t.Errorf("got % x", got)
	}
	if !r.dp.Receive(b.Tunnel, dataMessage(2, b, 0, 0, packet(1, 1600))) {
		t.Error("a message that is too long was left to others")
	}
	if s, err := r.dp.Stats(); err != nil || s.Refused != 1 {
		t.Errorf("got %+v, %v, want one refused", s, err)
	}
}
