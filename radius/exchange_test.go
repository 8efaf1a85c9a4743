package radius

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
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
		servers[i].Secret = fmt.Appendf(nil, "secret-%d", i)
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
	for {
		next := r.x.Deadline()
		if next.IsZero() || next.After(end) {
			break
		}
		if next.After(r.now) {
			r.now = next
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
	sum := messageAuthenticator(b, auth, secret, 22)
	copy(b[22:], sum[:])
	sum = responseAuthenticator(b, auth, secret)
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
	sum := responseAuthenticator(unsigned, [16]byte(s.Datagram[4:20]), secret)
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

// A dead primary costs the first requests, not every one.
func TestExchangeDeadPrimary(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{}, Server{})
	for ref := range uint64(10) {
		r.ask(ref)
	}
	r.wait(6 * time.Second) // silent for twice the timeout and more
	if d := cmp.Diff([]string{"server 0 dead=true"}, r.marks); d != "" {
		t.Fatalf("-want +got:\n%s", d)
	}
	for _, s := range r.sends {
		if s.server == 1 && len(r.ends) < 10 {
			r.answer(s)
		}
	}
	if len(r.ends) != 10 {
		t.Errorf("got %d answers, want all 10 from the second server: %v", len(r.ends), r.times())
	}
	r.sends = nil
	r.ask(100)
	if d := cmp.Diff([]string{"6s to 1"}, r.times()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	r.answer(r.sends[0])

	// After the pause one request, and only one, tries the primary, once.
	r.wait(time.Minute)
	r.sends = nil
	r.ask(101)
	r.ask(102)
	r.wait(3 * time.Second)
	var servers []int
	for _, s := range r.sends {
		servers = append(servers, s.server)
	}
	// 101 as a probe, 102, then its repetition and 101 at the second server.
	if d := cmp.Diff([]int{0, 1, 1, 1}, servers); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}

	// The answer to a probe revives the primary.
	r.wait(time.Minute)
	r.sends = nil
	r.ask(103)
	r.wait(time.Second)
	r.answer(r.sends[0])
	if got, want := r.ends[103], "Access-Accept from 0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.ask(104)
	if got := r.sends[len(r.sends)-1].server; got != 0 {
		t.Errorf("after revival: asked server %d, want 0", got)
	}
	if got := r.marks[len(r.marks)-1]; got != "server 0 dead=false" {
		t.Errorf("got mark %q, want the revival", got)
	}
}

// With every server dead each is asked once before the request fails.
func TestExchangeAllDead(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{}, Server{})
	r.ask(1)
	r.wait(35 * time.Second)
	if d := cmp.Diff([]string{"server 0 dead=true", "server 1 dead=true"}, r.marks); d != "" {
		t.Fatalf("-want +got:\n%s", d)
	}
	r.sends = nil
	r.ask(2)
	r.wait(5 * time.Second)
	if len(r.sends) != 2 || r.sends[0].server == r.sends[1].server {
		t.Errorf("got %v, want one transmission to each server", r.times())
	}
	if got, want := r.ends[2], "failed: <nil>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An answer of the dead server to a request that went on is not used, but
// shows that the server lives. The identifier stays taken until then.
func TestExchangeLateAnswer(t *testing.T) {
	r := newRig(t, ExchangeConfig{DeadAfter: 1}, Server{}, Server{})
	r.ask(1)
	r.wait(5 * time.Second)
	r.ask(2) // sent to 0 just before it dies
	for len(r.marks) == 0 {
		r.wait(100 * time.Millisecond)
	}
	var moved sending
	for _, s := range r.sends {
		if s.server == 0 && bytes.Contains(s.Datagram, []byte{1, 3, '2'}) {
			moved = s
		}
	}
	if moved.Datagram == nil {
		t.Fatalf("got marks %v, sends %v", r.marks, r.times())
	}
	inFlight := r.x.Stats()[0].InFlight
	r.answer(moved)
	if len(r.ends) != 0 {
		t.Errorf("got %v, want no end", r.ends)
	}
	if d := cmp.Diff([]string{"server 0 dead=true", "server 0 dead=false"}, r.marks); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	st := r.x.Stats()[0]
	if st.Dropped[DropLate] != 1 || st.InFlight != inFlight-1 {
		t.Errorf("got %+v, want one late answer and its identifier free", st)
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

// A request that gets no identifier gives up in time.
func TestExchangeWaitingGivesUp(t *testing.T) {
	r := newRig(t, ExchangeConfig{Sockets: 1, GiveUp: 10 * time.Second}, Server{Tries: 9})
	for ref := range uint64(300) {
		r.ask(ref)
	}
	r.wait(11 * time.Second)
	if len(r.ends) != 300 || r.x.Len() != 0 {
		t.Errorf("got %d ends, want all 300", len(r.ends))
	}
	for _, s := range r.sends {
		if s.at > 10*time.Second {
			t.Errorf("sent at %v", s.at)
		}
	}
}

func TestExchangeLost(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{}, Server{})
	r.ask(1)
	lost := r.sends[0].Socket
	r.x.Lost(r.now, lost)
	delete(r.open, lost)
	r.x.Lost(r.now, lost)
	r.take()
	if d := cmp.Diff([]string{"0s to 0", "0s to 1"}, r.times()); d != "" {
		t.Fatalf("-want +got:\n%s", d)
	}
	r.x.Lost(r.now, r.sends[1].Socket)
	r.take()
	if got, want := r.ends[1], "failed: <nil>"; got != want {
		t.Errorf("got %q, want %q", got, want)
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
