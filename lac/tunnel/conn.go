package tunnel

import (
	"cmp"
	"errors"
	"net/netip"
	"time"

	"lacd/lac/l2tp"
)

// Errors of PlaceCall.
var (
	ErrClosed = errors.New("tunnel: control connection is closed")
	ErrFull   = errors.New("tunnel: no session id left")
)

// Config is what a control connection is made of. It is not changed.
type Config struct {
	LocalID       l2tp.TunnelID  // ours; not zero
	Peer          netip.AddrPort // Dial: where SCCRQ goes. Accept: where it came from
	HostName      string         // ours, sent in Host Name; "lacd" if empty, as it must not be
	VendorName    string         // empty: not sent
	Secret        []byte         // authenticates both ways and hides; empty: neither
	PeerName      string         // Host Name the peer must give; empty: any
	Window        uint16         // messages the peer may send ahead; 512
	Resend        time.Duration  // first retransmission; 1 s
	ResendMax     time.Duration  // bound of its doubling; 8 s
	Retries       int            // retransmissions before the peer is given up; 5
	Hello         time.Duration  // silence after which HELLO is sent; 60 s
	Hold          time.Duration  // how long a closed connection and used IDs are kept; 31 s
	AnswerTimeout time.Duration  // ICRQ to ICRP, and other answers of the peer; 10 s
	Seed          [32]byte       // everything random derives from it; never the same twice
	Serial        uint32         // first Call Serial Number
	// Reverse changes the parts of the ends in calls: Accept places them and
	// Dial takes them, as when a LAC yields to its LNS's SCCRQ.
	Reverse bool
}

// normal returns cfg with defaults filled in.
func (cfg Config) normal() Config {
	cfg.HostName = cmp.Or(cfg.HostName, "lacd")
	cfg.Window = cmp.Or(cfg.Window, 512)
	cfg.Hello = cmp.Or(cfg.Hello, time.Minute)
	cfg.Hold = cmp.Or(cfg.Hold, 31*time.Second)
	cfg.AnswerTimeout = cmp.Or(cfg.AnswerTimeout, 10*time.Second)
	return cfg
}

// State is the state of a control connection (RFC 2661 section 7.2.1).
type State uint8

// The states.
const (
	Idle        State = 1 + iota // LNS role: waiting for the SCCRQ
	WaitReply                    // SCCRQ sent (wait-ctl-reply)
	WaitConnect                  // SCCRP sent (wait-ctl-conn)
	Established                  // calls can be made
	Stopping                     // StopCCN sent, not acknowledged
	Holding                      // over; the peer's last messages are acknowledged again
	Gone                         // released
)

// String returns the state as a label.
func (s State) String() string {
	switch s {
	case Idle:
		return "idle"
	case WaitReply:
		return "wait-reply"
	case WaitConnect:
		return "wait-connect"
	case Established:
		return "established"
	case Stopping:
		return "stopping"
	case Holding:
		return "holding"
	case Gone:
		return "gone"
	}
	return "unknown"
}

// A Conn is a control connection and its calls. It is owned by one goroutine.
type Conn struct {
	cfg     Config
	lns     bool // accepted, not dialled
	state   State
	channel *Channel
	parser  l2tp.Parser
	random  random

	peer       netip.AddrPort
	peerID     l2tp.TunnelID // 0: not known yet
	peerName   string
	challenge  []byte // ours; nil: none sent
	tieBreaker []byte

	setupBy  time.Time // the peer's next setup message must be there; zero: no such wait
	heardAt  time.Time // last message from the peer, data included
	holdTill time.Time // Released is due
	endedAt  time.Time // Down was emitted

	calls   map[l2tp.SessionID]*call
	byPeer  map[l2tp.SessionID]l2tp.SessionID
	ids     *sessionIDs
	serial  uint32
	pending fifo[l2tp.SessionID] // placed, not requested yet, or gone since
	waiting int                  // how many of them were not gone
	iccns   fifo[connecting]     // ICCNs that were not transmitted yet
	answers fifo[answer]         // what the peer owes calls, by deadline

	actions, taken []Action
	logs           map[string]uint64
	bogus          uint64 // of the channel, already logged
}

// Dial returns a control connection in the LAC role. Its SCCRQ is among the
// first actions.
func Dial(now time.Time, cfg Config) *Conn {
	c := newConn(now, cfg)
	c.dial(now)
	c.settle(now)
	return c
}

// Accept returns a control connection in the LNS role, which waits for the
// SCCRQ that Receive is given.
func Accept(now time.Time, cfg Config) *Conn {
	c := newConn(now, cfg)
	c.lns = true
	c.state = Idle
	c.setupBy = now.Add(c.cfg.AnswerTimeout)
	return c
}

func newConn(now time.Time, cfg Config) *Conn {
	cfg = cfg.normal()
	return &Conn{
		cfg: cfg,
		channel: NewChannel(ChannelConfig{
			Window: int(cfg.Window), Resend: cfg.Resend, ResendMax: cfg.ResendMax, Retries: cfg.Retries,
		}),
		parser:  l2tp.Parser{Secret: cfg.Secret},
		random:  random{seed: cfg.Seed},
		peer:    cfg.Peer,
		heardAt: now,
		calls:   make(map[l2tp.SessionID]*call),
		byPeer:  make(map[l2tp.SessionID]l2tp.SessionID),
		ids:     newSessionIDs(cfg.Hold),
		serial:  cfg.Serial,
		logs:    make(map[string]uint64),
	}
}

