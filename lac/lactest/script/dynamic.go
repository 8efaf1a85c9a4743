package script

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

// Codes of dynamic authorization (RFC 5176 section 2.3).
const (
	DisconnectRequest = 40
	DisconnectACK     = 41
	DisconnectNAK     = 42
	CoARequest        = 43
	CoAACK            = 44
	CoANAK            = 45
)

// dynamicPort is where the gateway takes requests.
const dynamicPort = 3799

// Dynamic is a dynamic authorization client, played by the test: one port of a
// host. Its reader decodes and verifies the gateway's answers.
type Dynamic struct {
	t       testing.TB
	cap     *Capture
	conn    *net.UDPConn
	gateway netip.AddrPort
	Addr    netip.AddrPort
	Secret  string

	answers *inbox[*Request]
	done    chan struct{}

	mu   sync.Mutex // guards what follows
	last byte
	sent map[byte]*Request // by identifier
}

// Dynamic returns a client at the address of the first RADIUS server, with a port
// of its own.
func (r *Rig) Dynamic() *Dynamic { return r.DynamicAt(firstServer) }

// DynamicAt returns a client at one of the addresses of the actors.
func (r *Rig) DynamicAt(addr netip.Addr) *Dynamic {
	r.t.Helper()
	d := &Dynamic{
		t: r.t, cap: r.cap, gateway: netip.AddrPortFrom(r.Gateway, dynamicPort), Secret: RADIUSSecret,
		answers: newInbox[*Request](), done: make(chan struct{}), sent: map[byte]*Request{},
	}
	err := r.inside(func() (err error) {
		d.conn, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	d.Addr = d.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	r.t.Cleanup(d.close)
	go d.read()
	return d
}

func (d *Dynamic) close() {
	_ = d.conn.Close() // ends the reader
	<-d.done
}

// Order is a request to the gateway. What is zero is as it should be.
type Order struct {
	Code       byte
	Attributes []Attribute

	Same    bool   // the identifier of the last one
	Signed  bool   // Message-Authenticator first
	Last    bool   // Message-Authenticator after everything else
	Signer  string // secret of the Message-Authenticator
	Secret  string // secret of the Request Authenticator
	Extra   int    // added to Length
	Trailer []byte // after what Length counts
}

// Build encodes a request. Its authenticator is that of accounting (RFC 5176
// section 2.3); Message-Authenticator is over zeros in its place (section 3.4).
func (d *Dynamic) Build(o Order) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !o.Same {
		d.last++
	}
	b := append([]byte{o.Code, d.last, 0, 0}, make([]byte, 16)...)
	at := 0
	sign := func() { at, b = len(b)+2, append(append(b, MessageAuthenticator, 18), make([]byte, 16)...) }
	if o.Signed && !o.Last {
		sign()
	}
	for _, a := range o.Attributes {
		b = a.append(b, d.Secret, make([]byte, 16))
	}
	if o.Signed && o.Last {
		sign()
	}
	be.PutUint16(b[2:], uint16(len(b)+o.Extra))
	if o.Signed {
		copy(b[at:], hmacMD5(cmp.Or(o.Signer, d.Secret), b))
	}
	sum := md5.Sum(append(slices.Clone(b), cmp.Or(o.Secret, d.Secret)...))
	copy(b[4:20], sum[:])
	return append(b, o.Trailer...)
}

// Write sends octets as they are.
func (d *Dynamic) Write(b []byte) {
	if q, err := parse(b[:min(len(b), lengthOf(b))]); err == nil {
		d.mu.Lock()
		d.sent[q.ID] = q
		d.mu.Unlock()
	}
	d.cap.Datagram(time.Now(), d.Addr, d.gateway, 0, b)
	if _, err := d.conn.WriteToUDPAddrPort(b, d.gateway); err != nil && !errors.Is(err, net.ErrClosed) {
		d.t.Errorf("dynamic authorization: send: %v", err)
	}
}

// lengthOf returns the Length field.
func lengthOf(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	return int(be.Uint16(b[2:]))
}

// Send sends a request, and returns its octets.
func (d *Dynamic) Send(o Order) []byte {
	b := d.Build(o)
	d.Write(b)
	return b
}

// Ask sends a request and returns the answer.
func (d *Dynamic) Ask(code byte, attributes ...Attribute) *Request {
	d.t.Helper()
	d.Send(Order{Code: code, Attributes: attributes})
	return d.Answer()
}

// Answer returns the next answer.
func (d *Dynamic) Answer() *Request {
	d.t.Helper()
	a, ok := d.answers.take(time.Now().Add(Patience))
	if !ok {
		d.t.Fatalf("dynamic authorization: no answer within %v", Patience)
	}
	return a
}

// Silent fails if an answer comes within t.
func (d *Dynamic) Silent(t time.Duration) {
	d.t.Helper()
	if a, ok := d.answers.take(time.Now().Add(t)); ok {
		d.t.Errorf("dynamic authorization: got %v, want silence", a)
	}
}

func (d *Dynamic) read() {
	defer close(d.done)
	buf := make([]byte, 1<<16)
	for {
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			d.receive(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), slices.Clone(buf[:n]))
		}
	}
}

// receive takes an answer, which must be one, and from where the request went:
// "the source and destination ports are reversed".
func (d *Dynamic) receive(from netip.AddrPort, b []byte) {
	now := time.Now()
	d.cap.Datagram(now, from, d.Addr, 0, b)
	a, err := parse(b)
	a.At, a.From, a.To = now, from, d.Addr
	d.mu.Lock()
	q := d.sent[a.ID]
	d.mu.Unlock()
	switch {
	case err != nil:
	case from != d.gateway:
		err = fmt.Errorf("it came from %v", from)
	case q == nil:
		err = errors.New("nobody asked")
	default:
		err = a.answers(q, d.Secret)
	}
	if err != nil {
		d.t.Errorf("dynamic authorization: %v: %v: % x", err, a, b)
	}
	d.answers.put(a)
}

// answers verifies an answer to a request of ours: its code, its Response
// Authenticator, and that it is signed if the request was.
func (q *Request) answers(request *Request, secret string) error {
	if q.Code != request.Code+1 && q.Code != request.Code+2 {
		return fmt.Errorf("code %d answers code %d", q.Code, request.Code)
	}
	b := slices.Clone(q.Raw)
	copy(b[4:20], request.Authenticator[:])
	if sum := md5.Sum(append(slices.Clone(b), secret...)); sum != q.Authenticator {
		return errors.New("wrong Response Authenticator")
	}
	if q.Has(MessageAuthenticator) != request.Has(MessageAuthenticator) {
		return errors.New("Message-Authenticator in one of request and answer")
	}
	if q.Has(MessageAuthenticator) {
		if q.Attrs[0].Type != MessageAuthenticator {
			return errors.New("Message-Authenticator is not the first attribute")
		}
		clear(b[22:38])
		if !bytes.Equal(hmacMD5(secret, b), q.Raw[22:38]) {
			return errors.New("wrong Message-Authenticator")
		}
	}
	if nak := q.Code == request.Code+2; nak != q.Has(ErrorCause) {
		return fmt.Errorf("code %d, Error-Cause %v: want a NAK to tell why", q.Code, q.Has(ErrorCause))
	}
	return nil
}
