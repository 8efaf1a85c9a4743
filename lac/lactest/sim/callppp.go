package sim

import (
	"time"

	"lacd/lac/l2tp"
	"lacd/pppoe/ppp"
)

// receiveData takes a data message.
func (l *LNS) receiveData(now time.Time, b []byte) {
	h, body, err := l2tp.ParseHeader(b)
	if err != nil {
		l.stats.Odd++
		return
	}
	t := l.tunnels[h.TunnelID]
	if t == nil {
		l.stats.Odd++
		return
	}
	t.conn.Data(now)
	k, frame := t.calls[h.SessionID], l2tp.Frame(body)
	switch {
	case k == nil || k.stage == offered:
		// RFC 2661 section 5: frames are tunnelled once the session is there.
		l.stats.Odd++
	case len(frame) >= 2 && be.Uint16(frame) == protoIP:
		l.receivePayload(k, frame)
	case !l.cfg.NoPPP:
		l.receivePPP(instantOf(now), k, frame)
	}
}

// receivePayload counts a payload. Where the LAC told nothing about the client,
// the first payload does.
func (l *LNS) receivePayload(k *call, frame []byte) {
	p, ok := parsePayload(frame)
	if !ok {
		return
	}
	if k.token == 0 && p.way == up {
		k.token = p.token
		if k.opened {
			l.enlist(k)
		}
	}
	if p.way != up || p.token != k.token {
		l.stats.UpTally.Misdelivered++
		return
	}
	k.rx.take(&l.stats.UpTally, p.seq, len(frame)-protoLen)
}

func (l *LNS) receivePPP(now instant, k *call, frame []byte) {
	p, err := ppp.ParsePacket(frame)
	if err != nil {
		l.stats.Odd++
		return
	}
	switch {
	case p.Protocol == ppp.LCP:
		l.receiveLCP(now, k, p)
	case p.Protocol == ppp.PAP && p.Code == ppp.AuthenticateRequest:
		l.receivePAP(now, k, p)
	case p.Protocol == ppp.CHAP && p.Code == ppp.Response:
		l.receiveCHAP(now, k, p)
	case p.Protocol == ipcp && k.known:
		l.receiveIPCP(now, k, p)
	}
}

func (l *LNS) receiveLCP(now instant, k *call, p ppp.Packet) {
	switch p.Code {
	case ppp.ConfigureRequest:
		if k.stage != lcpStage {
			// RFC 1661 section 4.3: in Opened it begins the negotiation anew.
			l.link(now, k)
		}
		l.recognize(k, p.Data)
		l.control(now, k, ppp.LCP, ppp.ConfigureAck, p.ID, p.Data)
		k.agreed = true
		l.linked(now, k)
	case ppp.ConfigureAck:
		if k.stage == lcpStage && p.ID == k.lcpID {
			k.acked = true
			l.linked(now, k)
		}
	case ppp.ConfigureNak:
		if k.stage == lcpStage && p.ID == k.lcpID {
			for o, err := range ppp.Options(p.Data) {
				if err == nil && o.Type == ppp.OptAuth && len(o.Value) >= 2 {
					k.auth = ppp.Protocol(be.Uint16(o.Value))
				}
			}
			l.request(now, k)
		}
	case ppp.EchoRequest:
		data := be.AppendUint32(nil, k.magic())
		l.control(now, k, ppp.LCP, ppp.EchoReply, p.ID, append(data, p.Data[min(4, len(p.Data)):]...))
	case ppp.TerminateRequest:
		l.control(now, k, ppp.LCP, ppp.TerminateAck, p.ID, nil)
		t := k.tun
		t.conn.HangUp(now.time(), k.id, l2tp.Result{Code: l2tp.CallCarrierLost, Message: "LCP was terminated"})
		l.remove(k)
		l.drain(now.time(), t)
	default:
	}
}

// linked goes on when LCP is open.
func (l *LNS) linked(now instant, k *call) {
	if k.stage == lcpStage && k.acked && k.agreed {
		l.authenticate(now, k)
	}
}

// receivePAP answers a request, and one that comes again as the first time: the
// LAC repeats it, and so does a client whose answer was lost (RFC 1334 section
// 2.2.1).
func (l *LNS) receivePAP(now instant, k *call, p ppp.Packet) {
	r, err := ppp.ParsePAPRequest(p.Data)
	if err != nil || k.auth != ppp.PAP || k.stage < authStage {
		return
	}
	l.judge(now, k, p.ID, string(r.Password) == l.cfg.Password)
}

// receiveCHAP answers a response, likewise (RFC 1994 section 4.2). To one that
// was proxied the answer was given.
func (l *LNS) receiveCHAP(now instant, k *call, p ppp.Packet) {
	v, err := ppp.ParseCHAPValue(p.Data)
	if err != nil || k.auth != ppp.CHAP || k.stage < authStage || p.ID != k.authID {
		return
	}
	if k.known {
		l.control(now, k, ppp.CHAP, ppp.Success, p.ID, nil)
		return
	}
	sum := chapResponse(p.ID, l.cfg.Password, k.challenge[:])
	l.judge(now, k, p.ID, string(v.Value) == string(sum[:]))
}

func (l *LNS) receiveIPCP(now instant, k *call, p ppp.Packet) {
	switch p.Code {
	case ppp.ConfigureRequest:
		var reject, nak []byte
		for o, err := range ppp.Options(p.Data) {
			switch {
			case err != nil:
				l.stats.Odd++
				return
			case o.Type != optIPAddress || len(o.Value) != 4:
				reject = o.AppendTo(reject)
			case [4]byte(o.Value) != k.addr:
				nak = append([]byte{byte(optIPAddress), 6}, k.addr[:]...)
			}
		}
		switch {
		case reject != nil:
			l.control(now, k, ipcp, ppp.ConfigureReject, p.ID, reject)
			return
		case nak != nil:
			l.control(now, k, ipcp, ppp.ConfigureNak, p.ID, nak)
			return
		}
		l.control(now, k, ipcp, ppp.ConfigureAck, p.ID, p.Data)
		k.ipAgreed = true
	case ppp.ConfigureAck:
		k.ipAcked = k.ipAcked || p.ID == k.ipcpID
	default:
		return
	}
	if k.ipAcked && k.ipAgreed && k.stage == ipStage {
		k.stage = ready
		l.timers.set(k.slot, 0)
		if !k.opened {
			k.opened = true
			l.stats.Opened++
		}
		l.enlist(k)
	}
}
