package ppp

import (
	"cmp"
	"time"
)

// echo is our own keepalive (RFC 1661 section 5.8).
type echo struct {
	at      time.Time // when the next Echo-Request is due
	pending int       // Echo-Requests without an answer
	off     bool      // the peer does not know them
}

// startEcho begins the keepalive in the Opened state.
func (l *Link) startEcho(now time.Time) {
	if l.cfg.EchoInterval > 0 && !l.echo.off {
		l.echo.at = now.Add(l.cfg.EchoInterval)
	}
}

// sendEcho sends the Echo-Request that is due, or gives up.
func (l *Link) sendEcho(now time.Time) {
	if l.echo.pending >= l.cfg.echoFailures() {
		l.reason = cmp.Or(l.reason, EchoTimeout)
		l.layerDown()
		l.close(now, EchoTimeout)
		return
	}
	l.echo.pending++
	l.echo.at = now.Add(l.cfg.EchoInterval)
	b := appendHeader(make([]byte, 0, headerLen+4), LCP, EchoRequest, l.nextID(), 4)
	l.send(be.AppendUint32(b, l.magic()))
}

// magic is our magic number in packets: RFC 1661 section 5.8, zero until "it
// has been successfully negotiated".
func (l *Link) magic() uint32 {
	if l.ours.noMagic {
		return 0
	}
	return l.ours.magic
}

// receiveEcho handles Echo-Request, Echo-Reply and Discard-Request. RFC 1661
// section 5.8: outside the Opened state they "SHOULD be silently discarded".
func (l *Link) receiveEcho(now time.Time, p Packet) {
	if l.state != stateOpened {
		l.drop(dropEarly)
		return
	}
	if len(p.Data) < 4 {
		l.drop(dropMalformed)
		return
	}
	if m := l.magic(); m != 0 && be.Uint32(p.Data) == m {
		l.drop(dropEcho)
		return
	}
	switch p.Code {
	case EchoRequest:
		data := l.truncate(p.Data, 0)
		b := appendHeader(make([]byte, 0, headerLen+len(data)), LCP, EchoReply, p.ID, len(data))
		b = be.AppendUint32(b, l.magic())
		l.handle(now, evRXR, p, append(b, data[4:]...))
	case EchoReply:
		l.echo.pending = 0
		l.handle(now, evRXR, p, nil)
	default:
		l.handle(now, evRXR, p, nil)
	}
}
