package session

import (
	"time"

	"lacd/lac/cause"
	"lacd/policy"
	"lacd/pppoe/ppp"
)

// addBridge asks for the data path. It comes before ICCN, so that the LNS's
// first frame finds it.
func (s *Session) addBridge() {
	s.state = Bridging
	s.hasBridge = true
	s.do(AddBridge{Attempt: s.attempt, Call: s.call, MTU: int(s.mru()), Sequencing: s.candidate().LNS.Sequencing})
}

// mru returns the largest frame that the subscriber takes. One that has not named
// its MRU takes 1500 octets (RFC 1661 section 6.1), but PPPoE carries no more
// than was agreed to in discovery (RFC 2516 section 7, RFC 4638).
func (s *Session) mru() uint16 {
	ceiling := s.cfg.PPP.MRU
	if ceiling == 0 {
		ceiling = 1492
	}
	return min(s.link.MRU(), ceiling)
}

func (s *Session) removeBridge() {
	if !s.hasBridge {
		return
	}
	s.hasBridge = false
	s.removing++
	s.do(RemoveBridge{Attempt: s.attempt})
}

// Bridged takes the outcome of AddBridge and completes the call (ICCN): from
// here on the link belongs to the LNS.
func (s *Session) Bridged(now time.Time, attempt uint8, err error) {
	if s.state != Bridging || attempt != s.attempt {
		return
	}
	if err != nil {
		s.detail = err.Error()
		s.finish(now, cause.DataPlane)
		return
	}
	s.reached(now, Bridged)
	s.connect(now)
}

func (s *Session) connect(now time.Time) {
	lns := s.candidate().LNS
	c := ConnectCall{Attempt: s.attempt, LNS: lns}
	if !lns.NoProxyLCP {
		p := s.link.Proxy()
		c.Proxy = &p
	}
	repeated(&s.creds, s.link.AuthID())
	if s.tellsAuth(&lns) {
		creds := s.creds
		c.Credentials = &creds
	}
	if !lns.Sequencing {
		c.Frames = s.frames(&lns)
	}
	s.do(c)

	s.reached(now, Connected)
	s.state = Up
	s.upSince = now
	s.link = nil
	s.early = nil
	s.creds = ppp.Credentials{Protocol: s.creds.Protocol, Name: s.creds.Name}
	s.startAccounting(now)
	s.do(CameUp{})
}

// tellsAuth reports whether the LNS is told how the subscriber authenticated,
// or that nobody asked it. Where the line decides, proxy authentication must
// not be sent (RFC 2809 section 4.1.2.2).
func (s *Session) tellsAuth(lns *policy.LNS) bool {
	return !lns.NoProxyAuth && (s.creds.Protocol != 0 || s.route.Authorize != policy.ByLine)
}

// frames returns what follows ICCN through the tunnel. It is not numbered as
// the data plane numbers its messages, so that an LNS that requires numbers
// gets none of it: the subscriber repeats what it is not answered.
func (s *Session) frames(lns *policy.LNS) [][]byte {
	var frames [][]byte
	if !lns.NoReplayAuth && s.creds.Packet != nil {
		frames = append(frames, s.creds.Packet)
	}
	return append(frames, s.early...)
}

// BridgeLost takes the news that the data path is gone: the access link is
// down, or the kernel saw a PADT.
func (s *Session) BridgeLost(now time.Time) {
	if s.state != Bridging && s.state != Up {
		return
	}
	s.lost = true
	s.detail = "the access link or its PPPoE session is gone"
	s.finish(now, cause.LostCarrier)
}

// repeated gives the kept answer the identifier of its latest repetition: the
// LNS completes the authentication with that one.
func repeated(c *ppp.Credentials, id uint8) {
	if len(c.Packet) > 3 {
		c.ID, c.Packet[3] = id, id
	}
}
