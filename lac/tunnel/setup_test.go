package tunnel

import (
	"testing"

	"lacd/lac/l2tp"
)

func TestSetupTranscripts(t *testing.T) {
	transcripts(t, "setup-*.txt", newConnScene)
}

// TestChallengesDiffer checks that no two setups use the same challenge or tie
// breaker.
func TestChallengesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for i := range 1000 {
		c := Dial(epoch, Config{LocalID: 1, Secret: []byte("s"), Seed: [32]byte{byte(i), byte(i >> 8)}})
		if len(c.challenge) != 16 || len(c.tieBreaker) != 8 {
			t.Fatalf("challenge %x, tie breaker %x", c.challenge, c.tieBreaker)
		}
		if seen[string(c.challenge)] || seen[string(c.tieBreaker)] {
			t.Fatal("repeated")
		}
		seen[string(c.challenge)], seen[string(c.tieBreaker)] = true, true
	}
}

// TestNoSecretNoChallenge checks that a peer without a secret is not asked.
func TestNoSecretNoChallenge(t *testing.T) {
	c := Dial(epoch, Config{LocalID: 1})
	if c.challenge != nil {
		t.Errorf("challenge %x", c.challenge)
	}
}

func TestHostNameIsNeverEmpty(t *testing.T) {
	c := Dial(epoch, Config{LocalID: 1})
	send := c.Take()[0].(Send)
	_, payload, err := l2tp.ParseHeader(send.Datagram)
	if err != nil {
		t.Fatal(err)
	}
	var p l2tp.Parser
	m, err := p.Parse(payload)
	if err != nil {
		t.Fatal(err)
	}
	rq := m.(*l2tp.SCCRQ)
	if string(rq.HostName) != "lacd" || rq.VendorName != nil || rq.Window != 512 {
		t.Errorf("got %q %q %d", rq.HostName, rq.VendorName, rq.Window)
	}
}
