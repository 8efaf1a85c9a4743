package ppp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOpinion(t *testing.T) {
	const ok = acceptable
	tests := []struct {
		o                Option
		plain, multilink verdict
	}{
		{Option{OptMRU, []byte{0x05, 0xd4}}, ok, ok},
		{Option{OptMRU, []byte{0x05, 0xd5}}, nak, nak}, // 1493
		{Option{OptMRU, []byte{0, 67}}, nak, nak},
		{Option{OptMRU, []byte{0, 68}}, ok, ok},
		{Option{OptMRU, []byte{5}}, nak, nak},
		{Option{OptMagic, []byte{0, 0, 0, 1}}, ok, ok},
		{Option{OptMagic, []byte{0, 0, 0, 0}}, nak, nak},
		{Option{OptMagic, []byte{0, 0, 0, 9}}, nak, nak}, // ours
		{Option{OptMagic, nil}, nak, nak},
		{Option{OptAuth, []byte{0xc0, 0x23}}, reject, reject},
		{Option{OptACCM, []byte{0, 0, 0, 0}}, reject, reject},
		{Option{OptQuality, []byte{0xc0, 0x25, 0, 0, 0, 0}}, reject, reject},
		{Option{OptPFC, nil}, reject, reject},
		{Option{OptACFC, nil}, reject, reject},
		{Option{OptFCS, []byte{1}}, reject, reject},
		{Option{OptCallback, []byte{6}}, reject, reject},
		{Option{OptMRRU, []byte{5, 0xdc}}, reject, ok},
		{Option{OptMRRU, []byte{5}}, reject, nak},
		{Option{OptMRRU, []byte{0, 0}}, reject, nak},
		{Option{OptShortSeq, nil}, reject, ok},
		{Option{OptShortSeq, []byte{1}}, reject, reject},
		{Option{OptEndpoint, []byte{0}}, reject, ok},
		{Option{OptEndpoint, nil}, reject, reject},
		{Option{42, nil}, reject, reject},
		{Option{255, nil}, reject, reject},
	}
	for _, tt := range tests {
		for _, multilink := range []bool{false, true} {
			l := NewLink(&Config{Multilink: multilink}, [32]byte{})
			l.ours.magic = 9
			want := tt.plain
			if multilink {
				want = tt.multilink
			}
			if got := l.opinion(tt.o); got != want {
				t.Errorf("%v multilink=%v: got %d, want %d", tt.o, multilink, got, want)
			}
		}
	}
}

func TestMagicOfAPeerThatRejectedOurs(t *testing.T) {
	l := NewLink(&Config{}, [32]byte{})
	l.ours.noMagic = true
	if got := l.opinion(Option{OptMagic, be.AppendUint32(nil, l.ours.magic)}); got != acceptable {
		t.Errorf("got %d, want acceptable: we have no magic number", got)
	}
}

// TestAckIsExact looks at every octet of an Ack, of which the peer is the judge.
func TestAckIsExact(t *testing.T) {
	l := NewLink(&Config{}, [32]byte{})
	l.Start(testTime)
	l.Take()
	l.Receive(testTime, peerRequest)
	want := append([]byte(nil), peerRequest...)
	want[2] = byte(ConfigureAck)
	got := l.Take()
	if diff := cmp.Diff([]Action{Send{want}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProposedMagicDiffers(t *testing.T) {
	l := NewLink(&Config{MaxFailure: 100}, [32]byte{})
	l.Start(testTime)
	l.Take()
	for id := range uint8(3) {
		l.Receive(testTime, Packet{LCP, ConfigureRequest, id, appendOption32(nil, OptMagic, l.ours.magic)}.AppendTo(nil))
		got := sent(l)
		if len(got) != 1 || got[0].Code != ConfigureNak || be.Uint32(got[0].Data[2:]) == l.ours.magic {
			t.Errorf("got %v, want a Nak with another magic number", got)
		}
	}
}
