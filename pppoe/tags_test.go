package pppoe

import (
	"testing"

	"lacd/pppoe/wire"
)

// The first of a repeated tag counts, and an empty value is not an absent one.
func TestTagsRepeated(t *testing.T) {
	r := New(config(), key)
	f := padi(
		tag(wire.HostUniq, ""), tag(wire.HostUniq, "late"),
		tag(wire.RelaySessionID, "relay"), tag(wire.RelaySessionID, "late"),
		tag(wire.PPPMaxPayload, "bad"), tag(wire.PPPMaxPayload, "\x05\xdc"), tag(wire.PPPMaxPayload, "\x07\xd0"),
		tag(wire.ACCookie, "cookie"), tag(wire.ACCookie, "late"),
		tag(wire.ServiceName, "isp"),
	)
	got, v := r.read(&f)
	if v != 0 {
		t.Fatalf("got %v", v)
	}
	if got.hostUniq == nil || len(got.hostUniq) != 0 {
		t.Errorf("Host-Uniq: got %q", got.hostUniq)
	}
	if string(got.relayID) != "relay" || string(got.cookie) != "cookie" || string(got.service) != "isp" {
		t.Errorf("got relay %q, cookie %q, service %q", got.relayID, got.cookie, got.service)
	}
	if got.maxPayload != 1500 {
		t.Errorf("PPP-Max-Payload: got %d, want 1500", got.maxPayload)
	}
	if want := 4 + 5 + 4 + 4; got.added != want {
		t.Errorf("added by agents: got %d, want %d", got.added, want)
	}
}

func TestTagsPrefixes(t *testing.T) {
	r := New(config(), key)
	f := padi(tag(wire.ServiceName, "isp"), tag(wire.HostUniq, "u"))
	whole := f.Payload
	for n := range whole {
		f.Payload = whole[:n]
		want := Malformed
		switch n {
		case 0:
			want = ServiceNames
		case 7:
			want = 0
		}
		if _, v := r.read(&f); v != want {
			t.Errorf("first %d octets: got %v, want %v", n, v, want)
		}
	}
}
