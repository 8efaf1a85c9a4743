package pppoe

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/pppoe/wire"
)

func TestRequestClone(t *testing.T) {
	r := New(config(), key)
	f := padr(tag(wire.ServiceName, "isp"), tag(wire.HostUniq, "host"), tag(wire.RelaySessionID, "relay"),
		cookieTag(t, r, epoch, padr()), tag(wire.VendorSpecific, "\x00\x00\x0d\xe9\x01\x02n1"))
	_, req, v := r.Receive(epoch, &f, nil)
	if v != Requested {
		t.Fatalf("got %v, want %v", v, Requested)
	}
	want, clone, sum := r.AppendPADS(nil, &req, 7), req.Clone(), req.Key()
	if diff := cmp.Diff(req, clone); diff != "" {
		t.Errorf("clone (-want +got):\n%s", diff)
	}
	clear(f.Payload)
	if diff := cmp.Diff(want, r.AppendPADS(nil, &clone, 7)); diff != "" {
		t.Errorf("PADS after the frame is gone (-want +got):\n%s", diff)
	}
	if clone.Key() != sum || clone.Service != "isp" || clone.Line.CircuitID != "n1" {
		t.Errorf("clone aliases the frame: %+v", clone)
	}
	if got := (Request{}).Clone(); !cmp.Equal(got, Request{}) {
		t.Errorf("clone of nothing: got %+v", got)
	}
}

func TestRequestKey(t *testing.T) {
	r := New(config(), key)
	base := Request{Src: host, VLANs: vlans, Cookie: []byte("cookie")}
	edit := func(fn func(*Request)) Request { q := base; fn(&q); return q }
	requests := map[string]Request{
		"base":             base,
		"another host":     edit(func(q *Request) { q.Src = other }),
		"another VLAN":     edit(func(q *Request) { q.VLANs[1].ID++ }),
		"another cookie":   edit(func(q *Request) { q.Cookie = []byte("cookif") }),
		"Host-Uniq":        edit(func(q *Request) { q.HostUniq, q.HasHostUniq = []byte("a"), true }),
		"empty Host-Uniq":  edit(func(q *Request) { q.HasHostUniq = true }),
		"relay":            edit(func(q *Request) { q.RelayID, q.HasRelayID = []byte("a"), true }),
		"field boundaries": edit(func(q *Request) { q.Cookie, q.HostUniq, q.HasHostUniq = []byte("cooki"), []byte("e"), true }),
	}
	seen := map[[16]byte]string{}
	for name, q := range requests {
		k := q.Key()
		if was, ok := seen[k]; ok {
			t.Errorf("%s and %s have the same key", name, was)
		}
		seen[k] = name
	}

	// A PADR and its repetition have the same key, in whatever order of tags.
	a := request(t, r, tag(wire.ServiceName, ""), tag(wire.HostUniq, "u"))
	b := request(t, r, tag(wire.HostUniq, "u"), tag(wire.ServiceName, ""))
	if a.Key() != b.Key() {
		t.Error("repeated PADR: keys differ")
	}
}
