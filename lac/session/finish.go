package session

import (
	"time"

	"lacd/lac/cause"
	"lacd/pppoe/ppp"
)

// Disconnect ends the session from outside: the operator, RADIUS, or the
// daemon's own end. Class is what a Disconnect-Request has for the accounting
// Stop (RFC 5176 section 3.6, note 4).
func (s *Session) Disconnect(now time.Time, c cause.Cause, detail string, class ...[]byte) {
	if s.state < Finishing {
		s.detail = detail
		s.addClass(class)
	}
	s.finish(now, c)
}

// ReceivePADT takes the subscriber's PADT. "When a PADT is received, no
// further PPP traffic is allowed to be sent" (RFC 2516 section 5.5).
func (s *Session) ReceivePADT(now time.Time) {
	s.padtDone = true
	s.link = nil
	if s.linkEnding {
		s.linkEnding = false
		s.settle()
		return
	}
	switch {
	case s.state < Finishing:
		s.detail = "PADT"
	case s.state == Finishing && s.lost:
		// The kernel has heard the same PADT, and its news of the bridge was here
		// first: it was no lost line. The LNS is told the same of both.
		s.cause, s.detail = cause.UserRequest, "PADT"
	}
	s.finish(now, cause.UserRequest)
}

// finish ends the session, at any stage. It undoes exactly what was done, in
// reverse: call, bridge, PPPoE session. Accounting and Released follow when
// the bridge's last counters are there. A second call is a no-op, except that
// Shutdown does not wait for the subscriber.
func (s *Session) finish(now time.Time, c cause.Cause) {
	if s.state >= Finishing {
		if c == cause.Shutdown && s.linkEnding {
			s.linkEnding, s.link = false, nil
			s.sendPADT()
			s.settle()
		}
		return
	}
	undecided := s.state == Decide
	s.state = Finishing
	s.cause = c
	s.callBy, s.sessionEnd, s.idleEnd, s.nextInterim = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	codes := c.Codes()
	if s.placed {
		s.placed = false
		if codes.CDNResult != 0 {
			h := HangUp{Attempt: s.attempt, Result: codes.CDNResult, Error: codes.CDNError}
			if codes.PPP.Code == cause.Administrative {
				h.PPP = codes.PPP // PADT and a lost line say nothing of PPP
			}
			s.do(h)
		}
	}
	s.removeBridge()
	s.endLink(now, c, undecided)
	s.settle()
}

// endLink tells the subscriber. Before the LNS owns the link, the LAC closes
// it properly and waits for the peer; afterwards one Terminate-Request and
// PADT must do, so that the subscriber dials again at once.
func (s *Session) endLink(now time.Time, c cause.Cause, undecided bool) {
	codes := c.Codes()
	link := s.link
	switch {
	case s.padtDone:
		s.link = nil
		return
	case link != nil && codes.Terminate && c != cause.Shutdown:
		s.linkEnding = true
		if undecided && c == cause.AuthRejected {
			link.Reject(now, displayable(s.message)) // Nak or Failure
		} else {
			link.Terminate(now)
		}
		s.drainLink(now)
		return
	case link == nil && s.upSince.IsZero():
		// The link has ended by itself, and said so.
	case codes.Terminate && s.steps[LCPOpen] > 0:
		s.do(Send{ppp.AppendTerminateRequest(nil, 0xff, codes.Text)})
	}
	s.link = nil
	s.sendPADT()
}

func (s *Session) sendPADT() {
	if !s.padtDone {
		s.padtDone = true
		s.do(SendPADT{})
	}
}

// BridgeRemoved takes the last counters of a removed bridge.
func (s *Session) BridgeRemoved(now time.Time, attempt uint8, c Counters) {
	s.removing--
	if attempt == s.attempt && s.accounted && c != (Counters{}) {
		s.counters = c
	}
	if s.state == Finishing {
		s.settle()
	}
}

// settle completes the end when nothing is outstanding.
func (s *Session) settle() {
	if s.state != Finishing || s.linkEnding || s.removing > 0 {
		return
	}
	s.state = Gone
	s.link = nil
	if s.accounted {
		s.do(Account{AccountStop})
	}
	s.do(Released{})
}
