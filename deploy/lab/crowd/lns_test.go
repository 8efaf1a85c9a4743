package crowd

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
)

// lac is a LAC with one call, over UDP.
type lac struct {
	t    *testing.T
	sock *net.UDPConn
	conn *tunnel.Conn
}

// until feeds the control connection until f returns true for an action, or for a
// data message that came.
func (l *lac) until(f func(tunnel.Action) bool, data func([]byte) bool) {
	l.t.Helper()
	buf := make([]byte, 2048)
	limit := time.Now().Add(10 * time.Second)
	for time.Now().Before(limit) {
		done := false
		for _, a := range l.conn.Take() {
			if s, ok := a.(tunnel.Send); ok {
				if _, err := l.sock.Write(s.Datagram); err != nil {
					l.t.Fatal(err)
				}
			}
			done = done || f(a)
		}
		if done {
			return
		}
		if err := l.sock.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			l.t.Fatal(err)
		}
		n, from, err := l.sock.ReadFromUDPAddrPort(buf)
		switch {
		case err != nil:
			l.conn.Advance(time.Now())
		case l2tp.IsControl(buf[:n]):
			l.conn.Receive(time.Now(), from, buf[:n])
		case data != nil && data(buf[:n]):
			return
		}
	}
	l.t.Fatal("it did not happen")
}

func isA[T tunnel.Action](a tunnel.Action) bool { _, ok := a.(T); return ok }

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	const addr = "127.0.0.21"
	go func() { served <- Serve(ctx, addr, "lns9", "a secret of both") }()
	peer := netip.AddrPortFrom(netip.MustParseAddr(addr), Port)
	sock, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(peer))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	l := &lac{t, sock, tunnel.Dial(now, tunnel.Config{
		LocalID: 5, Peer: peer, HostName: "lac", PeerName: "lns9", Secret: []byte("a secret of both"), Resend: 100 * time.Millisecond,
	})}
	var tunnelID l2tp.TunnelID
	l.until(func(a tunnel.Action) bool {
		if o, ok := a.(tunnel.Opened); ok {
			tunnelID = o.PeerID
			return true
		}
		return false
	}, nil)
	var peerCall l2tp.SessionID
	call, err := l.conn.PlaceCall(time.Now(), tunnel.Call{})
	if err != nil {
		t.Fatal(err)
	}
	l.until(func(a tunnel.Action) bool {
		if c, ok := a.(tunnel.CallAnswered); ok {
			peerCall = c.PeerID
			return true
		}
		return false
	}, nil)
	l.conn.ConnectCall(time.Now(), call, tunnel.Connect{TxSpeed: 1000})
	l.until(isA[tunnel.Connected], nil)
	request := echo([4]byte{10, 200, 0, 1}, [4]byte{10, 99, 0, 1}, 3, 4, 100)
	data := l2tp.AppendData(nil, l2tp.Header{TunnelID: tunnelID, SessionID: peerCall}, request)
	if _, err := sock.Write(data); err != nil {
		t.Fatal(err)
	}
	l.until(func(tunnel.Action) bool { return false }, func(b []byte) bool {
		h, payload, err := l2tp.ParseHeader(b)
		return err == nil && h.TunnelID == 5 && h.SessionID == call && isEcho(payload[2:], echoReply)
	})
	l.conn.Close(time.Now(), l2tp.Result{Code: 1})
	l.until(isA[tunnel.Released], nil)
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := sock.Close(); err != nil {
		t.Error(err)
	}
}

func TestServeNowhere(t *testing.T) {
	if err := Serve(t.Context(), "nowhere", "", ""); err == nil {
		t.Error("want an error")
	}
}
