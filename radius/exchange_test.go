package radius

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"

	"lacd/policy"
)

// rig runs an Exchange against virtual time and servers that the test plays.
type rig struct {
	t     *testing.T
	x     *Exchange
	start time.Time
	now   time.Time
	open  map[SocketID]int // server of each open socket
	sends []sending
	ends  map[uint64]string // outcome by ref
	marks []string
}

type sending struct {
	at     time.Duration
	server int
	Send
}

func newRig(t *testing.T, cfg ExchangeConfig, servers ...Server) *rig {
	if cfg.Kind == 0 {
		cfg.Kind = Authentication
	}
	for i := range servers {
		servers[i].Secret = policy.Secret(fmt.Sprintf("secret-%d", i))
		servers[i].RequireSignature = true
	}
	cfg.Servers, cfg.Seed = servers, [32]byte{42}
	start := time.Unix(1_700_000_000, 0)
	return &rig{
		t: t, x: NewExchange(cfg), start: start, now: start,
		open: map[SocketID]int{}, ends: map[uint64]string{},
	}
}

func (r *rig) take() {
	for _, a := range r.x.Take() {
		switch a := a.(type) {
		case Open:
			if _, ok := r.open[a.Socket]; ok {
				r.t.Fatalf("socket %d opened twice", a.Socket)
			}
			r.open[a.Socket] = a.Server
		case Send:
			s, ok := r.open[a.Socket]
			if !ok {
				r.t.Fatalf("sent on socket %d, which is closed", a.Socket)
			}
			r.sends = append(r.sends, sending{r.now.Sub(r.start), s, a})
		case Close:
			delete(r.open, a.Socket)
		case Answered:
			r.end(a.Ref, fmt.Sprintf("%v from %d", a.Reply.Code, a.Server))
		case Failed:
			r.end(a.Ref, fmt.Sprintf("failed: %v", a.Err))
		case Marked:
			r.marks = append(r.marks, fmt.Sprintf("server %d dead=%v", a.Server, a.Dead))
		}
	}
}

func (r *rig) end(ref uint64, what string) {
	if r.ends[ref] != "" {
		r.t.Errorf("request %d ended twice: %s, then %s", ref, r.ends[ref], what)
	}
	r.ends[ref] = what
}

func (r *rig) ask(ref uint64) {
	a := sampleAccess()
	a.User = fmt.Sprint(ref)
	r.x.Ask(r.now, ref, &a)
	r.take()
}

// wait lets time pass, from deadline to deadline.
func (r *rig) wait(d time.Duration) {
	end := r.now.Add(d)
	for still := 0; ; still++ {
		next := r.x.Deadline()
		if next.IsZero() || next.After(end) {
			break
		}
		if next.After(r.now) {
			r.now, still = next, 0
		}
		if still > 1000 {
			r.t.Fatalf("the deadline %v does not move", next.Sub(r.start))
		}
		r.x.Advance(r.now)
		r.take()
	}
	r.now = end
}

// answer lets the server that got s accept it.
func (r *rig) answer(s sending) {
	r.x.Receive(r.now, s.Socket, accepted(s, fmt.Appendf(nil, "secret-%d", s.server)))
	r.take()
}

func accepted(s sending, secret []byte) []byte {
	auth := [16]byte(s.Datagram[4:20])
	b := append([]byte{byte(layeh.CodeAccessAccept), s.Datagram[1], 0, 38}, auth[:]...)
	b = append(b, 80, 18)
	b = append(b, make([]byte, 16)...)
	sum := MessageAuthenticator(b, auth, secret, 22)
	copy(b[22:], sum[:])
	sum = PacketAuthenticator(b, auth, secret)
	copy(b[4:], sum[:])
	return b
}

// times returns the server and rounded instant of every transmission.
func (r *rig) times() []string {
	var all []string
	for _, s := range r.sends {
		all = append(all, fmt.Sprintf("%v to %d", s.at.Round(100*time.Millisecond), s.server))
	}
	return all
}

func TestExchangeAnswered(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{})
	r.ask(1)
	r.wait(time.Second)
	r.answer(r.sends[0])
	if got, want := r.ends[1], "Access-Accept from 0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.wait(time.Minute)
	if len(r.sends) != 1 || r.x.Len() != 0 {
		t.Errorf("got %v and %d requests left, want one transmission", r.times(), r.x.Len())
	}
}

