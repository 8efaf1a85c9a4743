package sim

import (
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/pppoe/ppp"
)

// stage is where PPP stands in a call.
type stage uint8

const (
	offered  stage = 1 + iota // no ICCN yet
	quiet                     // connected; the LNS says nothing
	lcpStage                  // negotiates LCP
	authStage
	ipStage
	ready // the client has its address
)

// call is one call of a tunnel.
type call struct {
	tun   *control
	id    l2tp.SessionID
	peer  l2tp.SessionID
	slot  int32
	lane  int32 // in LNS.live; -1: not there
	token Token // 0: not known
	stage stage

	auth          ppp.Protocol // asked for; 0: none
	acked, agreed bool         // our LCP options, theirs
	ipAcked       bool
	ipAgreed      bool
	lcpID, ipcpID uint8
	authID        uint8 // of the challenge, or of what was proxied
	tries         uint8
	known         bool // is who he says, as far as we care
	opened        bool
	challenge     [16]byte
	addr          [4]byte

	tx uint32
	rx sequence
}

// Times of the LNS's side of PPP.
const (
	restart  = 3 * time.Second
	restarts = 5
)

func (l *LNS) add(t *control, id, peer l2tp.SessionID) {
	k := &call{tun: t, id: id, peer: peer, stage: offered, lane: -1}
	if n := len(l.free); n > 0 {
		k.slot = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		k.slot = int32(len(l.calls))
		l.calls = append(l.calls, nil)
		l.timers.grow(len(l.calls))
	}
	l.calls[k.slot] = k
	t.calls[id] = k
	a := be.Uint32(l.cfg.Pool.AsSlice()) + uint32(k.slot)
	be.PutUint32(k.addr[:], a)
}

func (l *LNS) remove(k *call) {
	if k.stage != offered {
		l.stats.Calls--
		l.stats.Ended++
	}
	if k.lane >= 0 {
		last := len(l.live) - 1
		l.live[k.lane] = l.live[last]
		l.live[k.lane].lane = k.lane
		l.live[last] = nil
		l.live = l.live[:last]
	}
	l.timers.set(k.slot, 0)
	l.calls[k.slot] = nil
	l.free = append(l.free, k.slot)
	delete(k.tun.calls, k.id)
}

// clear removes the calls of a tunnel.
func (l *LNS) clear(t *control) {
	for _, k := range t.calls {
		l.remove(k)
	}
}

// connected takes an ICCN.
func (l *LNS) connected(now instant, k *call, c *tunnel.Connect) {
	l.stats.Connected++
	l.stats.Calls++
	k.stage = quiet
	var options []byte
	if c.ProxyLCP != nil {
		options = c.ProxyLCP.LastReceived
	}
	if l.recognize(k, options); k.token != 0 {
		l.ups = append(l.ups, k.token)
	}
	if c.ProxyAuth != nil {
		// The LAC may repeat the response to its own challenge, which must not be
		// taken for one to ours.
		k.authID = c.ProxyAuth.ID
	}
	switch a := c.ProxyAuth; {
	case l.cfg.NoPPP:
		l.enlist(k)
	case l.cfg.LCPAgain || len(options) == 0:
		l.link(now, k)
	case l.cfg.AuthAgain || a == nil || a.Type == l2tp.ProxyNone:
		k.acked, k.agreed = true, true
		l.authenticate(now, k)
	default:
		k.acked, k.agreed = true, true
		l.believe(now, k, a)
	}
}

// recognize knows the client by the magic number among its LCP options.
func (l *LNS) recognize(k *call, options []byte) {
	for o, err := range ppp.Options(options) {
		if err == nil && o.Type == ppp.OptMagic && len(o.Value) == 4 {
			k.token = Token(be.Uint32(o.Value))
		}
	}
}

// enlist has payloads sent to the client.
func (l *LNS) enlist(k *call) {
	if k.lane < 0 && k.token != 0 {
		k.lane = int32(len(l.live))
		l.live = append(l.live, k)
	}
}

// enter puts a call in a stage and sends its request.
func (l *LNS) enter(now instant, k *call, s stage) {
	k.stage, k.tries = s, 0
	l.request(now, k)
}

// again repeats the request of a stage.
func (l *LNS) again(now instant, k *call) {
	if k == nil {
		return
	}
	if k.tries >= restarts {
		// RFC 1661 section 4.6: Max-Configure is reached, and the link closes.
		k.tun.conn.HangUp(now.time(), k.id, l2tp.Result{Code: l2tp.CallCarrierLost, Message: "PPP was not answered"})
		t := k.tun
		l.remove(k)
		l.drain(now.time(), t)
		return
	}
	l.request(now, k)
}

