package trunk

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"lacd/lac/rate"
	"lacd/policy"
)

// quota counts what is in use. It is safe for any goroutine and takes no lock.
type quota struct{ used atomic.Int64 }

// take uses one more, unless there are as many as the limit. 0: no limit.
func (q *quota) take(limit uint32) bool {
	if limit == 0 {
		q.used.Add(1)
		return true
	}
	for {
		n := q.used.Load()
		if n >= int64(limit) {
			return false
		}
		if q.used.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (q *quota) put() { q.used.Add(-1) }

func (q *quota) full(limit uint32) bool { return limit != 0 && q.used.Load() >= int64(limit) }

// retailer is the share of a retailer in all LNSes.
type retailer struct{ sessions quota }

// peerKey is an LNS of a retailer: tunnels to it may differ in their key.
type peerKey struct {
	retailer, name string
	peer           netip.AddrPort
}

// peer is what is counted of an LNS.
type peer struct {
	retailer *retailer
	sessions quota
	setups   rate.Bucket

	placed, answered, failed atomic.Uint64
	lastError                atomic.Pointer[string]
}

func (p *peer) fail(text string) {
	p.failed.Add(1)
	p.lastError.Store(&text)
}

// seat is what a call holds of the limits. It is given back once.
type seat struct {
	peer   *peer
	tunnel *Tunnel
}

func (s *seat) leave() {
	if s.peer == nil {
		return
	}
	s.peer.sessions.put()
	s.peer.retailer.sessions.put()
	if s.tunnel != nil {
		s.tunnel.seats.put()
	}
	*s = seat{}
}

// sit takes a seat with the LNS, or says which limit is reached.
func (t *Trunk) sit(now time.Time, p *peer, l *policy.LNS) (s seat, full string) {
	switch {
	case !p.retailer.sessions.take(l.Limits.Retailer):
		return s, retailerFull(l)
	case !p.sessions.take(l.Limits.Sessions):
		p.retailer.sessions.put()
		return s, sessionsFull(l)
	case !p.setups.Take(now.Sub(t.since), l.Limits.Setups):
		p.retailer.sessions.put()
		p.sessions.put()
		return s, setupsFull(l)
	}
	return seat{peer: p}, ""
}

// crowded says which limit of an LNS is reached, or "".
func (t *Trunk) crowded(now time.Time, p *peer, l *policy.LNS) (policy.Limit, string) {
	switch {
	case p.retailer.sessions.full(l.Limits.Retailer):
		return policy.RetailerSessions, retailerFull(l)
	case p.sessions.full(l.Limits.Sessions):
		return policy.LNSSessions, sessionsFull(l)
	case p.setups.Empty(now.Sub(t.since), l.Limits.Setups):
		return policy.LNSSetups, setupsFull(l)
	}
	return 0, ""
}

func retailerFull(l *policy.LNS) string {
	return fmt.Sprintf("retailer %s has its %d sessions", l.Retailer, l.Limits.Retailer)
}

func sessionsFull(l *policy.LNS) string {
	return fmt.Sprintf("it has its %d sessions", l.Limits.Sessions)
}

func setupsFull(l *policy.LNS) string {
	return fmt.Sprintf("it had its %d set-ups of this second", l.Limits.Setups)
}

func tunnelsFull(l *policy.LNS, n int) string {
	return fmt.Sprintf("its %d tunnels have their %d sessions each", n, l.Limits.TunnelSessions)
}

// maxPeers is how many LNSes are told apart in what is counted. RADIUS and the
// LNSes themselves may name any number of others.
const maxPeers = 1000

// others is what the LNSes beyond maxPeers are counted as.
const others = "others"

func (t *Trunk) peer(l *policy.LNS) *peer {
	key := peerKey{l.Retailer, l.Name, l.Peer}
	if p, ok := t.peers.Load(key); ok {
		return p.(*peer)
	}
	if t.met.Add(1) > maxPeers {
		key = peerKey{l.Retailer, others, netip.AddrPort{}}
	}
	r, _ := t.retailers.LoadOrStore(l.Retailer, &retailer{})
	p, _ := t.peers.LoadOrStore(key, &peer{retailer: r.(*retailer)})
	return p.(*peer)
}

// PeerView is what happened with one LNS since the start.
type PeerView struct {
	Retailer, Name           string
	Peer                     netip.AddrPort
	Sessions                 int // calls that hold a seat: placed or established
	Placed, Answered, Failed uint64
	LastError                string
	Condition                policy.Condition // of its calls with the worst one
}

// Peers returns every LNS that was tried, ordered by retailer, name and
// address.
func (t *Trunk) Peers() []PeerView {
	now := time.Now()
	worst := t.lockouts(now)
	var all []PeerView
	t.peers.Range(func(k, v any) bool {
		key, p := k.(peerKey), v.(*peer)
		pv := PeerView{
			Retailer: key.retailer, Name: key.name, Peer: key.peer, Sessions: int(p.sessions.used.Load()),
			Placed: p.placed.Load(), Answered: p.answered.Load(), Failed: p.failed.Load(), Condition: worst[key.peer],
		}
		if c, ok := t.draining(key.peer); ok {
			pv.Condition = c
		}
		if e := p.lastError.Load(); e != nil {
			pv.LastError = *e
		}
		all = append(all, pv)
		return true
	})
	slices.SortFunc(all, func(a, b PeerView) int {
		return cmp.Or(cmp.Compare(a.Retailer, b.Retailer), cmp.Compare(a.Name, b.Name), a.Peer.Compare(b.Peer))
	})
	return all
}
