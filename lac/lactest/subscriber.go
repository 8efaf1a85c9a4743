package lactest

import (
	"slices"

	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// Done is closed when the subscriber's session has ended.
func (sub *Subscriber) Done() <-chan struct{} { return sub.done }

// Proven is closed when the subscriber has sent its credentials.
func (sub *Subscriber) Proven() <-chan struct{} { return sub.proven }

// State returns how far the subscriber has come.
func (sub *Subscriber) State() State {
	sub.seg.mu.Lock()
	defer sub.seg.mu.Unlock()
	return sub.state
}

// ID returns the PPPoE session ID, 0 before PADS.
func (sub *Subscriber) ID() wire.SessionID {
	sub.seg.mu.Lock()
	defer sub.seg.mu.Unlock()
	return sub.id
}

// MAC returns the subscriber's address.
func (sub *Subscriber) MAC() wire.MAC { return sub.account.MAC }

// Refusal returns the text of the PAP Nak or CHAP Failure; it is "" if there
// was none.
func (sub *Subscriber) Refusal() string {
	sub.seg.mu.Lock()
	defer sub.seg.mu.Unlock()
	return sub.refusal
}

// PADSError returns the text of the error tag in PADS.
func (sub *Subscriber) PADSError() string {
	sub.seg.mu.Lock()
	defer sub.seg.mu.Unlock()
	return sub.errTag
}

// Terminated reports whether the access concentrator sent Terminate-Request.
func (sub *Subscriber) Terminated() bool {
	sub.seg.mu.Lock()
	defer sub.seg.mu.Unlock()
	return sub.terminated
}

// HangUp sends PADT.
func (sub *Subscriber) HangUp() {
	s := sub.seg
	s.mu.Lock()
	f := sub.discovery(sub.ac, wire.PADT, nil)
	f.SessionID = sub.id
	s.send(f)
	sub.end()
	s.mu.Unlock()
	s.flush()
}

// Terminate sends an LCP Terminate-Request.
func (sub *Subscriber) Terminate() { sub.Send(lcp(ppp.TerminateRequest, 9, nil)) }

// Send sends a PPP frame, from its protocol field.
func (sub *Subscriber) Send(frame []byte) {
	sub.seg.mu.Lock()
	sub.ppp(slices.Clone(frame))
	sub.seg.mu.Unlock()
	sub.seg.flush()
}

// Inject sends any Ethernet frame.
func (s *Segment) Inject(frames ...[]byte) { _ = s.port.WriteBatch(frames) } // a closed port ends the test anyway

// Frames returns what was received so far, if Record is set.
func (s *Segment) Frames() []wire.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.frames)
}

// Drop makes the segment forget its subscribers and what it received.
func (s *Segment) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.dialing)
	clear(s.sessions)
	s.dialing, s.sessions, s.frames = map[uint32]*Subscriber{}, map[sessionKey]*Subscriber{}, nil
}
