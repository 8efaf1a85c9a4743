package lac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lacd/lac/admin"
	"lacd/policy"
	"lacd/radius/radiustest"
)

// dns is a name server in memory. What it does may be changed at any time.
type dns struct {
	mu     sync.Mutex
	addrs  map[string][]string
	err    error
	silent bool
	delay  time.Duration
	asked  []string
}

func (d *dns) change(f func(*dns)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d)
}

func (d *dns) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.asked)
}

func (d *dns) LookupNetIP(ctx context.Context, network, name string) (addrs []netip.Addr, err error) {
	d.mu.Lock()
	d.asked = append(d.asked, name)
	silent, delay, err := d.silent, d.delay, d.err
	texts, known := d.addrs[strings.TrimSuffix(name, ".")]
	d.mu.Unlock()
	if network != "ip" || !strings.HasSuffix(name, ".") {
		return nil, fmt.Errorf("asked for %s of %s", network, name)
	}
	if silent {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	time.Sleep(delay)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	for _, s := range texts {
		addrs = append(addrs, netip.MustParseAddr(s))
	}
	return addrs, nil
}

// resolving runs f with a resolver at work, in virtual time.
func resolving(t *testing.T, f func(t *testing.T, d *dns, r *resolver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &dns{addrs: map[string][]string{"lns.example": {"192.0.2.11"}}}
		r := newResolver(d, slog.New(slog.DiscardHandler))
		var wg sync.WaitGroup
		for range hostWorkers {
			wg.Go(r.work)
		}
		f(t, d, r)
		r.stop()
		wg.Wait()
	})
}

// answer asks for names, and waits for the answer. It tells how long that took.
func (r *resolver) answer(names ...string) (string, time.Duration) {
	began := time.Now()
	return print(r.wait(context.Background(), names)), time.Since(began)
}

