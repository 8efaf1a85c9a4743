package lac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"lacd/policy"
)

// Resolver looks up host names. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// How names are kept. The system's resolver does not tell how long an answer
// holds, so that all hold equally long.
const (
	hostTTL     = time.Minute     // addresses are asked for again after this
	hostRefresh = 2 * time.Minute // until then they are used while they are asked for
	hostStale   = 24 * time.Hour  // until then they are used when nobody answers
	hostFailure = 5 * time.Second // a failure is not tried again for so long
	hostTimeout = 5 * time.Second // from the question to the answer, or to doing without
	hostWorkers = 8               // lookups at once
	mostNames   = 4096            // kept, and waiting
	mostAddrs   = 16              // of one name
)

// resolver finds the addresses of the LNSes that RADIUS gives by name. It never
// makes its caller wait: who has to wait is called back from a worker.
type resolver struct {
	dns  Resolver
	log  *slog.Logger
	jobs chan *host // as large as the table: sending never waits
	ctx  context.Context
	stop context.CancelFunc

	mu    sync.Mutex // guards the table and what is in it; held for no lookup
	hosts map[string]*host
}

// host is a name and what is known of it.
type host struct {
	name    string
	addrs   []netip.Addr // the last that were found
	found   time.Time    // when that was
	failed  time.Time    // when the last lookup failed; zero: it did not
	failure string
	asked   time.Time // of the lookup under way; zero: there is none
	waiting []*question
}

// question is somebody who waits for names.
type question struct {
	names   []string
	missing int
	answer  func([]policy.Host) // called once, from a worker
}

func newResolver(dns Resolver, log *slog.Logger) *resolver {
	if dns == nil {
		dns = net.DefaultResolver
	}
	r := &resolver{dns: dns, log: log, jobs: make(chan *host, mostNames), hosts: map[string]*host{}}
	r.ctx, r.stop = context.WithCancel(context.Background())
	return r
}

// work looks names up, one after another, until the resolver is stopped.
func (r *resolver) work() {
	for {
		select {
		case h := <-r.jobs:
			r.lookUp(h)
		case <-r.ctx.Done():
			return
		}
	}
}

// ask returns what is known of the names, if that is enough. Else ok is false,
// and answer is called when they have been looked up or the time is over.
func (r *resolver) ask(now time.Time, names []string, answer func([]policy.Host)) (known []policy.Host, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := &question{names: names, answer: answer}
	for _, name := range names {
		h := r.hosts[name]
		if h == nil {
			if h = r.add(name); h == nil {
				continue // the answer will say so
			}
		}
		if h.settled(now) {
			continue
		}
		r.begin(now, h)
		if len(h.addrs) == 0 || now.Sub(h.found) >= hostRefresh {
			h.waiting = append(h.waiting, q)
			q.missing++
		}
	}
	if q.missing > 0 {
		return nil, false
	}
	return r.answers(now, names), true
}

// settled reports whether nothing needs to be asked about h.
func (h *host) settled(now time.Time) bool {
	return len(h.addrs) > 0 && now.Sub(h.found) < hostTTL || !h.failed.IsZero() && now.Sub(h.failed) < hostFailure
}

// add makes room for a name. It returns nil if all that are kept are being
// looked up.
func (r *resolver) add(name string) *host {
	if len(r.hosts) >= mostNames {
		var oldest *host
		for _, h := range r.hosts {
			if h.asked.IsZero() && (oldest == nil || h.found.Before(oldest.found)) {
				oldest = h
			}
		}
		if oldest == nil {
			return nil
		}
		delete(r.hosts, oldest.name)
	}
	h := &host{name: name}
	r.hosts[name] = h
	return h
}

// begin has a name looked up, unless that is under way.
func (r *resolver) begin(now time.Time, h *host) {
	if h.asked.IsZero() {
		h.asked = now
		r.jobs <- h // has room: a name is in it once, and not more names than are kept
	}
}

// lookUp looks a name up in the time that is left of its question, and answers
// those who have waited for it.
func (r *resolver) lookUp(h *host) {
	r.mu.Lock()
	until := h.asked.Add(hostTimeout)
	r.mu.Unlock()
	ctx, cancel := context.WithDeadline(r.ctx, until)
	defer cancel()
	addrs, err := []netip.Addr(nil), ctx.Err()
	if err == nil {
		// The dot at the end keeps the domains of this host out of it.
		addrs, err = r.dns.LookupNetIP(ctx, "ip", h.name+".")
	}
	done, news := r.settle(time.Now(), h, tidy(addrs), err)
	switch {
	case news == "":
	case err == nil && len(addrs) > 0:
		r.log.Info("host name of an LNS is found again", "host", h.name)
	default:
		r.log.Warn("host name of an LNS cannot be looked up", "host", h.name, "why", news)
	}
	for _, q := range done {
		q.answer(r.known(q.names))
	}
}

// settle takes the outcome of a lookup, and returns who waits no longer, and
// what is new about the name: that it fails, or that it does no more.
func (r *resolver) settle(now time.Time, h *host, addrs []netip.Addr, err error) (done []*question, news string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := h.failure
	h.asked = time.Time{}
	switch dns, isDNS := errors.AsType[*net.DNSError](err); {
	case err == nil && len(addrs) > 0:
		h.addrs, h.found, h.failed, h.failure = addrs, now, time.Time{}, ""
	case err == nil, isDNS && dns.IsNotFound:
		// It is known that there are none, so that the old ones are wrong.
		h.addrs, h.failed, h.failure = nil, now, "no such host"
	case errors.Is(err, context.DeadlineExceeded), isDNS && dns.IsTimeout:
		h.failed, h.failure = now, "no answer in time"
	default:
		h.failed, h.failure = now, err.Error()
	}
	for _, q := range h.waiting {
		if q.missing--; q.missing == 0 {
			done = append(done, q)
		}
	}
	h.waiting = nil
	if h.failure != before {
		news = cmp.Or(h.failure, before)
	}
	return done, news
}

// tidy returns addresses in one form and order, without repetitions.
func tidy(addrs []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, 0, len(addrs))
	for _, a := range addrs {
		out = append(out, a.Unmap().WithZone(""))
	}
	slices.SortFunc(out, netip.Addr.Compare)
	out = slices.Compact(out)
	return out[:min(len(out), mostAddrs)]
}

func (r *resolver) known(names []string) []policy.Host {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answers(time.Now(), names)
}

// answers tells what is known of names. The caller holds the mutex.
func (r *resolver) answers(now time.Time, names []string) []policy.Host {
	all := make([]policy.Host, 0, len(names))
	for _, name := range names {
		a := policy.Host{Name: name}
		h := r.hosts[name]
		switch {
		case h == nil:
			a.Note = "too many names are being looked up"
		case len(h.addrs) == 0:
			a.Note = cmp.Or(h.failure, "no answer in time")
		case h.failed.IsZero():
			a.Addrs = h.addrs
		case now.Sub(h.found) < hostStale:
			a.Addrs, a.Note = h.addrs, fmt.Sprintf("as it was %v ago: %s", now.Sub(h.found).Round(time.Second), h.failure)
		default:
			a.Note = h.failure
		}
		all = append(all, a)
	}
	return all
}

// wait is ask for those who can wait.
func (r *resolver) wait(ctx context.Context, names []string) []policy.Host {
	answers := make(chan []policy.Host, 1)
	if known, ok := r.ask(time.Now(), names, func(a []policy.Host) { answers <- a }); ok {
		return known
	}
	select {
	case a := <-answers:
		return a
	case <-ctx.Done():
		return r.known(names)
	case <-r.ctx.Done():
		return r.known(names)
	}
}
