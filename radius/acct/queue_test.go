package acct

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// desk is a queue with what it handed out.
type desk struct {
	t   *testing.T
	q   *Queue
	now time.Time
	out map[string]ID
}

func newDesk(t *testing.T, bound int) *desk {
	return &desk{t: t, q: NewQueue(bound), now: event, out: map[string]ID{}}
}

func (d *desk) push(s Status, session string) {
	d.q.Push(&Record{Status: s, Session: session, EventTime: d.now})
}

// ready returns what is handed out, in order.
func (d *desk) ready() []string {
	var all []string
	for id, r := range d.q.Ready(d.now, 100) {
		name := r.Status.String() + " " + r.Session
		d.out[name] = id
		all = append(all, name)
	}
	return all
}

func (d *desk) want(names ...string) {
	d.t.Helper()
	if diff := cmp.Diff(names, d.ready()); diff != "" {
		d.t.Errorf("-want +got:\n%s", diff)
	}
}

func (d *desk) answered(name string) { d.q.Answered(d.out[name]) }
func (d *desk) failed(name string)   { d.q.Failed(d.now, d.out[name]) }

func TestQueueOrderWithinSession(t *testing.T) {
	d := newDesk(t, 0)
	d.push(Start, "a")
	d.push(Stop, "a")
	d.push(Start, "b")
	d.want("start a", "start b")
	d.want()
	d.answered("start a")
	d.want("stop a")
	d.answered("start b")
	d.answered("stop a")
	d.answered("stop a") // twice is nothing
	if d.q.Len() != 0 {
		t.Errorf("got %d left, want none", d.q.Len())
	}
}

func TestQueueRetry(t *testing.T) {
	d := newDesk(t, 0)
	d.push(Start, "a")
	d.want("start a")
	if got := d.q.Deadline(); !got.IsZero() {
		t.Errorf("got deadline %v, want none", got)
	}
	d.failed("start a")
	d.want()
	if got, want := d.q.Deadline(), d.now.Add(RetryAfter); !got.Equal(want) {
		t.Errorf("got deadline %v, want %v", got, want)
	}
	for range 50 { // for ever
		d.now = d.now.Add(RetryAfter)
		d.want("start a")
		d.failed("start a")
	}
}

// One generation of an Interim per session waits; a Stop makes them needless.
func TestQueueSupersedes(t *testing.T) {
	d := newDesk(t, 0)
	d.push(Interim, "a")
	d.want("interim a")
	first := d.out["interim a"]
	d.push(Interim, "a")
	d.push(Interim, "a")
	if got := d.q.Len(); got != 2 {
		t.Errorf("got %d records, want the one on its way and the newest", got)
	}
	d.q.Failed(d.now, first)
	d.want("interim a") // the newest, at once
	d.push(Stop, "a")
	d.push(Interim, "b")
	d.push(Stop, "b")
	d.failed("interim a")
	d.want("stop b", "stop a")
	if got, want := d.q.Stats().Superseded, uint64(4); got != want {
		t.Errorf("got %d superseded, want %d", got, want)
	}
}

// Interims make room; when there is none left, what is new is lost.
func TestQueueBound(t *testing.T) {
	d := newDesk(t, 4)
	d.push(Start, "a")
	d.push(Interim, "b")
	d.push(Start, "c")
	d.push(Interim, "d")
	d.push(Start, "e") // for interim b
	d.push(Stop, "f")  // for interim d
	d.push(Interim, "g")
	d.want("start a", "start c", "start e", "stop f")
	st := d.q.Stats()
	if st.DroppedInterims != 3 || st.Dropped != 0 {
		t.Errorf("got %+v, want 3 Interims dropped", st)
	}
	if d.q.Push(&Record{Status: Stop, Session: "h", EventTime: d.now}) || d.q.Push(&Record{Status: Interim, Session: "i", EventTime: d.now}) {
		t.Error("a full queue took a record")
	}
	st = d.q.Stats()
	if st.DroppedInterims != 4 || st.Dropped != 1 || st.Queued != 4 || st.Out != 4 {
		t.Errorf("got %+v, want 4 Interims and 1 other dropped, 4 queued and out", st)
	}
	d.answered("start a")
	d.push(Stop, "a")
	d.want("stop a")
}

