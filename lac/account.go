package lac

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lacd/lac/session"
	"lacd/radius/acct"
)

// account emits a session's accounting record.
func (sh *shard) account(now time.Time, sl *slot, status session.AccountStatus) {
	v := sl.session.View()
	c := sh.accountant(sl, v.Retailer)
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
	if v.Unproven {
		rec.Authentic = acct.ByRemote // RADIUS was asked, and silent
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
	for _, c := range as.all() {
		c.Account(acct.Record{Status: status, EventTime: time.Now()})
	}
}

// flush waits until the accounting records are answered.
func (as *authorities) flush(ctx context.Context) error {
	var errs []error
	for _, c := range as.all() {
		if err := c.Flush(ctx); err != nil {
			errs = append(errs, fmt.Errorf("accounting records left unanswered: %w", err))
		}
	}
	return errors.Join(errs...)
}
