package file

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"
)

// authorities reads the certificates of who is trusted.
func (b *block) authorities(key, path string) *x509.CertPool {
	text := b.contents(key, path, b.d.sys.public)
	if text == nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		b.refuse(key, "it must be in PEM: -----BEGIN CERTIFICATE-----", "%s has no certificate", path)
		return nil
	}
	return pool
}

// keyPair reads our certificate, with the chain that goes with it, and its key.
// No message shows what is in the file of the key.
func (b *block) keyPair(cert, key string) *tls.Certificate {
	certText := b.contents("cert_file", cert, b.d.sys.public)
	keyText := b.contents("key_file", key, b.d.sys.private)
	if certText == nil || keyText == nil {
		return nil
	}
	first, err := firstCertificate(certText)
	if err != nil {
		b.refuse("cert_file", "it must be in PEM: -----BEGIN CERTIFICATE-----", "%s: %s", cert, err)
		return nil
	}
	switch now := b.d.sys.now(); {
	case now.After(first.NotAfter):
		b.d.warn(b.at("cert_file"), "", "cert_file %s expired on %s", cert, first.NotAfter.Format(time.DateOnly))
	case now.Before(first.NotBefore):
		b.d.warn(b.at("cert_file"), "", "cert_file %s is not valid before %s", cert, first.NotBefore.Format(time.DateOnly))
	}
	if !hasPrivateKey(keyText) {
		b.refuse("key_file", "it must be in PEM, without a passphrase", "%s has no private key", key)
		return nil
	}
	pair, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		b.refuse("key_file", "", "%s is not the key of %s", key, cert)
		return nil
	}
	return &pair
}

// contents reads the file that a key names; nil: there is none.
func (b *block) contents(key, path string, read func(string) ([]byte, error)) []byte {
	if path == "" {
		return nil
	}
	path = b.d.sys.path(path)
	text, err := read(path)
	if err != nil {
		b.d.errs = append(b.d.errs, fileError(b, key, path, err))
		return nil
	}
	if len(text) == 0 {
		b.refuse(key, "", "%s is empty", path)
		return nil
	}
	return text
}

func firstCertificate(text []byte) (*x509.Certificate, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, errors.New("has no certificate")
}

func hasPrivateKey(text []byte) bool {
	var types []string
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		types = append(types, block.Type)
	}
	return slices.ContainsFunc(types, func(t string) bool { return strings.HasSuffix(t, "PRIVATE KEY") && !strings.HasPrefix(t, "ENCRYPTED") })
}
