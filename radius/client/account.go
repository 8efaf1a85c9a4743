package client

import (
	"context"
	"time"

	"lacd/radius"
	"lacd/radius/acct"
)

// Journal keeps records until they are done with, beyond the life of the
// process. Its methods must not block.
type Journal interface {
	// Put keeps a record and returns its ID, which is not 0.
	Put(account string, data []byte) uint64
	Done(id uint64)
}

// ledger is the accounting records on their way. The loop owns it.
type ledger struct {
	queue    *acct.Queue
	journal  Journal              // nil: they are in memory alone
	lost     func(account string) // nil: nobody is told
	room     int                  // most requests outstanding
	flushers []chan struct{}
}

func newLedger(cfg *Config) ledger {
	l := ledger{queue: acct.NewQueue(cfg.AcctQueue), journal: cfg.Journal, lost: cfg.Lost, room: cfg.AcctFlight}
	if l.room <= 0 {
		l.room = 256
	}
	return l
}

// Account queues a record. It never blocks. Without an accounting server, or
// after Close, records are discarded.
func (c *Client) Account(r acct.Record) {
	if r.NASIdentifier == "" && !r.NASIP.IsValid() {
		r.NASIdentifier, r.NASIP = c.nas.Identifier, c.nas.IP
	}
	c.box.put(item{kind: account, record: &r})
}

// Restore queues a record that the journal has kept since an earlier run. It
// comes before Accounting-On is queued.
func (c *Client) Restore(r *acct.Record, id uint64) {
	r.Old, r.Entry = true, id
	c.box.put(item{kind: account, record: r})
}

// Flush waits until every queued record is answered, or ctx is done.
func (c *Client) Flush(ctx context.Context) error {
	done := make(chan struct{})
	if !c.box.put(item{kind: flush, done: done}) {
		return ErrClosed
	}
	select {
	case <-done:
		return nil
	case <-c.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// record takes a record that came through the mailbox.
func (c *Client) record(r *acct.Record) {
	if len(c.acct.side.servers) == 0 {
		return
	}
	l := &c.ledger
	if !l.queue.Push(r) {
		if l.lost != nil {
			l.lost(r.Account)
		}
		return
	}
	if l.journal == nil || r.Entry != 0 || r.Status == acct.On || r.Status == acct.Off {
		return
	}
	if b, err := r.AppendTo(nil); err == nil { // else it is found to be unsendable, and counted
		r.Entry = l.journal.Put(r.Account, b)
	}
}

// report asks the servers to take what may be sent now.
func (c *Client) report(now time.Time) {
	for id, r := range c.ledger.queue.Ready(now, c.ledger.room-c.acct.x.Len()) {
		c.acct.x.Ask(now, uint64(id), r)
	}
}

// reportDeadline returns when more records may be sent by the passing of time
// alone; zero: never.
func (c *Client) reportDeadline() time.Time {
	if c.acct.x.Len() >= c.ledger.room {
		return time.Time{} // an answer or a failure comes first
	}
	return c.ledger.queue.Deadline()
}

// reported takes the answer to a record.
func (c *Client) reported(a *radius.Answered) { c.ledger.queue.Answered(acct.ID(a.Ref)) }

// unreported takes the news that no server has answered a record.
func (c *Client) unreported(now time.Time, f radius.Failed) {
	if f.Err != nil {
		c.ledger.queue.Unsendable(acct.ID(f.Ref))
		return
	}
	c.ledger.queue.Failed(now, acct.ID(f.Ref))
}

// settle strikes what is done with off the journal, and lets go who waits for
// the last record.
func (c *Client) settle() {
	for _, id := range c.ledger.queue.Gone() {
		if c.ledger.journal != nil {
			c.ledger.journal.Done(id)
		}
	}
	if c.ledger.queue.Len() > 0 {
		return
	}
	for _, done := range c.ledger.flushers {
		close(done)
	}
	c.ledger.flushers = nil
}
