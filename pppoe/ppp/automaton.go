package ppp

import "time"

// state is a state of the automaton, numbered as in RFC 1661 section 4.1.
type state uint8

const (
	stateInitial state = iota
	stateStarting
	stateClosed
	stateStopped
	stateClosing
	stateStopping
	stateReqSent
	stateAckRcvd
	stateAckSent
	stateOpened
	numStates
)

// event is an event of the automaton (RFC 1661 section 4.3).
type event uint8

const (
	evUp event = iota
	evDown
	evOpen
	evClose
	evTOPlus  // Timeout with counter > 0
	evTOMinus // Timeout with counter expired
	evRCRPlus
	evRCRMinus
	evRCA
	evRCN
	evRTR
	evRTA
	evRUC
	evRXJPlus
	evRXJMinus
	evRXR
	numEvents
)

// effects is a set of actions of the automaton (RFC 1661 section 4.4). They
// are carried out in the order of their declaration.
type effects uint16

const (
	tld effects = 1 << iota
	irc
	zrc
	scr
	str
	sca
	scn
	sta
	scj
	ser
	tlu
	tls
	tlf
	bad // the dash: an illegal transition
)

// step is one cell of the table.
type step struct {
	do   effects
	next state
}

// automaton is the table of RFC 1661 section 4.1, with neither the passive nor
// the restart option. A column per state, in their order.
var automaton = [numEvents][numStates]step{
	evUp:       {{0, 2}, {irc | scr, 6}, {bad, 2}, {bad, 3}, {bad, 4}, {bad, 5}, {bad, 6}, {bad, 7}, {bad, 8}, {bad, 9}},
	evDown:     {{bad, 0}, {bad, 1}, {0, 0}, {tls, 1}, {0, 0}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {tld, 1}},
	evOpen:     {{tls, 1}, {0, 1}, {irc | scr, 6}, {0, 3}, {0, 5}, {0, 5}, {0, 6}, {0, 7}, {0, 8}, {0, 9}},
	evClose:    {{0, 0}, {tlf, 0}, {0, 2}, {0, 2}, {0, 4}, {0, 4}, {irc | str, 4}, {irc | str, 4}, {irc | str, 4}, {tld | irc | str, 4}},
	evTOPlus:   {{bad, 0}, {bad, 1}, {bad, 2}, {bad, 3}, {str, 4}, {str, 5}, {scr, 6}, {scr, 6}, {scr, 8}, {bad, 9}},
	evTOMinus:  {{bad, 0}, {bad, 1}, {bad, 2}, {bad, 3}, {tlf, 2}, {tlf, 3}, {tlf, 3}, {tlf, 3}, {tlf, 3}, {bad, 9}},
	evRCRPlus:  {{bad, 0}, {bad, 1}, {sta, 2}, {irc | scr | sca, 8}, {0, 4}, {0, 5}, {sca, 8}, {sca | tlu, 9}, {sca, 8}, {tld | scr | sca, 8}},
	evRCRMinus: {{bad, 0}, {bad, 1}, {sta, 2}, {irc | scr | scn, 6}, {0, 4}, {0, 5}, {scn, 6}, {scn, 7}, {scn, 6}, {tld | scr | scn, 6}},
	evRCA:      {{bad, 0}, {bad, 1}, {sta, 2}, {sta, 3}, {0, 4}, {0, 5}, {irc, 7}, {scr, 6}, {irc | tlu, 9}, {tld | scr, 6}},
	evRCN:      {{bad, 0}, {bad, 1}, {sta, 2}, {sta, 3}, {0, 4}, {0, 5}, {irc | scr, 6}, {scr, 6}, {irc | scr, 8}, {tld | scr, 6}},
	evRTR:      {{bad, 0}, {bad, 1}, {sta, 2}, {sta, 3}, {sta, 4}, {sta, 5}, {sta, 6}, {sta, 6}, {sta, 6}, {tld | zrc | sta, 5}},
	evRTA:      {{bad, 0}, {bad, 1}, {0, 2}, {0, 3}, {tlf, 2}, {tlf, 3}, {0, 6}, {0, 6}, {0, 8}, {tld | scr, 6}},
	evRUC:      {{bad, 0}, {bad, 1}, {scj, 2}, {scj, 3}, {scj, 4}, {scj, 5}, {scj, 6}, {scj, 7}, {scj, 8}, {scj, 9}},
	evRXJPlus:  {{bad, 0}, {bad, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}, {0, 6}, {0, 8}, {0, 9}},
	evRXJMinus: {{bad, 0}, {bad, 1}, {tlf, 2}, {tlf, 3}, {tlf, 2}, {tlf, 3}, {tlf, 3}, {tlf, 3}, {tlf, 3}, {tld | irc | str, 5}},
	evRXR:      {{bad, 0}, {bad, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}, {0, 7}, {0, 8}, {ser, 9}},
}

