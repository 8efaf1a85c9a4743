package tunnel

import (
	"testing"

	"lacd/lac/l2tp"
)

func TestReorderBounds(t *testing.T) {
	r := reorder{limit: 512}
	if r.put(l2tp.Header{Ns: 512}, []byte("x"), 512) {
		t.Error("kept a message beyond the window")
	}
	big := make([]byte, 60000)
	kept := 0
	for n := range 511 {
		if r.put(l2tp.Header{Ns: uint16(n + 1)}, big, n+1) {
			kept++
		}
	}
	if r.octets > holdOctets || kept != holdOctets/len(big) {
		t.Errorf("kept %d messages of %d octets", kept, r.octets)
	}
	for n := range kept {
		if _, payload, ok := r.take(uint16(n + 1)); !ok || len(payload) != len(big) {
			t.Fatalf("message %d: %v", n+1, ok)
		}
	}
	if r.octets != 0 {
		t.Errorf("%d octets left", r.octets)
	}
}

func TestReorderCopies(t *testing.T) {
	r := reorder{limit: 4}
	b := []byte("abc")
	r.put(l2tp.Header{Ns: 1, SessionID: 5}, b, 1)
	b[0] = 'x'
	r.put(l2tp.Header{Ns: 1}, []byte("other"), 1)
	h, payload, ok := r.take(1)
	if !ok || string(payload) != "abc" || h.SessionID != 5 {
		t.Errorf("got %v %q %v", h, payload, ok)
	}
	if _, _, ok := r.take(1); ok {
		t.Error("taken twice")
	}
}
