package client

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"
)

func TestSame(t *testing.T) {
	base := func() *Server {
		pool := x509.NewCertPool()
		pool.AddCert(&x509.Certificate{Raw: []byte("ca")})
		return &Server{Name: "r1", Secret: "s", TLS: &tls.Config{
			ServerName: "r1.example", RootCAs: pool, Certificates: []tls.Certificate{{Certificate: [][]byte{[]byte("leaf")}}},
		}}
	}
	for name, change := range map[string]func(*Server){
		"secret":      func(s *Server) { s.Secret = "t" },
		"timeout":     func(s *Server) { s.Timeout = time.Second },
		"no TLS":      func(s *Server) { s.TLS = nil },
		"name":        func(s *Server) { s.TLS.ServerName = "r2.example" },
		"any CA":      func(s *Server) { s.TLS.RootCAs = nil },
		"another CA":  func(s *Server) { s.TLS.RootCAs = x509.NewCertPool() },
		"certificate": func(s *Server) { s.TLS.Certificates[0].Certificate = [][]byte{[]byte("other")} },
	} {
		a, b := base(), base()
		if !a.Same(b) || !b.Same(a) {
			t.Fatal("equal servers differ")
		}
		if change(b); a.Same(b) || b.Same(a) {
			t.Errorf("%s changed, and the servers are the same", name)
		}
	}
}
