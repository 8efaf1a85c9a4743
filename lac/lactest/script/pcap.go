package script

import (
	"encoding/binary"
	"net/netip"
	"os"
	"sync"
	"time"
)

var be = binary.BigEndian

// Capture keeps everything the actors sent and received, as a capture file
// with Ethernet frames. Datagrams of the core get headers made up for it.
type Capture struct {
	mu  sync.Mutex // guards buf
	buf []byte
}

// NewCapture returns an empty capture.
func NewCapture() *Capture {
	// The format of libpcap: magic with microseconds, version 2.4, link type 1.
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 4)
	b = le.AppendUint64(b, 0) // zone and accuracy
	b = le.AppendUint32(b, 1<<16)
	return &Capture{buf: le.AppendUint32(b, 1)}
}

// Frame adds an Ethernet frame.
func (c *Capture) Frame(at time.Time, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	le := binary.LittleEndian
	c.buf = le.AppendUint32(c.buf, uint32(at.Unix()))
	c.buf = le.AppendUint32(c.buf, uint32(at.Nanosecond()/1000))
	c.buf = le.AppendUint32(c.buf, uint32(len(b)))
	c.buf = le.AppendUint32(c.buf, uint32(len(b)))
	c.buf = append(c.buf, b...)
}

// Datagram adds a UDP datagram. A checksum of 0 means not known.
func (c *Capture) Datagram(at time.Time, from, to netip.AddrPort, checksum uint16, b []byte) {
	src, dst := from.Addr().AsSlice(), to.Addr().AsSlice()
	f := make([]byte, 12, 62+len(b))
	f[5], f[11] = dst[len(dst)-1], src[len(src)-1]
	if to.Addr().Is4() {
		f = be.AppendUint16(f, 0x0800)
		f = append(f, 0x45, 0)
		f = be.AppendUint16(f, uint16(28+len(b)))
		f = append(append(append(f, 0, 0, 0, 0, 64, 17, 0, 0), src...), dst...)
		be.PutUint16(f[24:], ^sum16(f[14:34]))
	} else {
		f = be.AppendUint16(f, 0x86dd)
		f = append(f, 0x60, 0, 0, 0)
		f = be.AppendUint16(f, uint16(8+len(b)))
		f = append(append(append(f, 17, 64), src...), dst...)
	}
	f = be.AppendUint16(f, from.Port())
	f = be.AppendUint16(f, to.Port())
	f = be.AppendUint16(f, uint16(8+len(b)))
	f = be.AppendUint16(f, checksum)
	c.Frame(at, append(f, b...))
}

// sum16 is the ones' complement sum of the Internet checksum (RFC 1071).
func sum16(b []byte) uint16 {
	var s uint32
	for ; len(b) >= 2; b = b[2:] {
		s += uint32(be.Uint16(b))
	}
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

// Save writes the capture to a file.
func (c *Capture) Save(path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return os.WriteFile(path, c.buf, 0o644)
}
