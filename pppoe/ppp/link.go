package ppp

import (
	"cmp"
	"crypto/sha256"
	"time"
)

// Config is what the links of one kind share. It is not changed once a Link
// has it.
type Config struct {
	Name string     // of this system, in CHAP Challenges
	MRU  uint16     // most that the subscriber may send us, RFC 4638 section 5.1; 0: 1492
	Auth []Protocol // CHAP and PAP, the preferred one first, at most 8; empty: no authentication

	// Multilink acknowledges the options of RFC 1990, which commits the LNS.
	Multilink bool

	FirstRetry   time.Duration // first repetition of a Configure-Request; 0: 300 ms
	Restart      time.Duration // RFC 1661 section 4.6 Restart timer; 0: 3 s
	MaxConfigure int           // Configure-Requests without an answer; 0: 10
	MaxTerminate int           // Terminate-Requests without an answer; 0: 2
	MaxFailure   int           // Configure-Naks before they become Rejects; 0: 5

	EchoInterval time.Duration // between our Echo-Requests; 0: none are sent
	EchoFailures int           // Echo-Requests in a row without an answer; 0: 3

	AuthTimeout    time.Duration // from LCP opened to the subscriber's answer; 0: 30 s
	ChallengeRetry time.Duration // between CHAP Challenges; 0: 3 s
}

const (
	defaultMRU = 1500 // RFC 1661 section 6.1
	pppoeMRU   = 1492 // RFC 2516 section 7
)

func (c *Config) mru() uint16                   { return cmp.Or(c.MRU, pppoeMRU) }
func (c *Config) firstRetry() time.Duration     { return cmp.Or(c.FirstRetry, 300*time.Millisecond) }
func (c *Config) restart() time.Duration        { return cmp.Or(c.Restart, 3*time.Second) }
func (c *Config) maxConfigure() int             { return cmp.Or(c.MaxConfigure, 10) }
func (c *Config) maxTerminate() int             { return cmp.Or(c.MaxTerminate, 2) }
func (c *Config) maxFailure() int               { return cmp.Or(c.MaxFailure, 5) }
func (c *Config) echoFailures() int             { return cmp.Or(c.EchoFailures, 3) }
func (c *Config) authTimeout() time.Duration    { return cmp.Or(c.AuthTimeout, 30*time.Second) }
func (c *Config) challengeRetry() time.Duration { return cmp.Or(c.ChallengeRetry, 3*time.Second) }

// Link is LCP and the authentication of one subscriber, until the LNS takes
// over. It belongs to the goroutine that owns the session.
type Link struct {
	cfg   *Config
	seed  [sha256.Size]byte
	drawn uint64 // blocks taken from the seed

	state     state
	restarts  int           // Restart counter
	wait      time.Duration // period of the next Restart timer
	restartAt time.Time
	openBy    time.Time // when LCP must be opened; zero: it is, or is being closed

	done     bool   // Closed was given
	up       bool   // between This-Layer-Up and This-Layer-Down
	heard    bool   // the peer has sent a valid LCP packet
	leaving  bool   // the peer's last word was a Terminate-Request
	reason   Reason // why the link is being closed, 0: it is not
	id       uint8  // identifier of the last LCP packet that is not an answer
	reopened int    // times LCP left Opened

	ours   request
	theirs grant
	auth   exchange
	echo   echo

	actions []Action
}

// NewLink returns a link that has not been started. The magic number and the
// CHAP challenges come out of seed, which must be unpredictable and used once.
func NewLink(cfg *Config, seed [32]byte) *Link {
	l := &Link{cfg: cfg, seed: seed}
	l.ours.magic = l.drawMagic()
	l.reset()
	return l
}

// draw returns the next 32 unpredictable octets.
func (l *Link) draw() [sha256.Size]byte {
	var in [sha256.Size + 8]byte
	copy(in[:], l.seed[:])
	be.PutUint64(in[sha256.Size:], l.drawn)
	l.drawn++
	return sha256.Sum256(in[:])
}

// drawMagic returns a magic number other than 0 and the one in use.
func (l *Link) drawMagic() uint32 {
	for {
		b := l.draw()
		if m := be.Uint32(b[:]); m != 0 && m != l.ours.magic {
			return m
		}
	}
}

