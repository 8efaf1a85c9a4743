package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"lacd/radius/acct"
	"lacd/radius/radiustest"
)

func record(s acct.Status, session string) acct.Record {
	return acct.Record{Status: s, Session: session, User: "nemo", EventTime: time.Now()}
}

// kinds returns the records that a server got, without retransmissions.
func kinds(s *radiustest.Server) []string {
	var all []string
	for _, p := range s.Accounting() {
		all = append(all, fmt.Sprint(rfc2866.AcctStatusType_Get(p), " ", rfc2866.AcctSessionID_GetString(p), " +", uint32(rfc2866.AcctDelayTime_Get(p))))
	}
	return all
}

func TestAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.c.Account(record(acct.Start, "a"))
		r.c.Account(record(acct.Stop, "a"))
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"Start a +0", "Stop a +0"}, kinds(r.servers[0])); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		for _, q := range r.servers[0].Requests() {
			if !q.Verified || rfc2865.NASIdentifier_GetString(q.Packet) != "lac1" {
				t.Errorf("got %+v, want an authentic record of lac1", q)
			}
		}
	})
}

// A silent server is asked again, unchanged; another round is another packet
// with its own identifier and Acct-Delay-Time.
func TestAccountRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{Silent: true})
		r.c.Account(record(acct.Start, "a"))
		time.Sleep(16 * time.Second)
		all := r.servers[0].Requests()
		if len(all) != 3 {
			t.Fatalf("got %d transmissions in the first round, want 3", len(all))
		}
		for _, q := range all {
			if string(q.Raw) != string(all[0].Raw) || q.From != all[0].From {
				t.Error("a retransmission differs")
			}
		}
		time.Sleep(time.Hour)
		r.servers[0].SetKnobs(radiustest.Knobs{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := r.c.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		all = r.servers[0].Requests()
		last := all[len(all)-1].Packet
		if d := rfc2866.AcctDelayTime_Get(last); d < 3600 || d > 3700 {
			t.Errorf("got Acct-Delay-Time %d, want a little over an hour", d)
		}
		if last.Identifier == all[0].Packet.Identifier && all[len(all)-1].From == all[0].From {
			t.Error("a changed packet has the old identifier")
		}
		st := r.c.Stats().Queue
		if st.Answered != 1 || st.Queued != 0 || st.Failed < 100 {
			t.Errorf("got %+v, want the record answered after many rounds", st)
		}
	})
}

func TestAccountFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{Silent: true})
		r.c.Account(record(acct.Start, "a"))
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(kinds(r.servers[1])); n != 1 {
			t.Errorf("got %d records at the second server, want 1", n)
		}
		if d := cmp.Diff([]string{"r1 dead (acct)"}, r.changes); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	})
}

// Accounting-Responses carry no Message-Authenticator, and need none.
func TestAccountUntrusted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{WrongAuthenticator: true})
		r.c.Account(record(acct.Start, "a"))
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.c.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the flush to run out of time", err)
		}
		if n := r.c.Stats().Queue.Queued; n != 1 {
			t.Errorf("got %d queued, want the record kept", n)
		}
	})
}

func TestAccountSeparateServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, func(c *Config) {
			c.AcctServers = c.Servers[1:]
			c.Servers = c.Servers[:1]
		})
		r.c.Account(record(acct.Start, "a"))
		r.ask(1)
		r.one(0)
		if a, b := r.servers[0].Requests(), r.servers[1].Requests(); len(a) != 1 || len(b) != 1 ||
			a[0].Packet.Code != layeh.CodeAccessRequest || b[0].Packet.Code != layeh.CodeAccountingRequest {
			t.Errorf("got %d and %d requests, want one of each kind at its server", len(a), len(b))
		}
	})
}

// Many records go at most AcctFlight at a time.
func TestAccountFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, func(c *Config) { c.AcctFlight = 10 })
		r.servers[0].SetKnobs(radiustest.Knobs{Delay: 100 * time.Millisecond})
		for i := range 35 {
			r.c.Account(record(acct.Start, fmt.Sprint(i)))
		}
		time.Sleep(50 * time.Millisecond)
		for _, want := range []int{10, 20, 30, 35} {
			synctest.Wait()
			if got := len(r.servers[0].Requests()); got != want {
				t.Errorf("got %d requests, want %d", got, want)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A long outage with more records than may go at once: the loop sleeps between
// rounds, or time would not pass here, and nothing is lost.
func TestAccountOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, func(c *Config) { c.AcctFlight = 10 })
		r.servers[0].SetKnobs(radiustest.Knobs{Silent: true})
		r.c.Account(record(acct.On, ""))
		for i := range 100 {
			r.c.Account(record(acct.Start, fmt.Sprint(i)))
		}
		time.Sleep(time.Hour)
		r.servers[0].SetKnobs(radiustest.Knobs{})
		r.servers[0].Forget()
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(kinds(r.servers[0])); n != 101 {
			t.Errorf("got %d records after the outage, want Accounting-On and 100", n)
		}
	})
}

func TestAccountUnsendable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.c.Account(record(acct.Start, ""))
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st := r.c.Stats().Queue; st.Unsendable != 1 {
			t.Errorf("got %+v, want one unsendable", st)
		}
	})
}

func TestAccountNoServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0, nil)
		r.c.Account(record(acct.Start, "a"))
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A server that is out when lacd starts gets Accounting-On first, once it is
// back.
func TestAccountOnAfterOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, nil)
		r.servers[0].SetKnobs(radiustest.Knobs{Silent: true})
		r.c.Account(record(acct.On, ""))
		r.c.Account(record(acct.Start, "a"))
		time.Sleep(time.Minute)
		r.servers[0].SetKnobs(radiustest.Knobs{})
		r.servers[0].Forget()
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := kinds(r.servers[0])
		if len(got) != 2 || !strings.HasPrefix(got[0], "Accounting-On ") || !strings.HasPrefix(got[1], "Start a ") {
			t.Errorf("got %q, want Accounting-On, then Start", got)
		}
	})
}

func TestAccountLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lost []string
		r := newRig(t, 1, func(c *Config) {
			c.AcctQueue = 2
			c.Lost = func(account string) { lost = append(lost, account) }
		})
		r.servers[0].SetKnobs(radiustest.Knobs{Silent: true})
		for _, account := range []string{"one", "two", "three"} {
			rec := record(acct.Start, account)
			rec.Account = account
			r.c.Account(rec)
		}
		synctest.Wait()
		if d := cmp.Diff([]string{"three"}, lost); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		if st := r.c.Stats(); st.Queue.Dropped != 1 || st.Queue.Queued != 2 || !st.Oldest.Equal(time.Now()) {
			t.Errorf("got %+v, want the oldest two kept", st)
		}
	})
}
