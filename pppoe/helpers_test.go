package pppoe

import (
	"slices"
	"testing"
	"time"

	"lacd/pppoe/wire"
)

var (
	host  = wire.MAC{0x02, 0x00, 0x5e, 0x00, 0x53, 0x01}
	other = wire.MAC{0x02, 0x00, 0x5e, 0x00, 0x53, 0x02}
	ac    = wire.MAC{0x02, 0x00, 0x5e, 0x00, 0x53, 0xac}
	vlans = wire.VLANs{{TPID: wire.STag, ID: 100}, {TPID: wire.CTag, ID: 200}}

	key   = [32]byte{1, 2, 3}
	epoch = time.Unix(1_700_000_010, 0) // the start of an epoch of 30 s
)

func config() Config { return Config{Port: "eth1", MAC: ac, ACName: "lac1"} }

// payload builds tags from pairs of type and value.
func payload(tags ...wire.Tag) (p []byte) {
	for _, t := range tags {
		p = wire.AppendTag(p, t.Type, t.Value)
	}
	return p
}

func tag(t wire.TagType, v string) wire.Tag { return wire.Tag{Type: t, Value: []byte(v)} }

func padi(tags ...wire.Tag) wire.Frame {
	return wire.Frame{
		Dst: wire.Broadcast, Src: host, VLANs: vlans, EtherType: wire.Discovery,
		Code: wire.PADI, Payload: payload(tags...),
	}
}

func padr(tags ...wire.Tag) wire.Frame {
	f := padi(tags...)
	f.Dst, f.Code = ac, wire.PADR
	return f
}

// cookieTag returns the cookie that r gives to the sender of f.
func cookieTag(t *testing.T, r *Responder, now time.Time, f wire.Frame) wire.Tag {
	t.Helper()
	i := padi(tag(wire.ServiceName, ""))
	i.Src, i.VLANs = f.Src, f.VLANs
	b, _, v := r.Receive(now, &i, nil)
	if v != Answered {
		t.Fatalf("PADI: got %v, want %v", v, Answered)
	}
	_, tags := parse(t, b)
	for _, tag := range tags {
		if tag.Type == wire.ACCookie {
			return tag
		}
	}
	t.Fatal("PADO without AC-Cookie")
	return wire.Tag{}
}

// request returns the Request of a valid PADR with tags.
func request(t *testing.T, r *Responder, tags ...wire.Tag) *Request {
	t.Helper()
	f := padr(append(tags, cookieTag(t, r, epoch, padr()))...)
	b, req, v := r.Receive(epoch, &f, nil)
	if v != Requested || b != nil {
		t.Fatalf("PADR: got %v and %d octets, want %v and none", v, len(b), Requested)
	}
	return &req
}

// parse takes a reply apart, which must be one whole Ethernet frame.
func parse(t *testing.T, b []byte) (wire.Frame, []wire.Tag) {
	t.Helper()
	f, err := wire.ParseFrame(b)
	if err != nil {
		t.Fatalf("reply: %v", err)
	}
	if again := f.AppendTo(nil); !slices.Equal(again, b) {
		t.Fatalf("reply: got %x, want %x", b, again)
	}
	var tags []wire.Tag
	for tag, err := range wire.Tags(f.Payload) {
		if err != nil {
			t.Fatalf("tags of reply: %v", err)
		}
		tags = append(tags, tag)
	}
	return f, tags
}
