package lac

import (
	"log/slog"
	"time"

	"lacd/kernel"
	"lacd/lac/l2tp"
	"lacd/lac/session"
	"lacd/lac/trunk"
	"lacd/lac/tunnel"
	"lacd/pppoe"
	"lacd/pppoe/ppp"
)

// execute does one action of a session. It is the only place where the words
// of lac/session meet those of the subsystems.
func (sh *shard) execute(now time.Time, sl *slot, a session.Action) {
	switch a := a.(type) {
	case session.Send:
		sh.frame(sl, a.Frame)
	case session.SendPADT:
		sh.send(sl.port, pppoe.AppendPADT(nil, sl.local, sl.peer, sl.vlans, sl.id, ""))
	case session.Authorize:
		if sh.enter(now, sl, a.Retailer) {
			sh.authorize(sl, a)
		}
	case session.PlaceCall:
		if sh.enter(now, sl, sl.session.Retailer()) {
			sl.placed = now
			sh.placeCall(sl, a)
		}
	case session.AddBridge:
		sh.addBridge(sl, a)
	case session.ConnectCall:
		if sl.tunnel != nil {
			sl.tunnel.Connect(sh.call(sl, a.Attempt), connect(sl, a), a.Frames)
		}
	case session.HangUp:
		if sl.tunnel != nil {
			sl.tunnel.HangUp(sh.call(sl, a.Attempt), result(a), a.Silent)
		}
	case session.RemoveBridge:
		sh.srv.exec.put(job{ref: sh.ref(sl), attempt: a.Attempt, remove: true})
	case session.Account:
		sh.account(now, sl, a.Status)
	case session.CameUp:
		sh.cameUp(sl)
	case session.Dropped:
		sh.srv.drop(a.What)
		sh.srv.murmur.Debug("frame dropped", "port", sl.port.port.Name(), "mac", sl.peer, "session", sl.id, "what", a.What)
	case session.Released:
		sh.wentDown(now, sl)
		sh.release(sl)
	}
}

func (sh *shard) call(sl *slot, attempt uint8) trunk.Ref {
	return trunk.Ref{Session: uint64(sh.ref(sl)), Attempt: attempt}
}

func (sh *shard) placeCall(sl *slot, a session.PlaceCall) {
	v := sl.session.View()
	n := sh.srv.numbers(&v)
	call := tunnel.Call{Calling: n.Calling, Called: n.Called, SubAddress: n.SubAddress, Line: lineAVPs(&v)}
	if !info(&v).NoPhysicalChannel {
		call.PhysicalChannel, call.HasPhysicalChannel = nasPort(sl), true
	}
	sl.tunnel = sh.srv.trunk.PlaceCall(sh.call(sl, a.Attempt), a.LNS, call, a.Resort)
}

// result translates the end of a call into a CDN.
func result(a session.HangUp) l2tp.Result {
	r := l2tp.Result{Code: a.Result, Error: a.Error}
	if a.PPP.Code != 0 {
		r.Disconnect = &l2tp.DisconnectCause{Code: a.PPP.Code, Protocol: a.PPP.Protocol, Direction: a.PPP.Direction}
	}
	return r
}

func (sh *shard) addBridge(sl *slot, a session.AddBridge) {
	b := kernel.Bridge{
		ID: kernel.BridgeID(sh.ref(sl)), Port: sl.port.port.Name(), MAC: sl.peer, PPPoE: uint16(sl.id),
		Tunnel: kernel.TunnelID(a.Call.Tunnel), Session: a.Call.ID, PeerSession: a.Call.Peer, MTU: a.MTU,
		Sequencing: a.Sequencing,
	}
	for i, v := range sl.vlans {
		b.VLANs[i] = kernel.VLAN{TPID: v.TPID, ID: v.ID}
	}
	sh.srv.exec.put(job{ref: sh.ref(sl), attempt: a.Attempt, bridge: b})
}

// connect translates the end of call set-up into an ICCN.
func connect(sl *slot, a session.ConnectCall) tunnel.Connect {
	v := sl.session.View()
	c := tunnel.Connect{PrivateGroup: a.LNS.PrivateGroup, Sequencing: a.LNS.Sequencing}
	c.TxSpeed, c.RxSpeed = info(&v).Speeds(v.Origin.Line, v.Rates)
	if p := a.Proxy; p != nil {
		c.ProxyLCP = &l2tp.ProxyLCP{FirstReceived: p.FirstReceived, LastSent: p.LastSent, LastReceived: p.LastReceived}
	}
	if cr := a.Credentials; cr != nil {
		c.ProxyAuth = proxyAuth(cr)
	}
	return c
}

func proxyAuth(cr *ppp.Credentials) *l2tp.ProxyAuth {
	p := &l2tp.ProxyAuth{Name: cr.Name, ID: cr.ID, Response: cr.Response}
	switch cr.Protocol {
	case ppp.CHAP:
		p.Type, p.Challenge = l2tp.ProxyCHAP, cr.Challenge
	case ppp.PAP:
		p.Type = l2tp.ProxyPAP
	default:
		p.Type = l2tp.ProxyNone
	}
	return p
}

// cameUp writes the one line of a session that is complete.
func (sh *shard) cameUp(sl *slot) {
	v := sl.session.View()
	sl.book.complete(&v)
	sh.srv.metrics.up.Observe(v.UpSince.Sub(v.Started).Seconds())
	sh.srv.cfg.Log.Info("session up", append(sessionAttrs(&v), slog.Duration("setup", v.UpSince.Sub(v.Started)))...)
}

// wentDown writes the one line of a session that is over. One whose subscriber
// never said a word is no news: anybody can make thousands of them.
func (sh *shard) wentDown(now time.Time, sl *slot) {
	v := sl.session.View()
	sl.book.over(&v)
	sh.srv.metrics.ended[v.Cause].Inc()
	attrs := append(sessionAttrs(&v), slog.String("cause", v.Cause.String()), slog.String("detail", l2tp.Printable([]byte(v.Detail))),
		slog.Duration("after", now.Sub(v.Started)))
	if !v.UpSince.IsZero() {
		attrs = append(attrs, slog.Uint64("up_octets", v.Counters.UpOctets), slog.Uint64("down_octets", v.Counters.DownOctets))
	}
	if sl.request != nil {
		sh.srv.murmur.Debug("session down", attrs...)
		return
	}
	sh.srv.cfg.Log.Info("session down", attrs...)
}

func sessionAttrs(v *session.View) []any {
	attrs := []any{
		slog.String("id", v.ID), slog.String("user", l2tp.Text([]byte(v.Known))), slog.String("port", v.Origin.Port),
		slog.String("mac", v.Origin.Peer.String()), slog.Int("pppoe", int(v.Origin.ID)),
	}
	if vl := v.Origin.VLANs.String(); vl != "" {
		attrs = append(attrs, slog.String("vlans", vl))
	}
	if v.Retailer != "" {
		attrs = append(attrs, slog.String("retailer", v.Retailer))
	}
	if v.LNS != nil && v.Call.Tunnel != 0 {
		attrs = append(attrs, slog.String("lns", v.LNS.Name), slog.Int("tunnel", int(v.Call.Tunnel)), slog.Int("call", int(v.Call.ID)))
	}
	return attrs
}
