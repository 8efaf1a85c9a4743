package sim

import (
	"cmp"
	"time"

	"lacd/pppoe/wire"
)

// Milestone is how far a set-up must come to count.
type Milestone uint8

// The milestones.
const (
	Opened    Milestone = iota // the client has an address (IPCP)
	Proven                     // the client has sent its credentials
	Connected                  // the LNS has the call (ICCN); Crowd.Connected tells
)

// HangUp is how a client ends its session.
type HangUp uint8

// The ways to hang up.
const (
	ByPADT      HangUp = iota
	ByTerminate        // LCP Terminate-Request, and PADT when it is answered or not
	Silently           // no word: the line is cut
)

// Config is what a Crowd is made of. Zero means the default. It is not changed.
type Config struct {
	Layout
	Number int

	Rate   float64       // dials a second; 0: all at once
	Window int           // clients that are dialling at once at most; 0: any number
	Hold   time.Duration // from up until the client hangs up; 0: it does not
	Think  time.Duration // from hanging up until it dials again
	Cycles int           // set-ups of a client, those that failed apart; 1
	HangUp HangUp

	Redial     bool          // dial again after a failure, and after a session was lost
	Backoff    time.Duration // before that, half of it by chance; doubles with each failure in a row; 1 s
	BackoffMax time.Duration // 30 s

	Retry      time.Duration // before a request is sent again; doubles during discovery; 3 s
	Tries      int           // of a request; 5
	Timeout    time.Duration // from the first PADI until up; 30 s
	HangUpRate float64       // sessions a second that End hangs up; 10000

	ACName, Service string
	MaxPayload      uint16 // RFC 4638; 0: no tag, and an MRU of 1492
	PAP             bool   // Nak CHAP and ask for PAP
	Password        string
	UpAt            Milestone
	Echo            time.Duration // between LCP Echo-Requests; three unanswered are the end; 0: none
	Traffic         Traffic       // from clients that are up
	Seed            uint64        // for what is left to chance
}

func (cfg Config) normal() Config {
	cfg.Cycles = cmp.Or(cfg.Cycles, 1)
	cfg.Backoff = cmp.Or(cfg.Backoff, time.Second)
	cfg.BackoffMax = cmp.Or(cfg.BackoffMax, 30*time.Second)
	cfg.Retry = cmp.Or(cfg.Retry, 3*time.Second)
	cfg.Tries = cmp.Or(cfg.Tries, 5)
	cfg.Timeout = cmp.Or(cfg.Timeout, 30*time.Second)
	cfg.HangUpRate = cmp.Or(cfg.HangUpRate, 10_000)
	return cfg
}

// A Crowd is the clients of one access port.
type Crowd struct {
	cfg     Config
	clients []client
	timers  timers
	byID    map[sessionKey]int32

	fresh    int     // clients that have never dialled: the last ones
	ready    []int32 // that are to dial again
	nextDial instant // when Rate allows one
	gap      float64 // nanoseconds between two

	dialling int // between first PADI and up
	settled  int // have been up, or will never be
	finished int // will not dial again

	ending  bool
	endMode HangUp
	endNext int     // who hangs up next
	endAt   instant // when Rate allows it

	up    []int32 // clients whose payloads are sent
	pace  pace
	stats Stats
	rand  uint64

	buf  []byte // frames to send, one after the other
	ends []int
	out  [][]byte
	ppp  []byte // scratch
}

// sessionKey is the client's MAC address and the session ID.
type sessionKey uint64

func keyOf(m wire.MAC, id wire.SessionID) sessionKey {
	return sessionKey(be.Uint32(m[:]))<<32 | sessionKey(be.Uint16(m[4:]))<<16 | sessionKey(id)
}

// NewCrowd returns clients that begin to dial now.
func NewCrowd(now time.Time, cfg *Config) *Crowd {
	c := &Crowd{
		cfg: cfg.normal(), clients: make([]client, cfg.Number), byID: make(map[sessionKey]int32, cfg.Number),
		fresh: cfg.Number, nextDial: instantOf(now), pace: newPace(cfg.Traffic), rand: cfg.Seed | 1,
	}
	c.timers.grow(cfg.Number)
	if cfg.Rate > 0 {
		c.gap = 1e9 / cfg.Rate
	}
	for i := range c.clients {
		c.clients[i].slot = -1
	}
	c.Advance(now)
	return c
}

