package script

import (
	"fmt"
	"net/netip"
	"time"
)

// Tunnel is the LNS's end of a control connection. It numbers what is sent and
// acknowledges what comes, and knows nothing else.
type Tunnel struct {
	lns *LNS

	ID   uint16         // ours
	Peer uint16         // the gateway's
	To   netip.AddrPort // the gateway
	Port uint16         // ours
	RQ   *Message       // the SCCRQ

	// Guarded by lns.mu; see Numbers.
	ns, nr uint16
	hold   bool
	acked  uint16 // the gateway's latest Nr
}

// process notes the numbers of a message, and returns the ZLB due. What comes
// out of order is acknowledged only, as if it had been lost.
func (t *Tunnel) process(m *Message) (reply [][]byte) {
	if m.Nr-t.acked < 0x8000 {
		t.acked = m.Nr
	}
	if m.Type == ZLB {
		return nil
	}
	if m.Ns == t.nr {
		t.nr++
	} else {
		m.Repeat = true
	}
	if t.hold {
		return nil
	}
	return [][]byte{Packet(t.Peer, 0, t.ns, t.nr)}
}

// AcceptFrom makes the LNS's end of the tunnel that an SCCRQ asks for: its
// answers leave from the given port. It sends nothing.
func (l *LNS) AcceptFrom(port uint16, rq *Message) *Tunnel {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastID++
	t := &Tunnel{lns: l, ID: 0x5500 + l.lastID, Peer: rq.U16(9), To: rq.From, Port: port, RQ: rq, nr: rq.Ns + 1, acked: rq.Nr}
	l.tunnels[t.ID] = t
	return t
}

// Accept waits for an SCCRQ and makes our end of the tunnel. It sends nothing.
func (l *LNS) Accept() *Tunnel {
	l.t.Helper()
	return l.AcceptFrom(l2tpPort, l.Expect(SCCRQ))
}

// Reply returns the AVPs of a proper SCCRP, in order: 2, 3, 7, 9, then 10, 13
// and 11 where there is reason to.
func (t *Tunnel) Reply() []AVP {
	avps := []AVP{Bytes(2, 1, 0), U32(3, 3), Text(7, t.lns.Name), U16(9, t.ID)}
	if w := t.lns.Window; w != 0 {
		avps = append(avps, U16(10, w))
	}
	if s := t.lns.Secret; s != "" {
		if c := t.RQ.Value(11); c != nil {
			avps = append(avps, Bytes(13, ChallengeResponse(SCCRP, s, c)...))
		}
		avps = append(avps, Bytes(11, OurChallenge...))
	}
	return avps
}

// OurChallenge is what Reply challenges the gateway with.
var OurChallenge = []byte("a challenge of the scripted LNS.")

// Open brings a tunnel up: SCCRQ, SCCRP, SCCCN. The gateway's answer to our
// challenge must be right.
func (l *LNS) Open() *Tunnel {
	l.t.Helper()
	t := l.Accept()
	t.Send(SCCRP, 0, t.Reply()...)
	cn := l.Expect(SCCCN)
	if got, want := cn.Value(13), ChallengeResponse(SCCCN, l.Secret, OurChallenge); l.Secret != "" && string(got) != string(want) {
		l.t.Fatalf("%s: got Challenge Response % x, want % x", l.Name, got, want)
	}
	return t
}

// Build encodes a message, Message Type and AVPs, with the next Ns, and counts
// it as sent. To reorder, hold or repeat it, send the octets accordingly.
func (t *Tunnel) Build(kind, session uint16, avps ...AVP) []byte {
	return t.BuildAVPs(session, append([]AVP{U16(0, kind)}, avps...)...)
}

// BuildAVPs is Build with Message Type left to the caller.
func (t *Tunnel) BuildAVPs(session uint16, avps ...AVP) []byte {
	t.lns.mu.Lock()
	defer t.lns.mu.Unlock()
	b := Packet(t.Peer, session, t.ns, t.nr, avps...)
	t.ns++
	return b
}

