package conformance

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// lull is how long nothing comes before a burst counts as over.
const lull = 120 * time.Millisecond

// without returns AVPs less those of one number.
func without(avps []script.AVP, t uint16) []script.AVP {
	return slices.DeleteFunc(slices.Clone(avps), func(a script.AVP) bool { return a.Type == t })
}

// instead returns AVPs with others in the place of those of the same number.
func instead(avps []script.AVP, others ...script.AVP) []script.AVP {
	for _, o := range others {
		avps = without(avps, o.Type)
	}
	return append(avps, others...)
}

// stopped takes the StopCCN that must come next, for a peer with the given ID,
// and acknowledges it. An error of -1 stands for any.
func stopped(t *testing.T, lns *script.LNS, tun *script.Tunnel, header, result uint16, code int) *script.Message {
	t.Helper()
	stop := lns.Expect(script.StopCCN)
	if stop.Tunnel != header || stop.Session != 0 {
		t.Errorf("got %v, want tunnel %d and session 0 in the header", stop, header)
	}
	if got, want := stop.U16(9), tun.RQ.U16(9); got != want {
		t.Errorf("StopCCN has Assigned Tunnel ID %d, want %d as in SCCRQ", got, want)
	}
	if r, e, text := stop.Result(); r != result || code >= 0 && int(e) != code {
		t.Errorf("StopCCN %d/%d %q, want %d/%d", r, e, text, result, code)
	}
	_, nr := tun.Numbers()
	if nr == stop.Ns { // addressed to tunnel 0
		ns, _ := tun.Numbers()
		tun.SetNumbers(ns, nr+1)
		tun.Ack()
	}
	return stop
}

// burst counts the messages, repetitions too, until there is a lull.
func burst(lns *script.LNS) int {
	n := 0
	for m := lns.Next(script.Patience); m != nil; m = lns.Next(lull) {
		if m.Type != script.ZLB {
			n++
		}
	}
	return n
}

// acknowledged fails if the gateway does not acknowledge all that was sent
// within a second, before it would be sent again.
func acknowledged(t *testing.T, tun *script.Tunnel) {
	t.Helper()
	begun := time.Now()
	tun.AwaitAck()
	if d := time.Since(begun); d > time.Second {
		t.Errorf("%v: acknowledged after %v, want 1s at most", tun, d)
	}
}

// untouched fails if what was sent last had any effect on the tunnel: the
// gateway says nothing, and acknowledges nothing but what it had before.
func untouched(t *testing.T, lns *script.LNS, tun *script.Tunnel, before uint16) {
	t.Helper()
	for m := lns.Next(lull); m != nil; m = lns.Next(lull) {
		t.Errorf("got %v, want silence", m)
	}
	if got := tun.Acked(); got != before {
		t.Errorf("the gateway's Nr is %d, want %d still", got, before)
	}
}

// gaps returns the time between messages.
func gaps(ms []*script.Message) []time.Duration {
	var d []time.Duration
	for i := 1; i < len(ms); i++ {
		d = append(d, ms[i].At.Sub(ms[i-1].At))
	}
	return d
}

// busy is how much later than due a process on a busy machine may act. What is
// due when, exactly, is asserted in virtual time.
const busy = time.Second

// due fails if a moment came sooner than it should by more than a fifth, or later
// by more than a busy machine explains.
func due(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got < want*8/10 || got > want*12/10+busy {
		t.Errorf("%s after %v, want %v", what, got, want)
	}
}

// spaced fails if messages are not that far apart, counted from the first: one
// that is late makes the next seem early.
func spaced(t *testing.T, ms []*script.Message, want ...time.Duration) {
	t.Helper()
	if got := gaps(ms); len(got) != len(want) {
		t.Fatalf("%d transmissions, %v apart, want %v", len(ms), got, want)
	}
	var sum time.Duration
	for i, d := range want {
		sum += d
		due(t, fmt.Sprintf("transmission %d of %v", i+2, ms[0].Type), ms[i+1].At.Sub(ms[0].At), sum)
	}
	for _, m := range ms {
		if m.Ns != ms[0].Ns || m.Type != ms[0].Type {
			t.Errorf("got %v, want %v again", m, ms[0])
		}
	}
}
