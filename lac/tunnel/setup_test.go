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

// request returns the SCCRQ that a configuration sends.
func request(t *testing.T, cfg Config) *l2tp.SCCRQ {
	t.Helper()
	send := Dial(epoch, cfg).Take()[0].(Send)
	_, payload, err := l2tp.ParseHeader(send.Datagram)
	if err != nil {
		t.Fatal(err)
	}
	var p l2tp.Parser
	m, err := p.Parse(payload)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*l2tp.SCCRQ)
}

func TestNames(t *testing.T) {
	rq := request(t, Config{LocalID: 1})
	if string(rq.HostName) != "lacd" || rq.VendorName != nil || rq.Window != 512 {
		t.Errorf("defaults: got %q %q %d", rq.HostName, rq.VendorName, rq.Window)
	}
	rq = request(t, Config{LocalID: 1, HostName: "bras1", VendorName: "acme", Window: 16})
	if string(rq.HostName) != "bras1" || string(rq.VendorName) != "acme" || rq.Window != 16 {
		t.Errorf("got %q %q %d", rq.HostName, rq.VendorName, rq.Window)
	}
}
