package client

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"layeh.com/radius/rfc2866"

	"lacd/radius/acct"
	"lacd/radius/radiustest"
	"lacd/radius/spool"
)

// run is one life of the daemon, with its accounting on disk.
type run struct {
	*rig
	spool *spool.Spool
}

func newRun(t *testing.T, dir string, server *radiustest.Server) *run {
	t.Helper()
	s, kept, err := spool.Open(spool.Config{Dir: dir, Segment: 2000, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r := &run{spool: s}
	r.rig = newRig(t, 1, func(c *Config) { c.Journal = s })
	r.net.Add("10.0.0.1:1813", server)
	r.servers[0] = server
	for _, k := range kept {
		rec, err := acct.ParseRecord(k.Data)
		if err != nil {
			t.Fatal(err)
		}
		r.c.Restore(rec, k.ID)
	}
	r.c.Account(record(acct.On, ""))
	return r
}

// end is an orderly end that does not wait for the server.
func (r *run) end() {
	_ = r.c.Close()
	if err := r.spool.Close(); err != nil {
		r.t.Error(err)
	}
}

// A record outlives the daemon: it comes with the time of its event, before
// Accounting-On, and once.
func TestJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, server := t.TempDir(), radiustest.New(sharedSecret)
		r := newRun(t, dir, server)
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		server.SetKnobs(radiustest.Knobs{Silent: true})
		server.Forget()
		r.c.Account(record(acct.Start, "a"))
		r.c.Account(record(acct.Interim, "a"))
		r.c.Account(record(acct.Stop, "a"))
		r.c.Account(record(acct.Off, ""))
		time.Sleep(10 * time.Minute)
		r.end()
		server.SetKnobs(radiustest.Knobs{})
		server.Forget()
		time.Sleep(time.Hour)

		r = newRun(t, dir, server)
		r.c.Account(record(acct.Start, "b"))
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := kinds(server)
		want := []string{"Start a +4200", "Stop a +4200", "Accounting-On on-", "Start b +0"}
		for i := range want {
			if i >= len(got) || !strings.HasPrefix(got[i], want[i]) {
				t.Fatalf("got %q, want them to begin with %q", got, want)
			}
		}
		r.end()
		server.Forget()
		r = newRun(t, dir, server)
		if err := r.c.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := kinds(server); len(got) != 1 {
			t.Errorf("got %q, want nothing twice", got)
		}
		r.end()
	})
}

// Whatever the outages and restarts: every Start and Stop comes, in order.
func TestJournalProperty(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { property(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func property(t *testing.T, rnd *rand.Rand) {
	dir, server := t.TempDir(), radiustest.New(sharedSecret)
	r := newRun(t, dir, server)
	var open, all []string
	for step := range 150 {
		switch n := rnd.IntN(20); {
		case n < 8:
			name := fmt.Sprintf("s%d", step)
			open, all = append(open, name), append(all, name)
			r.c.Account(record(acct.Start, name))
		case n < 10 && len(open) > 0:
			r.c.Account(record(acct.Interim, open[rnd.IntN(len(open))]))
		case n < 14 && len(open) > 0:
			i := rnd.IntN(len(open))
			r.c.Account(record(acct.Stop, open[i]))
			open = append(open[:i], open[i+1:]...)
		case n < 17:
			server.SetKnobs(radiustest.Knobs{Silent: rnd.IntN(2) == 0})
		case n < 18:
			time.Sleep(time.Second)
			if rnd.IntN(2) == 0 { // a crash: what is on disk now is all there is
				next := t.TempDir()
				if err := os.CopyFS(next, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				dir = next
			}
			r.end()
			r = newRun(t, dir, server)
		}
		time.Sleep(time.Duration(rnd.IntN(20000)) * time.Millisecond)
	}
	for _, name := range open {
		r.c.Account(record(acct.Stop, name))
	}
	server.SetKnobs(radiustest.Knobs{})
	if err := r.c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.end()
	seen := map[string]string{}
	for _, p := range server.Accounting() {
		seen[rfc2866.AcctSessionID_GetString(p)] += rfc2866.AcctStatusType_Get(p).String()[:3] + " "
	}
	for _, name := range all {
		got := strings.Fields(seen[name])
		// What was under way when a run ended may come again.
		var order []string
		for _, k := range got {
			if len(order) == 0 || order[len(order)-1] != k {
				order = append(order, k)
			}
		}
		if s := strings.Join(order, " "); s != "Sta Sto" && s != "Sta Int Sto" {
			t.Errorf("session %s: got %q, want Start, perhaps Interims, Stop", name, seen[name])
		}
	}
}