func print(hosts []policy.Host) string {
	var all []string
	for _, h := range hosts {
		s := fmt.Sprintf("%s %v", h.Name, h.Addrs)
		if h.Note != "" {
			s += " (" + h.Note + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func wantAnswer(t *testing.T, r *resolver, want string, wait time.Duration, names ...string) {
	t.Helper()
	if got, took := r.answer(names...); got != want || took != wait {
		t.Errorf("got %s after %v, want %s after %v", got, took, want, wait)
	}
}

func TestResolverKeepsAnswers(t *testing.T) {
	resolving(t, func(t *testing.T, d *dns, r *resolver) {
		d.change(func(d *dns) { d.delay = time.Second })
		wantAnswer(t, r, "lns.example [192.0.2.11]", time.Second, "lns.example")
		d.change(func(d *dns) { d.addrs["lns.example"] = []string{"192.0.2.12", "192.0.2.12", "::ffff:192.0.2.12"} })
		time.Sleep(hostTTL - time.Nanosecond)
		wantAnswer(t, r, "lns.example [192.0.2.11]", 0, "lns.example")
		if n := d.count(); n != 1 {
			t.Errorf("asked %d times within the time an answer holds, want once", n)
		}
		// Past it, what is known is used once more while it is asked for again.
		time.Sleep(time.Nanosecond)
		wantAnswer(t, r, "lns.example [192.0.2.11]", 0, "lns.example")
		after(time.Second)
		wantAnswer(t, r, "lns.example [192.0.2.12]", 0, "lns.example")
		// Long past it, it is waited for.
		time.Sleep(hostRefresh)
		wantAnswer(t, r, "lns.example [192.0.2.12]", time.Second, "lns.example")
		if n := d.count(); n != 3 {
			t.Errorf("asked %d times, want 3", n)
		}
	})
}

func TestResolverAsksOnceForMany(t *testing.T) {
	resolving(t, func(t *testing.T, d *dns, r *resolver) {
		d.change(func(d *dns) { d.delay, d.addrs["b.example"] = time.Second, []string{"2001:db8::1"} })
		var got []string
		var mu sync.Mutex
		for range 100 {
			if _, ok := r.ask(time.Now(), []string{"lns.example", "b.example"}, func(h []policy.Host) {
				mu.Lock()
				got = append(got, print(h))
				mu.Unlock()
			}); ok {
				t.Fatal("known before it was looked up")
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(got) != 100 || got[0] != "lns.example [192.0.2.11]; b.example [2001:db8::1]" || d.count() != 2 {
			t.Errorf("%d answers, first %s, after %d questions", len(got), got[:min(1, len(got))], d.count())
		}
	})
}

func TestResolverFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fail   func(*dns)
		wait   time.Duration
		fresh  string // nothing was known before
		before string // an address was known two minutes ago
	}{
		{
			"no such host", func(d *dns) { delete(d.addrs, "lns.example") }, 0,
			"lns.example [] (no such host)", "lns.example [] (no such host)",
		},
		{
			"no address", func(d *dns) { d.addrs["lns.example"] = nil }, 0,
			"lns.example [] (no such host)", "lns.example [] (no such host)",
		},
		{
			"server fails", func(d *dns) { d.err = errors.New("server misbehaving") }, 0,
			"lns.example [] (server misbehaving)", "lns.example [192.0.2.11] (as it was 2m0s ago: server misbehaving)",
		},
		{
			"silence", func(d *dns) { d.silent = true }, hostTimeout,
			"lns.example [] (no answer in time)", "lns.example [192.0.2.11] (as it was 2m5s ago: no answer in time)",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resolving(t, func(t *testing.T, d *dns, r *resolver) {
				d.change(tt.fail)
				wantAnswer(t, r, tt.fresh, tt.wait, "lns.example")
				wantAnswer(t, r, tt.fresh, 0, "lns.example") // not asked again at once
				if n := d.count(); n != 1 {
					t.Errorf("asked %d times, want once", n)
				}
				time.Sleep(hostFailure)
				d.change(func(d *dns) {
					d.silent, d.err = false, nil
					d.addrs["lns.example"] = []string{"192.0.2.11"}
				})
				wantAnswer(t, r, "lns.example [192.0.2.11]", 0, "lns.example")
				d.change(tt.fail)
				time.Sleep(hostRefresh)
				wantAnswer(t, r, tt.before, tt.wait, "lns.example")
			})
		})
	}
}

func TestResolverForgetsOldAnswers(t *testing.T) {
	resolving(t, func(t *testing.T, d *dns, r *resolver) {
		wantAnswer(t, r, "lns.example [192.0.2.11]", 0, "lns.example")
		d.change(func(d *dns) { d.err = errors.New("server misbehaving") })
		time.Sleep(hostStale)
		wantAnswer(t, r, "lns.example [] (server misbehaving)", 0, "lns.example")
	})
}

// However many names there are and however silent the servers, everybody is
// answered in time, and no more is kept than there is room for.
func TestResolverIsBounded(t *testing.T) {
	resolving(t, func(t *testing.T, d *dns, r *resolver) {
		d.change(func(d *dns) { d.silent = true })
		began := time.Now()
		answered := 0
		var last time.Duration
		var mu sync.Mutex
		for i := range mostNames {
			_, ok := r.ask(time.Now(), []string{fmt.Sprintf("n%d.example", i)}, func([]policy.Host) {
				mu.Lock()
				defer mu.Unlock()
				answered++
				last = time.Since(began)
			})
			if ok {
				t.Fatalf("name %d is known", i)
			}
		}
		wantAnswer(t, r, "more.example [] (too many names are being looked up)", 0, "more.example")
		time.Sleep(time.Minute)
		mu.Lock()
		if answered != mostNames || last != hostTimeout {
			t.Errorf("%d answered, the last after %v, want %d within %v", answered, last, mostNames, hostTimeout)
		}
		mu.Unlock()
		d.change(func(d *dns) { d.silent = false })
		wantAnswer(t, r, "lns.example [192.0.2.11]", 0, "lns.example")
		if n := len(r.hosts); n != mostNames {
			t.Errorf("%d names are kept, want %d", n, mostNames)
		}
	})
}

func TestTidy(t *testing.T) {
	var in []netip.Addr
	for i := range 40 {
		in = append(in, netip.AddrFrom4([4]byte{192, 0, 2, byte(40 - i)}))
	}
	in = append(in, in[0], netip.MustParseAddr("fe80::1%eth0"))
	got := tidy(in)
	if len(got) != mostAddrs || got[0] != in[39] {
		t.Errorf("got %v", got)
	}
	want := []netip.Addr{netip.MustParseAddr("fe80::1")}
	if diff := cmp.Diff(want, tidy(in[41:]), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// withDNS lets RADIUS name LNSes by host names.
func withDNS(d *dns) func(*Config) { return func(c *Config) { c.Resolver = d } }

// alices makes RADIUS name an LNS for alice.
func (r *rig) alices(server string) {
	r.radius.SetUser(alice.User, radiustest.User{Password: "secret", Reply: []radiustest.Attribute{tunnelTo(1, server, "", 0)}})
}

func TestLNSByName(t *testing.T) {
	d := &dns{addrs: map[string][]string{"lns.example": {"192.0.2.12"}}}
	inRig(t, rigOptions{change: withDNS(d)}, func(t *testing.T, r *rig) {
		r.alices("lns.example")
		d.change(func(d *dns) { d.delay = time.Second })
		r.dial(2)
		r.wantLive("before DNS answers", 0, 0)
		after(time.Second)
		r.wantLive("DNS has answered", 0, 2)
		r.dial(1)
		r.wantLive("the answer is kept", 0, 3)
		if n := d.count(); n != 1 {
			t.Errorf("DNS was asked %d times, want once", n)
		}
		e := r.explained(admin.Question{User: alice.User, Password: "secret"})
		want := "1. lns.example at 192.0.2.12:1701 (RADIUS tunnel 1, not configured, no secret: preference 0)"
		if got := e.Reasons[len(e.Reasons)-1]; got != want {
			t.Errorf("explained as %s, want %s", got, want)
		}
	})
}

// A name that cannot be found leaves the others to be tried, in time.
func TestLNSByNameFails(t *testing.T) {
	d := &dns{silent: true}
	inRig(t, rigOptions{change: withDNS(d)}, func(t *testing.T, r *rig) {
		r.alices("lns.example/192.0.2.11")
		r.dial(1)
		after(hostTimeout - time.Millisecond)
		r.wantLive("before the time is over", 0, 0)
		after(time.Millisecond)
		r.wantLive("the next alternative", 1, 0)
		if want := `msg="host name of an LNS cannot be looked up" host=lns.example why="no answer in time"`; !strings.Contains(r.log.String(), want) {
			t.Errorf("the log does not say %s", want)
		}
		var s []admin.Session
		r.ask("GET", "/v1/sessions", "", &s)
		var one admin.Session
		r.ask("GET", "/v1/sessions/"+s[0].ID, "", &one)
		want := "tunnel 1 skipped: server lns.example has no address: no answer in time"
		if !strings.Contains(strings.Join(one.Reasons, "\n"), want) {
			t.Errorf("reasons %q, want %s among them", one.Reasons, want)
		}
	})
}

// The log tells once that a name fails, and once that it does no more.
func TestLNSByNameIsLogged(t *testing.T) {
	d := &dns{err: errors.New("server misbehaving")}
	inRig(t, rigOptions{change: withDNS(d)}, func(t *testing.T, r *rig) {
		r.alices("lns.example")
		for range 3 {
			r.dial(1)
			after(hostFailure)
		}
		d.change(func(d *dns) { d.err, d.addrs = nil, map[string][]string{"lns.example": {"192.0.2.12"}} })
		r.dial(1)
		after(hostTTL)
		r.dial(1)
		r.wantLive("found again", 0, 2)
		failed, again := strings.Count(r.log.String(), "cannot be looked up"), strings.Count(r.log.String(), "is found again")
		if failed != 1 || again != 1 {
			t.Errorf("the log tells %d times that it fails, %d times that it does no more, want once", failed, again)
		}
	})
}

// A subscriber who leaves while its LNS is looked up leaves nothing behind.
func TestLNSByNameComesTooLate(t *testing.T) {
	d := &dns{silent: true}
	inRig(t, rigOptions{change: withDNS(d)}, func(t *testing.T, r *rig) {
		r.alices("lns.example")
		sub := r.dial(1)[0]
		sub.HangUp()
		after(2 * hostTimeout)
		r.wantLive("gone", 0, 0)
		if n := r.srv.live.Load(); n != 0 {
			t.Errorf("%d sessions, want none", n)
		}
		r.dial(1) // waits when the daemon ends
	})
}
