package client

import (
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"lacd/policy"
	"lacd/radius"
	"lacd/radius/radiustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sharedSecret = "xyzzy5461-which-is-long-enough"

// rig is a client with servers in memory.
type rig struct {
	t       *testing.T
	net     *radiustest.Network
	servers []*radiustest.Server
	c       *Client

	mu      sync.Mutex // guards what follows
	answers []Answer
	at      []time.Time
	changes []string
}

// newRig makes n servers, each for authentication and accounting.
func newRig(t *testing.T, n int, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, net: radiustest.NewNetwork()}
	cfg := Config{NAS: NAS{Identifier: "lac1", IP: netip.MustParseAddr("192.0.2.1")}}
	cfg.ServerChanged = func(server string, kind radius.Kind, dead bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		state := " lives"
		if dead {
			state = " dead"
		}
		if kind == radius.Accounting {
			state += " (acct)"
		}
		r.changes = append(r.changes, server+state)
	}
	for i := range n {
		s := radiustest.New(sharedSecret)
		s.SetUser("nemo", radiustest.User{Password: "arctangent", Reply: []radiustest.Attribute{
			radiustest.L2TP(1, "192.0.2.9", "tunnel-secret").Attribute(),
		}})
		ip := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}).String()
		cfg.Servers = append(cfg.Servers, Server{
			Name: "r" + string(rune('1'+i)), Secret: policy.Secret(sharedSecret), RequireMessageAuthenticator: true,
			Auth: r.net.Add(ip+":1812", s), Acct: r.net.Add(ip+":1813", s),
		})
		r.servers = append(r.servers, s)
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg, r.net, r.answer)
	if err != nil {
		t.Fatal(err)
	}
	r.c = c
	t.Cleanup(func() { _ = c.Close() }) // in the bubble, which would wait for the loop
	return r
}

func (r *rig) answer(a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, a)
	r.at = append(r.at, time.Now())
}

// got returns the answers so far.
func (r *rig) got() []Answer {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Answer(nil), r.answers...)
}

// one waits d and returns the only answer.
func (r *rig) one(d time.Duration) Answer {
	r.t.Helper()
	time.Sleep(d)
	all := r.got()
	if len(all) != 1 {
		r.t.Fatalf("got %d answers after %v, want 1: %+v", len(all), d, all)
	}
	return all[0]
}

func (r *rig) ask(ref uint64) { r.c.Authenticate(ref, access("arctangent")) }

func access(password string) radius.Access {
	return radius.Access{User: "nemo", Protocol: radius.PAP, Password: []byte(password), NASPortID: "eth1:100", AcctSession: "s1"}
}
