package spool

import (
	"encoding/binary"
	"hash/crc32"
)

// kind is what an entry says of a record.
type kind uint8

const (
	put  kind = 1 + iota // it waits for a server
	done                 // nothing more is to be done about it
)

// entry is one entry of a segment. It aliases what it was read from.
type entry struct {
	kind    kind
	id      uint64
	account string
	data    []byte
}

const (
	headLen = 8     // length and CRC of what follows
	idLen   = 1 + 8 // kind and ID
	// maxBody bounds what a length can say: a RADIUS packet and its account.
	maxBody = idLen + 1 + 255 + 4096
)

var (
	be         = binary.BigEndian
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// appendEntry appends an entry. The account has at most 255 octets.
func appendEntry(b []byte, e *entry) []byte {
	start := len(b)
	b = append(b, make([]byte, headLen)...)
	b = be.AppendUint64(append(b, byte(e.kind)), e.id)
	if e.kind == put {
		b = append(append(b, byte(len(e.account))), e.account...)
		b = append(b, e.data...)
	}
	body := b[start+headLen:]
	be.PutUint32(b[start:], uint32(len(body)))
	be.PutUint32(b[start+4:], crc32.Checksum(body, castagnoli))
	return b
}

// parseEntry reads the entry that b begins with, and returns its length; 0: it
// does not begin with one.
func parseEntry(b []byte) (e entry, n int) {
	if len(b) < headLen {
		return e, 0
	}
	size := int64(be.Uint32(b))
	if size < idLen || size > maxBody || size > int64(len(b)-headLen) {
		return e, 0
	}
	n = headLen + int(size)
	body := b[headLen:n]
	if crc32.Checksum(body, castagnoli) != be.Uint32(b[4:]) {
		return e, 0
	}
	e.kind, e.id = kind(body[0]), be.Uint64(body[1:])
	switch rest := body[idLen:]; {
	case e.kind == done && len(rest) == 0:
		return e, n
	case e.kind == put && len(rest) > 0 && len(rest) > int(rest[0]):
		e.account, e.data = string(rest[1:1+int(rest[0])]), rest[1+int(rest[0]):]
		return e, n
	}
	return e, 0
}

// scan calls f for every whole entry of a segment, with its length. It returns
// how many octets are of none, and whether the last of them are: a tail that
// was torn off.
func scan(b []byte, f func(e entry, n int)) (strange int, torn bool) {
	for len(b) > 0 {
		e, n := parseEntry(b)
		if torn = n == 0; torn {
			strange++
			b = b[1:]
			continue
		}
		f(e, n)
		b = b[n:]
	}
	return strange, torn
}
