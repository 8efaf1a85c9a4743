package script

import (
	"slices"
	"sync"
	"testing"
	"time"

	"lacd/kernel"
)

// Segment is the far end of an access port: a cable with any number of clients.
type Segment struct {
	t    testing.TB
	port kernel.Port
	cap  *Capture
	ac   MAC // of the gateway
	done chan struct{}

	all *inbox[*Frame] // whoever they are for

	mu      sync.Mutex // guards clients
	clients map[MAC]*Client
}

func newSegment(t testing.TB, port kernel.Port, ac MAC, c *Capture) *Segment {
	s := &Segment{
		t: t, port: port, cap: c, ac: ac, done: make(chan struct{}),
		all: newInbox[*Frame](), clients: map[MAC]*Client{},
	}
	go s.read()
	return s
}

func (s *Segment) close() {
	_ = s.port.Close() // ends the reader
	<-s.done
}

func (s *Segment) read() {
	defer close(s.done)
	for {
		if err := s.port.ReadBatch(s.receive); err != nil {
			return
		}
	}
}

// receive takes a frame of the gateway. It must be well formed, unicast and
// have the gateway's address.
func (s *Segment) receive(b []byte) {
	now := time.Now()
	b = slices.Clone(b)
	s.cap.Frame(now, b)
	f, err := ParseFrame(b)
	f.At = now
	switch {
	case err != nil:
		s.t.Errorf("frame from the gateway: %v: % x", err, b)
	case f.Src != s.ac:
		s.t.Errorf("frame from %v, the gateway is %v: %v", f.Src, s.ac, f)
	case f.Dst[0]&1 != 0:
		s.t.Errorf("frame from the gateway to a group address: %v", f)
	case f.Type == Session && f.Code != 0:
		s.t.Errorf("session frame from the gateway with CODE %#02x: %v", f.Code, f)
	}
	s.all.put(f)
	s.mu.Lock()
	c := s.clients[f.Dst]
	s.mu.Unlock()
	if c != nil {
		c.receive(f)
	}
}

// Send sends octets as they are.
func (s *Segment) Send(b []byte) {
	s.cap.Frame(time.Now(), b)
	if err := s.port.WriteBatch([][]byte{b}); err != nil {
		s.t.Errorf("send on the access port: %v", err)
	}
}

// Frames returns all that the gateway has sent, in order.
func (s *Segment) Frames() []*Frame { return s.all.all() }

// AC returns the gateway's address.
func (s *Segment) AC() MAC { return s.ac }

// Client adds a client with an address of its own.
func (s *Segment) Client() *Client {
	s.mu.Lock()
	n := len(s.clients) + 1
	s.mu.Unlock()
	return s.ClientAt(MAC{0x02, 0x10, 0, 0, byte(n >> 8), byte(n)})
}

// ClientAt adds a client with the given address. Clients that share one take
// turns: frames go to the last.
func (s *Segment) ClientAt(mac MAC) *Client {
	c := &Client{seg: s, t: s.t, MAC: mac, Magic: 0xc11e0000 | uint32(be.Uint16(mac[4:])), in: newInbox[*Frame]()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[mac] = c
	return c
}
