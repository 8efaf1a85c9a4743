package pppoe

import (
	"testing"

	"lacd/pppoe/wire"
)

func TestTagging(t *testing.T) {
	c := func(id uint16) wire.VLAN { return wire.VLAN{TPID: wire.CTag, ID: id} }
	s := func(id uint16) wire.VLAN { return wire.VLAN{TPID: wire.STag, ID: id} }
	old := wire.VLAN{TPID: wire.LegacySTag, ID: 100}
	single := Tagging{Outer: Range{100, 199}}
	service := Tagging{TPID: wire.STag, Outer: Range{100, 199}}
	double := Tagging{TPID: wire.STag, Outer: Range{100, 199}, Inner: Range{2, 4094}}
	for name, tc := range map[string]struct {
		how  Tagging
		tags wire.VLANs
		want bool
	}{
		"untagged":                  {Tagging{}, wire.VLANs{}, true},
		"untagged, has a tag":       {Tagging{}, wire.VLANs{c(1)}, false},
		"single, first":             {single, wire.VLANs{c(100)}, true},
		"single, last":              {single, wire.VLANs{c(199)}, true},
		"single, below":             {single, wire.VLANs{c(99)}, false},
		"single, above":             {single, wire.VLANs{c(200)}, false},
		"single, has none":          {single, wire.VLANs{}, false},
		"single, has two":           {single, wire.VLANs{c(100), c(5)}, false},
		"single, is a service tag":  {single, wire.VLANs{s(100)}, false},
		"service":                   {service, wire.VLANs{s(100)}, true},
		"service, is a C-tag":       {service, wire.VLANs{c(100)}, false},
		"service, is an old tag":    {service, wire.VLANs{old}, false},
		"double":                    {double, wire.VLANs{s(150), c(2)}, true},
		"double, outer above":       {double, wire.VLANs{s(200), c(2)}, false},
		"double, inner below":       {double, wire.VLANs{s(150), c(1)}, false},
		"double, has one":           {double, wire.VLANs{s(150)}, false},
		"double, has none":          {double, wire.VLANs{}, false},
		"double, inner service tag": {double, wire.VLANs{s(150), s(2)}, false},
	} {
		if got := tc.how.Has(tc.tags); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

func TestServes(t *testing.T) {
	cfg := config()
	if !New(cfg, key).Serves(vlans) {
		t.Error("without Tagging, tags are not served")
	}
	cfg.Tagging = []Tagging{{}, {Outer: Range{7, 7}}}
	r := New(cfg, key)
	for tags, want := range map[wire.VLANs]bool{
		{}: true, {{TPID: wire.CTag, ID: 7}}: true, {{TPID: wire.CTag, ID: 8}}: false, vlans: false,
	} {
		if got := r.Serves(tags); got != want {
			t.Errorf("tags %v: got %v, want %v", tags, got, want)
		}
	}
}

// Frames with other tags are met with silence, and answers have the tags of the
// question.
func TestReceiveInVLANs(t *testing.T) {
	cfg := config()
	cfg.Tagging = []Tagging{{TPID: wire.STag, Outer: Range{100, 100}, Inner: Range{200, 200}}}
	r := New(cfg, key)
	f := padi(tag(wire.ServiceName, ""))
	b, _, v := r.Receive(epoch, &f, nil)
	if v != Answered {
		t.Fatalf("PADI with served tags: got %v", v)
	}
	if reply, _ := parse(t, b); reply.VLANs != vlans {
		t.Errorf("PADO has tags %v, want %v", reply.VLANs, vlans)
	}
	for _, f := range []wire.Frame{padi(tag(wire.ServiceName, "")), padr(tag(wire.ServiceName, ""), cookieTag(t, r, epoch, padr()))} {
		for _, tags := range []wire.VLANs{{}, {vlans[0]}, {vlans[1]}, {vlans[0], {TPID: wire.CTag, ID: 201}}} {
			f.VLANs = tags
			if b, _, v := r.Receive(epoch, &f, nil); len(b) > 0 || v != UnknownVLAN {
				t.Errorf("%v with tags %v: got %v and %d octets, want silence", f.Code, tags, v, len(b))
			}
		}
	}
}
