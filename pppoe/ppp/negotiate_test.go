package ppp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProxyNeverNil(t *testing.T) {
	p := NewLink(&Config{}, [32]byte{}).Proxy()
	if p.FirstReceived == nil || p.LastSent == nil || p.LastReceived == nil {
		t.Errorf("got %#v, want empty slices", p)
	}
}

func TestProxyIsACopy(t *testing.T) {
	l := NewLink(&Config{Auth: []Protocol{CHAP}}, [32]byte{})
	request := append([]byte(nil), peerRequest...)
	if credentials(l, request, append([]byte(nil), peerResponse...)) == nil {
		t.Fatal("no credentials")
	}
	want := Proxy{peerRequest[6:], append([]byte(nil), l.ours.options()...), peerRequest[6:]}
	clear(request)
	got := l.Proxy()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	clear(got.LastSent)
	clear(got.FirstReceived)
	if diff := cmp.Diff(want, l.Proxy()); diff != "" {
		t.Errorf("after a change (-want +got):\n%s", diff)
	}
}

func TestAfter(t *testing.T) {
	options := []byte{1, 4, 5, 0xd4, 5, 6, 1, 2, 3, 4}
	tests := []struct {
		o    Option
		want int // octets left, -1: not there
	}{
		{Option{OptMRU, []byte{5, 0xd4}}, 6},
		{Option{OptMagic, []byte{1, 2, 3, 4}}, 0},
		{Option{OptMRU, []byte{5, 0xdc}}, -1},
		{Option{OptPFC, nil}, -1},
	}
	for _, tt := range tests {
		rest := after(options, tt.o)
		if got := len(rest); (rest == nil) != (tt.want < 0) || rest != nil && got != tt.want {
			t.Errorf("%v: got %x, want %d octets", tt.o, rest, tt.want)
		}
	}
}

func TestNakNeedsTheCurrentRequest(t *testing.T) {
	l := NewLink(&Config{}, [32]byte{})
	l.Start(testTime)
	l.Take()
	nak := func(id uint8, mru uint16) []byte {
		return Packet{LCP, ConfigureNak, id, appendOption16(nil, OptMRU, mru)}.AppendTo(nil)
	}
	l.Receive(testTime, nak(2, 1400))
	if got := sent(l); got != nil {
		t.Errorf("wrong identifier: got %v", got)
	}
	l.Receive(testTime, nak(1, 1400))
	l.Receive(testTime, nak(1, 1300))
	got := sent(l)
	if len(got) != 1 || got[0].ID != 2 || l.ours.mru != 1400 {
		t.Errorf("got %v, MRU %d, want one request with 1400", got, l.ours.mru)
	}
}
