package radius

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
)

// codes returns the code of every packet sent to a server.
func (r *rig) codes(server int) (all []layeh.Code) {
	for _, s := range r.sends {
		if s.server == server {
			all = append(all, layeh.Code(s.Datagram[0]))
		}
	}
	return all
}

// While a server is dead it gets Status-Servers, each a new one, and no
// request, also when nobody else is left. Its genuine answer revives it.
func TestProbeByStatus(t *testing.T) {
	r := newRig(t, ExchangeConfig{NAS: NAS{Identifier: "lac1"}}, Server{Probe: ByStatus, Revive: 20 * time.Second})
	r.ask(1)
	r.wait(31 * time.Second)
	if d := cmp.Diff([]string{"server 0 dead=true"}, r.marks); d != "" {
		t.Fatalf("-want +got:\n%s", d)
	}
	died := 14 * time.Second // 2 + 4 + 8, within a tenth each
	var probes []sending
	for _, s := range r.sends {
		if s.Datagram[0] == byte(layeh.CodeStatusServer) {
			t.Errorf("asked at %v, want not before the pause is over", s.at)
		}
	}
	r.sends = nil
	r.wait(time.Minute)
	r.ask(2)
	if got, want := r.ends[2], "failed: <nil>"; got != want {
		t.Errorf("with the only server dead: got %q, want %q at once", got, want)
	}
	for _, s := range r.sends {
		if s.Datagram[0] != byte(layeh.CodeStatusServer) {
			t.Fatalf("code %d was sent to a dead server", s.Datagram[0])
		}
		probes = append(probes, s)
	}
	if len(probes) != 3 {
		t.Fatalf("got %v, want a probe every 20s", r.times())
	}
	within(t, probes[0].at, died+20*time.Second, 3*time.Second)
	for i, s := range probes[1:] {
		if got := s.at - probes[i].at; got != 20*time.Second {
			t.Errorf("probe %d came after %v, want 20s", i+1, got)
		}
		if s.Datagram[1] == probes[i].Datagram[1] || [16]byte(s.Datagram[4:20]) == [16]byte(probes[i].Datagram[4:20]) {
			t.Errorf("probe %d repeats the one before it", i+1)
		}
	}
	st := r.x.Stats()[0]
	if st.Probes != uint64(len(probes)) || st.Sent != 3 || st.Answered != 0 {
		t.Errorf("got %+v, want 3 probes beside 3 transmissions", st)
	}
	for n := len(r.sends); len(r.sends) == n; {
		r.wait(time.Second)
	}
	last := r.sends[len(r.sends)-1]
	r.x.Receive(r.now, last.Socket, accepted(last, []byte("wrong")))
	r.take()
	if len(r.marks) != 1 {
		t.Fatalf("a forged answer revived the server")
	}
	r.answer(last)
	r.take()
	if got := r.marks[len(r.marks)-1]; len(r.marks) != 2 || got != "server 0 dead=false" {
		t.Errorf("got marks %v, want the revival", r.marks)
	}
	if st := r.x.Stats()[0]; st.Answered != 0 || st.ProbesHeard != 1 || len(r.ends) != 2 {
		t.Errorf("got %+v, ends %v: the probe's answer is no request's", st, r.ends)
	}
	r.sends = nil
	r.ask(3)
	if d := cmp.Diff([]layeh.Code{layeh.CodeAccessRequest}, r.codes(0)); d != "" {
		t.Errorf("after the revival: -want +got:\n%s", d)
	}
}

// Off by default: a live server, and one probed by requests, never sees one.
func TestNoStatusUnasked(t *testing.T) {
	r := newRig(t, ExchangeConfig{NAS: NAS{Identifier: "lac1"}}, Server{}, Server{Probe: ByStatus})
	r.ask(1)
	r.wait(10 * time.Minute)
	for _, s := range r.sends {
		if s.server == 0 && s.Datagram[0] == byte(layeh.CodeStatusServer) {
			t.Error("a Status-Server was sent to a server that is probed by requests")
		}
	}
	r2 := newRig(t, ExchangeConfig{NAS: NAS{Identifier: "lac1"}}, Server{Probe: ByStatus})
	r2.ask(1)
	r2.answer(r2.sends[0])
	r2.wait(10 * time.Minute)
	if len(r2.sends) != 1 {
		t.Errorf("got %v, want nothing sent to a server that lives", r2.times())
	}
}

// A request over a connection is sent once. Nothing else happens until its time
// is over.
func TestReliableIsNotResent(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{Reliable: true, Tries: 5}, Server{})
	r.ask(1)
	r.wait(10 * time.Second)
	if d := cmp.Diff([]string{"0s to 0", "10s to 1"}, r.times()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if st := r.x.Stats()[0]; st.Timeouts != 1 || st.Resent != 0 || st.Dead {
		t.Errorf("got %+v, want one timeout", st)
	}
}