// A silent server gets the same octets on the same socket, with backoff; then
// the next one gets a packet of its own.
func TestExchangeSilence(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{}, Server{})
	r.ask(1)
	r.wait(time.Minute)
	if got, want := r.ends[1], "failed: <nil>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(r.sends) != 6 {
		t.Fatalf("got %v, want three transmissions to each server", r.times())
	}
	for i, s := range r.sends {
		first := r.sends[i/3*3]
		if s.server != i/3 || s.Socket != first.Socket || !bytes.Equal(s.Datagram, first.Datagram) {
			t.Errorf("transmission %d is not a repetition of the first to its server", i)
		}
	}
	if bytes.Equal(r.sends[0].Datagram[4:20], r.sends[3].Datagram[4:20]) {
		t.Error("both servers saw one Request Authenticator")
	}
	// IRT 2 s, doubled, within a tenth of the previous value each.
	rt := []time.Duration{r.sends[1].at, r.sends[2].at - r.sends[1].at, r.sends[3].at - r.sends[2].at}
	within(t, rt[0], 2*time.Second, 200*time.Millisecond)
	within(t, rt[1], 2*rt[0], rt[0]/10)
	within(t, rt[2], 2*rt[1], rt[1]/10)
}

// What is not the genuine answer changes nothing.
func TestExchangeIgnores(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{})
	r.ask(1)
	s := r.sends[0]
	secret := []byte("secret-0")
	forged := accepted(s, []byte("wrong"))
	wrongID := accepted(s, secret)
	wrongID[1]++
	unsigned := append([]byte{2, s.Datagram[1], 0, 20}, s.Datagram[4:20]...)
	sum := PacketAuthenticator(unsigned, [16]byte(s.Datagram[4:20]), secret)
	copy(unsigned[4:], sum[:])
	for _, b := range [][]byte{nil, forged, wrongID, unsigned, accepted(s, secret)[:30]} {
		r.x.Receive(r.now, s.Socket, b)
	}
	r.x.Receive(r.now, s.Socket+1, accepted(s, secret))
	r.take()
	if len(r.ends) != 0 {
		t.Fatalf("got %v, want no end", r.ends)
	}
	want := [NumDrops]uint64{DropShort: 2, DropSignature: 1, DropUnknown: 1, DropUnsigned: 1}
	if d := cmp.Diff(want, r.x.Stats()[0].Dropped); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	r.wait(3 * time.Second)
	if len(r.sends) != 2 {
		t.Errorf("got %v, want the retransmission at its time", r.times())
	}
	r.answer(r.sends[1])
	r.answer(r.sends[1]) // a duplicate
	if got, want := r.ends[1], "Access-Accept from 0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := r.x.Stats()[0].Dropped[DropUnknown]; got != 2 {
		t.Errorf("got %d replies dropped as unknown, want 2", got)
	}
}

// 2000 requests at once: no identifier twice per port, sockets on demand up to
// the bound, the rest waits, and idle sockets are closed.
func TestExchangeManyOutstanding(t *testing.T) {
	r := newRig(t, ExchangeConfig{Sockets: 6}, Server{})
	for ref := range uint64(2000) {
		r.ask(ref)
	}
	type slot struct {
		socket SocketID
		id     byte
	}
	seen := map[slot]bool{}
	for _, s := range r.sends {
		k := slot{s.Socket, s.Datagram[1]}
		if seen[k] {
			t.Fatalf("socket %d has identifier %d twice", s.Socket, s.Datagram[1])
		}
		seen[k] = true
	}
	st := r.x.Stats()[0]
	if len(r.sends) != 6*256 || st.InFlight != 6*256 || st.Waiting != 2000-6*256 || st.Sockets != 6 {
		t.Fatalf("got %d sent, %+v, want 1536 in flight on 6 sockets and 464 waiting", len(r.sends), st)
	}
	for i := 0; i < len(r.sends); i++ { // grows as the waiting ones are sent
		r.answer(r.sends[i])
	}
	if len(r.ends) != 2000 || r.x.Len() != 0 {
		t.Errorf("got %d ends, want 2000", len(r.ends))
	}
	r.wait(2 * time.Minute)
	if len(r.open) != 0 || !r.x.Deadline().IsZero() {
		t.Errorf("got %d open sockets, deadline %v, want none", len(r.open), r.x.Deadline())
	}
}

// One who asks faster than silent servers give up is bounded.
func TestExchangeCrowded(t *testing.T) {
	r := newRig(t, ExchangeConfig{Sockets: 1, Most: 300}, Server{})
	for ref := range uint64(500) {
		r.ask(ref)
	}
	if len(r.ends) != 200 || r.x.Len() != 300 || r.x.Crowded() != 200 {
		t.Errorf("%d requests ended at once, %d wait, %d counted: want 200, 300, 200", len(r.ends), r.x.Len(), r.x.Crowded())
	}
	r.answer(r.sends[0])
	r.ask(500)
	if _, ended := r.ends[500]; ended {
		t.Error("a request was refused although there was room")
	}
}

