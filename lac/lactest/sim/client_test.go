package sim

import (
	"testing"
	"time"

	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// Requests are repeated: discovery ever more slowly, LCP at one pace.
func TestRepetition(t *testing.T) {
	a := newAC(t, Config{Retry: time.Second, Tries: 3, Timeout: time.Minute})
	a.want("PADI")
	for _, d := range []time.Duration{1, 2} {
		a.wait(d*time.Second - time.Millisecond)
		a.want()
		a.wait(time.Millisecond)
		a.want("PADI")
	}
	a.pado(0, 1)
	a.want("PADR")
	a.pads(0, 7)
	a.want("LCP 1 *")
	a.wait(time.Second)
	a.want("LCP 1 *")
	a.wait(time.Second)
	a.want("LCP 1 *")
	a.wait(time.Second)
	a.want("PADT")
	if s := a.crowd.Stats(); s.Failed[NoLCP] != 1 || s.Repeated != 4 || !a.crowd.Done() {
		t.Errorf("failed %v, repeated %d", s.Failed, s.Repeated)
	}
}

// The set-up as a whole has a limit, whatever it waits for.
func TestSetUpTimeout(t *testing.T) {
	for name, tt := range map[string]struct {
		far  func(a *ac)
		want Reason
	}{
		"PADO": {func(*ac) {}, NoPADO},
		"PADS": {func(a *ac) { a.pado(0, 1) }, NoPADS},
		"LCP":  {func(a *ac) { a.pado(0, 1); a.pads(0, 7) }, NoLCP},
		"CHAP": {func(a *ac) { a.link(chapMD5...) }, NoAuth},
		"IPCP": {func(a *ac) { a.link(chapMD5...); a.ppp(ppp.CHAP, ppp.Success, 1) }, NoIPCP},
	} {
		a := newAC(t, Config{Timeout: 20 * time.Second, Tries: 100})
		a.sent()
		tt.far(a)
		a.wait(20*time.Second - time.Millisecond)
		if a.crowd.Stats().Failures() != 0 {
			t.Errorf("%s: failed too early", name)
		}
		a.wait(time.Millisecond)
		if got := a.crowd.Stats().Failed; got[tt.want] != 1 {
			t.Errorf("%s: failed %v", name, got)
		}
	}
}

// A client that fails dials again after ever longer times, with another token.
func TestBackoff(t *testing.T) {
	a := newAC(t, Config{Redial: true, Backoff: time.Second, BackoffMax: 4 * time.Second, Seed: 3})
	a.want("PADI")
	for n, d := range []time.Duration{1, 2, 4, 4, 4} {
		attempt := uint8(n + 1)
		a.pado(0, attempt)
		a.send(0, wire.PADS, 0, wire.AppendTag(uniq(0, attempt), wire.GenericError, nil))
		a.want("PADR")
		a.wait(d*time.Second/2 - time.Millisecond)
		a.want()
		a.wait(d*time.Second/2 + 2*time.Millisecond)
		a.want("PADI")
	}
	if s := a.crowd.Stats(); s.Failed[PADSError] != 5 || s.Attempted != 6 || a.crowd.Settled() {
		t.Errorf("failed %v of %d, settled: %v", s.Failed, s.Attempted, a.crowd.Settled())
	}
}

// A session that was up and is ended by the other side is lost; dialling begins
// anew as if nothing had failed.
func TestLost(t *testing.T) {
	a := newAC(t, Config{Redial: true})
	a.sent()
	a.open()
	a.send(0, wire.PADT, 7, nil)
	if s := a.crowd.Stats(); s.Lost[PADTReceived] != 1 || s.Losses() != 1 || a.crowd.Up() != 0 {
		t.Errorf("lost %v", s.Lost)
	}
	a.send(0, wire.PADT, 7, nil) // nobody's
	a.wait(1001 * time.Millisecond)
	a.want("PADI")
}

func TestHold(t *testing.T) {
	a := newAC(t, Config{Hold: 10 * time.Second, Think: 5 * time.Second, Cycles: 2})
	a.sent()
	a.open()
	a.wait(10 * time.Second)
	a.want("PADT")
	a.wait(5 * time.Second)
	a.want("PADI")
}

// LCP Terminate-Request is repeated, and PADT follows whether it is answered or
// not.
func TestTerminate(t *testing.T) {
	for _, answered := range []bool{true, false} {
		a := newAC(t, Config{Hold: time.Second, HangUp: ByTerminate, Retry: time.Second, Tries: 2})
		a.sent()
		a.open()
		a.wait(time.Second)
		a.want("LCP 5 ")
		if answered {
			a.ppp(ppp.LCP, ppp.TerminateAck, 2)
		} else {
			a.wait(time.Second)
			a.want("LCP 5 ")
			a.wait(time.Second)
		}
		a.want("PADT")
		if s := a.crowd.Stats(); !a.crowd.Done() || s.HungUp != 1 || s.Losses() != 0 {
			t.Errorf("answered %v: done %v, %+v", answered, a.crowd.Done(), s.Lost)
		}
	}
}

func TestSilentHangUp(t *testing.T) {
	a := newAC(t, Config{Hold: time.Second, HangUp: Silently})
	a.sent()
	a.open()
	a.wait(time.Second)
	a.want()
	if !a.crowd.Done() {
		t.Error("not done")
	}
}
