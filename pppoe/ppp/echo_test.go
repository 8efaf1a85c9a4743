package ppp

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEchoReply(t *testing.T) {
	l := linkIn(stateOpened)
	l.ours.magic = 0x11121314
	l.Receive(testTime, []byte{
		0xc0, 0x21, // Protocol
		0x09,       // Code: Echo-Request
		0x05,       // Identifier
		0x00, 0x0a, // Length
		0x0a, 0x0b, 0x0c, 0x0d, // Magic-Number
		0xca, 0xfe, // Data
	})
	want := []byte{
		0xc0, 0x21, // Protocol
		0x0a,       // Code: Echo-Reply
		0x05,       // Identifier
		0x00, 0x0a, // Length
		0x11, 0x12, 0x13, 0x14, // Magic-Number
		0xca, 0xfe, // Data
	}
	if diff := cmp.Diff([]Action{Send{want}}, l.Take()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEchoOff makes sure that no timer runs by default.
func TestEchoOff(t *testing.T) {
	if at := linkIn(stateOpened).Deadline(); !at.IsZero() {
		t.Errorf("Deadline = %v, want none", at)
	}
}

func TestEchoFailures(t *testing.T) {
	l := NewLink(&Config{EchoInterval: time.Second, EchoFailures: 2}, [32]byte{})
	l.state = stateOpened
	l.layerUp(testTime)
	l.Take()
	requests := 0
	for l.state == stateOpened {
		l.Advance(l.Deadline())
		for _, p := range sent(l) {
			if p.Code == EchoRequest {
				requests++
			}
		}
	}
	if requests != 2 || l.reason != EchoTimeout {
		t.Errorf("%d requests, then %v; want 2, then %v", requests, l.reason, EchoTimeout)
	}
}