// Receive takes a control datagram addressed to this control connection. It
// may write into b, to reveal hidden values, and does not keep it.
func (c *Conn) Receive(now time.Time, from netip.AddrPort, b []byte) {
	if c.state == Gone {
		return
	}
	h, payload, err := l2tp.ParseHeader(b)
	switch {
	case err != nil:
		c.log(logHeader, err.Error())
	case !h.Control:
		c.log(logHeader, "data message")
	case c.admit(from, h, payload):
		c.take(now, h, payload)
	}
	c.settle(now)
}

// Data says that a data message came from the peer, which is as good a sign
// of life as any (RFC 2661 section 5.5), at the time or later.
func (c *Conn) Data(at time.Time) {
	if at.After(c.heardAt) {
		c.heardAt = at
	}
}

// admit reports whether a message may come from that source with that header.
// "Once the source and destination ports and addresses are established, they
// MUST remain static for the life of the tunnel" (section 8.1).
func (c *Conn) admit(from netip.AddrPort, h l2tp.Header, payload []byte) bool {
	moved := from != c.peer
	switch {
	case h.TunnelID == c.cfg.LocalID:
	case h.TunnelID != 0 || !c.toZero(payload):
		c.log(logTunnelID, "")
		return false
	}
	if !moved {
		return true
	}
	// Until SCCRP the responder may answer from another port and address.
	// Only that message, answering our SCCRQ, makes the peer move; where there
	// is a secret, from one who knows it.
	if c.state != WaitReply || h.Nr != c.channel.una+1 {
		c.log(logSource, from.String())
		return false
	}
	m, err := c.parser.Parse(cloned(payload))
	if rp, ok := m.(*l2tp.SCCRP); ok && err == nil && c.responds(l2tp.TypeSCCRP, rp.Response) {
		c.peer = from
		return true
	}
	if _, ok := m.(*l2tp.StopCCN); ok && from.Addr() == c.peer.Addr() {
		c.peer = from
		return true
	}
	c.log(logSource, from.String())
	return false
}

// take hands a message and what it releases from the reorder buffer to the
// control connection.
func (c *Conn) take(now time.Time, h l2tp.Header, payload []byte) {
	c.heardAt = now
	switch c.channel.Receive(now, h, payload) {
	case Fresh:
		c.deliver(now, h, payload)
		for {
			h, payload, ok := c.channel.Next(now)
			if !ok {
				break
			}
			c.deliver(now, h, payload)
		}
	case Discarded:
		c.log(logDiscarded, "")
	case Ack, Duplicate, Early:
	}
	if c.channel.bogus != c.bogus {
		c.bogus = c.channel.bogus
		c.log(logNr, "")
	}
}

// settle is the end of every method: it starts calls that can be started,
// turns what the channel sends into actions, and notices its end.
func (c *Conn) settle(now time.Time) {
	c.request(now)
	c.channel.Advance(now)
	c.flush()
	c.review(now)
}

// flush turns what the channel sends into actions.
func (c *Conn) flush() {
	for _, b := range c.channel.Take() {
		c.actions = append(c.actions, Send{c.peer, b})
	}
	c.announce()
}

// Advance does what is due: retransmissions, acknowledgements, HELLO, and the
// end of waits.
func (c *Conn) Advance(now time.Time) {
	if c.state == Gone {
		return
	}
	c.channel.Advance(now)
	c.review(now)
	c.expireAnswers(now)
	if c.state == Established && c.channel.Idle() && !c.helloDue().After(now) {
		// A message in flight tests the peer as well as a HELLO would.
		c.send(now, 0, &l2tp.HELLO{})
	}
	c.settle(now)
}

// helloDue returns when the peer has been silent for long enough.
func (c *Conn) helloDue() time.Time { return c.heardAt.Add(c.cfg.Hello) }

// Deadline returns when Advance has something to do; zero: nothing is due.
func (c *Conn) Deadline() time.Time {
	if c.state == Gone {
		return time.Time{}
	}
	d := earlier(c.channel.Deadline(), c.setupBy)
	d = earlier(d, c.holdTill)
	d = earlier(d, c.answerDue())
	if c.state == Established && c.channel.Idle() {
		d = earlier(d, c.helloDue())
	}
	return d
}

// Take returns the actions since the last Take, in order. The slice is valid
// until the next Take.
func (c *Conn) Take() []Action {
	clear(c.taken)
	c.actions, c.taken = c.taken[:0], c.actions
	return c.taken
}

// send sends a message, to a call of the peer if session is not zero.
func (c *Conn) send(now time.Time, session l2tp.SessionID, m l2tp.Message) {
	c.channel.Send(now, c.encode(session, m))
	c.flush()
}

func (c *Conn) encode(session l2tp.SessionID, m l2tp.Message) []byte {
	var hide *l2tp.Hiding
	if iccn, ok := m.(*l2tp.ICCN); ok && len(c.cfg.Secret) > 0 && iccn.Auth.Cleartext() {
		hide = &l2tp.Hiding{Secret: c.cfg.Secret, Vector: c.random.bytes(16)}
	}
	return l2tp.AppendMessage(make([]byte, 0, 192), l2tp.Header{TunnelID: c.peerID, SessionID: session}, m, hide)
}

func (c *Conn) log(what, detail string) {
	c.logs[what]++
	c.actions = append(c.actions, Log{what, detail})
}

func cloned(b []byte) []byte { return append([]byte(nil), b...) }
