package lac

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/pppoe"
	"lacd/pppoe/wire"
)

func TestLineOf(t *testing.T) {
	mac, tags := wire.MAC{2, 1}, wire.VLANs{sTag(10), cTag(20)}
	for name, tc := range map[string]struct {
		req  pppoe.Request
		want lineID
	}{
		"both IDs":            {pppoe.Request{Src: mac, VLANs: tags, Line: &wire.Line{CircuitID: "c", RemoteID: "r"}}, lineID{circuit: "c", remote: "r"}},
		"circuit ID":          {pppoe.Request{Src: mac, VLANs: tags, Line: &wire.Line{CircuitID: "c"}}, lineID{circuit: "c"}},
		"remote ID":           {pppoe.Request{Src: mac, VLANs: tags, Line: &wire.Line{RemoteID: "r"}}, lineID{remote: "r"}},
		"a tag without an ID": {pppoe.Request{Src: mac, VLANs: tags, Line: &wire.Line{IWF: true}}, lineID{vlans: tags}},
		"VLAN tags":           {pppoe.Request{Src: mac, VLANs: tags}, lineID{vlans: tags}},
		"nothing":             {pppoe.Request{Src: mac}, lineID{mac: mac}},
	} {
		if got := lineOf(&tc.req); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
}

// Whoever comes and goes in whatever order, no limit is exceeded, and nothing is
// remembered in the end.
func TestAdmissionForgets(t *testing.T) {
	for _, cfg := range []Access{
		{MaxSessions: 50},
		{MaxSessions: 50, MaxSessionsPerMAC: 3, MaxSessionsPerVLAN: 4, MaxSessionsPerLine: 2},
		{MaxSessionsPerMAC: 3, Duplicate: RefuseDuplicates},
		{MaxSessionsPerVLAN: 4, Duplicate: ReplaceDuplicates},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		ad := newAdmission(&cfg)
		var inside []place
		for i := range 20_000 {
			if random.IntN(2) == 0 && len(inside) > 0 {
				j := random.IntN(len(inside))
				ad.leave(inside[j])
				inside = append(inside[:j], inside[j+1:]...)
				continue
			}
			in := requestIn{req: pppoe.Request{Src: wire.MAC{2, byte(random.IntN(20))}}}
			if random.IntN(2) == 0 {
				in.req.VLANs = wire.VLANs{cTag(uint16(1 + random.IntN(20)))}
			}
			if p, why, rivals := ad.enter(&in, ref(i)); why == welcome && rivals == nil {
				inside = append(inside, p)
			}
			wantWithin(t, ad, inside)
		}
		for _, p := range inside {
			ad.leave(p)
		}
		if ad.total != 0 || len(ad.macs) != 0 || len(ad.vlans) != 0 || len(ad.lines) != 0 {
			t.Errorf("%+v: %d sessions, %v, %v, %v are remembered", cfg, ad.total, ad.macs, ad.vlans, ad.lines)
		}
	}
}

func wantWithin(t *testing.T, ad *admission, inside []place) {
	t.Helper()
	macs, vlans, lines := map[wire.MAC]int{}, map[wire.VLANs]int{}, map[lineID]int{}
	for _, p := range inside {
		macs[p.mac]++
		vlans[p.vlans]++
		if p.line != nil {
			lines[p.line.id]++
		}
	}
	delete(vlans, wire.VLANs{})
	perLine := ad.cfg.MaxSessionsPerLine
	if ad.cfg.Duplicate != AllowDuplicates {
		perLine = 1
	}
	if limit := ad.most; limit > 0 && len(inside) > limit {
		t.Fatalf("%d sessions on the port, %d may be", len(inside), limit)
	}
	wantAtMost(t, macs, ad.cfg.MaxSessionsPerMAC)
	wantAtMost(t, vlans, ad.cfg.MaxSessionsPerVLAN)
	wantAtMost(t, lines, perLine)
}

func wantAtMost[K comparable](t *testing.T, counts map[K]int, limit int) {
	t.Helper()
	for k, n := range counts {
		if limit > 0 && n > limit {
			t.Fatalf("%d sessions of %v, %d may be", n, k, limit)
		}
	}
}

// The request that came last waits; it comes back once, when the line is free.
func TestOneRequestWaits(t *testing.T) {
	ad := newAdmission(&Access{Duplicate: ReplaceDuplicates})
	ask := func(mac byte) *requestIn {
		return &requestIn{req: pppoe.Request{Src: wire.MAC{2, mac}, Line: &wire.Line{CircuitID: "c"}}}
	}
	p, why, rivals := ad.enter(ask(1), 1)
	if why != welcome || rivals != nil {
		t.Fatalf("the first: got %v, %v", why, rivals)
	}
	for mac := byte(2); mac < 5; mac++ {
		if _, why, rivals := ad.enter(ask(mac), ref(mac)); why != welcome || !cmp.Equal(rivals, []ref{1}) {
			t.Errorf("another: got %v, %v, want the first as its rival", why, rivals)
		}
	}
	next := ad.leave(p)
	if next == nil || next.req.Src != (wire.MAC{2, 4}) {
		t.Fatalf("got %+v back, want the last", next)
	}
	p, _, rivals = ad.enter(next, 9)
	if rivals != nil {
		t.Errorf("the line is not free: %v", rivals)
	}
	if again := ad.leave(p); again != nil {
		t.Errorf("got %+v back as well", again)
	}
	p, _, _ = ad.enter(ask(1), 1)
	ad.enter(ask(2), 2)
	ad.forget()
	if left := ad.leave(p); left != nil {
		t.Errorf("got %+v back after forget", left)
	}
}
