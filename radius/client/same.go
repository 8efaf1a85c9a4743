package client

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"slices"
)

// Same reports whether two servers are the same in all that matters.
func (s *Server) Same(o *Server) bool {
	a, b := *s, *o
	a.TLS, b.TLS = nil, nil
	return SameTLS(s.TLS, o.TLS) && reflect.DeepEqual(a, b)
}

// SameTLS reports whether two TLS configurations name the same server and trust
// and show the same certificates. What a configuration remembers of its use does
// not matter.
func SameTLS(a, b *tls.Config) bool {
	switch {
	case a == nil || b == nil:
		return a == b
	case a.ServerName != b.ServerName || a.MinVersion != b.MinVersion || (a.RootCAs == nil) != (b.RootCAs == nil):
		return false
	case a.RootCAs != nil && !a.RootCAs.Equal(b.RootCAs):
		return false
	}
	return slices.EqualFunc(a.Certificates, b.Certificates, func(x, y tls.Certificate) bool {
		return slices.EqualFunc(x.Certificate, y.Certificate, bytes.Equal)
	})
}
