package lac

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"lacd/policy"
	"lacd/radius/client"
)

// clients are the RADIUS clients of some settings: one for each different list
// of servers that retailers name, and what for, shared by the retailers with the
// same list.
type clients struct {
	byRetailer map[string]*client.Client
	accounts   map[string]account // by retailer
	all        []*client.Client
	made       []made // of each of them
}

// made is what a client was made of.
type made struct {
	use use
	cfg client.Config
}

// use is what servers are asked for. Clients with different uses never share a
// queue.
type use uint8

const (
	toAuthorize use = iota // and to account, unless others are named for it
	toAccount
	toCopy
)

func (s *Server) newClients(st *settings, old *clients) (clients, error) {
	cs := clients{byRetailer: map[string]*client.Client{}, accounts: map[string]account{}}
	byList := map[string]*client.Client{}
	get := func(r *policy.Retailer, u use, list []string) (*client.Client, error) {
		key := fmt.Sprint(u, "\x00", strings.Join(list, "\x00"))
		if c := byList[key]; c != nil || len(list) == 0 {
			return c, nil
		}
		cfg, err := s.clientConfig(st, r, list)
		if err != nil {
			return nil, err
		}
		m := made{u, cfg}
		m.restrict(st, list)
		c, err := s.client(m, old)
		if err != nil {
			return nil, err
		}
		byList[key] = c
		cs.all, cs.made = append(cs.all, c), append(cs.made, m)
		return c, nil
	}
	for i := range st.policy.Retailers {
		r := &st.policy.Retailers[i]
		c, err := get(r, toAuthorize, r.RADIUS)
		if c != nil {
			cs.byRetailer[r.Name] = c
		}
		if err == nil && r.Accounting {
			to := account{first: c}
			if len(r.AcctServers) > 0 {
				to.first, err = get(r, toAccount, r.AcctServers)
			}
			if err == nil {
				to.copy, err = get(r, toCopy, r.AcctCopy)
			}
			cs.accounts[r.Name] = to
		}
		if err != nil {
			return cs, errors.Join(err, cs.closeNew(old))
		}
	}
	return cs, nil
}

// restrict leaves the servers the addresses that the use needs.
func (m *made) restrict(st *settings, list []string) {
	accounts := func(r policy.Retailer) bool {
		return r.Accounting && len(r.AcctServers) == 0 && slices.Equal(r.RADIUS, list)
	}
	both := slices.ContainsFunc(st.policy.Retailers, accounts)
	for i := range m.cfg.Servers {
		switch server := &m.cfg.Servers[i]; {
		case m.use != toAuthorize:
			server.Auth = netip.AddrPort{}
		case !both:
			server.Acct = netip.AddrPort{}
		}
	}
}

// client returns the client of old with the same configuration, or a new one.
func (s *Server) client(m made, old *clients) (*client.Client, error) {
	if old != nil {
		for i := range old.made {
			if old.made[i].use == m.use && same(&old.made[i].cfg, &m.cfg) {
				return old.all[i], nil
			}
		}
	}
	a := s.authorities.accounting
	cfg := m.cfg
	cfg.ServerChanged, cfg.Disconnected, cfg.Lost = s.serverChanged, s.disconnected, a.lost
	if a.spool != nil {
		cfg.Journal = a.spool
	}
	return client.New(cfg, s.cfg.Dial, s.answer)
}

func same(a, b *client.Config) bool {
	x, y := *a, *b
	x.Servers, y.Servers = nil, nil
	return reflect.DeepEqual(x, y) && slices.EqualFunc(a.Servers, b.Servers, func(x, y client.Server) bool { return x.Same(&y) })
}

// closeNew closes the clients that old does not have.
func (cs *clients) closeNew(old *clients) error {
	var errs []error
	for _, c := range cs.all {
		if old == nil || !slices.Contains(old.all, c) {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// clientConfig returns the settings of a client for the servers of a retailer.
func (s *Server) clientConfig(st *settings, r *policy.Retailer, list []string) (client.Config, error) {
	cfg := client.Config{NAS: s.cfg.NAS, AcctQueue: s.cfg.MaxRecords}
	for _, name := range list {
		server, ok := st.radius[name]
		if !ok {
			return cfg, fmt.Errorf("retailer %s: RADIUS server %s is not configured", r.Name, name)
		}
		cfg.Servers = append(cfg.Servers, server)
	}
	return cfg, nil
}

// accountOf returns who takes a session's accounting records: the clients that
// its retailer has now or, where it has none any more, those it had when the
// session began.
func (sh *shard) accountOf(sl *slot, retailer string) account {
	if to, ok := sh.srv.now.Load().clients.accounts[retailer]; ok {
		return to
	}
	return sl.born.clients.accounts[retailer]
}

// authorities are the RADIUS clients of all settings that are still needed. What
// was asked before a reload is answered by who was asked, and a record that waits
// is sent by who has it.
type authorities struct {
	srv        *Server
	accounting *accounting

	mu      sync.Mutex  // guards what follows
	retired []*settings // replaced; sessions or records of theirs are left
}

// retire keeps the clients of replaced settings for as long as they are needed.
func (as *authorities) retire(st *settings) {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.retired = append(as.retired, st)
}

// all returns every client, those of replaced settings last.
func (as *authorities) all() []*client.Client {
	as.mu.Lock()
	defer as.mu.Unlock()
	return as.needed(as.retired)
}

// needed returns the clients of the settings in force and of others, each once.
func (as *authorities) needed(others []*settings) []*client.Client {
	all := slices.Clone(as.srv.now.Load().clients.all)
	for _, st := range others {
		for _, c := range st.clients.all {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	return all
}

// retireEvery is how often it is looked at what is not needed any more.
const retireEvery = time.Second

// watchRetired closes the clients that are not needed any more, until the
// daemon stops.
func (as *authorities) watchRetired() {
	for as.srv.pause(retireEvery) {
		as.mu.Lock()
		retired := slices.Clone(as.retired)
		as.mu.Unlock()
		if len(retired) == 0 {
			continue
		}
		if !as.srv.passed() {
			return
		}
		for _, st := range retired {
			if st.sessions.Load() == 0 && st.clients.idle() {
				as.dismiss(st)
			}
		}
	}
}

// idle reports whether no client has anything to do.
func (cs *clients) idle() bool {
	for _, c := range cs.all {
		st := c.Stats()
		if st.Queue.Queued > 0 {
			return false
		}
		for i := range st.Auth {
			if st.Auth[i].InFlight+st.Auth[i].Waiting > 0 {
				return false
			}
		}
	}
	return true
}

// dismiss closes the clients that only these replaced settings have.
func (as *authorities) dismiss(st *settings) {
	as.mu.Lock()
	as.retired = slices.DeleteFunc(as.retired, func(o *settings) bool { return o == st })
	left := as.needed(as.retired)
	as.mu.Unlock()
	for _, c := range st.clients.all {
		if !slices.Contains(left, c) {
			_ = c.Close() // it is idle: nothing is lost
		}
	}
}

// passed waits until every shard has done what it was at. One that has taken a
// client from settings just before they were replaced has then used it. It
// reports false when the orderly end has begun.
func (s *Server) passed() bool {
	reply := make(chan struct{}, len(s.shards))
	for _, sh := range s.shards {
		if !sh.box.Put(passedIn{reply}) {
			return false
		}
	}
	for range s.shards {
		select {
		case <-reply:
		case <-s.stopped:
			return false
		}
	}
	return true
}

// passedIn answers when the shard has done what came before it.
type passedIn struct{ reply chan<- struct{} }

func (in passedIn) apply(*shard, time.Time) { in.reply <- struct{}{} }
