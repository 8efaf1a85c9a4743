package lac

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lacd/lac/session"
	"lacd/policy"
	"lacd/pppoe/ppp"
	"lacd/radius"
	"lacd/radius/acct"
	"lacd/radius/client"
)

// authorities are the RADIUS clients: one for each different list of servers
// that retailers name, shared by the retailers with the same list.
type authorities struct {
	srv        *Server
	byRetailer map[string]*client.Client
	all        []*client.Client
}

func newAuthorities(s *Server) (authorities, error) {
	as := authorities{srv: s, byRetailer: map[string]*client.Client{}}
	byList := map[string]*client.Client{}
	for _, r := range s.cfg.Policy.Retailers {
		if len(r.RADIUS) == 0 {
			continue
		}
		list := strings.Join(r.RADIUS, "\x00")
		if byList[list] == nil {
			cfg, err := s.clientConfig(&r)
			if err != nil {
				return as, err
			}
			cfg.ServerChanged = s.serverChanged
			c, err := client.New(cfg, s.cfg.Dial, s.answer)
			if err != nil {
				return as, errors.Join(err, as.close())
			}
			byList[list] = c
			as.all = append(as.all, c)
		}
		as.byRetailer[r.Name] = byList[list]
	}
	return as, nil
}

// clientConfig returns the settings of a client for the servers of a retailer.
func (s *Server) clientConfig(r *policy.Retailer) (client.Config, error) {
	cfg := client.Config{NAS: s.cfg.NAS}
	for _, name := range r.RADIUS {
		server, ok := s.cfg.RADIUS[name]
		if !ok {
			return cfg, fmt.Errorf("retailer %s: RADIUS server %s is not configured", r.Name, name)
		}
		cfg.Servers = append(cfg.Servers, server)
	}
	return cfg, nil
}

func (s *Server) serverChanged(server string, kind radius.Kind, dead bool) {
	if dead {
		s.cfg.Log.Warn("RADIUS server does not answer", "server", server, "kind", kindName(kind))
	} else {
		s.cfg.Log.Info("RADIUS server answers again", "server", server, "kind", kindName(kind))
	}
}

func (s *Server) answer(a client.Answer) {
	s.shards[ref(a.Ref).shard()].box.Put(answerIn{a})
}

// authorize asks RADIUS about a session's subscriber.
func (sh *shard) authorize(sl *slot, a session.Authorize) {
	r := uint64(sh.ref(sl))
	c := sh.srv.authorities.byRetailer[a.Retailer.Name]
	if c == nil {
		sh.srv.answer(client.Answer{Ref: r, Verdict: client.NoServer, Detail: "retailer " + a.Retailer.Name + " has no RADIUS server"})
		return
	}
	v := sl.session.View()
	n := sh.srv.numbers(&v)
	req := radius.Access{
		User: a.User, NASPort: nasPort(sl), NASPortID: n.NASPortID, NASPortType: n.NASPortType,
		CallingStation: n.CallingStation, CalledStation: n.CalledStation, AcctSession: v.ID, MTU: uint32(a.MRU), Line: v.Origin.Line,
	}
	switch a.Credentials.Protocol {
	case ppp.CHAP:
		req.Protocol, req.CHAPID = radius.CHAP, a.Credentials.ID
		req.Challenge, req.Response = a.Credentials.Challenge, a.Credentials.Response
	default:
		req.Protocol, req.Password = radius.PAP, a.Credentials.Response
	}
	c.Authenticate(r, req)
}

// account emits a session's accounting record.
func (sh *shard) account(now time.Time, sl *slot, status session.AccountStatus) {
	v := sl.session.View()
	c := sh.srv.authorities.byRetailer[v.Retailer]
	if c == nil || !v.Accounting {
		return
	}
	n := sh.srv.numbers(&v)
	rec := acct.Record{
		Session: v.ID, User: v.Decision.User, Class: v.Decision.Class,
		NASPort: nasPort(sl), NASPortID: n.NASPortID, NASPortType: n.NASPortType,
		CallingStation: n.CallingStation, CalledStation: n.CalledStation,
		Line: v.Origin.Line, Authentic: acct.ByRADIUS, EventTime: now, SessionTime: now.Sub(v.UpSince),
		Tunnel: acct.Tunnel{
			Server: v.LNS.Peer.Addr().String(), Assignment: v.LNS.Assignment, PrivateGroup: v.LNS.PrivateGroup,
			ClientAuthID: v.LNS.Host, ServerAuthID: v.LNS.PeerHost,
			Connection: fmt.Sprintf("%d-%d", v.Call.Tunnel, v.Call.ID),
		},
		Counters: acct.Counters{
			InOctets: v.Counters.UpOctets, InPackets: v.Counters.UpPackets,
			OutOctets: v.Counters.DownOctets, OutPackets: v.Counters.DownPackets,
		},
	}
	if v.LNS.Local.IsValid() {
		rec.Tunnel.Client = v.LNS.Local.String()
	}
	switch status {
	case session.AccountStart:
		rec.Status = acct.Start
	case session.AccountInterim:
		rec.Status = acct.Interim
	case session.AccountStop:
		rec.Status = acct.Stop
		rec.TerminateCause = v.Cause.Codes().AcctTerminate
	}
	c.Account(rec)
}

// on tells every server that no session of this NAS is open.
func (as *authorities) on() { as.tell(acct.On) }

// off tells every server that the NAS is about to stop.
func (as *authorities) off() { as.tell(acct.Off) }

func (as *authorities) tell(status acct.Status) {
	for _, c := range as.all {
		c.Account(acct.Record{Status: status, EventTime: time.Now()})
	}
}

// flush waits until the accounting records are answered.
func (as *authorities) flush(ctx context.Context) error {
	var errs []error
	for _, c := range as.all {
		if err := c.Flush(ctx); err != nil {
			errs = append(errs, fmt.Errorf("accounting records left unanswered: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (as *authorities) close() error {
	var errs []error
	for _, c := range as.all {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func kindName(k radius.Kind) string {
	if k == radius.Accounting {
		return "acct"
	}
	return "auth"
}
