package radius

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

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