// Send builds a message and sends it.
func (t *Tunnel) Send(kind, session uint16, avps ...AVP) { t.Write(t.Build(kind, session, avps...)) }

// Write sends octets as they are, from the tunnel's port to the gateway's.
func (t *Tunnel) Write(b []byte) { t.lns.SendFrom(t.Port, t.To, b) }

// Ack sends a ZLB.
func (t *Tunnel) Ack() {
	ns, nr := t.Numbers()
	t.Write(Packet(t.Peer, 0, ns, nr))
}

// Hold stops acknowledging by itself, or begins again. What is sent still
// carries Nr.
func (t *Tunnel) Hold(on bool) {
	t.lns.mu.Lock()
	defer t.lns.mu.Unlock()
	t.hold = on
}

// Numbers returns the Ns of the next message and the Nr of all.
func (t *Tunnel) Numbers() (ns, nr uint16) {
	t.lns.mu.Lock()
	defer t.lns.mu.Unlock()
	return t.ns, t.nr
}

// SetNumbers changes them: to send a number twice, or one out of turn.
func (t *Tunnel) SetNumbers(ns, nr uint16) {
	t.lns.mu.Lock()
	defer t.lns.mu.Unlock()
	t.ns, t.nr = ns, nr
}

// Acked returns the highest Nr that the gateway has sent.
func (t *Tunnel) Acked() uint16 {
	t.lns.mu.Lock()
	defer t.lns.mu.Unlock()
	return t.acked
}

// AwaitAck waits until the gateway has acknowledged all that was sent.
func (t *Tunnel) AwaitAck() {
	t.lns.t.Helper()
	for deadline := time.Now().Add(Patience); ; time.Sleep(5 * time.Millisecond) {
		if ns, _ := t.Numbers(); t.Acked() == ns {
			return
		}
		if time.Now().After(deadline) {
			ns, _ := t.Numbers()
			t.lns.t.Fatalf("%s: the gateway acknowledged up to Nr %d, want %d", t.lns.Name, t.Acked(), ns)
		}
	}
}

// Data sends a data message with the least header: version, IDs, frame.
func (t *Tunnel) Data(session uint16, frame ...byte) {
	t.Write(DataMessage{Flags: 2, Tunnel: t.Peer, Session: session, Frame: frame}.Append(nil))
}

// Stop sends StopCCN.
func (t *Tunnel) Stop(result AVP) { t.Send(StopCCN, 0, U16(9, t.ID), result) }

func (t *Tunnel) String() string { return fmt.Sprintf("tunnel %d of %s", t.ID, t.lns.Name) }

// Call is the LNS's end of a call.
type Call struct {
	t        *Tunnel
	ID, Peer uint16   // Session IDs: ours, the gateway's
	RQ       *Message // ICRQ
	CN       *Message // ICCN, after Open
}

// AcceptCall waits for an ICRQ. It sends nothing.
func (t *Tunnel) AcceptCall() *Call {
	t.lns.t.Helper()
	return t.acceptCall(t.lns.Expect(ICRQ))
}

func (t *Tunnel) acceptCall(rq *Message) *Call {
	t.lns.mu.Lock()
	defer t.lns.mu.Unlock()
	t.lns.lastID++
	return &Call{t: t, ID: 0x7700 + t.lns.lastID, Peer: rq.U16(14), RQ: rq}
}

// Answer sends ICRP.
func (c *Call) Answer() { c.t.Send(ICRP, c.Peer, U16(14, c.ID)) }

// OpenCall brings a call up: ICRQ, ICRP, ICCN.
func (t *Tunnel) OpenCall() *Call {
	t.lns.t.Helper()
	c := t.AcceptCall()
	c.Answer()
	c.CN = t.lns.Expect(ICCN)
	if c.CN.Session != c.ID {
		t.lns.t.Fatalf("%s: ICCN for session %d, want %d", t.lns.Name, c.CN.Session, c.ID)
	}
	return c
}

// Clear sends CDN.
func (c *Call) Clear(result AVP) { c.t.Send(CDN, c.Peer, U16(14, c.ID), result) }
