package pppoe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"time"

	"lacd/pppoe/wire"
)

const cookieLen = 16

// cookies makes and checks AC-Cookies: HMAC-SHA256 over epoch, MAC, VLANs and
// port, cut to 16 octets. RFC 2516 section 9 wants a value that the concentrator
// is "able to uniquely regenerate" from what a PADR says about itself.
type cookies struct {
	life int64 // nanoseconds per epoch
	mac  hash.Hash
	msg  []byte // epoch, MAC, VLANs, then the port, which does not change
	sum  []byte
}

const (
	cookieMAC  = 8              // offset of the MAC, behind the epoch
	cookieVLAN = cookieMAC + 6  // offset of two VLANs of 4 octets
	cookiePort = cookieVLAN + 8 // offset of the port
)

func newCookies(key [32]byte, cfg Config) cookies {
	return cookies{
		life: int64(cfg.CookieLife),
		mac:  hmac.New(sha256.New, key[:]),
		msg:  append(make([]byte, cookiePort, cookiePort+len(cfg.Port)), cfg.Port...),
		sum:  make([]byte, 0, sha256.Size),
	}
}

// issue returns the cookie for the host that sent f. It is overwritten by the
// next call to issue or valid.
func (c *cookies) issue(now time.Time, f *wire.Frame) []byte {
	return c.compute(c.epoch(now), f)
}

// valid reports whether cookie was made for the sender of f in this epoch or in
// the one before, so that none expires between PADO and PADR.
func (c *cookies) valid(now time.Time, f *wire.Frame, cookie []byte) bool {
	e := c.epoch(now)
	return hmac.Equal(cookie, c.compute(e, f)) || hmac.Equal(cookie, c.compute(e-1, f))
}

func (c *cookies) epoch(now time.Time) int64 { return now.UnixNano() / c.life }

func (c *cookies) compute(epoch int64, f *wire.Frame) []byte {
	be := binary.BigEndian
	be.PutUint64(c.msg, uint64(epoch))
	copy(c.msg[cookieMAC:], f.Src[:])
	for i, v := range f.VLANs {
		be.PutUint16(c.msg[cookieVLAN+4*i:], v.TPID)
		be.PutUint16(c.msg[cookieVLAN+4*i+2:], v.ID)
	}
	c.mac.Reset()
	c.mac.Write(c.msg) // never fails (hash.Hash)
	c.sum = c.mac.Sum(c.sum[:0])
	return c.sum[:cookieLen]
}
