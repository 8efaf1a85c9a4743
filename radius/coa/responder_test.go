package coa_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
)

// desk is a Responder whose actions are written down.
type desk struct {
	t    *testing.T
	gate *coa.Gate
	r    *coa.Responder
	now  time.Time
	last []byte // answer
}

func newDesk(t *testing.T) *desk {
	g := coa.NewGate(config())
	return &desk{t: t, gate: g, r: coa.NewResponder(g), now: start}
}

func (d *desk) send(from netip.AddrPort, b []byte) string {
	d.t.Helper()
	q, o := d.gate.Admit(d.now, from, b)
	if o != 0 {
		d.t.Fatalf("not admitted: %v", o)
	}
	d.r.Receive(d.now, 3, q)
	return d.take()
}

// take returns the actions in words.
func (d *desk) take() string {
	var out []string
	for _, a := range d.r.Take() {
		switch a := a.(type) {
		case coa.Execute:
			out = append(out, fmt.Sprintf("execute %d for %s", a.Ticket, a.Client.Name))
		case coa.Send:
			out = append(out, fmt.Sprintf("send %d to %s", a.Answer[0], a.To))
			d.last = a.Answer
			if a.Socket != 3 {
				d.t.Errorf("socket %d, want 3", a.Socket)
			}
		case coa.Settled:
			out = append(out, fmt.Sprintf("%v about %d after %v", a.Outcome(), a.Sessions, a.After))
		case coa.Discarded:
			out = append(out, a.Outcome.String())
		}
	}
	return strings.Join(out, "; ")
}