// Three of them, with nothing heard in between, make the server dead, and its
// connections are given up.
func TestReliableDies(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{Reliable: true}, Server{})
	for ref := range uint64(10) {
		r.ask(ref)
	}
	r.wait(10 * time.Second)
	if d := cmp.Diff([]string{"server 0 dead=true"}, r.marks); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for id, server := range r.open {
		if server == 0 {
			t.Errorf("connection %d to the dead server is open", id)
		}
	}
	n := 0
	for _, s := range r.sends {
		if s.server == 1 {
			n++
			r.answer(s)
		}
	}
	if n != 10 || len(r.ends) != 10 {
		t.Errorf("%d requests moved on, %d ended, want 10", n, len(r.ends))
	}
}

// Where no connection can be made the server is dead at once; it is tried again
// after a second, then ever less often, by one request each time.
func TestReliableUnreachable(t *testing.T) {
	r := newRig(t, ExchangeConfig{Revive: 5 * time.Second}, Server{Reliable: true}, Server{})
	lose := func() {
		for id, server := range r.open {
			if server == 0 {
				delete(r.open, id)
				r.x.Lost(r.now, id)
				r.take()
			}
		}
	}
	var tried []time.Duration
	ref := uint64(0)
	for r.now.Sub(r.start) < 20*time.Second {
		r.ask(ref)
		ref++
		for _, s := range r.sends {
			if s.server == 0 {
				tried = append(tried, s.at)
			} else {
				r.answer(s)
			}
		}
		r.sends = nil
		lose()
		for _, s := range r.sends {
			r.answer(s)
		}
		r.sends = nil
		r.wait(500 * time.Millisecond)
	}
	s := time.Second
	if d := cmp.Diff([]time.Duration{0, s, 3 * s, 7 * s, 12 * s, 17 * s}, tried); d != "" {
		t.Errorf("connected at: -want +got:\n%s", d)
	}
	if len(r.marks) != 1 {
		t.Errorf("got marks %v, want one death", r.marks)
	}
	if st := r.x.Stats()[0]; st.Disconnects != 6 {
		t.Errorf("got %d disconnects, want 6", st.Disconnects)
	}
}

// A connection that worked and breaks: with another server its requests go
// there; without one they are sent to the same server once more, no oftener.
func TestReliableBreaks(t *testing.T) {
	for _, tt := range []struct {
		name    string
		servers []Server
		want    []string
		end     string
	}{
		{"two", []Server{{Reliable: true}, {}}, []string{"0s to 0", "0s to 1"}, ""},
		{"one", []Server{{Reliable: true}}, []string{"0s to 0", "0s to 0"}, "failed: <nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, ExchangeConfig{}, tt.servers...)
			prove := func(ref uint64) {
				r.ask(ref)
				r.answer(r.sends[len(r.sends)-1])
				r.sends = nil
			}
			prove(1)
			r.ask(2)
			for range 2 {
				for id, server := range r.open {
					if server == 0 {
						delete(r.open, id)
						r.x.Lost(r.now, id)
						r.take()
						break
					}
				}
			}
			if d := cmp.Diff(tt.want, r.times()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if got := r.ends[2]; got != tt.end {
				t.Errorf("got end %q, want %q", got, tt.end)
			}
		})
	}
}

// A quiet connection is asked about every 30 s, and closed when that is not
// answered. It is not closed for being unused.
func TestWatchdog(t *testing.T) {
	r := newRig(t, ExchangeConfig{NAS: NAS{Identifier: "lac1"}}, Server{Reliable: true, Probe: ByStatus, Timeout: 5 * time.Second})
	r.ask(1)
	r.answer(r.sends[0])
	r.sends = nil
	r.wait(30 * time.Second)
	r.answer(r.sends[0])
	r.wait(2 * time.Minute)
	if len(r.sends) < 2 {
		t.Fatal("the watchdog sleeps")
	}
	if d := cmp.Diff([]string{"30s to 0", "1m0s to 0"}, r.times()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if len(r.open) != 0 {
		t.Errorf("%d connections are open after the unanswered Status-Server", len(r.open))
	}
	if st := r.x.Stats()[0]; st.Probes != 2 || st.ProbesHeard != 1 || st.Dead {
		t.Errorf("got %+v", st)
	}
}

// Without Status-Server an unused connection is closed.
func TestReliableIdle(t *testing.T) {
	r := newRig(t, ExchangeConfig{}, Server{Reliable: true})
	r.ask(1)
	r.answer(r.sends[0])
	r.wait(59 * time.Second)
	if len(r.open) != 1 {
		t.Error("the connection was closed early")
	}
	r.wait(2 * time.Second)
	if len(r.open) != 0 {
		t.Error("the connection stays open")
	}
}