func (l *LNS) request(now instant, k *call) {
	switch k.stage {
	case lcpStage:
		k.lcpID++
		opts := []byte{byte(ppp.OptMRU), 4, 0x05, 0xd4}
		switch k.auth {
		case ppp.PAP:
			opts = append(opts, byte(ppp.OptAuth), 4, 0xc0, 0x23)
		case ppp.CHAP:
			opts = append(opts, byte(ppp.OptAuth), 5, 0xc2, 0x23, 5)
		default:
		}
		l.control(now, k, ppp.LCP, ppp.ConfigureRequest, k.lcpID, be.AppendUint32(append(opts, byte(ppp.OptMagic), 6), k.magic()))
	case authStage:
		if k.auth == ppp.CHAP {
			v := ppp.CHAPValue{Value: k.challenge[:], Name: []byte(l.cfg.Name)}
			l.control(now, k, ppp.CHAP, ppp.Challenge, k.authID, v.AppendTo(nil))
		}
	case ipStage:
		k.ipcpID++
		l.control(now, k, ipcp, ppp.ConfigureRequest, k.ipcpID, append([]byte{byte(optIPAddress), 6}, service[:]...))
	case offered, quiet, ready:
		return
	}
	k.tries++
	l.timers.set(k.slot, now.add(restart))
}

// magic is our magic number in a call.
func (k *call) magic() uint32 { return 0x4c000000 | uint32(k.tun.id)<<16&0xff0000 | uint32(k.id) }

// link negotiates LCP.
func (l *LNS) link(now instant, k *call) {
	k.acked, k.agreed, k.ipAcked, k.ipAgreed, k.known = false, false, false, false, false
	if k.auth == 0 {
		k.auth = l.cfg.Auth
	}
	l.enter(now, k, lcpStage)
}

// authenticate asks for credentials: LCP is open.
func (l *LNS) authenticate(now instant, k *call) {
	if k.auth == 0 {
		k.auth = l.cfg.Auth
	}
	if k.auth == ppp.CHAP {
		k.authID++
		l.cfg.Random(k.challenge[:])
	}
	l.enter(now, k, authStage)
}

// believe takes proxy authentication for what it says, or checks it, and ends
// the client's authentication as the LAC has not.
func (l *LNS) believe(now instant, k *call, a *l2tp.ProxyAuth) {
	k.authID = a.ID
	switch a.Type {
	case l2tp.ProxyCHAP:
		k.auth = ppp.CHAP
		sum := chapResponse(a.ID, l.cfg.Password, a.Challenge)
		l.judge(now, k, a.ID, string(a.Response) == string(sum[:]))
	case l2tp.ProxyPAP:
		k.auth = ppp.PAP
		l.judge(now, k, a.ID, string(a.Response) == l.cfg.Password)
	default:
		l.authenticate(now, k)
	}
}

// judge answers credentials.
func (l *LNS) judge(now instant, k *call, id uint8, right bool) {
	k.known = right || l.cfg.Password == ""
	proto, code, data := ppp.CHAP, ppp.Success, []byte(nil)
	if k.auth == ppp.PAP {
		proto, code, data = ppp.PAP, ppp.AuthenticateAck, []byte{0}
	}
	if !k.known {
		code = ppp.Failure
		if k.auth == ppp.PAP {
			code = ppp.AuthenticateNak
		}
	}
	l.control(now, k, proto, code, id, data)
	if !k.known {
		l.timers.set(k.slot, 0)
		k.stage = quiet
		return
	}
	if k.stage != ipStage && k.stage != ready {
		l.enter(now, k, ipStage)
	}
}

// control sends a packet of a control protocol to the client.
func (l *LNS) control(now instant, k *call, proto ppp.Protocol, code ppp.Code, id uint8, data []byte) {
	l.frame = ppp.Packet{Protocol: proto, Code: code, ID: id, Data: data}.AppendTo(l.frame[:0])
	l.session(now, k, l.frame)
}

func (l *LNS) session(now instant, k *call, frame []byte) {
	h := l2tp.Header{TunnelID: k.tun.peerID, SessionID: k.peer}
	l.send(now.time(), k.tun.peer, l2tp.AppendData(make([]byte, 0, 8+len(frame)), h, frame))
}

// emitTraffic sends the payloads that are due, by turns.
func (l *LNS) emitTraffic(now instant) {
	if len(l.live) == 0 || l.ended {
		return
	}
	for range l.pace.due(now) {
		l.pace.turn++
		if l.pace.turn >= len(l.live) {
			l.pace.turn = 0
		}
		k := l.live[l.pace.turn]
		k.tx++
		l.frame = appendPayload(l.frame[:0], payload{k.token, down, k.tx}, service, k.addr, l.pace.size)
		l.session(now, k, l.frame)
		l.stats.DownTally.Sent++
	}
}
