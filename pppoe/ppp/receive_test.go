package ppp

import (
	"bytes"
	"testing"
)

func TestRejectsFitTheMRU(t *testing.T) {
	l := linkIn(stateOpened)
	for _, mru := range []uint16{68, 100, 1500} {
		l.theirs.mru = mru
		l.Receive(testTime, Packet{LCP, 99, 1, make([]byte, 1480)}.AppendTo(nil))
		l.Receive(testTime, append([]byte{0x80, 0x31}, make([]byte, 1480)...))
		for _, p := range sent(l) {
			want := min(int(mru), 1488)
			if p.Code == ProtocolReject {
				want = min(int(mru), 1486)
			}
			if got := len(p.Data) + 4; got != want {
				t.Errorf("MRU %d: code %d has %d octets, want %d", mru, p.Code, got, want)
			}
		}
	}
}

func TestRejectCopies(t *testing.T) {
	l := linkIn(stateOpened)
	l.Receive(testTime, []byte{0xc0, 0x21, 99, 7, 0, 6, 1, 2, 0xee}) // padded
	l.Receive(testTime, []byte{0x80, 0x31, 1, 2, 3})
	got := sent(l)
	if len(got) != 2 {
		t.Fatalf("got %v, want two rejects", got)
	}
	if want := []byte{99, 7, 0, 6, 1, 2}; got[0].Code != CodeReject || !bytes.Equal(got[0].Data, want) {
		t.Errorf("got code %d %x, want Code-Reject %x", got[0].Code, got[0].Data, want)
	}
	if want := []byte{0x80, 0x31, 1, 2, 3}; got[1].Code != ProtocolReject || !bytes.Equal(got[1].Data, want) {
		t.Errorf("got code %d %x, want Protocol-Reject %x", got[1].Code, got[1].Data, want)
	}
	if got[0].ID == got[1].ID {
		t.Errorf("both have identifier %d", got[0].ID)
	}
}

func TestNoProtocolRejectBeforeOpened(t *testing.T) {
	for s := stateClosing; s < stateOpened; s++ {
		l := linkIn(s)
		l.Receive(testTime, []byte{0x80, 0x31, 1, 2, 3})
		if got := sent(l); got != nil {
			t.Errorf("state %d: got %v, want nothing", s, got)
		}
	}
}

// TestReceiveAllocsNothing is about what a flood could cost.
func TestReceiveAllocsNothing(t *testing.T) {
	l := linkIn(stateOpened)
	discard := Packet{LCP, DiscardRequest, 1, make([]byte, 4)}.AppendTo(nil)
	reply := Packet{LCP, EchoReply, 1, make([]byte, 4)}.AppendTo(nil)
	if n := testing.AllocsPerRun(100, func() {
		l.Receive(testTime, discard)
		l.Receive(testTime, reply)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