// Start opens the link: the lower layer is up and a Configure-Request is sent.
func (l *Link) Start(now time.Time) {
	if l.state != stateInitial || l.done {
		return
	}
	l.handle(now, evOpen, Packet{}, nil)
	l.handle(now, evUp, Packet{}, nil)
}

// Terminate closes the link: Terminate-Requests until one is answered, then
// Closed with LocalTerminated.
func (l *Link) Terminate(now time.Time) { l.close(now, LocalTerminated) }

// close begins the end of the link on our own account. The first reason stays.
func (l *Link) close(now time.Time, r Reason) {
	if l.done {
		return
	}
	l.reason = cmp.Or(l.reason, r)
	if l.auth.phase != authRefused {
		l.auth.phase = authNone // whoever closes needs no Down
	}
	l.handle(now, evClose, Packet{}, nil)
	if l.state == stateInitial || l.state == stateClosed {
		l.finish()
	}
}

// finish gives Closed. Nothing happens to the link after that.
func (l *Link) finish() {
	if l.done {
		return
	}
	if l.up {
		l.layerDown()
	}
	if l.reason == 0 {
		switch {
		case l.leaving:
			l.reason = PeerTerminated
		case !l.heard:
			l.reason = NoAnswer
		default:
			l.reason = NegotiationFailed
		}
	}
	l.done = true
	l.restartAt, l.openBy = time.Time{}, time.Time{}
	l.actions = append(l.actions, Closed{l.reason})
}

// layerUp is This-Layer-Up: LCP is opened.
func (l *Link) layerUp(now time.Time) {
	if l.reopened > l.cfg.maxConfigure() {
		// A peer that starts over for ever would have the gateway
		// authenticate it for ever.
		l.close(now, NegotiationFailed)
		return
	}
	l.up = true
	l.startEcho(now)
	l.startAuth(now)
}

// layerDown is This-Layer-Down: LCP starts over, or ends.
func (l *Link) layerDown() {
	if !l.up {
		return
	}
	l.up = false
	l.reopened++
	if l.auth.phase == authGiven {
		r := l.reason
		if l.leaving {
			r = cmp.Or(r, PeerTerminated)
		}
		l.actions = append(l.actions, Down{r})
	}
	l.reset()
}

// reset forgets what was negotiated. The identifiers and the magic number live
// on, and a refusal is repeated until the end.
func (l *Link) reset() {
	l.ours.reset(l.cfg)
	l.theirs = grant{mru: defaultMRU}
	l.auth.reset()
	l.echo = echo{}
}

// Advance runs what is due.
func (l *Link) Advance(now time.Time) {
	if due(now, l.restartAt) {
		l.restartAt = time.Time{}
		l.timeout(now)
	}
	if due(now, l.openBy) {
		l.giveUp(now)
	}
	if due(now, l.auth.limitAt) {
		l.auth.limitAt = time.Time{}
		l.close(now, AuthTimeout)
	}
	if due(now, l.auth.challengeAt) {
		l.sendChallenge(now)
	}
	if due(now, l.echo.at) {
		l.sendEcho(now)
	}
}

func due(now, at time.Time) bool { return !at.IsZero() && !now.Before(at) }

// Deadline returns when Advance has something to do; zero: nothing is pending.
func (l *Link) Deadline() time.Time {
	first := l.restartAt
	for _, at := range [...]time.Time{l.openBy, l.auth.limitAt, l.auth.challengeAt, l.echo.at} {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// Take returns what is to be done now, in order. The actions and their octets
// are the caller's.
func (l *Link) Take() []Action {
	a := l.actions
	l.actions = nil
	return a
}

// Opened reports whether LCP is opened.
func (l *Link) Opened() bool { return l.up }

// MRU returns the largest frame payload, without the protocol field, that may
// be sent to the subscriber: what it asked for, or 1500 (RFC 1661 section 6.1).
func (l *Link) MRU() uint16 { return l.theirs.mru }

// send gives a frame to the subscriber.
func (l *Link) send(frame []byte) { l.actions = append(l.actions, Send{frame}) }

// drop reports something discarded; what is a constant.
func (l *Link) drop(what string) { l.actions = append(l.actions, Drop{what}) }
