package tunnel

import (
	"crypto/sha256"
	"encoding/binary"
)

// A random is a stream of unpredictable octets from a seed: SHA-256 of seed
// and counter. Tunnel and session IDs, challenges, tie breaker and random
// vectors come from it (RFC 2661 section 9.1).
type random struct {
	seed  [32]byte
	count uint64
	block [sha256.Size]byte
	left  []byte
}

// fill fills b.
func (r *random) fill(b []byte) {
	for len(b) > 0 {
		if len(r.left) == 0 {
			var in [40]byte
			copy(in[:], r.seed[:])
			binary.BigEndian.PutUint64(in[32:], r.count)
			r.count++
			r.block = sha256.Sum256(in[:])
			r.left = r.block[:]
		}
		n := copy(b, r.left)
		b, r.left = b[n:], r.left[n:]
	}
}

func (r *random) uint16() uint16 {
	var b [2]byte
	r.fill(b[:])
	return binary.BigEndian.Uint16(b[:])
}

// bytes returns n octets.
func (r *random) bytes(n int) []byte {
	b := make([]byte, n)
	r.fill(b)
	return b
}
