package lac

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"lacd/lac/admin"
	"lacd/lac/trunk"
	"lacd/lac/tunnel"
	"lacd/policy"
)

// lnsID is an LNS of a retailer.
type lnsID struct {
	retailer, name string
	peer           netip.AddrPort
}

// lnsTable is the configured LNSes, and those that RADIUS or an LNS named,
// with what is known of them.
type lnsTable struct {
	ids []lnsID
	all []admin.LNS
	at  map[lnsID]int
}

func (t *lnsTable) row(id lnsID) *admin.LNS {
	i, ok := t.at[id]
	if !ok {
		i = len(t.all)
		t.at[id] = i
		t.ids = append(t.ids, id)
		t.all = append(t.all, admin.LNS{Name: id.name, Retailer: id.retailer, Peer: id.peer.String(), State: policy.Ready.String()})
	}
	return &t.all[i]
}

func tell(row *admin.LNS, now time.Time, c *policy.Condition) {
	if c.State != policy.Ready {
		row.State, row.Why = c.State.String(), c.Describe(now)
	}
}

// lnsTable returns what is known of all LNSes.
func (s *Server) lnsTable() *lnsTable {
	now := time.Now()
	t := &lnsTable{all: []admin.LNS{}, at: map[lnsID]int{}}
	pol := s.policy()
	for i := range pol.Retailers {
		r := &pol.Retailers[i]
		for _, l := range pol.Configured(r) {
			row := t.row(lnsID{r.Name, l.Name, l.Peer})
			row.Limit = int(l.Limits.Sessions)
			c := s.trunk.Condition(now, &l)
			tell(row, now, &c)
		}
	}
	for _, p := range s.trunk.Peers() {
		row := t.row(lnsID{p.Retailer, p.Name, p.Peer})
		row.Sessions, row.Placed, row.Answered, row.Failed = p.Sessions, p.Placed, p.Answered, p.Failed
		row.LastError = p.LastError
		if row.State == policy.Ready.String() {
			// Locked out for calls with another assignment or secret.
			tell(row, now, &p.Condition)
		}
	}
	for _, at := range s.trunk.Drained() {
		if !slices.ContainsFunc(t.ids, func(id lnsID) bool { return id.peer == at }) {
			row := t.row(lnsID{"", at.Addr().String(), at})
			c := s.trunk.Condition(now, &policy.LNS{Name: row.Name, Peer: at})
			tell(row, now, &c)
		}
	}
	for _, v := range s.trunk.Views() {
		if v.Stats.State == tunnel.Gone {
			continue
		}
		row := t.row(lnsID{v.Retailer, v.LNS, v.Dialled})
		row.Tunnels++
		row.Calls += v.Calls
	}
	return t
}

// lnsNamed returns the LNSes that an operator means: by name, by retailer and
// name with a slash between them, by address with or without its port. An
// address that nobody has named yet is meant as well: RADIUS may do so.
func (s *Server) lnsNamed(who string) (*lnsTable, []int) {
	t := s.lnsTable()
	addr, _ := netip.ParseAddr(strings.Trim(who, "[]"))
	addrPort, _ := netip.ParseAddrPort(who)
	var found []int
	for i, id := range t.ids {
		switch {
		case id.name == who, id.retailer+"/"+id.name == who, addr.IsValid() && id.peer.Addr() == addr.Unmap(),
			addrPort.IsValid() && id.peer == addrPort:
			found = append(found, i)
		}
	}
	if addr.IsValid() {
		addrPort = netip.AddrPortFrom(addr.Unmap(), trunk.Port)
	}
	if len(found) == 0 && addrPort.IsValid() {
		t.row(lnsID{"", addrPort.Addr().String(), addrPort})
		found = []int{len(t.all) - 1}
	}
	return t, found
}

// drain begins or ends the draining of LNSes.
func (s *Server) drain(w http.ResponseWriter, r *http.Request) {
	who := r.PathValue("lns")
	t, found := s.lnsNamed(who)
	if len(found) == 0 {
		fail(w, http.StatusNotFound, "no lns "+strings.ToValidUTF8(who, "?"), "name it as in lacctl show lns, or by its address")
		return
	}
	out := admin.Drained{LNS: []admin.LNS{}}
	var at []netip.AddrPort
	for _, i := range found {
		at = append(at, t.ids[i].peer)
	}
	if r.Method == http.MethodPost {
		s.trunk.Drain(at...)
	} else if s.trunk.Undrain(at...) == 0 {
		fail(w, http.StatusConflict, "lns "+strings.ToValidUTF8(who, "?")+" is not draining", "")
		return
	}
	after, _ := s.lnsNamed(who)
	for _, i := range found {
		out.LNS = append(out.LNS, *after.row(t.ids[i]))
	}
	s.cfg.Log.Info("LNS draining changed by the operator", "lns", who, "drain", r.Method == http.MethodPost)
	reply(w, out)
}