func TestExchangeUnsendable(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{})
	a := sampleAccess()
	a.Password = make([]byte, 129)
	r.x.Ask(r.now, 1, &a)
	r.take()
	if got, want := r.ends[1], "failed: the password has 129 octets, at most 128 fit"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if st := r.x.Stats()[0]; st.InFlight != 0 || st.Sent != 0 {
		t.Errorf("got %+v, want nothing sent", st)
	}
}

func TestExchangeNoServers(t *testing.T) {
	r := newRig(t, ExchangeConfig{})
	r.ask(1)
	if got, want := r.ends[1], "failed: <nil>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExchangeAbandon(t *testing.T) {
	r := newRig(t, ExchangeConfig{Sockets: 1}, Server{}, Server{})
	for ref := range uint64(300) {
		r.ask(ref)
	}
	r.wait(5 * time.Second)
	r.x.Abandon(r.now)
	r.take()
	if len(r.ends) != 300 || r.x.Len() != 0 {
		t.Errorf("got %d ends, %d left, want 300 and none", len(r.ends), r.x.Len())
	}
}

func TestExchangeDefaults(t *testing.T) {
	x := NewExchange(ExchangeConfig{Kind: Accounting, Servers: make([]Server, MaxServers+1)})
	if x.cfg.GiveUp != 0 || len(x.servers) != MaxServers {
		t.Errorf("got give-up %v, %d servers", x.cfg.GiveUp, len(x.servers))
	}
	if s := x.servers[0]; s.Timeout != 2*time.Second || s.Tries != 3 {
		t.Errorf("got %v, %d tries", s.Timeout, s.Tries)
	}
}

// FuzzExchange plays a server, and somebody who forges its answers. The input
// is steps of what, length, datagram. Every request ends exactly once.
func FuzzExchange(f *testing.F) {
	step := func(what byte, b ...byte) []byte { return append([]byte{what, byte(len(b))}, b...) }
	join := func(steps ...[]byte) (b []byte) {
		for _, s := range steps {
			b = append(b, s...)
		}
		return b
	}
	f.Add(join(step(0), step(2), step(0), step(3, 7), step(1, 2, 0, 0, 20), step(4)))
	f.Add(join(step(0), step(0), step(3, 60), step(2), step(5), step(2)))
	for _, kind := range []byte{0x84, 0xc6} { // 6n: ask first
		f.Add(join(step(kind), step(0), step(2), step(3, 120), step(0), step(5), step(3, 20), step(2), step(0), step(4)))
		f.Add(join(step(kind), step(0), step(0), step(0), step(3, 60), step(5), step(3, 61), step(2), step(0), step(2), step(3, 255), step(0)))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		servers := []Server{{}, {}}
		if len(in) > 0 && in[0]&0x80 != 0 { // probed, and connected to
			servers = []Server{{Priority: 1, Probe: ByStatus, Reliable: in[0]&0x40 != 0}, {Priority: 1, Reliable: true}}
		}
		r := newRig(t, ExchangeConfig{Sockets: 1, Most: 20, NAS: NAS{Identifier: "lac1"}}, servers...)
		asked := uint64(0)
		for len(in) >= 2 {
			what, n := in[0], min(int(in[1]), len(in)-2)
			b := in[2 : 2+n]
			in = in[2+n:]
			switch {
			case what%6 == 0:
				r.ask(asked)
				asked++
			case what%6 == 3 && n > 0:
				r.wait(time.Duration(b[0]) * time.Second)
			case len(r.sends) == 0:
			case what%6 == 1: // any datagram, but with an identifier that may be waited for
				s := r.sends[int(what)%len(r.sends)]
				forged := append([]byte(nil), b...)
				if n > 1 {
					forged[1] = s.Datagram[1]
				}
				r.x.Receive(r.now, s.Socket, forged)
			case what%6 == 2:
				r.answer(r.sends[int(what/6)%len(r.sends)])
			case what%6 == 4: // the right answer with some octets changed
				s := r.sends[len(r.sends)-1]
				a := accepted(s, []byte("secret-0"))
				for i, x := range b {
					a[i*7%len(a)] ^= x
				}
				r.x.Receive(r.now, s.Socket, a)
			case what%6 == 5:
				lost := r.sends[len(r.sends)-1].Socket
				if _, ok := r.open[lost]; !ok {
					continue
				}
				delete(r.open, lost) // its owner has closed it
				r.x.Lost(r.now, lost)
			}
			r.take()
		}
		r.wait(5 * time.Minute)
		if servers[0].Probe == ByStatus {
			clear(r.open) // a server may still be probed, or watched
		}
		if uint64(len(r.ends)) != asked || r.x.Len() != 0 || len(r.open) != 0 {
			t.Errorf("%d requests, %d ended, %d left, %d sockets", asked, len(r.ends), r.x.Len(), len(r.open))
		}
	})
}