func (d *desk) check(what, got, want string) {
	d.t.Helper()
	if got != want {
		d.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func (d *desk) wait(w time.Duration) string {
	d.now = d.now.Add(w)
	d.r.Advance(d.now)
	return d.take()
}

func (d *desk) asked(ticket coa.Ticket, parts int) string {
	d.r.Asked(d.now, ticket, parts)
	return d.take()
}

func (d *desk) found(ticket coa.Ticket, n int) string {
	d.r.Found(d.now, ticket, n)
	return d.take()
}

// gone tells that a session of the first request has ended.
func (d *desk) gone() string {
	d.r.Gone(d.now, 1)
	return d.take()
}

func disconnect(id uint8, a ...attr) []byte {
	return coatest.Request(layeh.CodeDisconnectRequest, id, secret, a...)
}

func change(id uint8, a ...attr) []byte {
	return coatest.Request(layeh.CodeCoARequest, id, secret, a...)
}

func TestDisconnectWaitsForAllSessions(t *testing.T) {
	d := newDesk(t)
	d.check("request", d.send(dac, disconnect(1, joe)), "execute 1 for dac")
	d.check("asked", d.asked(1, 2), "")
	d.check("one part", d.found(1, 2), "")
	d.check("one session", d.gone(), "")
	d.check("both of that part", d.gone(), "")
	d.wait(2 * time.Second)
	d.check("the other part", d.found(1, 1), "")
	d.check("the last", d.gone(), "ack about 3 after 2s; send 41 to 192.0.2.31:40000")
}

// A session may end while its part still looks for others.
func TestGoneBeforeFound(t *testing.T) {
	d := newDesk(t)
	d.send(dac, disconnect(1, joe))
	d.asked(1, 1)
	d.check("gone", d.gone(), "")
	d.check("found", d.found(1, 1), "ack about 1 after 0s; send 41 to 192.0.2.31:40000")
}

func TestNoSession(t *testing.T) {
	d := newDesk(t)
	d.send(dac, disconnect(1, joe))
	d.asked(1, 2)
	d.found(1, 0)
	d.check("found none", d.found(1, 0), "nak-503 about 0 after 0s; send 42 to 192.0.2.31:40000")
	d.check("request", d.send(dac, change(2, session, timeout)), "execute 2 for dac")
	d.check("nobody looks", d.asked(2, 0), "nak-503 about 0 after 0s; send 45 to 192.0.2.31:40000")
}

func TestChangeDoesNotWait(t *testing.T) {
	d := newDesk(t)
	d.send(dac, change(1, joe, timeout))
	d.asked(1, 1)
	d.check("found", d.found(1, 2), "ack about 2 after 0s; send 44 to 192.0.2.31:40000")
}

func TestRefusedAtSight(t *testing.T) {
	d := newDesk(t)
	d.check("no identification", d.send(dac, disconnect(1)), "nak-402 about 0 after 0s; send 42 to 192.0.2.31:40000")
	first := d.last
	d.check("again", d.send(dac, disconnect(1)), "send 42 to 192.0.2.31:40000; repeated")
	if !bytes.Equal(first, d.last) {
		t.Errorf("answers differ:\n% x\n% x", first, d.last)
	}
}

func TestDuplicates(t *testing.T) {
	d := newDesk(t)
	b := disconnect(1, joe, coatest.Signature(), proxy)
	d.send(dac, b)
	d.asked(1, 1)
	d.check("while under way", d.send(dac, b), "under-way")
	d.found(1, 1)
	d.gone()
	first := d.last
	d.wait(299 * time.Second)
	d.check("afterwards", d.send(dac, b), "send 41 to 192.0.2.31:40000; repeated")
	if !bytes.Equal(first, d.last) {
		t.Errorf("answers differ:\n% x\n% x", first, d.last)
	}
	other := netip.MustParseAddrPort("192.0.2.31:40001")
	d.check("from another port", d.send(other, b), "execute 2 for dac")
	d.asked(2, 0)
	d.check("same identifier, other attributes", d.send(dac, disconnect(1, joe)), "execute 3 for dac")
	d.asked(3, 0)
	d.check("the first one again", d.send(dac, b), "send 41 to 192.0.2.31:40000; repeated")
	d.wait(time.Second)
	d.check("when the window is over", d.send(dac, b), "execute 4 for dac")
}

// A request from the future must not be let in again when its time has come.
func TestDuplicatesFromTheFuture(t *testing.T) {
	d := newDesk(t)
	b := disconnect(1, session, dated(start.Add(200*time.Second)))
	d.send(dac, b)
	d.asked(1, 0)
	d.wait(499 * time.Second)
	d.check("as long as it is in the window", d.send(dac, b), "send 42 to 192.0.2.31:40000; repeated")
	d.wait(2 * time.Second)
	if _, o := d.gate.Admit(d.now, dac, b); o != coa.Stale {
		t.Errorf("after it: got %v, want stale", o)
	}
}

func TestSessionsThatDoNotEnd(t *testing.T) {
	d := newDesk(t)
	d.send(dac, disconnect(1, joe))
	d.asked(1, 1)
	d.found(1, 2)
	d.gone()
	d.check("in time", d.wait(10*time.Second-1), "")
	d.check("too late", d.wait(1), "nak-504 about 2 after 10s; send 42 to 192.0.2.31:40000")
	d.check("gone after all", d.gone(), "")
	d.check("repeated", d.send(dac, disconnect(1, joe)), "send 42 to 192.0.2.31:40000; repeated")
}

func TestOneRequestAtATimeLooksEverywhere(t *testing.T) {
	d := newDesk(t)
	d.check("first", d.send(dac, disconnect(1, joe)), "execute 1 for dac")
	d.asked(1, 2)
	d.check("second", d.send(dac, change(2, joe, timeout)), "")
	d.check("one that names its session", d.send(dac, change(3, session, timeout)), "execute 3 for dac")
	d.asked(3, 1)
	d.check("its answer", d.found(3, 1), "ack about 1 after 0s; send 44 to 192.0.2.31:40000")
	d.check("first, one part", d.found(1, 1), "")
	d.check("first, all parts", d.found(1, 0), "execute 2 for dac")
	d.check("first, its session", d.gone(), "ack about 1 after 0s; send 41 to 192.0.2.31:40000")
	d.asked(2, 1)
	d.check("second", d.found(2, 0), "nak-503 about 0 after 0s; send 45 to 192.0.2.31:40000")
}

// One that has waited in vain is refused, and not carried out later.
func TestWaitedInVain(t *testing.T) {
	d := newDesk(t)
	d.send(dac, disconnect(1, joe))
	d.asked(1, 1)
	d.wait(time.Second)
	d.send(dac, disconnect(2, joe))
	d.check("first", d.wait(9*time.Second), "nak-506 about 0 after 10s; send 42 to 192.0.2.31:40000")
	d.check("second", d.wait(time.Second), "nak-506 about 0 after 10s; send 42 to 192.0.2.31:40000")
	d.check("the first has looked", d.found(1, 0), "")
	d.check("third", d.send(dac, disconnect(3, joe)), "execute 3 for dac")
}

func TestWaitingIsBounded(t *testing.T) {
	d := newDesk(t)
	d.send(dac, disconnect(0, joe))
	n := 0
	for ; n < 1000; n++ {
		from := netip.AddrPortFrom(dac.Addr(), uint16(1000+n))
		if got := d.send(from, disconnect(1, joe)); got == "crowded" {
			break
		}
	}
	if n != 256 {
		t.Errorf("%d requests wait, want 256", n)
	}
	if got := d.send(dac, disconnect(1, session)); !strings.HasPrefix(got, "execute") {
		t.Errorf("one that names its session: got %q", got)
	}
}

// What is kept is bounded by its octets, and is forgotten in time.
func TestTableIsBounded(t *testing.T) {
	d := newDesk(t)
	big := attr{Type: rfc2865.ProxyState_Type, Value: make([]byte, 253)}
	var a []attr
	for range 15 {
		a = append(a, big)
	}
	n := 0
	for ; n < 10000; n++ {
		from := netip.AddrPortFrom(dac.Addr(), uint16(1000+n))
		if got := d.send(from, disconnect(1, a...)); got == "crowded" {
			break
		}
	}
	if most := 16 << 20 / (15 * 255); n < most/2 || n > most {
		t.Errorf("%d requests are kept, want some less than %d", n, most)
	}
	d.wait(300 * time.Second)
	if !d.r.Deadline().IsZero() {
		t.Errorf("something is left, due %v", d.r.Deadline())
	}
	d.check("afterwards", d.send(dac, disconnect(1, session)), "execute "+fmt.Sprint(n+1)+" for dac")
}

func TestDeadlines(t *testing.T) {
	d := newDesk(t)
	var got []time.Duration
	note := func() { got = append(got, d.r.Deadline().Sub(start)) }
	d.send(dac, disconnect(1, session))
	note()
	d.asked(1, 1)
	d.found(1, 1)
	d.gone()
	note()
	d.now = start.Add(time.Minute)
	d.send(dac, disconnect(2, coatest.Text(rfc2866.AcctSessionID_Type, "x")))
	note()
	if want := []time.Duration{10 * time.Second, 300 * time.Second, 70 * time.Second}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A request costs what it keeps, and its repetition nearly nothing.
func BenchmarkRequest(b *testing.B) {
	g := coa.NewGate(config())
	request := disconnect(1, session, joe, dated(start), coatest.Signature())
	b.Run("admit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Admit(start, dac, request)
		}
	})
	b.Run("refuse", func(b *testing.B) {
		forged := append([]byte(nil), request...)
		forged[4]++
		b.ReportAllocs()
		for b.Loop() {
			g.Admit(start, dac, forged)
		}
	})
	b.Run("settle", func(b *testing.B) {
		b.ReportAllocs()
		r := coa.NewResponder(g)
		now := start
		for n := coa.Ticket(1); b.Loop(); n++ {
			now = now.Add(300 * time.Second) // the one before is forgotten
			q, _ := g.Admit(start, dac, request)
			r.Receive(now, 0, q)
			r.Asked(now, n, 1)
			r.Found(now, n, 1)
			r.Gone(now, n)
			r.Take()
		}
	})
}
