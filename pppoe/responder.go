package pppoe

import (
	"bytes"
	"slices"
	"time"

	"lacd/pppoe/wire"
)

// Config is what a Responder needs to know about its port. It is immutable.
type Config struct {
	Port   string   // name of the access port; cookies are bound to it
	MAC    wire.MAC // of the port
	ACName string   // AC-Name tag, unique to this concentrator; empty: MAC as text
	// Services are the names offered. None: any name is accepted and echoed, the
	// policy that RFC 2516 section 9 recommends to those who do not want to tell.
	// Only "": hosts must not ask for a service by name, its other policy.
	Services []string
	// MTU of the port in octets, 576 to 65535; 0: 1500. Above 1500 it allows PPP
	// frames longer than 1492 to hosts that ask for them (RFC 4638).
	MTU int
	// CookieLife is how long a cookie is good for at least; twice that at most.
	// 0: 30 seconds.
	CookieLife time.Duration
	// Tagging lists how frames may be tagged to be answered, with the same tags.
	// None: in any way.
	Tagging []Tagging
	Limits  Limits
}

const (
	defaultMTU        = 1500
	minMTU            = 576
	maxMTU            = 65535
	defaultCookieLife = 30 * time.Second
)

// Responder answers discovery on one port. Receive belongs to one goroutine,
// the port's reader; the other methods may be called from anywhere.
type Responder struct {
	cfg      Config
	acName   []byte   // value of the AC-Name tag
	services [][]byte // values of the Service-Name tags; none: any name
	cookie   cookies  // has scratch space: for Receive alone
	limiter  limiter  // for Receive alone
}

// New returns a Responder for one port. Cookies are made with key, which should
// be random and is worth changing only by a restart.
func New(cfg Config, key [32]byte) *Responder {
	if cfg.MTU <= 0 {
		cfg.MTU = defaultMTU
	}
	cfg.MTU = min(max(cfg.MTU, minMTU), maxMTU)
	if cfg.CookieLife <= 0 {
		cfg.CookieLife = defaultCookieLife
	}
	if cfg.ACName == "" {
		// Appendix A: AC-Name may be "simply an UTF-8 rendition of the MAC
		// address of the box".
		cfg.ACName = cfg.MAC.String()
	}
	r := &Responder{cfg: cfg, acName: []byte(cfg.ACName), cookie: newCookies(key, cfg), limiter: newLimiter(cfg.Limits, key)}
	for _, s := range cfg.Services {
		r.services = append(r.services, []byte(s))
	}
	return r
}

// Receive answers one discovery frame. It appends the Ethernet frame to send to
// b, if there is one, and returns the extended buffer. req is set if the verdict
// is Requested; it aliases the frame. A PADI is answered without allocating.
func (r *Responder) Receive(now time.Time, f *wire.Frame, b []byte) (reply []byte, req Request, v Verdict) {
	// A unicast frame to somebody else: seen only because the port is promiscuous.
	if f.EtherType != wire.Discovery || (f.Dst != r.cfg.MAC && !f.Dst.IsMulticast()) {
		return b, Request{}, Ignored
	}
	switch f.Code {
	case wire.PADI:
		reply, v = r.receivePADI(now, f, b)
		return reply, Request{}, v
	case wire.PADR:
		return r.receivePADR(now, f, b)
	case wire.Data, wire.PADO, wire.PADS, wire.PADT:
	}
	return b, Request{}, Ignored
}

// ReceiveLate is Receive for a caller that is behind: PADIs of hosts that were not
// refused lately are refused, which costs less than an answer. They are known
// when they come again; a host of which nobody has heard does not.
func (r *Responder) ReceiveLate(now time.Time, f *wire.Frame, b []byte) (reply []byte, req Request, v Verdict) {
	if f.EtherType == wire.Discovery && f.Code == wire.PADI && f.Dst == wire.Broadcast && r.Serves(f.VLANs) && r.limiter.refuse(now, f) {
		return b, Request{}, Late
	}
	return r.Receive(now, f, b)
}

