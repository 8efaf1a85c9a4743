package script

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// asks returns functions that send a request to a server, and that return its next
// answer.
func asks(t *testing.T, server netip.AddrPort, b []byte) (send func(), next func(time.Duration) []byte) {
	t.Helper()
	c, err := net.Dial("udp4", server.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	send = func() {
		if _, err := c.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	next = func(d time.Duration) []byte {
		buf := make([]byte, 4096)
		_ = c.SetReadDeadline(time.Now().Add(d))
		n, err := c.Read(buf)
		if err != nil {
			return nil
		}
		return buf[:n]
	}
	return send, next
}

func TestRADIUS(t *testing.T) {
	addr := netip.MustParseAddr("127.0.0.23")
	s, err := newRADIUS(t, addr, "secret", NewCapture(), func(f func() error) error { return f() })
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	send, next := asks(t, netip.AddrPortFrom(addr, authPort), signed("secret", AttText(NASIdentifier, "lac"), Att(UserPassword, make([]byte, 16)...)))
	send()
	q := s.Expect()
	send()
	s.Repeated(q)
	q.Reject(AttText(ReplyMessage, "no"))
	if b := next(Patience); len(b) != 20+18+4 || b[0] != AccessReject || b[1] != 7 {
		t.Errorf("got % x, want Access-Reject", b)
	}
	s.Serve(func(q *Request) { q.Accept() })
	send()
	if b := next(Patience); len(b) != 38 || b[0] != AccessAccept {
		t.Errorf("got % x, want Access-Accept", b)
	}
	if s.Silent(time.Millisecond); len(s.Requests()) != 3 {
		t.Errorf("%d requests, want 3", len(s.Requests()))
	}

	send, next = asks(t, netip.AddrPortFrom(addr, acctPort), accounting("secret", AttU32(AcctStatusType, AcctStop), AttText(AcctSessionID, "1"), AttText(NASIdentifier, "lac")))
	send()
	if s.Record(AcctStop); len(next(Patience)) != 20 {
		t.Error("no Accounting-Response")
	}
	s.Account(nil)
	send()
	if q := s.NextRecord(Patience); q == nil || !q.Repeat || len(s.Records()) != 2 {
		t.Errorf("got %v, want a repetition", q)
	}
	if b := next(20 * time.Millisecond); b != nil {
		t.Errorf("got % x, want silence", b)
	}
}
