package sim

import (
	"testing"
	"time"

	"lacd/pppoe/wire"
)

// No more clients dial at once than the window has room for.
func TestWindow(t *testing.T) {
	a := newAC(t, Config{Number: 3, Window: 2, UpAt: Proven, Redial: true, Backoff: time.Minute, BackoffMax: time.Minute})
	a.want("PADI", "PADI")
	a.pado(0, 1)
	a.want("PADR")
	a.send(0, wire.PADS, 0, wire.AppendTag(uniq(0, 1), wire.ACSystemError, nil))
	a.wait(time.Millisecond)
	a.want("PADI") // the third has its turn
	for range 300 {
		a.wait(time.Second)
		if n := a.crowd.Dialling(); n > 2 {
			t.Fatalf("%d are dialling, want 2 at most", n)
		}
	}
	if n := a.crowd.Stats().Attempted; n < 6 {
		t.Errorf("%d set-ups in five minutes", n)
	}
}

// Who was held up does not dial faster than the rate afterwards, but for a moment.
func TestRateAfterPause(t *testing.T) {
	a := newAC(t, Config{Number: 1000, Rate: 100, Timeout: time.Hour})
	a.want("PADI")
	a.now = a.now.Add(5 * time.Second) // nobody ran the machine
	a.crowd.Advance(a.now)
	if n := len(a.sent()); n > 3 {
		t.Errorf("%d dialled at once after a pause", n)
	}
}

// The end is paced, and is the end for those that wait as well.
func TestEnd(t *testing.T) {
	a := newAC(t, Config{Number: 100, HangUpRate: 100})
	a.sent()
	for i := range uint32(100) {
		a.pado(i, 1)
		a.pads(i, wire.SessionID(i+1))
	}
	a.sent()
	a.crowd.End(a.now, ByPADT)
	a.crowd.End(a.now, ByPADT)
	if n := len(a.sent()); n == 0 || n > 20 {
		t.Errorf("%d hung up at once", n)
	}
	a.wait(500 * time.Millisecond)
	if n := len(a.sent()); n < 40 || n > 60 {
		t.Errorf("%d hung up in half a second, want 50", n)
	}
	a.wait(time.Second)
	if !a.crowd.Done() || !a.crowd.Settled() || a.crowd.Stats().Failed[Abandoned] != 100 {
		t.Errorf("done: %v, %+v", a.crowd.Done(), a.crowd.Stats().Failed)
	}
	if d := a.crowd.Deadline(); !d.IsZero() {
		t.Errorf("something is due at %v", d)
	}
}

// An ICCN counts for the set-up that it was made for.
func TestConnected(t *testing.T) {
	a := newAC(t, Config{Number: 2, Layout: Layout{First: 70000}, UpAt: Connected})
	a.sent()
	a.crowd.Connected(a.now, tokenOf(70000, 1)) // there is no session
	a.pado(0, 1)
	if a.crowd.Up() != 0 {
		t.Error("up without a session")
	}
}

func TestConnectedOfAnotherSetUp(t *testing.T) {
	a := newAC(t, Config{UpAt: Connected})
	a.sent()
	a.link(chapMD5...)
	for _, token := range []Token{tokenOf(0, 2), tokenOf(1, 1), tokenOf(1<<23, 1)} {
		a.crowd.Connected(a.now, token)
		if a.crowd.Up() != 0 {
			t.Errorf("%x makes it up", token)
		}
	}
	a.crowd.Connected(a.now, tokenOf(0, 1))
	if a.crowd.Up() != 1 {
		t.Error("its own call does not make it up")
	}
}

func TestQuiet(t *testing.T) {
	a := newAC(t, Config{Traffic: Traffic{Rate: 10}})
	a.sent()
	a.open()
	a.wait(time.Second)
	if n := len(a.sent()); n < 9 || n > 11 {
		t.Errorf("%d packets in a second, want 10", n)
	}
	a.crowd.Quiet()
	a.wait(time.Second)
	a.want()
}
