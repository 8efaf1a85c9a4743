package radiustest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

// Authority issues the certificates of a test.
type Authority struct {
	Pool *x509.CertPool
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority returns one that nobody else knows. Its certificates are valid
// around now, which may be virtual.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{Pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, key := issue(tb, template, nil)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	a.cert, a.key = cert, key
	a.Pool.AddCert(cert)
	return a
}

// Issue returns a certificate for a name, which may be an address.
func (a *Authority) Issue(tb testing.TB, name string) tls.Certificate {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, key := issue(tb, template, a)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func issue(tb testing.TB, template *x509.Certificate, by *Authority) ([]byte, *ecdsa.PrivateKey) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		tb.Fatal(err)
	}
	return der, key
}

// PEM returns files: who is trusted, and the certificate for a name and its key.
func (a *Authority) PEM(tb testing.TB, name string) (ca, cert, key []byte) {
	tb.Helper()
	pair := a.Issue(tb, name)
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		tb.Fatal(err)
	}
	encode := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	return encode("CERTIFICATE", a.cert.Raw), encode("CERTIFICATE", pair.Certificate[0]), encode("PRIVATE KEY", der)
}

// Server returns the settings of a server that wants to know its clients.
func (a *Authority) Server(tb testing.TB, name string) *tls.Config {
	tb.Helper()
	return &tls.Config{
		Certificates: []tls.Certificate{a.Issue(tb, name)}, ClientCAs: a.Pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}
}

// Client returns the settings of a client of servers called name.
func (a *Authority) Client(tb testing.TB, name string) *tls.Config {
	tb.Helper()
	return &tls.Config{Certificates: []tls.Certificate{a.Issue(tb, "lac1")}, RootCAs: a.Pool, ServerName: name}
}

// ServeStream answers the packets of one connection until it ends.
func (s *Server) ServeStream(c net.Conn) {
	defer func() { _ = c.Close() }() // it has ended, or is of no use
	var late sync.WaitGroup
	defer late.Wait()
	var mu sync.Mutex // one packet at a time
	write := func(b []byte) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = c.Write(b) // lost with the connection
	}
	for {
		var header [4]byte
		if _, err := io.ReadFull(c, header[:]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(header[2:]))
		if n < 20 || n > 4096 {
			return
		}
		b := append(header[:], make([]byte, n-4)...)
		if _, err := io.ReadFull(c, b[4:]); err != nil {
			return
		}
		replies, delay := s.Handle(c.RemoteAddr().String(), b)
		for _, r := range replies {
			if delay == 0 {
				write(r)
				continue
			}
			late.Go(func() {
				time.Sleep(delay)
				write(r)
			})
		}
	}
}

// Streams is a Dialer of package radius/client whose connections are pipes to a
// server that speaks TLS.
type Streams struct {
	server *Server
	tls    *tls.Config
	served sync.WaitGroup

	mu     sync.Mutex // guards what follows
	open   []net.Conn // the server's ends
	dialed []time.Time
	refuse error
}

// NewStreams returns one for s. When the test ends, in its bubble, all
// connections have to be closed.
func NewStreams(tb testing.TB, s *Server, cfg *tls.Config) *Streams {
	n := &Streams{server: s, tls: cfg}
	tb.Cleanup(func() {
		n.Break()
		n.served.Wait()
	})
	return n
}

// Dial connects to the server, whatever the address.
func (n *Streams) Dial(netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dialed = append(n.dialed, time.Now())
	if n.refuse != nil {
		return nil, n.refuse
	}
	ours, theirs := net.Pipe()
	n.open = append(n.open, theirs)
	b := &buffered{Conn: theirs, queue: make(chan []byte, 1024)}
	n.served.Go(b.flush)
	n.served.Go(func() { n.server.ServeStream(tls.Server(b, n.tls)) })
	return ours, nil
}

// buffered is a pipe's end that takes what is written before it is read, as TCP
// does.
type buffered struct {
	net.Conn
	queue chan []byte
	once  sync.Once
}

// Write implements net.Conn.
func (b *buffered) Write(p []byte) (int, error) {
	b.queue <- bytes.Clone(p)
	return len(p), nil
}

// Close implements net.Conn. What was written is still delivered.
func (b *buffered) Close() error {
	b.once.Do(func() { close(b.queue) })
	return nil
}

func (b *buffered) flush() {
	for p := range b.queue {
		_, _ = b.Conn.Write(p) // lost with the connection
	}
	_ = b.Conn.Close() // a pipe's does not fail
}

// Refuse makes Dial fail with err; nil: work again.
func (n *Streams) Refuse(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refuse = err
}

// Break closes all connections, without a goodbye.
func (n *Streams) Break() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.open {
		_ = c.Close() // a pipe's does not fail
	}
	n.open = nil
}

// Dialed returns when connections were asked for.
func (n *Streams) Dialed() []time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.dialed)
}

// ListenTLS serves s over TLS on a TCP socket of the loopback until the test
// ends.
func (s *Server) ListenTLS(tb testing.TB, cfg *tls.Config) netip.AddrPort {
	tb.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
	if err != nil {
		tb.Fatal(err)
	}
	n := &Streams{}
	tb.Cleanup(func() {
		_ = l.Close() // ends Accept
		n.Break()
		n.served.Wait()
	})
	n.served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.mu.Lock()
			n.open = append(n.open, c)
			n.mu.Unlock()
			n.served.Go(func() { s.ServeStream(c) })
		}
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}