// Accounting-Off goes last: what came after it would be of no session.
func TestQueueOff(t *testing.T) {
	d := newDesk(t, 0)
	d.push(Stop, "a")
	d.push(Off, "")
	d.want("stop a")
	d.want()
	d.failed("stop a")
	d.want()
	d.now = d.now.Add(RetryAfter)
	d.want("stop a")
	d.answered("stop a")
	d.want("off ")
	d.failed("off ")
	d.want()
	d.now = d.now.Add(RetryAfter)
	d.want("off ")
	d.answered("off ")
	if d.q.Len() != 0 {
		t.Errorf("got %d left, want none", d.q.Len())
	}
}

func TestQueueUnsendable(t *testing.T) {
	d := newDesk(t, 0)
	d.push(Start, "a")
	d.push(Stop, "a")
	d.want("start a")
	d.q.Unsendable(d.out["start a"])
	d.want("stop a")
	if got := d.q.Stats().Unsendable; got != 1 {
		t.Errorf("got %d unsendable, want 1", got)
	}
}

func TestQueueRoom(t *testing.T) {
	q := NewQueue(0)
	for i := range 10 {
		q.Push(&Record{Status: Start, Session: fmt.Sprint(i)})
	}
	n := 0
	for range q.Ready(event, 3) {
		n++
	}
	for range q.Ready(event, 0) {
		n++
	}
	for range q.Ready(event, 100) {
		n++
		break
	}
	if n != 4 || q.Stats().Out != 4 {
		t.Errorf("got %d handed out, %+v, want 4", n, q.Stats())
	}
}

// Whatever happens, the bound holds, the numbers add up, and everything is
// delivered in the end.
func TestQueueRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	d := newDesk(t, 50)
	out := map[ID]*Record{}
	busy := map[string]bool{}
	for range 20000 {
		switch rng.IntN(4) {
		case 0, 1:
			s := []Status{Start, Stop, Interim, Interim}[rng.IntN(4)]
			d.push(s, fmt.Sprint(rng.IntN(60)))
		case 2:
			maps.Insert(out, d.q.Ready(d.now, rng.IntN(5)))
		case 3:
			for id := range out {
				if rng.IntN(2) == 0 {
					d.q.Answered(id)
				} else {
					d.q.Failed(d.now, id)
				}
				delete(out, id)
				break
			}
		}
		d.now = d.now.Add(time.Duration(rng.IntN(1000)) * time.Millisecond)
		if d.q.Len() > 50 {
			t.Fatalf("got %d records, want at most 50", d.q.Len())
		}
	}
	for id := range out {
		d.q.Failed(d.now, id)
	}
	for range 200 {
		d.now = d.now.Add(RetryAfter)
		clear(busy)
		for id, r := range d.q.Ready(d.now, 100) {
			if busy[r.Session] {
				t.Fatalf("two records of session %s at once", r.Session)
			}
			busy[r.Session] = true
			out[id] = r
		}
		for id := range out {
			d.q.Answered(id)
		}
		clear(out)
	}
	st := d.q.Stats()
	if sum := st.Answered + st.Superseded + st.Dropped + st.DroppedInterims; st.Queued != 0 || st.Out != 0 || sum != st.Pushed {
		t.Errorf("got %+v, want everything accounted for", st)
	}
}

func BenchmarkQueue(b *testing.B) {
	q := NewQueue(0)
	r := &Record{Status: Start, Session: "00a1b2c3"}
	b.ReportAllocs()
	for b.Loop() {
		q.Push(r)
		for id := range q.Ready(event, 1) {
			q.Answered(id)
		}
	}
}
