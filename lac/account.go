package lac

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lacd/lac/session"
	"lacd/policy"
	"lacd/radius/acct"
)

// account emits a session's accounting record. The link that carries it comes
// before it and goes after it (RFC 2867 section 3).
func (sh *shard) account(now time.Time, sl *slot, status session.AccountStatus) {
	v := sl.session.View()
	books := sh.srv.authorities.accounting.tunnels
	to := sh.accountOf(sl, v.Retailer)
	counters := acct.Counters{
		InOctets: v.Counters.UpOctets, InPackets: v.Counters.UpPackets,
		OutOctets: v.Counters.DownOctets, OutPackets: v.Counters.DownPackets,
	}
	wanted := v.Owner != nil && v.Owner.Accounting
	var rec acct.Record
	if wanted {
		rec = sh.record(now, sl, &v)
		rec.Counters = counters
	}
	send := func(s acct.Status) {
		if wanted {
			rec.Status = s
			to.send(v.Retailer, rec)
		}
	}
	link := func(s acct.Status) {
		if wanted && v.Owner.AcctTunnels {
			send(s)
		}
	}
	switch status {
	case session.AccountStart:
		books.linked(v.Call.Tunnel)
		link(acct.LinkStart)
		send(acct.Start)
	case session.AccountInterim:
		send(acct.Interim)
	case session.AccountStop:
		rec.TerminateCause = v.Cause.Codes().AcctTerminate
		send(acct.Stop)
		link(acct.LinkStop)
		books.unlinked(v.Call.Tunnel, &counters)
	}
}

// record returns what all records of a session say.
func (sh *shard) record(now time.Time, sl *slot, v *session.View) acct.Record {
	n := sh.srv.numbers(v)
	rec := acct.Record{
		Session: v.ID, User: v.User,
		NASPort: nasPort(sl), NASPortID: n.NASPortID, NASPortType: n.NASPortType,
		CallingStation: n.CallingStation, CalledStation: n.CalledStation,
		Line: v.Origin.Line, Authentic: authentic(v.Owner), EventTime: now,
	}
	if v.Unproven {
		rec.Authentic = acct.ByRemote // RADIUS was asked, and silent
	}
	if !v.UpSince.IsZero() {
		rec.SessionTime = now.Sub(v.UpSince)
	}
	if v.Decision != nil {
		rec.User, rec.Class = v.Decision.User, v.Decision.Class
	}
	if v.LNS != nil {
		rec.Tunnel = sh.srv.acctTunnel(v.LNS)
		rec.Tunnel.PrivateGroup = v.LNS.PrivateGroup
		rec.Tunnel.Connection = fmt.Sprintf("%d-%d", v.Call.Tunnel, v.Call.ID)
		if v.Call.Local.IsValid() { // where the kernel chose it the LNS has none
			rec.Tunnel.Client = v.Call.Local.String()
		}
	}
	return rec
}

// acctTunnel describes the tunnels to an LNS.
func (s *Server) acctTunnel(l *policy.LNS) acct.Tunnel {
	t := acct.Tunnel{
		Server: l.Peer.Addr().String(), Assignment: l.Assignment, ClientAuthID: l.Host, ServerAuthID: l.PeerHost,
	}
	if l.Local.IsValid() {
		t.Client = l.Local.String()
	}
	return t
}

// authentic says who authenticated the subscribers of a retailer (RFC 2866
// section 5.6): where the realm is enough the LNS does it, and where the line is,
// the NAS has known it by its own list.
func authentic(r *policy.Retailer) acct.Authentic {
	switch {
	case r.AsksRADIUS():
		return acct.ByRADIUS
	case r.Authorize == policy.ByLine:
		return acct.ByLocal
	}
	return acct.ByRemote
}

// on tells every server that no session of this NAS is open.
func (as *authorities) on() { as.tell(acct.On) }

// off tells every server that the NAS is about to stop.
func (as *authorities) off() {
	as.accounting.tunnels.closeAll(time.Now())
	as.tell(acct.Off)
}

func (as *authorities) tell(status acct.Status) {
	for _, c := range as.all() {
		c.Account(acct.Record{Status: status, EventTime: time.Now()})
	}
}

// flush waits until the accounting records are answered. What is not by then is
// left to the spool, if there is one.
func (as *authorities) flush(ctx context.Context) error {
	var errs []error
	for _, c := range as.all() {
		err := c.Flush(ctx)
		switch {
		case err == nil:
		case as.accounting.spool != nil:
			as.srv.cfg.Log.Warn("accounting records are left for the next run", "records", c.Stats().Queue.Queued)
		default:
			errs = append(errs, fmt.Errorf("accounting records left unanswered: %w", err))
		}
	}
	return errors.Join(errs...)
}
