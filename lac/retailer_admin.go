package lac

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"lacd/lac/admin"
	"lacd/lac/cause"
	"lacd/policy"
	"lacd/radius"
)

// listRetailers answers for all retailers, those of the policy in its order.
func (s *Server) listRetailers(w http.ResponseWriter, _ *http.Request) { reply(w, s.retailers()) }

// showRetailer answers for one.
func (s *Server) showRetailer(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("retailer")
	for _, one := range s.retailers() {
		if one.Name == name {
			reply(w, one)
			return
		}
	}
	fail(w, http.StatusNotFound, "no retailer "+strings.ToValidUTF8(name, "?"), "name it as in lacctl show retailers")
}

// retailers returns what is known of every retailer. Sessions without one come
// last.
func (s *Server) retailers() []admin.Retailer {
	pol := s.policy()
	books := s.books()
	lns := map[string][]admin.LNS{}
	for _, l := range s.lnsTable().all {
		lns[l.Retailer] = append(lns[l.Retailer], l)
	}
	out := make([]admin.Retailer, 0, len(books))
	for i := range pol.Retailers {
		r := &pol.Retailers[i]
		one := booked(books[r.Name])
		one.Realms, one.Authorize, one.DSCP, one.MaxSessions = r.Realms, r.Authorize.String(), r.DSCP, int(r.MaxSessions)
		one.MaxSetups = int(r.MaxSetups)
		one.RADIUS = s.authorities.servers(r)
		out = append(out, one)
		delete(books, r.Name)
	}
	last := booked(books[noRetailer])
	delete(books, noRetailer)
	removed := len(out)
	for _, b := range books {
		one := booked(b)
		one.Removed = true
		out = append(out, one)
	}
	slices.SortFunc(out[removed:], func(a, b admin.Retailer) int { return cmp.Compare(a.Name, b.Name) })
	for i := range out {
		out[i].LNS = append(out[i].LNS, lns[out[i].Name]...)
	}
	return append(out, last)
}

// booked puts a book into the words of the admin API.
func booked(b *book) admin.Retailer {
	one := admin.Retailer{
		Name: b.retailer, Sessions: int(b.sessions.Load()), Up: int(b.up.Load()), Started: b.started(), Succeeded: b.succeeded.Load(),
		Failed: byName(b.failed), Ended: byName(b.ended), Limited: map[string]uint64{},
		LNS: []admin.LNS{}, RADIUS: []admin.RADIUS{},
	}
	for l := policy.Limit(1); l < policy.NumLimits; l++ {
		if n := b.refused[l].Load(); n > 0 {
			one.Limited[l.String()] = n
		}
	}
	for i := range b.stages {
		h := &b.stages[i]
		one.Stages = append(one.Stages, admin.Stage{
			Name: stageName(i), Count: h.count(), P50: h.quantile(0.5), P95: h.quantile(0.95), Max: h.most(),
		})
	}
	return one
}

func byName(causes []atomic.Uint64) map[string]uint64 {
	out := map[string]uint64{}
	for i := range causes {
		if n := causes[i].Load(); n > 0 {
			out[cause.Cause(i).String()] = n
		}
	}
	return out
}

// servers returns the RADIUS servers of a retailer as its client sees them.
func (as *authorities) servers(r *policy.Retailer) []admin.RADIUS {
	out := []admin.RADIUS{}
	c := as.srv.now.Load().clients.byRetailer[r.Name]
	if c == nil {
		return out
	}
	st := c.Stats()
	if to := as.srv.now.Load().clients.accounts[r.Name]; to.first != nil && to.first != c {
		st.Acct = to.first.Stats().Acct
	}
	for kind, all := range map[radius.Kind][]radius.ServerStats{radius.Authentication: st.Auth, radius.Accounting: st.Acct} {
		for i := range all {
			out = append(out, adminServer(kind, &all[i]))
		}
	}
	slices.SortStableFunc(out, func(a, b admin.RADIUS) int {
		return cmp.Or(cmp.Compare(slices.Index(r.RADIUS, a.Name), slices.Index(r.RADIUS, b.Name)), -cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

func adminServer(kind radius.Kind, st *radius.ServerStats) admin.RADIUS {
	one := admin.RADIUS{
		Name: st.Name, Kind: kindName(kind), State: "alive", InFlight: st.InFlight + st.Waiting,
		Sent: st.Sent, Answered: st.Answered, Timeouts: st.Timeouts,
	}
	if st.Dead {
		one.State = "dead"
	}
	return one
}
