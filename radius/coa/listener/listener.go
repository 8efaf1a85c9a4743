// Package listener runs package coa: UDP sockets and one loop around a
// coa.Responder.
//
// Each socket has one reader. It discards what is not a genuine request of a
// client by itself, so that a flood never reaches the loop; what it admits is
// bounded, and discarded with a counter when the loop falls behind. The loop
// owns the table of requests and hands orders to the function Execute. There is
// no goroutine or timer per request.
package listener

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"lacd/lac/mailbox"
	"lacd/radius/coa"
)

// Port is where a dynamic authorization server listens (RFC 5176 section 2.3).
const Port = 3799

// maxInput bounds the admitted requests that wait for the loop.
const maxInput = 1024

// Socket is a bound UDP socket.
type Socket interface {
	ReadFrom(b []byte) (int, netip.AddrPort, error)
	WriteTo(b []byte, to netip.AddrPort) error
	Close() error // ends ReadFrom with net.ErrClosed
}

// Config holds the settings of a Listener.
type Config struct {
	coa.Config
	// Execute carries out an order and returns how many parts of the daemon look
	// for its sessions: each calls Found, and Gone for each session of a
	// Disconnect-Request that has ended. It is called on the loop and must not
	// block.
	Execute func(t coa.Ticket, c *coa.Client, o *coa.Order) (parts int)
	Log     *slog.Logger
	// Debug writes a line about a single datagram, as slog.Logger.Debug. It is
	// called by every reader, and bounds what it writes.
	Debug func(msg string, args ...any)
}

// Listener serves requests. Its methods are safe for any goroutine.
type Listener struct {
	cfg     Config
	gate    *coa.Gate
	sockets []Socket
	box     *mailbox.Mailbox[input]
	readers sync.WaitGroup
	counts  counts

	table *coa.Responder // the loop's
}

// New returns a Listener for bound sockets, which it closes. It starts nothing.
func New(cfg Config, sockets []Socket) *Listener {
	g := coa.NewGate(cfg.Config)
	return &Listener{
		cfg: cfg, gate: g, sockets: sockets, box: mailbox.New[input](), table: coa.NewResponder(g),
		counts: newCounts(len(g.Clients())),
	}
}

// input is what reaches the loop.
type input struct {
	kind    inputKind
	ticket  coa.Ticket
	n       int // found: sessions; received: the socket
	request coa.Request
}

type inputKind uint8

const (
	received inputKind = iota
	found
	gone
)

// Found tells that one part has looked for the sessions of an order, and how
// many it found. It never blocks.
func (l *Listener) Found(t coa.Ticket, n int) { l.box.Put(input{kind: found, ticket: t, n: n}) }

// Gone tells that a session of a Disconnect-Request has ended. It never blocks.
func (l *Listener) Gone(t coa.Ticket) { l.box.Put(input{kind: gone, ticket: t}) }

// Run serves until Close.
func (l *Listener) Run() {
	for i, s := range l.sockets {
		l.readers.Go(func() { l.read(i, s) })
	}
	l.loop()
	l.readers.Wait()
}

// Close ends Run. Requests that are under way get no answer.
func (l *Listener) Close() error {
	l.box.Close()
	var errs []error
	for _, s := range l.sockets {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// loop owns the table until the mailbox is closed.
func (l *Listener) loop() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var spare []input
	for !l.box.Closed() {
		now := time.Now()
		inputs := l.box.Take(spare)
		for i := range inputs {
			l.handle(now, &inputs[i])
		}
		spare = inputs
		l.table.Advance(now)
		l.execute(now)
		wait := time.Hour
		if d := l.table.Deadline(); !d.IsZero() {
			wait = d.Sub(now)
		}
		timer.Reset(wait)
		select {
		case <-l.box.Wake():
		case <-timer.C:
		}
	}
}

func (l *Listener) handle(now time.Time, in *input) {
	switch in.kind {
	case received:
		l.table.Receive(now, in.n, in.request)
	case found:
		l.table.Found(now, in.ticket, in.n)
	case gone:
		l.table.Gone(now, in.ticket)
	}
}

// execute does what the table wants, until it is quiet.
func (l *Listener) execute(now time.Time) {
	for {
		actions := l.table.Take()
		if len(actions) == 0 {
			return
		}
		for _, a := range actions {
			switch a := a.(type) {
			case coa.Execute:
				l.table.Asked(now, a.Ticket, l.cfg.Execute(a.Ticket, a.Client, a.Order))
			case coa.Send:
				if err := l.sockets[a.Socket].WriteTo(a.Answer, a.To); err != nil {
					l.cfg.Debug("CoA answer not sent", "to", a.To, "err", err)
				}
			case coa.Settled:
				l.settled(&a)
			case coa.Discarded:
				l.discarded(a.Request, a.Outcome)
			}
		}
	}
}

// settled counts a request that was answered, and writes its one line. What
// was refused at sight is no news: a client that is set up wrongly repeats it
// for ever.
func (l *Listener) settled(a *coa.Settled) {
	q := a.Request
	l.counts.add(q.Client, q.Packet.Kind, a.Outcome())
	attrs := []any{
		"client", l.gate.Clients()[q.Client].Name, "from", q.From, "kind", q.Packet.Kind.String(), "outcome", a.Outcome().String(),
	}
	attrs = append(attrs, about(&q.Order.Session)...)
	if !a.Executed {
		l.cfg.Debug("CoA request refused", attrs...)
		return
	}
	l.cfg.Log.Info("CoA request", append(attrs, "sessions", a.Sessions, "after", a.After)...)
}

// about says which sessions are meant.
func about(s *coa.Identity) (attrs []any) {
	for _, a := range []struct{ key, value string }{
		{"session", s.AcctSession}, {"user", s.User}, {"calling", s.CallingStation}, {"called", s.CalledStation}, {"nas_port_id", s.NASPortID},
	} {
		if a.value != "" {
			attrs = append(attrs, a.key, strings.ToValidUTF8(a.value, "?"))
		}
	}
	if s.HasNASPort {
		attrs = append(attrs, "nas_port", s.NASPort)
	}
	return attrs
}

func (l *Listener) discarded(q *coa.Request, o coa.Outcome) {
	l.counts.add(q.Client, q.Packet.Kind, o)
	client := ""
	if q.Client >= 0 {
		client = l.gate.Clients()[q.Client].Name
	}
	l.cfg.Debug("CoA datagram discarded", "from", q.From, "client", client, "why", o.String())
}

// read serves one socket until it is closed.
func (l *Listener) read(socket int, s Socket) {
	buf := make([]byte, 65536)
	for {
		n, from, err := s.ReadFrom(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			l.cfg.Debug("CoA socket error", "err", err)
			continue
		}
		q, o := l.gate.Admit(time.Now(), from, buf[:n])
		if o == 0 && l.box.Offer(maxInput, input{n: socket, request: q}) == 0 {
			o = coa.Overrun
		}
		if o != 0 {
			l.discarded(&q, o)
		}
	}
}
