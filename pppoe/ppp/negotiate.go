package ppp

import "time"

// request is what we ask of the peer.
type request struct {
	mru     uint16
	magic   uint32
	noMRU   bool     // rejected; RFC 1661 section 5.4: MUST NOT be asked for again
	noMagic bool     // rejected
	auth    uint8    // bit n: Config.Auth[n] was refused
	wish    Protocol // named by the peer in a Configure-Nak

	id       uint8
	answered bool // the last request has had a valid answer
	pending  bool // a request was sent
	sent     [maxRequest]byte
	sentLen  uint8

	rounds int // Naks and Rejects in either direction since the last start
}

// maxRequest holds MRU, Authentication-Protocol for CHAP, and Magic-Number.
const maxRequest = 4 + 5 + 6

func (r *request) reset(cfg *Config) {
	*r = request{mru: cfg.mru(), magic: r.magic, id: r.id}
}

// grant is what the peer asked for and we agreed to.
type grant struct {
	mru      uint16
	naks     int    // Configure-Naks sent without a Configure-Ack
	loops    int    // Configure-Requests in a row with our own magic number
	nakMagic uint32 // last magic number that we proposed
	first    []byte // options of the first Configure-Request
	last     []byte // options of the last one, the one acknowledged
}

// Proxy is the LCP negotiation as the LNS wants it, in the LCP options of three
// Configure-Requests (RFC 2661 section 4.4.5, AVPs 26, 27 and 28).
type Proxy struct {
	FirstReceived []byte // of the first request received
	LastSent      []byte // of the last request sent, the one acknowledged
	LastReceived  []byte // of the last request received, the one acknowledged
}

// Proxy returns the options of the present negotiation, complete once LCP has
// been opened. The slices are the caller's, and empty rather than nil.
func (l *Link) Proxy() Proxy {
	return Proxy{copyOptions(l.theirs.first), copyOptions(l.ours.options()), copyOptions(l.theirs.last)}
}

func (r *request) options() []byte { return r.sent[:r.sentLen] }

// authProtocol returns the protocol to ask for: what the peer wished, else the
// first one it has not refused. 0: there is none left.
func (l *Link) authProtocol() Protocol {
	if l.ours.wish != 0 {
		return l.ours.wish
	}
	for i, p := range l.cfg.Auth {
		if l.ours.auth&(1<<i) == 0 {
			return p
		}
	}
	return 0
}

// sendRequest is Send-Configure-Request.
func (l *Link) sendRequest(now time.Time) {
	r := &l.ours
	// RFC 1661 section 5: "SHOULD NOT include default values"; our ceiling
	// can be the default when RFC 4638 is in use.
	var buf [maxRequest]byte
	o := buf[:0]
	if !r.noMRU && r.mru != defaultMRU {
		o = appendOption16(o, OptMRU, r.mru)
	}
	if p := l.authProtocol(); p != 0 {
		o = appendAuthOption(o, p)
	}
	if !r.noMagic {
		o = appendOption32(o, OptMagic, r.magic)
	}
	// RFC 1661 section 5.1: the identifier "MUST be changed whenever the
	// contents of the Options field changes, and whenever a valid reply has
	// been received for a previous request". A repetition keeps it, so that
	// an answer slower than FirstRetry still counts.
	if !r.pending || r.answered || string(o) != string(r.options()) {
		r.id = l.nextID()
	}
	r.sentLen = uint8(copy(r.sent[:], o))
	r.pending, r.answered = true, false
	l.send(Packet{LCP, ConfigureRequest, r.id, o}.AppendTo(make([]byte, 0, headerLen+len(o))))
	l.arm(now)
}

// sendTerminate is Send-Terminate-Request.
func (l *Link) sendTerminate(now time.Time) {
	text := l.reason.terminateText()
	l.send(AppendTerminateRequest(make([]byte, 0, headerLen+len(text)), l.nextID(), text))
	l.arm(now)
}

// arm counts a transmission and starts the Restart timer. RFC 1661 section 4.6
// lets the period begin at a small value: a subscriber's host is often not
// ready for a frame that follows the PADS at once.
func (l *Link) arm(now time.Time) {
	l.restarts--
	l.restartAt = now.Add(l.wait)
	l.wait = l.cfg.restart()
}

func (l *Link) nextID() uint8 {
	l.id++
	return l.id
}

// receiveAck handles a Configure-Ack.
func (l *Link) receiveAck(now time.Time, p Packet) {
	if !l.state.negotiating() {
		l.handle(now, evRCA, p, nil)
		return
	}
	if !l.current(p) {
		return
	}
	// RFC 1661 section 5.2: the options "MUST exactly match those of the
	// last transmitted Configure-Request"; else "silently discarded".
	if string(p.Data) != string(l.ours.options()) {
		l.drop(dropAltered)
		return
	}
	l.ours.answered = true
	l.handle(now, evRCA, p, nil)
}

