package lac

import (
	"slices"
	"sync"
	"sync/atomic"

	"lacd/pppoe"
	"lacd/pppoe/wire"
)

// Duplicate says what becomes of a line that has a session and asks for
// another. A line is known by circuit and remote ID, where the access node
// tells them, else by its VLAN tags, else by the MAC address.
type Duplicate uint8

// What to do.
const (
	AllowDuplicates   Duplicate = iota // serve both
	RefuseDuplicates                   // the old session stays
	ReplaceDuplicates                  // the old session ends first
)

// refusal is why a PADR with a good cookie gets no session.
type refusal uint8

const (
	welcome refusal = iota
	refusedStopping
	refusedPort
	refusedVLAN
	refusedLine
	refusedHost
	refusedDuplicate
	refusedNoID
	numRefusals
)

// refusals are the labels of metrics, and what the host is told (RFC 2516
// appendix A, AC-System-Error).
var refusals = [numRefusals]struct{ label, text string }{
	welcome:          {"none", ""},
	refusedStopping:  {"stopping", "the access concentrator is stopping"},
	refusedPort:      {"port-limit", "too many sessions on this port"},
	refusedVLAN:      {"vlan-limit", "too many sessions in this VLAN"},
	refusedLine:      {"line-limit", "too many sessions of this line"},
	refusedHost:      {"mac-limit", "too many sessions of this host"},
	refusedDuplicate: {"duplicate", "this line has a session already"},
	refusedNoID:      {"no-session-id", "no session ID is free"},
}

// admission counts the sessions of a port by what their number is limited by,
// from PADR until they begin to end. Its lock is shared by the shards: it is
// held for a few look-ups, and only for what is limited.
type admission struct {
	cfg     *Access
	refused [numRefusals]atomic.Uint64

	mu    sync.Mutex // guards what follows
	most  int        // sessions of the port; 0: no limit
	total int
	macs  map[wire.MAC]int
	vlans map[wire.VLANs]int
	lines map[lineID]*accessLine
}

// lineID is what an access line is known by.
type lineID struct {
	circuit, remote string
	vlans           wire.VLANs // where the access node tells neither
	mac             wire.MAC   // where there are no tags either
}

// accessLine is a line that has sessions.
type accessLine struct {
	id       lineID
	sessions []ref
	waiting  *requestIn // begins when the last of them has left
}

// place is what a session takes up in an admission.
type place struct {
	ref   ref
	mac   wire.MAC
	vlans wire.VLANs
	line  *accessLine // nil: lines are not limited
}

func newAdmission(cfg *Access) *admission {
	return &admission{cfg: cfg, most: cfg.MaxSessions, macs: map[wire.MAC]int{}, vlans: map[wire.VLANs]int{}, lines: map[lineID]*accessLine{}}
}

func lineOf(req *pppoe.Request) lineID {
	switch l := req.Line; {
	case l != nil && (l.CircuitID != "" || l.RemoteID != ""):
		return lineID{circuit: l.CircuitID, remote: l.RemoteID}
	case req.VLANs != wire.VLANs{}:
		return lineID{vlans: req.VLANs}
	}
	return lineID{mac: req.Src}
}

// enter takes a place for the session r that in asks for. Where it cannot it
// returns why not, or the sessions that have to end first: in comes back when
// they have left.
func (ad *admission) enter(in *requestIn, r ref) (p place, why refusal, rivals []ref) {
	p = place{ref: r, mac: in.req.Src, vlans: in.req.VLANs}
	ad.mu.Lock()
	defer ad.mu.Unlock()
	cfg := ad.cfg
	if cfg.Duplicate != AllowDuplicates || cfg.MaxSessionsPerLine > 0 {
		id := lineOf(&in.req)
		if p.line = ad.lines[id]; p.line == nil {
			p.line = &accessLine{id: id}
		}
		switch n := len(p.line.sessions); {
		case n > 0 && cfg.Duplicate == ReplaceDuplicates:
			next := *in
			p.line.waiting = &next
			return p, welcome, slices.Clone(p.line.sessions)
		case n > 0 && cfg.Duplicate == RefuseDuplicates:
			return p, refusedDuplicate, nil
		case reached(n, cfg.MaxSessionsPerLine):
			return p, refusedLine, nil
		}
	}
	tagged := p.vlans != wire.VLANs{}
	switch {
	case reached(ad.total, ad.most):
		return p, refusedPort, nil
	case tagged && reached(ad.vlans[p.vlans], cfg.MaxSessionsPerVLAN):
		return p, refusedVLAN, nil
	case reached(ad.macs[p.mac], cfg.MaxSessionsPerMAC):
		return p, refusedHost, nil
	}
	ad.total++
	if cfg.MaxSessionsPerVLAN > 0 && tagged {
		ad.vlans[p.vlans]++
	}
	if cfg.MaxSessionsPerMAC > 0 {
		ad.macs[p.mac]++
	}
	if p.line != nil {
		p.line.sessions = append(p.line.sessions, r)
		ad.lines[p.line.id] = p.line
	}
	return p, welcome, nil
}

func reached(n, limit int) bool { return limit > 0 && n >= limit }

// leave gives a place back. It returns the request that waited for it, if any.
func (ad *admission) leave(p place) *requestIn {
	ad.mu.Lock()
	defer ad.mu.Unlock()
	ad.total--
	count(ad.vlans, p.vlans)
	count(ad.macs, p.mac)
	if p.line == nil {
		return nil
	}
	p.line.sessions = slices.DeleteFunc(p.line.sessions, func(r ref) bool { return r == p.ref })
	if len(p.line.sessions) > 0 {
		return nil
	}
	delete(ad.lines, p.line.id)
	next := p.line.waiting
	p.line.waiting = nil
	return next
}

// count takes one off, where there is a count.
func count[K comparable](counts map[K]int, k K) {
	if n, ok := counts[k]; ok && n > 1 {
		counts[k] = n - 1
	} else if ok {
		delete(counts, k)
	}
}

// limit changes how many sessions the port may have. Those that are there stay.
func (ad *admission) limit(most int) {
	ad.mu.Lock()
	defer ad.mu.Unlock()
	ad.most = most
}

// forget drops the requests that wait.
func (ad *admission) forget() {
	ad.mu.Lock()
	defer ad.mu.Unlock()
	for _, l := range ad.lines {
		l.waiting = nil
	}
}
