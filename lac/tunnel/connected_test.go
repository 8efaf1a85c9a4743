package tunnel

import (
	"testing"

	"lacd/lac/l2tp"
)

func TestConnectedTranscripts(t *testing.T) {
	transcripts(t, "connected-*.txt", newConnScene)
}

// TestTransmittedBehindALongQueue checks that positions do not wrap around as
// numbers do.
func TestTransmittedBehindALongQueue(t *testing.T) {
	c := NewChannel(ChannelConfig{})
	c.SetPeer(7)
	var positions []uint64
	for range 1 << 17 {
		positions = append(positions, c.position())
		c.Send(epoch, word("m"))
	}
	for sent := range 1000 {
		for i := sent; i < len(positions); i += 9999 {
			if got, want := c.transmitted(positions[i]), i <= sent; got != want {
				t.Fatalf("message %d after %d: transmitted is %v", i, sent, got)
			}
		}
		c.Receive(epoch, l2tp.Header{Nr: uint16(sent + 1)}, nil)
		c.cwnd = 1
		c.Advance(epoch)
	}
}