// current reports whether p answers the outstanding Configure-Request. Answers
// to a request that has had one are discarded: a repeated request may well be
// answered twice, and that is no reason to start over.
func (l *Link) current(p Packet) bool {
	if p.ID != l.ours.id || l.ours.answered {
		l.drop(dropStale)
		return false
	}
	return true
}

// receiveNak handles a Configure-Nak or Configure-Reject.
func (l *Link) receiveNak(now time.Time, p Packet) {
	if !l.state.negotiating() {
		l.handle(now, evRCN, p, nil)
		return
	}
	if !l.current(p) {
		return
	}
	// An answer without options asks for nothing and could go on for ever.
	if len(p.Data) == 0 || !validOptions(p.Data) {
		l.drop(dropOptions)
		return
	}
	var ok bool
	next := l.ours
	if p.Code == ConfigureNak {
		ok = l.applyNak(&next, p.Data)
	} else {
		ok = l.applyReject(&next, p.Data)
	}
	if !ok {
		l.drop(dropAltered)
		return
	}
	asked := l.authProtocol() != 0
	l.ours = next
	l.ours.answered = true
	switch {
	case l.theirs.loops >= l.cfg.maxFailure():
		l.close(now, Loopback)
	case asked && l.authProtocol() == 0 && l.theirs.loops > 0:
		// What refuses is our own rule for peers that want to
		// authenticate us.
		l.close(now, Loopback)
	case asked && l.authProtocol() == 0:
		l.close(now, AuthRefused)
	case l.diverging():
		l.close(now, NegotiationFailed)
	default:
		l.handle(now, evRCN, p, nil)
	}
}

// diverging counts a round of Nak or Reject and reports when there have been
// too many. RFC 1661 section 4.5: loops are not excluded, "implementors SHOULD
// implement loop detection mechanisms".
func (l *Link) diverging() bool {
	l.ours.rounds++
	return l.ours.rounds > l.cfg.maxConfigure()+2*l.cfg.maxFailure()
}

// applyNak changes our next request as a Configure-Nak asks. It reports false
// for a Nak with a value of the wrong length.
func (l *Link) applyNak(r *request, options []byte) bool {
	for o := range whole(options) {
		switch o.Type {
		case OptMRU:
			if len(o.Value) != 2 {
				return false
			}
			if v := be.Uint16(o.Value); v >= minMRU && v <= l.cfg.mru() {
				r.mru = v
			}
		case OptMagic:
			if len(o.Value) != 4 {
				return false
			}
			l.nakedMagic(r, be.Uint32(o.Value))
		case OptAuth:
			if len(o.Value) < 2 {
				return false
			}
			l.nakedAuth(r, authProtocol(o.Value))
		default:
			// RFC 1661 section 5.3: a Nak may list what the peer would
			// like to be asked for. We have no wish for anything else.
		}
	}
	return true
}

// nakedMagic chooses another magic number: RFC 1661 section 6.4, "a new
// Magic-Number MUST be chosen"; when it is the one of our own last Nak, the
// link is probably looped back.
func (l *Link) nakedMagic(r *request, v uint32) {
	if v != 0 && v == l.theirs.nakMagic {
		l.theirs.loops++
	}
	r.magic = l.drawMagic()
}

// nakedAuth goes to the protocol that the peer names, if it is one of ours and
// not refused before, else to the next one in our order. RFC 1661 section 6.2:
// "attempt the next most desirable protocol in the next Configure-Request".
func (l *Link) nakedAuth(r *request, named Protocol) {
	asked := l.authProtocol()
	if asked == 0 || named == asked {
		return
	}
	r.wish = 0
	for i, p := range l.cfg.Auth {
		if p == asked {
			r.auth |= 1 << i
		}
		if p == named && r.auth&(1<<i) == 0 {
			r.wish = named
		}
	}
}

// applyReject removes what a Configure-Reject names. It reports false unless
// the options are ones that we sent, unmodified and in order (RFC 1661 section
// 5.4).
func (l *Link) applyReject(r *request, options []byte) bool {
	ours := l.ours.options()
	for o := range whole(options) {
		if ours = after(ours, o); ours == nil {
			return false
		}
		switch o.Type {
		case OptMRU:
			r.noMRU = true
		case OptMagic:
			r.noMagic = true
		case OptAuth:
			r.auth, r.wish = 0xff, 0
		default:
			return false
		}
	}
	return true
}

// after returns what follows o in options, nil if it is not there.
func after(options []byte, o Option) []byte {
	for len(options) > 0 {
		have, n, err := cutOption(options)
		if err != nil {
			return nil
		}
		options = options[n:]
		if have.Type == o.Type && string(have.Value) == string(o.Value) {
			return options
		}
	}
	return nil
}
