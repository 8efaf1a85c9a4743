package lac

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lacd/lac/cause"
	"lacd/lac/session"
	"lacd/radius/coa"
	"lacd/radius/coa/listener"
)

// CoA is how the daemon takes Disconnect-Requests and CoA-Requests (RFC 5176).
type CoA struct {
	Sockets []listener.Socket // bound; none: there is no dynamic authorization
	// Config says who may ask for what. Its NAS names addresses of this node
	// beside that of Config.NAS; the identifier is that of Config.NAS.
	coa.Config
}

// newListener returns what takes requests, nil if nothing does.
func newListener(s *Server) *listener.Listener {
	c := s.cfg.CoA
	if len(c.Sockets) == 0 {
		return nil
	}
	c.NAS = coa.NAS{Identifier: s.cfg.NAS.Identifier, Addresses: append([]netip.Addr{s.cfg.NAS.IP}, c.NAS.Addresses...)}
	return listener.New(listener.Config{
		Config: c.Config, Execute: s.obey, Log: s.cfg.Log, Debug: s.murmur.Debug,
	}, c.Sockets)
}

// errand is an order on its way through the shards. It is immutable.
type errand struct {
	ticket coa.Ticket
	client *coa.Client
	order  *coa.Order
}

// obey hands an order to the shard of the session that it names, or to all.
func (s *Server) obey(t coa.Ticket, c *coa.Client, o *coa.Order) (parts int) {
	e := &errand{t, c, o}
	if o.Session.Foreign {
		return 0
	}
	if id := o.Session.AcctSession; id != "" {
		boot, r, ok := parseAcctID(id)
		if ok && boot == s.boot && r.shard() < len(s.shards) && s.shards[r.shard()].box.Put(lookIn{e, r}) {
			return 1
		}
		return 0
	}
	for _, sh := range s.shards {
		if sh.box.Put(passIn{errand: e}) {
			parts++
		}
	}
	return parts
}

// parseAcctID undoes acctID.
func parseAcctID(id string) (boot uint32, r ref, ok bool) {
	if len(id) != acctIDLen {
		return 0, 0, false
	}
	b, err1 := strconv.ParseUint(id[:8], 16, 32)
	n, err2 := strconv.ParseUint(id[8:], 16, 64)
	return uint32(b), ref(n), err1 == nil && err2 == nil
}

// passStep is how many slots are looked at before the shard sees to its other
// inputs.
const passStep = 1024

type (
	// lookIn carries an order out on one session, if it is meant.
	lookIn struct {
		errand *errand
		ref    ref
	}
	// passIn carries an order out on all sessions that are meant.
	passIn struct {
		errand      *errand
		next, found int
	}
)

func (in lookIn) apply(sh *shard, now time.Time) {
	n := 0
	if sl := sh.at(in.ref); sl != nil && sh.meant(sl, in.errand) {
		sh.carryOut(now, sl, in.errand)
		n = 1
	}
	sh.srv.coa.Found(in.errand.ticket, n)
}

func (in passIn) apply(sh *shard, now time.Time) {
	end := min(in.next+passStep, len(sh.slots))
	for _, sl := range sh.slots[in.next:end] {
		if sl.session != nil && sh.meant(sl, in.errand) {
			in.found++
			sh.carryOut(now, sl, in.errand)
		}
	}
	if in.next = end; end < len(sh.slots) {
		sh.box.Put(in)
		return
	}
	sh.srv.coa.Found(in.errand.ticket, in.found)
}

// meant reports whether an order is for a session: all that it names must
// match, and its client must be one of the session's retailer. A user is known
// by the name it gave and by the one that RADIUS gave it for accounting.
func (sh *shard) meant(sl *slot, e *errand) bool {
	id := &e.order.Session
	if id.HasNASPort && id.NASPort != nasPort(sl) {
		return false
	}
	v := sl.session.View()
	switch {
	case len(e.client.Retailers) > 0 && !slices.Contains(e.client.Retailers, v.Retailer),
		id.AcctSession != "" && id.AcctSession != v.ID,
		id.User != "" && id.User != v.Known && (v.Decision == nil || id.User != v.Decision.User),
		e.order.Kind == coa.Change && !sl.session.Changeable():
		return false
	case id.CallingStation == "" && id.CalledStation == "" && id.NASPortID == "":
		return true
	}
	n := sh.srv.numbers(&v)
	return (id.CallingStation == "" || id.CallingStation == n.CallingStation) &&
		(id.CalledStation == "" || id.CalledStation == n.CalledStation) &&
		(id.NASPortID == "" || id.NASPortID == n.NASPortID)
}

func (sh *shard) carryOut(now time.Time, sl *slot, e *errand) {
	if e.order.Kind == coa.Disconnect {
		sl.awaited = append(sl.awaited, e.ticket)
		sl.session.Disconnect(now, cause.AdminReset, "Disconnect-Request of "+e.client.Name, e.order.Class...)
	} else {
		sl.session.Change(now, session.Terms(e.order.Terms))
	}
	sh.settle(now, sl)
}

// mourn keeps the Disconnect-Requests that wait for the end of a session until
// its CDN has left for the LNS.
func (sh *shard) mourn(sl *slot) {
	switch {
	case len(sl.awaited) == 0:
	case sl.tunnel != nil && sl.tunnel.Say(sh.call(sl, 0)):
		sh.mourned[sh.ref(sl)] = sl.awaited
	default:
		sh.gone = append(sh.gone, sl.awaited...)
	}
}

// said is told that the CDN of a session has left.
func (sh *shard) said(r ref) {
	sh.gone = append(sh.gone, sh.mourned[r]...)
	delete(sh.mourned, r)
}

// bury tells who waits for sessions that they are gone: PADT is sent.
func (sh *shard) bury() {
	for _, t := range sh.gone {
		sh.srv.coa.Gone(t)
	}
	sh.gone = sh.gone[:0]
}

var descCoA = prometheus.NewDesc("lacd_coa_requests_total", "Datagrams that came for dynamic authorization, by client, kind of request, and what became of them.", []string{"client", "kind", "outcome"}, nil)

func (s *Server) collectCoA(ch chan<- prometheus.Metric) {
	if s.coa == nil {
		return
	}
	for _, st := range s.coa.Stats() {
		ch <- prometheus.MustNewConstMetric(descCoA, prometheus.CounterValue, float64(st.N), st.Client, st.Kind.String(), st.Outcome.String())
	}
}
