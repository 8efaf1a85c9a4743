package lac

import (
	"time"

	"lacd/kernel"
	"lacd/lac/cause"
	"lacd/lac/session"
	"lacd/lac/trunk"
	"lacd/pppoe"
	"lacd/pppoe/wire"
	"lacd/radius/client"
)

// input is something that happened to a shard's sessions. The types below are
// all there are; each runs on the shard's loop.
type input interface {
	apply(sh *shard, now time.Time)
}

type (
	// requestIn is a PADR with a valid cookie.
	requestIn struct {
		port *access
		req  pppoe.Request
	}
	// frameIn is a session frame for this host; its payload is the shard's.
	frameIn struct {
		port  *access
		frame wire.Frame
	}
	// padtIn is a PADT; its payload is not valid.
	padtIn struct {
		port  *access
		frame wire.Frame
	}
	answerIn  struct{ answer client.Answer }
	callIn    struct{ event trunk.Event }
	bridgedIn struct {
		ref     ref
		attempt uint8
		err     error
	}
	removedIn struct {
		ref      ref
		attempt  uint8
		counters kernel.Counters
	}
	lostIn  struct{ ref ref }
	countIn struct{ counters []kernel.Counters }
	// stopIn ends all sessions, now and to come.
	stopIn struct{}
	// disconnectIn ends the sessions that match, and answers with their IDs.
	disconnectIn struct {
		match func(*session.View) bool
		reply chan<- []string
	}
	// viewIn answers with the sessions that match.
	viewIn struct {
		match func(*session.View) bool
		reply chan<- []session.View
	}
)

func (in requestIn) apply(sh *shard, now time.Time) {
	if sl := sh.pending[in.req.Key()]; sl != nil {
		// PADS was lost: the same PADS, not a second session.
		sh.send(in.port, in.port.responder.AppendPADS(nil, sl.request, sl.id))
		return
	}
	if why := sh.full(in.port, &in.req); why != "" {
		sh.srv.drop("pppoe: session refused, " + why)
		sh.send(in.port, in.port.responder.AppendRefusal(nil, &in.req, wire.ACSystemError, why))
		return
	}
	req := in.req
	sl := sh.take(in.port, &req)
	if sl == nil {
		sh.send(in.port, in.port.responder.AppendRefusal(nil, &in.req, wire.ACSystemError, "no session ID is free"))
		return
	}
	sh.send(in.port, in.port.responder.AppendPADS(nil, &req, sl.id))
	var seed [32]byte
	random(seed[:])
	sl.session = session.New(now, sh.config(sh.mru(in.port, &req)), sh.srv.policy(), session.Origin{
		Port: in.port.port.Name(), Local: in.port.mac, Peer: req.Src, VLANs: req.VLANs, ID: sl.id,
		Service: req.Service, Line: req.Line,
	}, acctID(sh.srv.boot, sh.ref(sl)), seed)
	sh.settle(now, sl)
}

// full says why a port takes no further session of a subscriber, or "".
func (sh *shard) full(a *access, req *pppoe.Request) string {
	switch {
	case sh.stopping:
		return "the access concentrator is stopping"
	case a.cfg.MaxSessions > 0 && a.sessions.Load() >= int64(a.cfg.MaxSessions):
		return "too many sessions on this port"
	case a.cfg.MaxSessionsPerMAC > 0 && sh.perMAC[macKey{a.index, req.Src}] >= a.cfg.MaxSessionsPerMAC:
		return "too many sessions of this host"
	}
	return ""
}

// mru returns the MRU ceiling: what the port allows (RFC 4638), bounded by
// the configuration.
func (sh *shard) mru(a *access, req *pppoe.Request) uint16 {
	m := a.responder.MRU(req)
	if c := sh.srv.cfg.PPP.MRU; c != 0 {
		m = min(m, c)
	}
	return m
}

func (in frameIn) apply(sh *shard, now time.Time) {
	sl := sh.find(in.port, &in.frame)
	if sl == nil {
		return
	}
	sh.answered(sl)
	sl.session.ReceiveFrame(now, in.frame.Payload)
	sh.settle(now, sl)
}

func (in padtIn) apply(sh *shard, now time.Time) {
	if sl := sh.find(in.port, &in.frame); sl != nil {
		sl.session.ReceivePADT(now)
		sh.settle(now, sl)
	}
}

func (in answerIn) apply(sh *shard, now time.Time) {
	sl := sh.at(ref(in.answer.Ref))
	if sl == nil {
		return
	}
	switch in.answer.Verdict {
	case client.Accepted:
		sl.session.Granted(now, in.answer.Grant)
	case client.NoServer:
		sl.session.Refused(now, cause.AuthUnreachable, in.answer.Detail)
	default:
		sl.session.Refused(now, cause.AuthRejected, in.answer.Detail)
	}
	sh.settle(now, sl)
}

func (in callIn) apply(sh *shard, now time.Time) {
	ev := in.event
	sl := sh.at(ref(ev.Ref.Session))
	if sl == nil {
		return
	}
	if ev.Down {
		sl.session.CallDown(now, ev.Ref.Attempt, ev.Cause, ev.Text)
	} else {
		sl.session.CallAnswered(now, ev.Ref.Attempt, session.Call{
			Tunnel: uint16(ev.Tunnel), PeerTunnel: uint16(ev.PeerTunnel), ID: uint16(ev.ID), Peer: uint16(ev.Peer),
		})
	}
	sh.settle(now, sl)
}

func (in bridgedIn) apply(sh *shard, now time.Time) {
	if sl := sh.at(in.ref); sl != nil {
		sl.session.Bridged(now, in.attempt, in.err)
		sh.settle(now, sl)
	}
}

func (in removedIn) apply(sh *shard, now time.Time) {
	if sl := sh.at(in.ref); sl != nil {
		sl.session.BridgeRemoved(now, in.attempt, counters(in.counters))
		sh.settle(now, sl)
	}
}

func (in lostIn) apply(sh *shard, now time.Time) {
	if sl := sh.at(in.ref); sl != nil {
		sl.session.BridgeLost(now)
		sh.settle(now, sl)
	}
}

func (in countIn) apply(sh *shard, now time.Time) {
	for _, c := range in.counters {
		if sl := sh.at(ref(c.ID)); sl != nil {
			sl.session.Count(now, counters(c))
			sh.settle(now, sl)
		}
	}
}

func counters(c kernel.Counters) session.Counters {
	return session.Counters{
		UpPackets: c.UpPackets, UpOctets: c.UpOctets, DownPackets: c.DownPackets, DownOctets: c.DownOctets,
	}
}

func (stopIn) apply(sh *shard, now time.Time) {
	sh.stopping = true
	for _, sl := range sh.slots {
		if sl.session != nil {
			sl.session.Disconnect(now, cause.Shutdown, "")
			sh.settle(now, sl)
		}
	}
}

func (in disconnectIn) apply(sh *shard, now time.Time) {
	var ids []string
	for _, sl := range sh.slots {
		if sl.session == nil {
			continue
		}
		if v := sl.session.View(); in.match(&v) {
			ids = append(ids, v.ID)
			sl.session.Disconnect(now, cause.AdminReset, "by the operator")
			sh.settle(now, sl)
		}
	}
	in.reply <- ids
}

func (in viewIn) apply(sh *shard, _ time.Time) {
	var views []session.View
	for _, sl := range sh.slots {
		if sl.session == nil {
			continue
		}
		if v := sl.session.View(); in.match(&v) {
			views = append(views, v)
		}
	}
	in.reply <- views
}
