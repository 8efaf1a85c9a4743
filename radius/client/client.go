package client

import (
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"time"

	"lacd/policy"
	"lacd/radius"
	"lacd/radius/acct"
)

// Verdict is how an authentication ended.
type Verdict uint8

// The verdicts.
const (
	Accepted Verdict = 1 + iota
	Rejected         // by a server, or what it said had to be taken as that
	NoServer         // no server answered
)

// String returns the verdict as a metric label.
func (v Verdict) String() string {
	switch v {
	case Accepted:
		return "accepted"
	case Rejected:
		return "rejected"
	case NoServer:
		return "no-server"
	}
	return "unknown"
}

// Answer ends one Authenticate.
type Answer struct {
	Ref     uint64
	Verdict Verdict
	Grant   policy.Grant // if Accepted
	Message string       // Reply-Message, for the subscriber
	Server  string       // which server answered; empty: none
	Detail  string       // for the operator: why, where the verdict does not say it all
}

// ErrClosed is returned after Close.
var ErrClosed = errors.New("radius client is closed")

// Client asks RADIUS servers. Its methods are safe for any goroutine.
type Client struct {
	answer  func(Answer)
	changed func(server string, kind radius.Kind, dead bool)
	parted  func(server string, kind radius.Kind, err error)
	nas     NAS
	dial    Dialer // nil: real sockets

	box     mailbox
	stopped chan struct{} // closed when the loop has ended
	readers sync.WaitGroup

	// Owned by the loop.
	auth, acct *half
	ledger     ledger
}

// half is one exchange with its sockets. The loop owns it.
type half struct {
	kind    radius.Kind
	x       *radius.Exchange
	side    side
	conns   map[radius.SocketID]io.WriteCloser
	written []*datagrams // of conns: what was written has not left yet
}

// New checks the configuration and starts the client. answer is called once per
// Authenticate and must not block: on the loop, or by Authenticate itself after
// Close. A nil dial opens real sockets.
func New(cfg Config, dial Dialer, answer func(Answer)) (*Client, error) {
	authSide, acctSide, err := cfg.sides()
	if err != nil {
		return nil, err
	}
	c := &Client{
		answer:  answer,
		changed: cfg.ServerChanged,
		parted:  cfg.Disconnected,
		nas:     cfg.NAS,
		dial:    dial,
		stopped: make(chan struct{}),
		auth:    newHalf(radius.Authentication, &cfg, authSide),
		acct:    newHalf(radius.Accounting, &cfg, acctSide),
		ledger:  newLedger(&cfg),
	}
	c.box.wake = make(chan struct{}, 1)
	go c.loop()
	return c, nil
}

func newHalf(kind radius.Kind, cfg *Config, s side) *half {
	x := radius.ExchangeConfig{
		Kind:       kind,
		Servers:    s.servers,
		NAS:        radius.NAS{Identifier: cfg.NAS.Identifier, IP: cfg.NAS.IP},
		MaxTimeout: cfg.MaxTimeout,
		DeadAfter:  cfg.DeadAfter,
		Revive:     cfg.DeadTime,
		Sockets:    cfg.Sockets,
		Idle:       cfg.Idle,
	}
	if kind == radius.Authentication {
		x.GiveUp = cfg.GiveUp
	}
	_, _ = rand.Read(x.Seed[:]) // never fails
	return &half{kind: kind, x: radius.NewExchange(x), side: s, conns: make(map[radius.SocketID]io.WriteCloser)}
}

// Authenticate asks whether a subscriber may come in. It never blocks; exactly
// one Answer with ref follows, also if the client is or gets closed.
func (c *Client) Authenticate(ref uint64, a radius.Access) {
	if a.NASIdentifier == "" && !a.NASIP.IsValid() {
		a.NASIdentifier, a.NASIP = c.nas.Identifier, c.nas.IP
	}
	if !c.box.put(item{kind: authenticate, ref: ref, access: &a}) {
		c.answer(Answer{Ref: ref, Verdict: NoServer, Detail: ErrClosed.Error()})
	}
}

// Stats is a snapshot of the counters.
type Stats struct {
	Auth  []radius.ServerStats // in the configured order
	Acct  []radius.ServerStats
	Queue acct.Stats
	// Oldest is when the event of the oldest record was that no server has; zero:
	// there is none.
	Oldest time.Time
	// Overrun counts datagrams dropped because the loop fell behind.
	Overrun uint64
	// Crowded counts authentications refused because too many waited.
	Crowded uint64
}

// Stats asks the loop for the counters. After Close they are empty.
func (c *Client) Stats() Stats {
	reply := make(chan Stats, 1)
	if !c.box.put(item{kind: stats, stats: reply}) {
		return Stats{}
	}
	select {
	case s := <-reply:
		return s
	case <-c.stopped:
		return Stats{}
	}
}

// Close answers what is outstanding with NoServer, closes the sockets and
// waits for the readers. Records not answered are left to the journal, and
// without one lost: Flush first.
func (c *Client) Close() error {
	c.box.close()
	<-c.stopped
	c.readers.Wait()
	return nil
}

// loop owns the exchanges and the queue until the mailbox is closed.
func (c *Client) loop() {
	defer close(c.stopped)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var items []item
	for {
		var open bool
		items, open = c.box.take(items[:0])
		now := time.Now()
		for i := range items {
			c.handle(now, &items[i])
		}
		clear(items)
		if !open {
			c.shutdown(now)
			return
		}
		c.step(now)
		timer.Reset(c.untilDue(now))
		select {
		case <-c.box.wake:
		case <-timer.C:
		}
	}
}

func (c *Client) handle(now time.Time, it *item) {
	switch it.kind {
	case authenticate:
		c.auth.x.Ask(now, it.ref, it.access)
	case account:
		c.record(it.record)
	case datagram:
		it.half.x.Receive(now, it.socket, it.data)
	case broken:
		c.lost(now, it)
	case flush:
		c.ledger.flushers = append(c.ledger.flushers, it.done)
	case stats:
		it.stats <- Stats{
			Auth: c.auth.x.Stats(), Acct: c.acct.x.Stats(), Queue: c.ledger.queue.Stats(), Oldest: c.ledger.queue.Oldest(), Overrun: c.box.overrun.Load(),
			Crowded: c.auth.x.Crowded(),
		}
	}
}

// step runs what is due and does what the machines say, until they are quiet.
func (c *Client) step(now time.Time) {
	c.auth.x.Advance(now)
	c.acct.x.Advance(now)
	for {
		c.report(now)
		// Opening a socket can fail, an answer can make room for records:
		// both leave new actions.
		if c.execute(now, c.auth)+c.execute(now, c.acct) == 0 {
			break
		}
	}
	c.settle()
}

// untilDue returns how long the loop may sleep.
func (c *Client) untilDue(now time.Time) time.Duration {
	wait := time.Hour
	for _, t := range []time.Time{c.auth.x.Deadline(), c.acct.x.Deadline(), c.reportDeadline()} {
		if !t.IsZero() {
			wait = min(wait, max(0, t.Sub(now)))
		}
	}
	return wait
}

// shutdown answers what waits, and closes the sockets.
func (c *Client) shutdown(now time.Time) {
	c.auth.x.Abandon(now)
	c.execute(now, c.auth)
	c.settle()
	for _, h := range []*half{c.auth, c.acct} {
		for id := range h.conns {
			c.drop(h, id)
		}
	}
}