// timed reports whether the Restart timer runs in the state: RFC 1661 section
// 4.1, "identifiable by the presence of TO events".
func (s state) timed() bool { return automaton[evTOPlus][s].do&bad == 0 }

// negotiating reports whether a Configure-Request of ours is in play.
func (s state) negotiating() bool { return s >= stateReqSent }

// handle takes the transition of ev. in is the packet that caused it, if one
// did; answer is the packet that sca, scn, scj and ser send, nil for none.
func (l *Link) handle(now time.Time, ev event, in Packet, answer []byte) {
	t := automaton[ev][l.state]
	if t.do&bad != 0 {
		l.drop(dropIllegal)
		return
	}
	l.state = t.next
	if !l.state.timed() {
		l.restartAt = time.Time{}
	}
	l.limit(now)
	if t.do&tld != 0 {
		l.layerDown()
	}
	if t.do&irc != 0 {
		l.initRestart(t.do&str != 0)
	}
	if t.do&zrc != 0 {
		// RFC 1661 section 3.7: the receiver of a Terminate-Request waits
		// at least one Restart time for the peer to disconnect.
		l.restarts, l.restartAt = 0, now.Add(l.cfg.restart())
	}
	if t.do&scr != 0 {
		l.sendRequest(now)
	}
	if t.do&str != 0 {
		l.sendTerminate(now)
	}
	if t.do&(sca|scn|scj|ser) != 0 && answer != nil {
		l.send(answer)
	}
	if t.do&sta != 0 {
		l.send(Packet{LCP, TerminateAck, in.ID, nil}.AppendTo(make([]byte, 0, headerLen)))
	}
	if t.do&tlu != 0 {
		l.layerUp(now)
	}
	if t.do&tlf != 0 {
		l.finish()
	}
}

// limit bounds a negotiation as a whole. The Restart counter does not: every
// answer of the peer sets it anew, so that one who answers and never asks, or
// asks and never answers, would stay for ever.
func (l *Link) limit(now time.Time) {
	switch {
	case !l.state.negotiating() || l.state == stateOpened:
		l.openBy = time.Time{}
	case l.openBy.IsZero():
		l.openBy = now.Add(2 * time.Duration(l.cfg.maxConfigure()) * l.cfg.restart())
	}
}

// giveUp ends a negotiation that has taken too long.
func (l *Link) giveUp(now time.Time) {
	l.openBy = time.Time{}
	if l.leaving {
		l.close(now, PeerTerminated)
		return
	}
	l.close(now, NegotiationFailed)
}

// initRestart is Initialize-Restart-Count.
func (l *Link) initRestart(terminate bool) {
	if terminate {
		l.restarts, l.wait = l.cfg.maxTerminate(), l.cfg.restart()
		return
	}
	l.restarts, l.wait = l.cfg.maxConfigure(), min(l.cfg.firstRetry(), l.cfg.restart())
}

// timeout is the expiry of the Restart timer.
func (l *Link) timeout(now time.Time) {
	if l.restarts > 0 {
		l.handle(now, evTOPlus, Packet{}, nil)
		return
	}
	l.handle(now, evTOMinus, Packet{}, nil)
}
