package acct

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Accounting-On goes alone: delivered late it would close newer sessions.
func TestQueueOn(t *testing.T) {
	d := newDesk(t, 0)
	d.push(On, "")
	d.want("on ")
	d.push(Start, "a")
	d.want()
	d.answered("on ")
	d.want("start a")
}

func TestQueueOnUnanswered(t *testing.T) {
	d := newDesk(t, 0)
	d.push(On, "")
	d.want("on ")
	if got := d.q.Deadline(); !got.IsZero() {
		t.Errorf("got deadline %v while it is on its way, want none", got)
	}
	d.failed("on ")
	d.want()
	if got, want := d.q.Deadline(), d.now.Add(RetryAfter); !got.Equal(want) {
		t.Errorf("got deadline %v, want %v", got, want)
	}
	d.push(Start, "a")
	for range 5 { // an outage: the order stays
		d.now = d.now.Add(RetryAfter)
		d.want("on ")
		d.failed("on ")
		d.want()
	}
	d.now = d.now.Add(RetryAfter)
	d.want("on ")
	d.answered("on ")
	d.want("start a")
}

// Accounting-Off takes the place of an Accounting-On that nobody answered.
func TestQueueOnAndOff(t *testing.T) {
	d := newDesk(t, 0)
	d.push(On, "")
	d.want("on ")
	d.push(Off, "")
	d.want()
	d.failed("on ")
	d.want("off ")
}

// A server that takes no Accounting-On does not cost the other records.
func TestQueueOnUnwanted(t *testing.T) {
	d := newDesk(t, 0)
	d.push(On, "")
	d.push(Start, "a")
	d.push(Start, "b")
	inVain := func() {
		t.Helper()
		for range onRounds {
			d.want("on ")
			d.failed("on ")
			if d.now = d.q.Deadline(); d.now.IsZero() {
				d.now = event // another record is due
			}
		}
	}
	inVain()
	d.want("start a")
	d.want()
	d.failed("start a")
	d.now = d.now.Add(time.Hour)
	inVain()
	d.now = d.now.Add(time.Hour)
	d.want("start b")
	d.answered("start b")
	d.want("start a")
	if got := d.q.Stats(); got.Dropped != 1 || got.Queued != 1 {
		t.Errorf("got %+v, want Accounting-On dropped", got)
	}
}

// Records of an earlier run, then Accounting-On, then those of this one.
func TestQueueOld(t *testing.T) {
	d := newDesk(t, 1)
	for i, s := range []Status{Start, Stop, Start} {
		session := []string{"x", "x", "y"}[i]
		if !d.q.Push(&Record{Status: s, Session: session, EventTime: event.Add(-time.Hour), Old: true, Entry: uint64(i + 1)}) {
			t.Fatal("an old record found no room")
		}
	}
	d.q.bound = 100
	d.push(On, "")
	d.push(Start, "a")
	if got := d.q.Oldest(); !got.Equal(event.Add(-time.Hour)) {
		t.Errorf("got oldest %v, want an hour ago", got)
	}
	d.want("start x", "start y")
	d.failed("start x")
	d.failed("start y")
	d.want()
	d.now = d.now.Add(RetryAfter)
	d.want("start x", "start y") // an outage: they keep their turn
	d.answered("start x")
	d.failed("start y") // the server does not want it
	d.want("stop x")
	d.answered("stop x")
	if diff := cmp.Diff([]uint64{1, 2}, d.q.Gone()); diff != "" || len(d.q.Gone()) > 0 {
		t.Errorf("-want +got:\n%s", diff)
	}
	d.want("on ")
	d.want()
	d.answered("on ")
	d.want("start a")
	d.now = d.now.Add(RetryAfter)
	d.want("start y")
}
