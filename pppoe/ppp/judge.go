package ppp

import "time"

const (
	// minMRU is what IP needs of every link (RFC 791 section 3.2); RFC 1661
	// itself has no minimum.
	minMRU = 68

	// proposedMRRU is the MRRU that RFC 1990 section 5.1.1 makes everybody
	// able to take.
	proposedMRRU = 1500
)

// receiveRequest handles a Configure-Request.
func (l *Link) receiveRequest(now time.Time, p Packet) {
	if !validOptions(p.Data) {
		l.drop(dropOptions)
		return
	}
	if l.state == stateClosing || l.state == stateStopping {
		l.handle(now, evRCRPlus, p, nil) // whatever it says
		return
	}
	if l.leaving {
		l.leaving = false
		l.initRestart(false)
	}
	// A request in the Opened state is the first one of a new negotiation,
	// so what is known of the last one goes before it is judged.
	l.layerDown()
	if l.theirs.first == nil {
		l.theirs.first = copyOptions(p.Data)
	}
	if l.looped(p.Data) {
		l.close(now, Loopback)
		return
	}
	if v := l.judge(p.Data); v != acceptable {
		answer := l.refuse(p, v)
		if l.diverging() {
			l.close(now, NegotiationFailed)
			return
		}
		l.handle(now, evRCRMinus, p, answer)
		return
	}
	l.accept(p.Data)
	// RFC 1661 section 5.2: the options "MUST NOT be reordered or modified".
	answer := Packet{LCP, ConfigureAck, p.ID, p.Data}
	l.handle(now, evRCRPlus, p, answer.AppendTo(make([]byte, 0, headerLen+len(p.Data))))
}

// copyOptions returns a copy that is not nil.
func copyOptions(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

// accept takes the peer's options as agreed.
func (l *Link) accept(options []byte) {
	t := &l.theirs
	t.naks, t.mru = 0, defaultMRU
	t.last = t.first
	if string(options) != string(t.first) {
		t.last = copyOptions(options)
	}
	for o := range whole(options) {
		if o.Type == OptMRU {
			t.mru = be.Uint16(o.Value)
		}
	}
}

// looped counts requests with our own magic number and reports when there were
// so many in a row that the link must be looped back (RFC 1661 section 6.4).
func (l *Link) looped(options []byte) bool {
	for o := range whole(options) {
		if o.Type != OptMagic || len(o.Value) != 4 {
			continue
		}
		if l.ours.noMagic || be.Uint32(o.Value) != l.ours.magic {
			l.theirs.loops = 0
			return false
		}
		l.theirs.loops++
		return l.theirs.loops >= l.cfg.maxFailure()
	}
	return false
}

// verdict is what becomes of an option; the gravest one decides on the packet,
// since a Nak needs a request in which every option is recognized.
type verdict uint8

const (
	acceptable verdict = iota
	nak                // with another value
	reject             // not negotiable
)

// judge returns the gravest verdict on the options.
func (l *Link) judge(options []byte) verdict {
	worst := acceptable
	var seen optionSet
	for o := range whole(options) {
		worst = max(worst, l.verdict(o, &seen))
	}
	return worst
}

// optionSet remembers the option types below 32 that a request has named.
type optionSet uint32

// verdict judges one option. RFC 1661 section 5.1: none of them "may be listed
// more than once".
func (l *Link) verdict(o Option, seen *optionSet) verdict {
	if o.Type < 32 {
		if *seen&(1<<o.Type) != 0 {
			return reject
		}
		*seen |= 1 << o.Type
	}
	v := l.opinion(o)
	if v == nak && l.theirs.naks >= l.cfg.maxFailure() {
		// RFC 1661 section 4.6: after Max-Failure "any further
		// Configure-Nak packets for peer requested options are converted
		// to Configure-Reject packets".
		return reject
	}
	return v
}

// opinion judges an option by its type and value. RFC 1661 section 6: with an
// invalid length "a Configure-Nak SHOULD be transmitted which includes the
// desired Configuration Option with an appropriate Length and Data".
func (l *Link) opinion(o Option) verdict {
	switch o.Type {
	case OptMRU:
		return nakUnless(len(o.Value) == 2 && be.Uint16(o.Value) >= minMRU && be.Uint16(o.Value) <= l.cfg.mru())
	case OptMagic:
		// RFC 1661 section 6.4: "A Magic-Number of zero is illegal and
		// MUST always be Nak'd".
		if len(o.Value) != 4 {
			return nak
		}
		m := be.Uint32(o.Value)
		return nakUnless(m != 0 && (m != l.ours.magic || l.ours.noMagic))
	case OptMRRU:
		if !l.cfg.Multilink {
			return reject
		}
		return nakUnless(len(o.Value) == 2 && be.Uint16(o.Value) >= minMRU)
	case OptShortSeq:
		return rejectUnless(l.cfg.Multilink && len(o.Value) == 0)
	case OptEndpoint:
		return rejectUnless(l.cfg.Multilink && len(o.Value) > 0)
	default:
		// RFC 2516 section 7 forbids ACFC, ACCM and FCS-Alternatives and
		// advises against PFC. Of the rest, Authentication-Protocol would
		// have the gateway prove who it is to a subscriber.
		return reject
	}
}

func nakUnless(ok bool) verdict {
	if ok {
		return acceptable
	}
	return nak
}

func rejectUnless(ok bool) verdict {
	if ok {
		return acceptable
	}
	return reject
}

// refuse builds the Configure-Nak or Configure-Reject of a request, v being the
// gravest verdict. It lists the options of that verdict only, in order.
func (l *Link) refuse(p Packet, v verdict) []byte {
	code := ConfigureNak
	if v == reject {
		code = ConfigureReject
	}
	b := appendHeader(make([]byte, 0, headerLen+len(p.Data)+4), LCP, code, p.ID, 0)
	var seen optionSet
	for o := range whole(p.Data) {
		switch {
		case l.verdict(o, &seen) != v:
		case v == reject:
			b = o.AppendTo(b)
		default:
			b = l.appendDesired(b, o.Type)
		}
	}
	if v == nak {
		l.theirs.naks++
	}
	return setLength(b)
}

// appendDesired appends the option with a value that would be acceptable.
func (l *Link) appendDesired(b []byte, t OptionType) []byte {
	switch t {
	case OptMagic:
		l.theirs.nakMagic = l.drawMagic()
		return appendOption32(b, t, l.theirs.nakMagic)
	case OptMRRU:
		return appendOption16(b, t, proposedMRRU)
	default:
		return appendOption16(b, OptMRU, l.cfg.mru())
	}
}
