package file

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// certified is when the certificates of the tests are valid, for two hours.
var certified = time.Now()

// pems are a certificate and its key, and the same once more, of others.
var pems = sync.OnceValue(func() (all [4]string) {
	for i := range 2 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		c := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lac1"},
			NotBefore: certified.Add(-time.Hour), NotAfter: certified.Add(time.Hour),
		}
		der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
		if err != nil {
			panic(err)
		}
		keyDER, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			panic(err)
		}
		all[2*i] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		all[2*i+1] = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	}
	return all
})

// pemOf returns what is in a file of that name.
func pemOf(name string) string {
	switch {
	case strings.HasPrefix(name, "other"):
		return pems()[3]
	case strings.HasSuffix(name, ".key"):
		return pems()[1]
	}
	return pems()[0]
}

// fakeFile is system.public and system.private of the tests.
func fakeFile(path string) ([]byte, error) {
	switch name := filepath.Base(path); name {
	case "missing.pem":
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	case "open.key":
		return nil, fmt.Errorf("%w (mode 0644)", errExposed)
	case "text.pem", "text.key":
		return []byte("hello\n"), nil
	case "broken.pem":
		return []byte("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"), nil
	case "locked.key":
		return []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8=\n-----END ENCRYPTED PRIVATE KEY-----\n"), nil
	case "empty.pem":
		return nil, nil
	default:
		return []byte(pemOf(name)), nil
	}
}

const overTLS = `
core { mtu = 1600 }
access "eth1" {}
radius "rad1" {
  auth = "203.0.113.1"
  tls {
    ca_file   = "ca.pem"
    cert_file = "lac.pem"
    key_file  = "lac.key"
  }
}
retailer "acme" {
  realms = ["acme.example"]
  radius = ["rad1"]
}
`

func TestRadSec(t *testing.T) {
	f, err := parseFake("lacd.hcl", overTLS)
	if err != nil {
		t.Fatal(err)
	}
	r := f.RADIUS[0]
	if r.Auth.String() != "203.0.113.1:2083" || r.Secret != "radsec" || r.Timeout != 10*time.Second || r.Tries != 1 || r.RequireMessageAuthenticator {
		t.Errorf("got %v %q %v %d %v, want the defaults of RadSec", r.Auth, string(r.Secret), r.Timeout, r.Tries, r.RequireMessageAuthenticator)
	}
	c := r.TLS
	if c == nil || len(c.Certificates) != 1 || c.RootCAs == nil || c.MinVersion < tls.VersionTLS12 || c.InsecureSkipVerify || c.ServerName != "" {
		t.Errorf("got TLS settings that trust too much: %+v", c)
	}
	f, err = parseFake("lacd.hcl", strings.NewReplacer(`auth = "203.0.113.1"`, `auth = "203.0.113.1:2084"
  secret = "another secret, 32 octets long.."`, `"lac.pem"`, `"lac.pem"
    server_name = "radius.example"`).Replace(overTLS))
	if err != nil {
		t.Fatal(err)
	}
	if r := f.RADIUS[0]; r.Auth.Port() != 2084 || r.Secret != "another secret, 32 octets long.." || r.TLS.ServerName != "radius.example" {
		t.Errorf("got %v %q %q, want what is written", r.Auth, string(r.Secret), r.TLS.ServerName)
	}
}

// An operator is told of a certificate that its server will not take.
func TestCertificateDates(t *testing.T) {
	for _, tt := range []struct {
		at   time.Duration
		want string
	}{
		{0, ""},
		{2 * time.Hour, "lacd.hcl:8: cert_file lac.pem expired on "},
		{-2 * time.Hour, "lacd.hcl:8: cert_file lac.pem is not valid before "},
	} {
		sys := fakeSystem()
		sys.now = func() time.Time { return certified.Add(tt.at) }
		f, d := decode("lacd.hcl", []byte(overTLS), sys)
		f, err := d.result(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.Warnings, "\n"); (tt.want == "") != (got == "") || !strings.HasPrefix(got, tt.want) {
			t.Errorf("after %v: got warnings %q, want %q", tt.at, got, tt.want)
		}
	}
}

// The key is for its owner alone, and its errors do not show it.
func TestKeyFileMode(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]fs.FileMode{"ca.pem": 0o644, "lac.pem": 0o644, "lac.key": 0o640} {
		write(t, filepath.Join(dir, name), pemOf(name), mode)
	}
	path := filepath.Join(dir, "lacd.hcl")
	write(t, path, overTLS, 0o644)
	_, err := Load(path)
	want := path + ":9: key_file " + dir + "/lac.key: can be read by others than its owner (mode 0640)\n  hint: chmod 600 " + dir + "/lac.key"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	write(t, filepath.Join(dir, "lac.key"), pemOf("other.key"), 0o600)
	var one *Error
	if _, err = Load(path); !errors.As(err, &one) || one.Line != 9 || one.Message != "key_file lac.key is not the key of lac.pem" {
		t.Errorf("got %v", err)
	}
	write(t, filepath.Join(dir, "lac.key"), pemOf("lac.key"), 0o600)
	if _, err = Load(path); err != nil {
		t.Error(err)
	}
}