func (r *Responder) receivePADI(now time.Time, f *wire.Frame, b []byte) ([]byte, Verdict) {
	// RFC 2516 section 5.1: "with the DESTINATION_ADDR set to the broadcast
	// address".
	if f.Dst != wire.Broadcast {
		return b, NotBroadcast
	}
	if !r.Serves(f.VLANs) {
		return b, UnknownVLAN
	}
	if v := r.limiter.admitPADI(now, f); v != 0 {
		return b, v
	}
	t, v := r.read(f)
	switch {
	case v != 0:
		return b, v
	// Section 5.1: "MUST NOT exceed 1484 octets so as to leave sufficient room
	// for a relay agent to add a Relay-Session-Id TAG". What agents on the way
	// have added is not the host's.
	case pppoeHeaderLen+len(f.Payload)-t.added > maxPADI:
		return b, TooLong
	// Section 5.2: "If the Access Concentrator can not serve the PADI it MUST
	// NOT respond with a PADO."
	case !r.serves(t.service):
		return b, UnknownService
	}
	reply, ok := r.appendPADO(b, f, &t, r.cookie.issue(now, f))
	if !ok {
		return b, ReplyTooLong
	}
	return reply, Answered
}

func (r *Responder) receivePADR(now time.Time, f *wire.Frame, b []byte) ([]byte, Request, Verdict) {
	// Section 5.3: "DESTINATION_ADDR field is set to the unicast Ethernet
	// address of the Access Concentrator that sent the PADO".
	if f.Dst != r.cfg.MAC {
		return b, Request{}, NotUnicast
	}
	switch {
	case !r.Serves(f.VLANs):
		return b, Request{}, UnknownVLAN
	case !r.limiter.padrHosts.take(now, f):
		return b, Request{}, HostRate
	}
	t, v := r.read(f)
	good := v == 0 && t.cookie != nil && r.cookie.valid(now, f, t.cookie)
	switch {
	case !r.limiter.takePADR(now, good):
		return b, Request{}, PortRate
	case v != 0:
		return b, Request{}, v
	}
	req := t.request(f)
	// Whatever the cookie is, because section 5.4 says without exception: "it MUST
	// reply with a PADS containing a TAG of TAG_TYPE Service-Name-Error". That costs
	// what a PADO costs and leaves no state.
	if !r.serves(t.service) {
		if !r.fits(refusalLen(&req)) {
			return b, Request{}, ReplyTooLong
		}
		return r.AppendRefusal(b, &req, wire.ServiceNameError, ""), Request{}, RefusedService
	}
	switch {
	case t.cookie == nil:
		return b, Request{}, NoCookie
	case !good:
		return b, Request{}, BadCookie
	case !r.fits(tagHeaderLen + len(t.service) + r.commonLen(&req)):
		return b, Request{}, ReplyTooLong
	}
	req.Service = string(t.service)
	if t.line != nil {
		if l, ok := wire.ParseLine(t.line); ok {
			req.Line = &l
		}
	}
	return b, req, Requested
}

// serves reports whether a host that asks for service can be served. An empty
// name asks for any (appendix A).
func (r *Responder) serves(service []byte) bool {
	return len(r.services) == 0 || len(service) == 0 ||
		slices.ContainsFunc(r.services, func(s []byte) bool { return bytes.Equal(s, service) })
}

// MRU returns the largest PPP frame, in octets of information field, that may be
// negotiated for a session: the ceiling of RFC 4638 section 5.1.
func (r *Responder) MRU(req *Request) uint16 {
	limit := max(int(req.MaxPayload), standardMRU)
	// A port below 1500 is not RFC 4638's concern, but carries no more either.
	return uint16(min(limit, r.cfg.MTU-pppOverhead))
}

// largeMRU reports whether the port can carry more than RFC 2516 allows.
func (r *Responder) largeMRU() bool { return r.cfg.MTU-pppOverhead > standardMRU }

const (
	standardMRU    = 1492 // RFC 2516 section 7
	pppoeHeaderLen = 6
	pppOverhead    = pppoeHeaderLen + 2 // and the PPP protocol field
	maxPADI        = 1484               // RFC 2516 section 5.1, with the PPPoE header
)
