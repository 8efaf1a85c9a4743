package crowd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
)

// lns takes every call, believes the LAC about LCP and authentication, and answers
// echo requests by itself. It is one goroutine.
type lns struct {
	name, secret string
	sock         *net.UDPConn
	byID         map[l2tp.TunnelID]*control
	byPeer       map[netip.AddrPort]*control // latest from there
	next         l2tp.TunnelID
}

// control is a control connection and its calls.
type control struct {
	conn   *tunnel.Conn
	id     l2tp.TunnelID
	peer   netip.AddrPort
	peerID l2tp.TunnelID
	calls  map[l2tp.SessionID]l2tp.SessionID // ours → the LAC's
}

// Port is where the LNS listens: L2TP's, RFC 2661 section 8.1.
const Port = 1701

// Serve is an LNS at addr until ctx is done. name is its Host Name, secret that of
// its tunnels; without one they are not authenticated.
func Serve(ctx context.Context, addr, name, secret string) error {
	at, err := netip.ParseAddr(addr)
	if err != nil {
		return err
	}
	sock, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, Port)))
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = sock.Close() }) // the reader says so
	defer stop()
	// A crowd comes at once; best effort.
	_ = sock.SetReadBuffer(4 << 20)
	fmt.Println("listening on", sock.LocalAddr())
	l := &lns{
		name: name, secret: secret, sock: sock,
		byID: map[l2tp.TunnelID]*control{}, byPeer: map[netip.AddrPort]*control{},
	}
	if err := l.serve(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (l *lns) serve() error {
	buf := make([]byte, 65536)
	for {
		if err := l.sock.SetReadDeadline(l.deadline()); err != nil {
			return err
		}
		n, from, err := l.sock.ReadFromUDPAddrPort(buf)
		now := time.Now()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err != nil:
			return err
		case l2tp.IsControl(buf[:n]):
			l.receive(now, from, buf[:n])
		default:
			l.data(buf[:n])
		}
		for _, t := range l.byID {
			if d := t.conn.Deadline(); !d.IsZero() && !now.Before(d) {
				t.conn.Advance(now)
			}
			l.drain(now, t)
		}
	}
}

// deadline is when the earliest tunnel has something to do; zero: never.
func (l *lns) deadline() (first time.Time) {
	for _, t := range l.byID {
		if d := t.conn.Deadline(); !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}

// receive hands a control message to its tunnel. One to tunnel 0 belongs to the tunnel
// that the sender is opening, or begins a new one.
func (l *lns) receive(now time.Time, from netip.AddrPort, b []byte) {
	id, ok := l2tp.PeekTunnelID(b)
	if !ok {
		return
	}
	t := l.byID[id]
	if id == 0 {
		if t = l.byPeer[from]; t == nil || t.peerID != 0 {
			t = l.accept(now, from)
		}
	}
	if t != nil {
		t.conn.Receive(now, from, b)
		l.drain(now, t)
	}
}

func (l *lns) accept(now time.Time, from netip.AddrPort) *control {
	l.next++
	cfg := tunnel.Config{LocalID: l.next, Peer: from, HostName: l.name, Secret: []byte(l.secret)}
	_, _ = rand.Read(cfg.Seed[:]) // never fails
	t := &control{
		conn: tunnel.Accept(now, cfg), id: l.next, peer: from, calls: map[l2tp.SessionID]l2tp.SessionID{},
	}
	l.byID[t.id], l.byPeer[from] = t, t
	return t
}

// drain does what the control connection wants. What is taken is valid until the
// next Take, so calls are answered when all of it is done.
func (l *lns) drain(now time.Time, t *control) {
	var requested []l2tp.SessionID
	for more := true; more; requested = requested[:0] {
		for _, a := range t.conn.Take() {
			if call, ok := a.(tunnel.CallRequested); ok {
				t.calls[call.ID] = call.PeerID
				requested = append(requested, call.ID)
			}
			l.execute(t, a)
		}
		for _, id := range requested {
			t.conn.AnswerCall(now, id)
		}
		more = len(requested) > 0
	}
}

func (l *lns) execute(t *control, a tunnel.Action) {
	switch a := a.(type) {
	case tunnel.Send:
		l.send(a.To, a.Datagram)
	case tunnel.Opened:
		t.peerID = a.PeerID
	case tunnel.CallDown:
		delete(t.calls, a.ID)
	case tunnel.Down:
		clear(t.calls)
	case tunnel.Released:
		delete(l.byID, t.id)
		if l.byPeer[t.peer] == t {
			delete(l.byPeer, t.peer)
		}
	case tunnel.Log:
		fmt.Println(a.What, a.Detail)
	}
}

// send sends a datagram. One that is lost is sent again by the channel.
func (l *lns) send(to netip.AddrPort, b []byte) {
	if _, err := l.sock.WriteToUDPAddrPort(b, to); err != nil {
		fmt.Println(err)
	}
}

// data answers an echo request.
func (l *lns) data(b []byte) {
	h, payload, err := l2tp.ParseHeader(b)
	if err != nil {
		return
	}
	t := l.byID[h.TunnelID]
	if t == nil {
		return
	}
	peer, ok := t.calls[h.SessionID]
	if !ok || len(payload) < 2 {
		return
	}
	if payload[0] == 0xff && payload[1] == 0x03 { // Address and Control, RFC 1662
		payload = payload[2:]
	}
	if makeReply(payload) {
		l.send(t.peer, l2tp.AppendData(nil, l2tp.Header{TunnelID: t.peerID, SessionID: peer}, payload))
	}
}