// Take returns the frames to send, valid until the next call of a method.
func (c *Crowd) Take() [][]byte {
	c.out = c.out[:0]
	start := 0
	for _, end := range c.ends {
		c.out = append(c.out, c.buf[start:end:end])
		start = end
	}
	c.buf, c.ends = c.buf[:0], c.ends[:0]
	return c.out
}

// Deadline returns when Advance has something to do; zero: nothing is due.
func (c *Crowd) Deadline() time.Time {
	at := sooner(c.timers.next(), c.dialDue())
	if len(c.up) > 0 && !c.ending {
		at = sooner(at, c.pace.deadline())
	}
	if c.ending && c.endNext < len(c.clients) {
		at = sooner(at, c.endAt)
	}
	return at.time()
}

// dialDue returns when the next client dials; zero: none does, or not before
// another has come to an end.
func (c *Crowd) dialDue() instant {
	if c.ending || c.fresh == 0 && len(c.ready) == 0 || c.cfg.Window > 0 && c.dialling >= c.cfg.Window {
		return 0
	}
	return c.nextDial
}

// Advance does what is due.
func (c *Crowd) Advance(now time.Time) {
	n := instantOf(now)
	for i, ok := c.timers.pop(n); ok; i, ok = c.timers.pop(n) {
		c.expire(n, i)
	}
	c.hangUpMore(n)
	c.admit(n)
	c.emitTraffic(n)
}

// slack is how far dialling may fall behind its rate and still catch up.
const slack = instant(10e6)

// admit lets clients dial as rate and window allow.
func (c *Crowd) admit(now instant) {
	for c.dialDue().due(now) {
		if c.gap > 0 {
			c.nextDial = max(c.nextDial, now-slack) + instant(c.gap)
		}
		if c.fresh > 0 {
			i := len(c.clients) - c.fresh
			c.fresh--
			c.dial(now, int32(i))
			continue
		}
		i := c.ready[0]
		c.ready = c.ready[1:]
		c.dial(now, i)
	}
}

// End hangs up every session, as Config.HangUpRate allows, and lets nobody dial
// any more.
func (c *Crowd) End(now time.Time, mode HangUp) {
	if c.ending {
		return
	}
	c.ending, c.endMode, c.endAt = true, mode, instantOf(now)
	c.finished += c.fresh + len(c.ready)
	c.settled = len(c.clients)
	c.fresh, c.ready = 0, nil
	c.hangUpMore(c.endAt)
}

func (c *Crowd) hangUpMore(now instant) {
	if !c.ending || !c.endAt.due(now) {
		return
	}
	n := min(int(float64(now.since(c.endAt))/1e9*c.cfg.HangUpRate)+16, len(c.clients)-c.endNext)
	c.endAt = max(now, c.endAt+instant(float64(n)*1e9/c.cfg.HangUpRate))
	for range n {
		i := int32(c.endNext)
		c.endNext++
		c.leave(now, i, c.endMode)
	}
}

// Done reports whether nobody dials, is up or will be.
func (c *Crowd) Done() bool { return c.finished == len(c.clients) }

// Settled reports whether every client has been up, or has failed for good.
func (c *Crowd) Settled() bool { return c.settled == len(c.clients) }

// Up returns how many clients are up, Dialling how many are on their way.
func (c *Crowd) Up() int { return len(c.up) }

// Dialling returns how many clients are between their first PADI and up.
func (c *Crowd) Dialling() int { return c.dialling }

// Stats returns what was counted so far. It is the Crowd's, to be read.
func (c *Crowd) Stats() *Stats { return &c.stats }

// Connected tells that an LNS has the call of a session (ICCN).
func (c *Crowd) Connected(now time.Time, t Token) {
	i := int32((uint32(t) - c.cfg.First) & (1<<tokenBits - 1))
	if int(i) >= len(c.clients) {
		return
	}
	cl := &c.clients[i]
	if c.token(i) == t && cl.state >= linking && c.cfg.UpAt == Connected {
		c.rise(instantOf(now), i)
	}
}

// chance returns a number below n.
func (c *Crowd) chance(n time.Duration) time.Duration {
	// xorshift64* by Marsaglia and Vigna.
	c.rand ^= c.rand >> 12
	c.rand ^= c.rand << 25
	c.rand ^= c.rand >> 27
	if n <= 0 {
		return 0
	}
	return time.Duration(c.rand*0x2545f4914f6cdd1d>>1) % n
}

// Quiet ends the traffic of the clients.
func (c *Crowd) Quiet() { c.pace.gap = 0 }
