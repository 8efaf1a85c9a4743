package trunk

import (
	"net/netip"
	"testing"

	"lacd/lac/l2tp"
	"lacd/policy"
)

func sccrq(id l2tp.TunnelID) []byte {
	return l2tp.AppendMessage(nil, l2tp.Header{}, &l2tp.SCCRQ{Setup: l2tp.Setup{
		Framing: l2tp.FramingSync, HostName: []byte("lns"), TunnelID: id, Window: 4,
	}}, nil)
}

func TestParseSCCRQ(t *testing.T) {
	b := sccrq(7)
	if rq := parseSCCRQ(b, nil); rq == nil || rq.TunnelID != 7 || !isSCCRQ(b) {
		t.Errorf("got %+v, want the SCCRQ", rq)
	}
	for n := range b {
		if rq := parseSCCRQ(b[:n], nil); rq != nil {
			t.Errorf("got an SCCRQ from its first %d octets", n)
		}
	}
	hello := l2tp.AppendMessage(nil, l2tp.Header{}, &l2tp.HELLO{}, nil)
	if parseSCCRQ(hello, nil) != nil || isSCCRQ(hello) {
		t.Error("a HELLO is taken for an SCCRQ")
	}
}

func TestRefuse(t *testing.T) {
	counts := map[string]int{}
	tr := New(Config{Log: quiet, Random: func(b []byte) { clear(b) }, Dropped: func(what string) { counts[what]++ }})
	known, stranger := netip.MustParseAddrPort("192.0.2.1:1701"), netip.MustParseAddrPort("192.0.2.9:1701")
	tr.byHost[known.Addr()] = []*Tunnel{{lns: policy.LNS{Peer: known}}}
	sent := 0
	write := func([]byte) error {
		sent++
		return nil
	}
	for range 20 {
		tr.refuse(crossing{known, sccrq(7), write})
		tr.refuse(crossing{stranger, sccrq(7), write})
	}
	tr.refuse(crossing{known, []byte("no SCCRQ"), write})
	if sent != refusalsPerSecond || counts["l2tp: SCCRQ refused"] != sent {
		t.Errorf("%d refusals, counted %v, want %d", sent, counts, refusalsPerSecond)
	}
	if counts["l2tp: SCCRQ of a stranger"] != 20 || counts["l2tp: SCCRQ not answered"] != 11 {
		t.Errorf("counted %v", counts)
	}
}
