package lac

import (
	"errors"
	"time"

	"lacd/lac/session"
	"lacd/policy"
	"lacd/pppoe/ppp"
	"lacd/radius"
	"lacd/radius/client"
)

func (s *Server) serverChanged(server string, kind radius.Kind, dead bool) {
	if dead {
		s.cfg.Log.Warn("RADIUS server does not answer", "server", server, "kind", kindName(kind))
	} else {
		s.cfg.Log.Info("RADIUS server answers again", "server", server, "kind", kindName(kind))
	}
}

// disconnected tells why a connection to a RADIUS server failed or broke.
func (s *Server) disconnected(server string, kind radius.Kind, err error) {
	s.cfg.Log.Warn("RADIUS connection lost", "server", server, "kind", kindName(kind), "error", err)
}

func (s *Server) answer(a client.Answer) {
	s.shards[ref(a.Ref).shard()].box.Put(answerIn{a})
}

// lookUp gives an answer the addresses of the hosts it names. If they are not
// known it reports false, and the answer comes again when they have been looked
// up.
func (s *Server) lookUp(now time.Time, ses *session.Session, a *client.Answer) bool {
	names := ses.Unresolved(&a.Grant)
	if len(names) == 0 {
		return true
	}
	later := *a
	hosts, ok := s.resolver.ask(now, names, func(hosts []policy.Host) {
		later.Grant.Hosts = hosts
		s.answer(later)
	})
	a.Grant.Hosts = hosts
	return ok
}

// authorize asks RADIUS about a session's subscriber.
func (sh *shard) authorize(sl *slot, a session.Authorize) {
	r := uint64(sh.ref(sl))
	c := sl.born.clients.byRetailer[a.Retailer.Name]
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

func (as *authorities) close() error {
	var errs []error
	for _, c := range as.all() {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, as.accounting.close())...)
}

func kindName(k radius.Kind) string {
	if k == radius.Accounting {
		return "acct"
	}
	return "auth"
}
