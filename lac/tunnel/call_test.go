package tunnel

import (
	"errors"
	"testing"
	"time"

	"lacd/lac/l2tp"
)

func TestCallTranscripts(t *testing.T) {
	transcripts(t, "call-*.txt", newConnScene)
}

func TestPlaceCallRefused(t *testing.T) {
	c := Accept(epoch, Config{LocalID: 1})
	if _, err := c.PlaceCall(epoch, Call{}); !errors.Is(err, ErrClosed) {
		t.Errorf("LNS role: got %v", err)
	}
	c = Dial(epoch, Config{LocalID: 1})
	for i := range 1<<16 - 1 {
		if _, err := c.PlaceCall(epoch, Call{}); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if _, err := c.PlaceCall(epoch, Call{}); !errors.Is(err, ErrFull) {
		t.Errorf("no id left: got %v", err)
	}
	for id := range l2tp.SessionID(10) {
		c.HangUp(epoch, id+1, l2tp.Result{Code: 1})
	}
	if got := c.Stats(); got.Calls != 1<<16-11 || got.Waiting != got.Calls {
		t.Errorf("got %d calls, %d waiting", got.Calls, got.Waiting)
	}
}

// TestCallIDs checks that IDs are neither sequential nor used again too soon.
func TestCallIDs(t *testing.T) {
	p := newPipe(t, pipeConfig{})
	p.open()
	steps := map[l2tp.SessionID]int{}
	seen := map[l2tp.SessionID]bool{}
	var last l2tp.SessionID
	for range 200 {
		id, err := p.lac.c.PlaceCall(p.now, Call{})
		if err != nil || id == 0 || seen[id] {
			t.Fatalf("id %d: %v", id, err)
		}
		p.run(100 * time.Millisecond) // all within the hold time
		p.lac.c.HangUp(p.now, id, l2tp.Result{Code: 1})
		seen[id] = true
		steps[id-last]++
		last = id
	}
	for step, n := range steps {
		if n > 5 {
			t.Errorf("step %d occurs %d times", step, n)
		}
	}
}

// TestRejectedCallsKeepNoID sends more requests for outgoing calls than there
// are IDs: calls can be placed still.
func TestRejectedCallsKeepNoID(t *testing.T) {
	c := Dial(epoch, Config{LocalID: 1})
	c.state = Established
	for range 1 << 16 {
		c.receiveCall(epoch, l2tp.Header{}, &l2tp.OCRQ{SessionID: 9})
	}
	if _, err := c.PlaceCall(epoch, Call{}); err != nil {
		t.Error(err)
	}
}

// TestUnacknowledgedAnswers checks that a peer cannot make us queue answers
// without end: what it asks for is not answered while it acknowledges nothing.
func TestUnacknowledgedAnswers(t *testing.T) {
	c := Dial(epoch, Config{LocalID: 1})
	c.state = Established
	placed, err := c.PlaceCall(epoch, Call{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range l2tp.SessionID(10_000) {
		c.receiveCall(epoch, l2tp.Header{}, &l2tp.OCRQ{SessionID: i + 1})
		c.receiveCall(epoch, l2tp.Header{}, &l2tp.ICRQ{SessionID: i + 1})
		c.receiveCall(epoch, l2tp.Header{SessionID: i + 1}, &l2tp.ICRP{SessionID: 9})
		c.refuseCall(epoch, l2tp.Header{}, &l2tp.ICRQ{SessionID: i + 1}, l2tp.Result{Code: 2})
	}
	st := c.Stats()
	if n := st.InFlight + st.Queued; n > maxAnswers+2 {
		t.Errorf("%d messages wait for a peer that acknowledges nothing", n)
	}
	if st.Odd[logUnanswered] < 39_000 {
		t.Errorf("%d answers left out were counted", st.Odd[logUnanswered])
	}
	// The calls of our own are hung up still.
	before := len(c.channel.queue)
	c.calls[placed].state = callWaitReply
	c.HangUp(epoch, placed, l2tp.Result{Code: 1})
	if got := len(c.channel.queue) - before; got != 1 {
		t.Errorf("%d messages more after HangUp, want a CDN", got)
	}
}

func TestICCNOfTooLongProxyLCP(t *testing.T) {
	m := iccn(Connect{ProxyLCP: &l2tp.ProxyLCP{LastSent: make([]byte, 1018)}})
	if m.LCP.FirstReceived != nil || m.LCP.LastSent != nil || m.LCP.LastReceived != nil {
		t.Error("some of the three are sent")
	}
	m = iccn(Connect{ProxyLCP: &l2tp.ProxyLCP{}})
	if m.LCP.FirstReceived == nil || m.LCP.LastSent == nil || m.LCP.LastReceived == nil {
		t.Error("empty ones are not sent")
	}
}

// BenchmarkDeadline holds that an idle moment with many calls costs nothing.
func BenchmarkDeadline(b *testing.B) {
	c := Dial(epoch, Config{LocalID: 1, AnswerTimeout: time.Hour})
	c.state = Established
	for range 60000 {
		id, err := c.PlaceCall(epoch, Call{})
		if err != nil {
			b.Fatal(err)
		}
		c.expect(epoch, id, c.calls[id])
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Advance(epoch)
		c.Deadline()
		c.Take()
	}
}
