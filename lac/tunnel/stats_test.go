package tunnel

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lacd/lac/l2tp"
)

func TestStats(t *testing.T) {
	p := newPipe(t, pipeConfig{delay: 10 * time.Millisecond})
	p.open()
	if _, err := p.lac.c.PlaceCall(p.now, Call{}); err != nil {
		t.Fatal(err)
	}
	p.run(time.Second)
	p.lac.c.log(logNr, "")
	got := p.lac.c.Stats()
	want := Stats{
		State: Established, LocalID: 11, PeerID: 22, Peer: netip.MustParseAddrPort("192.0.2.2:1701"), PeerName: "lns",
		Calls: 1, Window: 32, CWND: 5, SSThresh: 32, Odd: map[string]uint64{logNr: 1},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.IgnoreFields(Stats{}, "RTT")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.RTT < 20*time.Millisecond || got.RTT > 80*time.Millisecond {
		t.Errorf("RTT: got %v", got.RTT)
	}
	p.lac.c.HangUp(p.now, maxKey(p.lac.answered), l2tp.Result{Code: 1})
	if got := p.lac.c.Stats().Calls; got != 0 {
		t.Errorf("%d calls after hanging up", got)
	}
}

func maxKey(m map[l2tp.SessionID]l2tp.SessionID) (id l2tp.SessionID) {
	for k := range m {
		id = max(id, k)
	}
	return id
}
