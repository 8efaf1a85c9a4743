package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

// system is what a configuration needs to know of the host.
type system struct {
	hostname func() (string, error)
	secret   func(path string) (string, error) // contents of a secret_file
	env      func(name string) string
	now      func() time.Time
	public   func(path string) ([]byte, error) // contents of a file that is no secret
	private  func(path string) ([]byte, error) // contents of a file that is one
	mtu      func(device string) int           // 0: there is no such device
	dir      string                            // relative paths start here
}

// Load reads the configuration at path.
func Load(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	f, d := decode(path, src, host(path))
	if d.inline && info.Mode().Perm()&0o004 != 0 {
		d.warn(1, fmt.Sprintf("chmod o-rwx %s, or use secret_file", path), "the file holds secrets and everybody can read it")
	}
	return d.result(f)
}

// Parse reads a configuration from src. The name is used in messages, and a
// relative secret_file is looked for in its directory.
func Parse(name string, src []byte) (*File, error) {
	f, d := decode(name, src, host(name))
	return d.result(f)
}

func host(name string) system {
	return system{
		hostname: os.Hostname, secret: readSecret, env: os.Getenv, now: time.Now, public: readPublic, private: readPrivate,
		mtu: deviceMTU, dir: filepath.Dir(name),
	}
}

// path returns where a path of the configuration leads.
func (s *system) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.dir, p)
}

// deviceMTU returns the MTU of a network device, 0 if there is none.
func deviceMTU(name string) int {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0
	}
	return i.MTU
}

// errExposed is a secret that others than its owner can read.
var errExposed = errors.New("can be read by others than its owner")

// readSecret reads a secret_file.
func readSecret(path string) (string, error) {
	text, err := read(path, 0o077, mostSecret+3) // more is too long, whatever it is
	return string(text), err
}

// mostPEM is far more than a certificate with its chain, or a list of
// authorities, has.
const mostPEM = 1 << 20

func readPublic(path string) ([]byte, error)  { return read(path, 0, mostPEM) }
func readPrivate(path string) ([]byte, error) { return read(path, 0o077, mostPEM) }

// read returns the contents of a file, up to most octets, unless its mode has a
// forbidden bit.
func read(path string, forbidden fs.FileMode, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a file")
	}
	if mode := info.Mode().Perm(); mode&forbidden != 0 {
		return nil, fmt.Errorf("%w (mode %04o)", errExposed, mode)
	}
	return io.ReadAll(io.LimitReader(f, most))
}

// fileError says why the file that a key names is refused.
func fileError(b *block, key, path string, err error) *Error {
	e := &Error{File: b.d.name, Line: b.at(key), Message: key + " " + path + ": " + err.Error()}
	// The path of a PathError would be there twice.
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		e.Message = key + " " + path + ": " + pathErr.Err.Error()
	}
	switch {
	case errors.Is(err, errExposed):
		e.Hint = "chmod 600 " + path
	case errors.Is(err, fs.ErrPermission):
		e.Hint = "the file must belong to the user lacd runs as"
	case errors.Is(err, fs.ErrNotExist):
		e.Hint = "a relative path starts at the directory of the configuration"
	}
	return e
}
