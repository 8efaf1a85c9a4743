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
	lostIn struct{ ref ref }
	// goneIn ends the sessions of a port whose device is gone.
	goneIn struct{ port *access }
	// endIn ends a session.
	endIn struct {
		ref    ref
		cause  cause.Cause
		detail string
	}
	countIn struct {
		counters []kernel.Counters
		since    time.Time // what they have grown by came later
	}
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
	key := in.req.Key()
	switch sl := sh.pending[key]; {
	case sl != nil:
		// PADS was lost: the same PADS, not a second session.
		sh.send(in.port, in.port.front.Load().responder.AppendPADS(nil, sl.request, sl.id))
		sh.srv.gate.coming.Add(-1)
	case sh.lobby.has(key):
		sh.srv.gate.coming.Add(-1)
	case sh.srv.gate.taken() && !sh.stopping:
		sh.lobby.push(waiting{in, key, now})
	default:
		sh.letIn(now, in, key)
	}
}

// letIn begins a session, or says why not.
func (sh *shard) letIn(now time.Time, in requestIn, key [16]byte) {
	defer sh.srv.gate.coming.Add(-1) // when it is counted as half-open, if it is to be
	if sh.stopping {
		sh.refuse(in.port, &in.req, refusedStopping)
		return
	}
	p, why, rivals := in.port.admission.enter(&in, sh.next())
	if why != welcome {
		sh.refuse(in.port, &in.req, why)
		return
	}
	for _, r := range rivals {
		sh.srv.shards[r.shard()].box.Put(endIn{r, cause.Replaced, "by " + in.req.Src.String()})
	}
	if len(rivals) == 0 {
		sh.begin(now, in, key, p)
	}
}

// refuse answers a PADR with a good cookie.
func (sh *shard) refuse(a *access, req *pppoe.Request, why refusal) {
	a.admission.refused[why].Add(1)
	sh.send(a, a.front.Load().responder.AppendRefusal(nil, req, wire.ACSystemError, refusals[why].text))
}

// begin opens the session that has a place on its port.
func (sh *shard) begin(now time.Time, in requestIn, key [16]byte, p place) {
	req := in.req
	sl := sh.take(in.port, &req, key)
	if sl == nil {
		in.port.admission.leave(p)
		sh.refuse(in.port, &req, refusedNoID)
		return
	}
	sl.place, sl.entered = p, true
	sh.begun = append(sh.begun, sh.ref(sl))
	sh.send(in.port, in.port.front.Load().responder.AppendPADS(nil, &req, sl.id))
	var seed [32]byte
	random(seed[:])
	sl.born = sh.srv.now.Load()
	sl.born.sessions.Add(1)
	sl.session = session.New(now, sh.config(sl.born, sh.mru(in.port, &req)), sl.born.policy, session.Origin{
		Port: in.port.port.Name(), NASPort: nasPort(sl), Local: sl.local, Peer: req.Src, VLANs: req.VLANs, ID: sl.id,
		Service: req.Service, Line: req.Line,
	}, acctID(sh.srv.boot, sh.ref(sl)), seed)
	sh.settle(now, sl)
}

// mru returns the MRU ceiling: what the port allows (RFC 4638), bounded by
// the configuration.
func (sh *shard) mru(a *access, req *pppoe.Request) uint16 {
	m := a.front.Load().responder.MRU(req)
	if c := sh.srv.cfg.PPP.MRU; c != 0 {
		m = min(m, c)
	}
	return m
}

func (in frameIn) apply(sh *shard, now time.Time) {
	sl := sh.find(in.port, &in.frame)
	if sl == nil {
		sh.disown(now, in.port, &in.frame)
		return
	}
	sh.spoke(now, sl)
	sh.answered(sl)
	sl.session.ReceiveFrame(now, in.frame.Payload)
	sh.settle(now, sl)
}

// unknownRate is how many PADTs for sessions that do not exist are sent from a
// port, in a second: subscribers of a run that crashed then dial again about as
// fast as they can be served.
const unknownRate = 1000

// disown tells the sender of a session frame that there is no such session. A
// PADT is not answered: two who do that never stop.
func (sh *shard) disown(now time.Time, a *access, f *wire.Frame) {
	at := a.front.Load()
	if !a.cfg.AnswerUnknown || sh.stopping || f.Src.IsMulticast() || !at.responder.Serves(f.VLANs) || !sh.unknown[a.index].Take(now) {
		return
	}
	a.told.Add(1)
	sh.send(a, pppoe.AppendPADT(nil, at.mac, f.Src, f.VLANs, f.SessionID, ""))
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
		if sh.srv.lookUp(now, sl.session, &in.answer) {
			sl.session.Granted(now, in.answer.Grant)
		}
	case client.NoServer:
		sl.session.Refused(now, cause.AuthUnreachable, in.answer.Detail, "")
	default:
		sl.session.Refused(now, cause.AuthRejected, in.answer.Detail, in.answer.Message)
	}
	sh.settle(now, sl)
}

func (in callIn) apply(sh *shard, now time.Time) {
	ev := in.event
	if ev.Said {
		sh.said(ref(ev.Ref.Session))
		return
	}
	sl := sh.at(ref(ev.Ref.Session))
	if sl == nil {
		return
	}
	if ev.Down {
		if ev.Tunnel != 0 && sl.session.State() == session.Calling {
			sh.rejected(now, sl, &ev)
		}
		sl.session.CallDown(now, ev.Ref.Attempt, session.CallEnd{
			Cause: ev.Cause, Text: ev.Text, Next: ev.Next, Redirect: ev.Redirect,
		})
	} else {
		sh.srv.gate.answered(sl.load, now, now.Sub(sl.placed))
		sl.session.CallAnswered(now, ev.Ref.Attempt, session.Call{
			Tunnel: uint16(ev.Tunnel), PeerTunnel: uint16(ev.PeerTunnel), ID: uint16(ev.ID), Peer: uint16(ev.Peer), Local: ev.Local,
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

func (in goneIn) apply(sh *shard, now time.Time) {
	for _, sl := range sh.slots {
		if sl.session != nil && sl.port == in.port {
			sl.session.Disconnect(now, cause.LostCarrier, "the access device is gone")
			sh.settle(now, sl)
		}
	}
}

func (in endIn) apply(sh *shard, now time.Time) {
	if sl := sh.at(in.ref); sl != nil {
		sl.session.Disconnect(now, in.cause, in.detail)
		sh.settle(now, sl)
	}
}

func (in countIn) apply(sh *shard, now time.Time) {
	for _, c := range in.counters {
		if sl := sh.at(ref(c.ID)); sl != nil {
			if sl.session.Count(now, counters(c)) && sl.tunnel != nil {
				sl.tunnel.Heard(in.since)
			}
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
