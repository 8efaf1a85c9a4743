// Package coatest plays a Dynamic Authorization Client: it builds requests,
// reads answers, and connects both to a listener in memory.
package coatest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2869"

	"lacd/radius"
)

// Attribute is one attribute of a request.
type Attribute struct {
	Type  layeh.Type
	Value []byte
}

// Text returns a text attribute.
func Text(t layeh.Type, s string) Attribute { return Attribute{t, []byte(s)} }

// Integer returns a four-octet attribute.
func Integer(t layeh.Type, v uint32) Attribute {
	return Attribute{t, binary.BigEndian.AppendUint32(nil, v)}
}

// Signature is a place for a Message-Authenticator, which Request fills in.
func Signature() Attribute { return Attribute{rfc2869.MessageAuthenticator_Type, make([]byte, 16)} }

// Request returns a packet with its sums: a Request Authenticator as in
// accounting, and a Message-Authenticator where there is Signature.
func Request(code layeh.Code, id uint8, secret string, attributes ...Attribute) []byte {
	b := append([]byte{byte(code), id, 0, 0}, make([]byte, 16)...)
	for _, a := range attributes {
		b = append(b, byte(a.Type), byte(2+len(a.Value)))
		b = append(b, a.Value...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return Resign(b, secret)
}

// Resign makes the sums of a packet right for what it holds now: those of the
// first Message-Authenticator, if it has the right length, and of Seal.
func Resign(b []byte, secret string) []byte {
	for at := 20; at+2 <= len(b) && b[at+1] >= 2 && at+int(b[at+1]) <= len(b); at += int(b[at+1]) {
		if layeh.Type(b[at]) == rfc2869.MessageAuthenticator_Type && b[at+1] == 18 {
			sum := radius.MessageAuthenticator(b, [16]byte{}, []byte(secret), at+2)
			copy(b[at+2:], sum[:])
			break
		}
	}
	return Seal(b, secret)
}

// Seal gives a packet the Request Authenticator of what it holds now.
func Seal(b []byte, secret string) []byte {
	sum := radius.PacketAuthenticator(b, [16]byte{}, []byte(secret))
	copy(b[4:], sum[:])
	return b
}

// Answer verifies the answer to a request.
func Answer(answer, request []byte, secret string) (*layeh.Packet, error) {
	authenticator := [16]byte(request[4:20])
	p, err := layeh.Parse(answer, []byte(secret))
	if err != nil {
		return nil, err
	}
	if p.Identifier != request[1] {
		return nil, fmt.Errorf("the answer has identifier %d, the request %d", p.Identifier, request[1])
	}
	if radius.PacketAuthenticator(answer, authenticator, []byte(secret)) != p.Authenticator {
		return nil, errors.New("wrong Response Authenticator")
	}
	if p.Get(rfc2869.MessageAuthenticator_Type) != nil {
		if layeh.Type(answer[20]) != rfc2869.MessageAuthenticator_Type {
			return nil, errors.New("Message-Authenticator does not come first")
		}
		if sum := radius.MessageAuthenticator(answer, authenticator, []byte(secret), 22); sum != [16]byte(answer[22:38]) {
			return nil, errors.New("wrong Message-Authenticator")
		}
	}
	return p, nil
}

// Datagram is one answer and where it went.
type Datagram struct {
	To   netip.AddrPort
	Data []byte
}

// Socket is a bound UDP socket in memory.
type Socket struct {
	mu     sync.Mutex // guards what follows
	ready  *sync.Cond
	in     []Datagram // To is where it comes from
	out    []Datagram
	closed bool
}

// NewSocket returns an open socket.
func NewSocket() *Socket {
	s := &Socket{}
	s.ready = sync.NewCond(&s.mu)
	return s
}

// Inject makes a datagram arrive.
func (s *Socket) Inject(from netip.AddrPort, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in = append(s.in, Datagram{from, append([]byte(nil), b...)})
	s.ready.Signal()
}

// Sent returns what was sent so far, and forgets it.
func (s *Socket) Sent() []Datagram {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.out
	s.out = nil
	return out
}

// ReadFrom implements the listener's Socket.
func (s *Socket) ReadFrom(b []byte) (int, netip.AddrPort, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.in) == 0 && !s.closed {
		s.ready.Wait()
	}
	if s.closed {
		return 0, netip.AddrPort{}, net.ErrClosed
	}
	d := s.in[0]
	s.in = s.in[1:]
	return copy(b, d.Data), d.To, nil
}

// WriteTo implements the listener's Socket.
func (s *Socket) WriteTo(b []byte, to netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.out = append(s.out, Datagram{to, append([]byte(nil), b...)})
	return nil
}

// Close implements the listener's Socket.
func (s *Socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.ready.Broadcast()
	return nil
}
