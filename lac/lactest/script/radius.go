package script

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

// RADIUS is one RADIUS server, played by the test. Its readers decode and check
// what comes. Accounting-Requests are answered, unless Account says otherwise;
// Access-Requests are left to the test, unless Serve is called.
type RADIUS struct {
	t   testing.TB
	cap *Capture

	Addr   netip.Addr
	Secret string

	access  *inbox[*Request]
	records *inbox[*Request]
	ports   map[uint16]*net.UDPConn
	readers sync.WaitGroup

	mu      sync.Mutex // guards what follows
	seen    map[string]bool
	serve   func(*Request)
	account func(*Request)
}

// Ports of RADIUS (RFC 2865 section 3, RFC 2866 section 3).
const (
	authPort = 1812
	acctPort = 1813
)

// newRADIUS opens the sockets, which inside makes in the right namespace.
func newRADIUS(t testing.TB, addr netip.Addr, secret string, c *Capture, inside func(func() error) error) (*RADIUS, error) {
	s := &RADIUS{
		t: t, cap: c, Addr: addr, Secret: secret, access: newInbox[*Request](), records: newInbox[*Request](),
		ports: map[uint16]*net.UDPConn{}, seen: map[string]bool{}, account: (*Request).Acknowledge,
	}
	for _, port := range []uint16{authPort, acctPort} {
		err := inside(func() error {
			conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, port)))
			if err == nil {
				_ = conn.SetReadBuffer(4 << 20) // what the system allows will do
				s.ports[port] = conn
			}
			return err
		})
		if err != nil {
			s.close()
			return nil, err
		}
	}
	for port, conn := range s.ports {
		s.readers.Go(func() { s.read(port, conn) })
	}
	return s, nil
}

func (s *RADIUS) close() {
	for _, c := range s.ports {
		_ = c.Close() // ends the reader
	}
	s.readers.Wait()
}

func (s *RADIUS) read(port uint16, conn *net.UDPConn) {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			s.receive(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), netip.AddrPortFrom(s.Addr, port), slices.Clone(buf[:n]))
		}
	}
}

// receive takes a request of the gateway, which must be as the RFCs want it.
func (s *RADIUS) receive(from, to netip.AddrPort, b []byte) {
	now := time.Now()
	s.cap.Datagram(now, from, to, 0, b)
	q, err := ParseRequest(b, s.Secret)
	q.At, q.From, q.To, q.srv = now, from, to, s
	if want := map[uint16]byte{authPort: AccessRequest, acctPort: AccountingRequest}[to.Port()]; err == nil && q.Code != want && q.Code != StatusServer {
		s.t.Errorf("RADIUS %v: code %d came to port %d", s.Addr, q.Code, to.Port())
	}
	if err != nil {
		s.t.Errorf("RADIUS %v: %v: %v: % x", s.Addr, err, q, b)
	}
	key := from.String() + string(b)
	s.mu.Lock()
	q.Repeat = s.seen[key]
	s.seen[key] = true
	handle, in := s.serve, s.access
	if to.Port() == acctPort {
		handle, in = s.account, s.records
	}
	s.mu.Unlock()
	in.put(q)
	if handle != nil {
		handle(q)
	}
}

// send sends octets as they are, from one of the server's ports.
func (s *RADIUS) send(port uint16, to netip.AddrPort, b []byte) {
	s.cap.Datagram(time.Now(), netip.AddrPortFrom(s.Addr, port), to, 0, b)
	if _, err := s.ports[port].WriteToUDPAddrPort(b, to); err != nil && !errors.Is(err, net.ErrClosed) {
		s.t.Errorf("RADIUS %v: send: %v", s.Addr, err)
	}
}

// Serve lets f answer Access-Requests from now on, repetitions too; nil leaves
// them to the test. f runs on the reader. Expect, Next and Requests go on as before.
func (s *RADIUS) Serve(f func(*Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve = f
}

// Account lets f answer Accounting-Requests from now on, repetitions too; nil
// leaves them unanswered. f runs on the reader.
func (s *RADIUS) Account(f func(*Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = f
}

// Next returns the next Access-Request, repetitions too, and nil if none comes
// within d.
func (s *RADIUS) Next(d time.Duration) *Request {
	q, _ := s.access.take(time.Now().Add(d))
	return q
}

// Expect returns the next new Access-Request.
func (s *RADIUS) Expect() *Request {
	s.t.Helper()
	q := fresh(s.access, time.Now().Add(Patience))
	if q == nil {
		s.t.Fatalf("RADIUS %v: no Access-Request within %v", s.Addr, Patience)
	}
	return q
}

// Repeated returns the next repetition of an Access-Request, which must come
// before any other.
func (s *RADIUS) Repeated(first *Request) *Request {
	s.t.Helper()
	q := s.Next(Patience)
	if q == nil || !q.Repeat || !slices.Equal(q.Raw, first.Raw) || q.From != first.From {
		s.t.Fatalf("RADIUS %v: got %v, want once more %v", s.Addr, q, first)
	}
	return q
}

// Silent fails if a new Access-Request comes within d.
func (s *RADIUS) Silent(d time.Duration) {
	s.t.Helper()
	if q := fresh(s.access, time.Now().Add(d)); q != nil {
		s.t.Errorf("RADIUS %v: got %v, want silence", s.Addr, q)
	}
}

// Record passes over accounting records until a new one of the status comes.
func (s *RADIUS) Record(status uint32) *Request {
	s.t.Helper()
	for deadline := time.Now().Add(Patience); ; {
		q := fresh(s.records, deadline)
		if q == nil {
			s.t.Fatalf("RADIUS %v: no accounting record of status %d within %v", s.Addr, status, Patience)
		}
		if q.Status() == status {
			return q
		}
	}
}

// NextRecord returns the next accounting record, repetitions too, and nil if none
// comes within d.
func (s *RADIUS) NextRecord(d time.Duration) *Request {
	q, _ := s.records.take(time.Now().Add(d))
	return q
}

// fresh returns the next request that is no repetition.
func fresh(in *inbox[*Request], deadline time.Time) *Request {
	for {
		if q, ok := in.take(deadline); !ok || !q.Repeat {
			return q
		}
	}
}

// Requests returns all Access-Requests that came, repetitions too, in order.
func (s *RADIUS) Requests() []*Request { return s.access.all() }

// Records returns all Accounting-Requests that came, repetitions too, in order.
func (s *RADIUS) Records() []*Request { return s.records.all() }

// beginPolite makes the server answer all accounting, so that the gateway can
// end without waiting.
func (s *RADIUS) beginPolite() { s.Account((*Request).Acknowledge) }
