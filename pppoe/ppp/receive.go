package ppp

import (
	"cmp"
	"time"
)

// Receive handles a frame from the subscriber, from its protocol field on. The
// frame is not kept.
func (l *Link) Receive(now time.Time, frame []byte) {
	switch {
	case l.done:
		return
	case l.state == stateInitial:
		l.drop(dropNotStarted)
		return
	case len(frame) < 2:
		l.drop(dropMalformed)
		return
	case frame[0]&1 != 0 || frame[1]&1 == 0:
		// Also a compressed protocol field, which was not negotiated.
		l.drop(dropProtocol)
		return
	}
	switch proto := Protocol(be.Uint16(frame)); proto {
	case LCP, PAP, CHAP:
		p, err := ParsePacket(frame)
		switch {
		case err != nil:
			l.drop(dropMalformed)
		case proto == LCP:
			l.receiveLCP(now, p)
		default:
			l.receiveAuth(p)
		}
	default:
		l.receiveOther(proto, frame)
	}
}

// receiveOther handles the protocols that are not for a Link.
func (l *Link) receiveOther(proto Protocol, frame []byte) {
	// RFC 1661 section 3.5: in the Authentication phase all other packets
	// "MUST be silently discarded". Section 5.7: a Protocol-Reject is for a
	// protocol that is unknown, and for the Opened state only.
	if l.state != stateOpened || proto.network() || proto == lqr {
		l.drop(dropEarly)
		return
	}
	// RFC 1661 section 5.7: "MUST be truncated to comply with the peer's
	// established MRU".
	rejected := l.truncate(frame, 0)
	b := appendHeader(make([]byte, 0, headerLen+len(rejected)), LCP, ProtocolReject, l.nextID(), len(rejected))
	l.send(append(b, rejected...))
}

// truncate cuts b so that a packet with it and extra more octets of data fits
// the peer's MRU.
func (l *Link) truncate(b []byte, extra int) []byte {
	return b[:min(len(b), max(int(l.theirs.mru)-(headerLen-2)-extra, 0))]
}

// receiveLCP handles an LCP packet.
func (l *Link) receiveLCP(now time.Time, p Packet) {
	l.heard = true
	switch p.Code {
	case ConfigureRequest:
		l.receiveRequest(now, p)
	case ConfigureAck:
		l.receiveAck(now, p)
	case ConfigureNak, ConfigureReject:
		l.receiveNak(now, p)
	case TerminateRequest:
		l.receiveTerminate(now, p)
	case TerminateAck:
		l.handle(now, evRTA, p, nil)
	case CodeReject:
		l.receiveCodeReject(now, p)
	case ProtocolReject:
		l.receiveProtocolReject(now, p)
	case EchoRequest, EchoReply, DiscardRequest:
		l.receiveEcho(now, p)
	case Identification, TimeRemaining:
		// RFC 1570 section 1.1: no answer is wanted.
	default:
		l.receiveUnknown(now, p)
	}
}

// receiveTerminate handles a Terminate-Request. While LCP is being negotiated
// the automaton stays where it is, for the peer may begin again; it is given
// one Restart time for that, and no more Configure-Requests are sent to it.
func (l *Link) receiveTerminate(now time.Time, p Packet) {
	l.leaving = true
	l.handle(now, evRTR, p, nil)
	if l.state == stateReqSent {
		l.restarts, l.restartAt = 0, now.Add(l.cfg.restart())
	}
}

// receiveUnknown answers an unknown code: RFC 1661 section 5.6, the rejected
// packet is copied from its code on, truncated to the peer's MRU.
func (l *Link) receiveUnknown(now time.Time, p Packet) {
	var header [headerLen]byte
	appendHeader(header[:0], p.Protocol, p.Code, p.ID, len(p.Data))
	rejected := l.truncate(p.Data, headerLen-2)
	b := make([]byte, 0, 2*headerLen-2+len(rejected))
	b = appendHeader(b, LCP, CodeReject, l.nextID(), headerLen-2+len(rejected))
	b = append(append(b, header[2:]...), rejected...)
	l.handle(now, evRUC, p, b)
}

// receiveCodeReject handles a Code-Reject.
func (l *Link) receiveCodeReject(now time.Time, p Packet) {
	if len(p.Data) < headerLen-2 {
		l.drop(dropMalformed)
		return
	}
	switch code := Code(p.Data[0]); {
	case code >= ConfigureRequest && code <= CodeReject:
		// Without these there is no LCP.
		l.reason = cmp.Or(l.reason, NegotiationFailed)
		l.handle(now, evRXJMinus, p, nil)
	case code == EchoRequest:
		// RFC 1661 section 4.3: "MUST stop sending the offending packet
		// type".
		l.echo = echo{off: true}
		l.handle(now, evRXJPlus, p, nil)
	default:
		l.handle(now, evRXJPlus, p, nil)
	}
}

// receiveProtocolReject handles a Protocol-Reject.
func (l *Link) receiveProtocolReject(now time.Time, p Packet) {
	// RFC 1661 section 5.7: those that arrive outside the Opened state
	// "SHOULD be silently discarded".
	if l.state != stateOpened {
		l.drop(dropNotOpened)
		return
	}
	if len(p.Data) < 2 {
		l.drop(dropMalformed)
		return
	}
	switch proto := Protocol(be.Uint16(p.Data)); {
	case proto == LCP:
		l.reason = cmp.Or(l.reason, NegotiationFailed)
		l.handle(now, evRXJMinus, p, nil)
	case proto == l.auth.protocol && l.auth.phase == authWaiting:
		l.close(now, AuthRefused)
	default:
		l.handle(now, evRXJPlus, p, nil)
	}
}
